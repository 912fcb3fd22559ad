/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "common/errors.h"

#include <check.h>
#include <stdlib.h>

static struct errors list;
static struct error err;

/* Parts 0 to count - 1, of which the odd ones are refused. Returns how many were looked at. */
static int look(int count, int *rc)
{
	int i, part;

	*rc = 0;
	for (i = 0; i < count; i++) {
		part = i % 2 == 0 ? 0 : error_set(&err, ERROR_INVALID, "part %d", i);
		if (!errors_go_on(part, rc, &err))
			return i + 1;
	}
	return count;
}

START_TEST(test_nobody_listens)
{
	int rc;

	ck_assert_int_eq(look(6, &rc), 2);
	ck_assert_int_eq(rc, -1);
	ck_assert_str_eq(err.message, "part 1");
}
END_TEST

START_TEST(test_several)
{
	int rc;

	errors_begin(&list);
	ck_assert_int_eq(look(6, &rc), 6);
	ck_assert_int_eq(rc, -1);
	ck_assert(errors_go_on(rc, &rc, &err)); /* the level above: noted once */
	ck_assert_int_eq(errors_end(&list, rc, &err), -1);
	ck_assert_str_eq(err.message, "part 1");
	ck_assert_uint_eq(list.count, 3);
	ck_assert_str_eq(list.items[2].message, "part 5");
}
END_TEST

START_TEST(test_bounded)
{
	int rc;

	errors_begin(&list);
	ck_assert_int_eq(look(1000, &rc), 2 * ERRORS_MAX);
	errors_end(&list, rc, &err);
	ck_assert_uint_eq(list.count, ERRORS_MAX);
}
END_TEST

/* An error about the whole stands alone, and so does one after another beginning. */
START_TEST(test_whole)
{
	int rc;

	errors_begin(&list);
	look(4, &rc);
	rc = error_set(&err, ERROR_CONFLICT, "the whole");
	errors_end(&list, rc, &err);
	ck_assert_str_eq(err.message, "the whole");
	ck_assert_uint_eq(list.count, 0);
	errors_begin(&list);
	look(4, &rc);
	errors_forget();
	look(2, &rc);
	errors_end(&list, rc, &err);
	ck_assert_uint_eq(list.count, 1);
	errors_begin(&list);
	look(1, &rc);
	ck_assert_int_eq(errors_end(&list, rc, &err), 0);
	ck_assert_uint_eq(list.count, 0);
}
END_TEST

/* Who listens within is told alone. */
START_TEST(test_nested)
{
	struct errors inner;
	int rc;

	errors_begin(&list);
	errors_begin(&inner);
	look(2, &rc);
	errors_end(&inner, rc, &err);
	ck_assert_uint_eq(inner.count, 1);
	ck_assert_uint_eq(list.count, 0);
	look(2, &rc);
	errors_end(&list, rc, &err);
	ck_assert_uint_eq(list.count, 1);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("errors");
	TCase *tests = tcase_create("errors");
	SRunner *runner;
	int failed;

	tcase_add_test(tests, test_nobody_listens);
	tcase_add_test(tests, test_several);
	tcase_add_test(tests, test_bounded);
	tcase_add_test(tests, test_whole);
	tcase_add_test(tests, test_nested);
	suite_add_tcase(suite, tests);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
