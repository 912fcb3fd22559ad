/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "daemon/tls/subjects.h"

#include <check.h>
#include <stdlib.h>

static const char *first[] = {"a.example", "*.b.example", "*.example"};
static const char *second[] = {"A.example", "x.b.example", "c.example"};
static const char *fourth[] = {"d.example", "other.test"};

static const struct automation_policy policies[] = {
    {.subjects = {first, 3}},
    {.subjects = {second, 3}},
    {.subjects = {NULL, 0}},
    {.subjects = {fourth, 2}},
};

static struct arena *arena;

static void setup(void)
{
	arena = arena_new(0);
}

static void teardown(void)
{
	arena_free(arena);
}

/* The number of the policy for name among the first count; -1: none. */
static int find(size_t count, const char *name)
{
	const struct automation_policy *policy =
	    subjects_find(subjects_new(arena, policies, count), name);

	return policy != NULL ? (int)(policy - policies) : -1;
}

/* The first policy of the list, be its subject the name or a wildcard. */
START_TEST(test_order)
{
	ck_assert_int_eq(find(2, "a.example"), 0);
	ck_assert_int_eq(find(2, "A.EXAMPLE"), 0);
	ck_assert_int_eq(find(2, "x.b.example"), 0);
	ck_assert_int_eq(find(2, "c.example"), 0);
	ck_assert_int_eq(find(2, "*.b.example"), 0);
	ck_assert_int_eq(find(2, "c.test"), -1);
	ck_assert_int_eq(find(2, "y.x.b.example"), -1);
}
END_TEST

/* One without subjects is for every name that none before it has. */
START_TEST(test_any)
{
	ck_assert_int_eq(find(4, "other.test"), 2);
	ck_assert_int_eq(find(4, "c.example"), 0);
	ck_assert_int_eq(find(0, "c.example"), -1);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("subjects");
	TCase *tests = tcase_create("subjects");
	SRunner *runner;
	int failed;

	tcase_add_checked_fixture(tests, setup, teardown);
	tcase_add_test(tests, test_order);
	tcase_add_test(tests, test_any);
	suite_add_tcase(suite, tests);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
