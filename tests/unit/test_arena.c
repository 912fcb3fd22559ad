/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "common/arena.h"

#include <check.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static int order[8], released;

static void note(void *object)
{
	order[released++] = *(int *)object;
}

START_TEST(test_alloc)
{
	struct arena *arena = arena_new(100);
	size_t size, dirty = 0, i;
	uint8_t *p;

	for (size = 0; size < 3000; size += 7) {
		p = arena_alloc(arena, size);
		ck_assert_uint_eq((uintptr_t)p % 16, 0);
		for (i = 0; i < size; i++)
			dirty += p[i];
		memset(p, 0xaa, size);
	}
	ck_assert_uint_eq(dirty, 0);
	arena_free(arena);
	arena_free(NULL);
}
END_TEST

/* What fits the first chunk comes from the one allocation that the arena is. */
START_TEST(test_first_chunk)
{
	struct arena *arena = arena_new(1024);
	size_t size = arena_size(arena), i;

	ck_assert_uint_lt(size, 1024 + 128);
	for (i = 0; i < 1024 / 16; i++)
		arena_alloc(arena, 16);
	ck_assert_uint_eq(arena_size(arena), size);
	arena_alloc(arena, 128);
	ck_assert_uint_gt(arena_size(arena), size);
	arena_free(arena);
}
END_TEST

/* Memory held stays near what was asked for, for many small pieces and for large ones. */
START_TEST(test_growth)
{
	struct arena *arena = arena_new(0);
	size_t total = 0, i;

	for (i = 0; i < 10000; i++) {
		memset(arena_alloc(arena, 48), 1, 48);
		total += 48;
	}
	ck_assert_uint_lt(arena_size(arena), total + 2 * 65536);
	for (i = 0; i < 20; i++) {
		memset(arena_alloc(arena, 100000), 1, 100000);
		total += 100000;
	}
	ck_assert_uint_lt(arena_size(arena), total + 3 * 65536);
	arena_free(arena);
}
END_TEST

START_TEST(test_text)
{
	struct arena *arena = arena_new(64);
	char large[1000];
	char *a = arena_strdup(arena, "hello"), *b = arena_strndup(arena, "hello", 2);
	char *c = arena_printf(arena, "%s-%d", "x", 12), *d;

	memset(large, 'y', sizeof(large) - 1);
	large[sizeof(large) - 1] = '\0';
	d = arena_printf(arena, "<%s>", large);
	ck_assert_str_eq(a, "hello");
	ck_assert_str_eq(b, "he");
	ck_assert_str_eq(c, "x-12");
	ck_assert_uint_eq(strlen(d), sizeof(large) + 1);
	ck_assert_int_eq(d[sizeof(large)], '>');
	ck_assert_str_eq(arena_strndup(arena, NULL, 0), "");
	arena_free(arena);
}
END_TEST

START_TEST(test_release)
{
	struct arena *arena = arena_new(0);
	int i;

	released = 0;
	for (i = 0; i < 5; i++) {
		int *number = arena_alloc(arena, sizeof(*number));

		*number = i;
		arena_release(arena, note, number);
	}
	ck_assert_int_eq(released, 0);
	arena_free(arena);
	ck_assert_int_eq(released, 5);
	for (i = 0; i < 5; i++)
		ck_assert_int_eq(order[i], 4 - i);
}
END_TEST

START_TEST(test_adopt)
{
	struct arena *arena = arena_new(100), *other = arena_new(100);
	int *number = arena_alloc(other, sizeof(*number));

	released = 0;
	arena_release(other, note, number);
	arena_adopt(arena, other);
	ck_assert_int_eq(released, 0);
	arena_free(arena);
	ck_assert_int_eq(released, 1);
}
END_TEST

START_TEST(test_overflow)
{
	struct arena *arena = arena_new(0);

	arena_array(arena, SIZE_MAX / 2, 4);
}
END_TEST

START_TEST(test_huge)
{
	arena_alloc(arena_new(0), SIZE_MAX - 8);
}
END_TEST

START_TEST(test_mem)
{
	char *text = mem_strdup("abc"), *zero = mem_zalloc(10);
	size_t i;

	ck_assert_str_eq(text, "abc");
	for (i = 0; i < 10; i++)
		ck_assert_int_eq(zero[i], 0);
	text = mem_realloc(text, 100);
	ck_assert_str_eq(text, "abc");
	free(text);
	free(zero);
	zero = mem_alloc(0);
	ck_assert_ptr_nonnull(zero);
	free(zero);
}
END_TEST

/* Not asserted: what a connection's arena costs. */
START_TEST(test_cost)
{
	const int rounds = 100000;
	struct timespec from, to;
	int i;

	clock_gettime(CLOCK_MONOTONIC, &from);
	for (i = 0; i < rounds; i++) {
		struct arena *arena = arena_new(2048);

		arena_alloc(arena, 600);
		arena_alloc(arena, 100);
		arena_alloc(arena, 60);
		arena_strdup(arena, "example.org");
		arena_free(arena);
	}
	clock_gettime(CLOCK_MONOTONIC, &to);
	printf("an arena with four pieces: %.0f ns\n",
	    ((double)(to.tv_sec - from.tv_sec) * 1e9 + (double)(to.tv_nsec - from.tv_nsec)) /
		rounds);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("arena");
	TCase *tests = tcase_create("arena");
	SRunner *runner;
	int failed;

	tcase_add_test(tests, test_alloc);
	tcase_add_test(tests, test_first_chunk);
	tcase_add_test(tests, test_growth);
	tcase_add_test(tests, test_text);
	tcase_add_test(tests, test_release);
	tcase_add_test(tests, test_adopt);
	tcase_add_test(tests, test_mem);
	tcase_add_test(tests, test_cost);
	suite_add_tcase(suite, tests);
	runner = srunner_create(suite);
	/* These two end the program. */
	if (srunner_fork_status(runner) == CK_FORK) {
		tcase_add_test_raise_signal(tests, test_overflow, SIGABRT);
		tcase_add_test_raise_signal(tests, test_huge, SIGABRT);
	}
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
