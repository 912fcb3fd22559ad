/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "daemon/net/records.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

/* "a.test" has the alias "b.test", which has a text of two strings, and an address. */
static const uint8_t answer[] = "\x12\x34\x85\x80\0\1\0\3\0\0\0\0"
				"\1a\4test\0\0\x10\0\1"
				"\xc0\x0c\0\5\0\1\0\0\0\1\0\4\1b\xc0\x0e"
				"\1b\4test\0\0\x10\0\1\0\0\0\1\0\x0a\3one\5-more"
				"\xc0\x0c\0\1\0\1\0\0\0\1\0\4\x7f\0\0\1";

#define SIZE (sizeof(answer) - 1)

static struct arena *arena;
static struct records records;

static void setup(void)
{
	arena = arena_new(0);
}

static void teardown(void)
{
	arena_free(arena);
}

START_TEST(test_answer)
{
	ck_assert(records_parse(span_of(answer, SIZE), arena, &records));
	ck_assert_uint_eq(records.count, 2);
	ck_assert_int_eq(records.items[0].type, RECORD_CNAME);
	ck_assert_str_eq(records.items[0].name, "a.test");
	ck_assert_str_eq(records.items[0].text, "b.test");
	ck_assert_int_eq(records.items[1].type, RECORD_TXT);
	ck_assert_str_eq(records.items[1].name, "b.test");
	ck_assert_str_eq(records.items[1].text, "one-more");
}
END_TEST

START_TEST(test_cut)
{
	size_t n;

	for (n = 0; n < SIZE; n++) {
		uint8_t *copy = malloc(n + 1);

		memcpy(copy, answer, n);
		ck_assert(!records_parse(span_of(copy, n), arena, &records));
		free(copy);
	}
}
END_TEST

/* A name that points at itself, a string that is longer than its record, one with a NUL. */
START_TEST(test_malformed)
{
	uint8_t bad[SIZE];

	memcpy(bad, answer, SIZE);
	bad[24] = 0xc0;
	bad[25] = 24;
	ck_assert(!records_parse(span_of(bad, SIZE), arena, &records));
	memcpy(bad, answer, SIZE);
	*(uint8_t *)memmem(bad, SIZE, "\3one", 4) = 11;
	ck_assert(!records_parse(span_of(bad, SIZE), arena, &records));
	memcpy(bad, answer, SIZE);
	*((uint8_t *)memmem(bad, SIZE, "\3one", 4) + 1) = '\0';
	ck_assert(records_parse(span_of(bad, SIZE), arena, &records));
	ck_assert_uint_eq(records.count, 1);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("records");
	TCase *tests = tcase_create("records");
	SRunner *runner;
	int failed;

	tcase_add_checked_fixture(tests, setup, teardown);
	tcase_add_test(tests, test_answer);
	tcase_add_test(tests, test_cut);
	tcase_add_test(tests, test_malformed);
	suite_add_tcase(suite, tests);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
