/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "common/buf.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

START_TEST(test_empty)
{
	struct buf b = {0};

	ck_assert_uint_eq(buf_len(&b), 0);
	buf_append(&b, NULL, 0);
	buf_consume(&b, 0);
	buf_clear(&b);
	ck_assert_str_eq(buf_str(&b), "");
	ck_assert_uint_eq(buf_len(&b), 0);
	buf_fini(&b);
	buf_fini(&b);
}
END_TEST

START_TEST(test_append)
{
	struct buf b = {0};
	uint8_t *room;

	buf_append_str(&b, "GET ");
	buf_printf(&b, "/%s?%d", "path", 42);
	room = buf_reserve(&b, 100);
	memcpy(room, " end", 4);
	buf_commit(&b, 4);
	ck_assert_str_eq(buf_str(&b), "GET /path?42 end");
	ck_assert_uint_eq(buf_len(&b), 16);
	ck_assert(span_eq_str(buf_span(&b), "GET /path?42 end"));
	buf_fini(&b);
}
END_TEST

START_TEST(test_printf_at_every_length)
{
	char text[700];
	size_t n;

	memset(text, 'x', sizeof(text));
	for (n = 0; n < sizeof(text); n++) {
		struct buf b = {0};

		buf_append_str(&b, "ab");
		buf_printf(&b, "<%.*s>", (int)n, text);
		ck_assert_uint_eq(buf_len(&b), n + 4);
		ck_assert_int_eq(buf_str(&b)[n + 3], '>');
		ck_assert_uint_eq(strlen(buf_str(&b)), n + 4);
		buf_fini(&b);
	}
}
END_TEST

/* Bytes go in and out in the same order, and a queue that is kept short stays small. */
START_TEST(test_queue)
{
	struct buf b = {0};
	uint8_t in = 0, out = 0, bytes[300];
	unsigned step = 1;
	size_t n, i, wrong = 0;
	int round;

	for (round = 0; round < 20000; round++) {
		step = step * 1103515245 + 12345;
		n = (step >> 16) % sizeof(bytes);
		for (i = 0; i < n; i++)
			bytes[i] = in++;
		buf_append(&b, bytes, n);
		while (buf_len(&b) > 700) {
			n = 1 + (step >> 20) % 300;
			for (i = 0; i < n; i++)
				wrong += b.data[b.start + i] != out++;
			buf_consume(&b, n);
		}
	}
	ck_assert_uint_eq(wrong, 0);
	ck_assert_uint_le(b.size, 4096);
	buf_fini(&b);
}
END_TEST

START_TEST(test_memory_is_given_back)
{
	struct buf b = {0};

	buf_reserve(&b, 100000);
	buf_commit(&b, 100000);
	buf_consume(&b, 99999);
	ck_assert_ptr_nonnull(b.data);
	buf_consume(&b, 1);
	ck_assert_ptr_null(b.data);
	buf_append_str(&b, "small");
	buf_consume(&b, 5);
	ck_assert_ptr_nonnull(b.data);
	ck_assert_uint_eq(b.start, 0);
	buf_fini(&b);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("buf");
	TCase *tests = tcase_create("buf");
	SRunner *runner;
	int failed;

	tcase_add_test(tests, test_empty);
	tcase_add_test(tests, test_append);
	tcase_add_test(tests, test_printf_at_every_length);
	tcase_add_test(tests, test_queue);
	tcase_add_test(tests, test_memory_is_given_back);
	suite_add_tcase(suite, tests);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
