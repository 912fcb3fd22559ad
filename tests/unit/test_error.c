/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "common/error.h"

#include <check.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

static struct error err;

START_TEST(test_set)
{
	err.path[0] = 'x';
	ck_assert_int_eq(error_set(&err, ERROR_IN_USE, "%s is used %d times", "it", 3), -1);
	ck_assert_int_eq(err.code, ERROR_IN_USE);
	ck_assert_str_eq(err.path, "");
	ck_assert_str_eq(err.message, "it is used 3 times");
	error_set(&err, ERROR_INVALID, "again: %s", err.message);
	ck_assert_str_eq(err.message, "again: it is used 3 times");
}
END_TEST

START_TEST(test_errno)
{
	errno = ENOENT;
	ck_assert_int_eq(error_errno(&err, ERROR_NOT_FOUND, "open %s", "a"), -1);
	ck_assert_int_eq(errno, ENOENT);
	ck_assert_str_eq(err.message, "open a: No such file or directory");
}
END_TEST

START_TEST(test_places)
{
	char text[64], small[8];

	error_set(&err, ERROR_INVALID, "bad");
	ck_assert_str_eq(error_text(&err, text, sizeof(text)), "bad");
	ck_assert_int_eq(error_at(&err, "tls"), -1);
	error_at(&err, "match[%d]", 0);
	error_at(&err, "%s", "");
	ck_assert_str_eq(err.path, "match[0].tls");
	error_set(&err, ERROR_INVALID, "bad");
	error_at(&err, "[2]");
	error_at(&err, "routes");
	ck_assert_str_eq(error_text(&err, text, sizeof(text)), "routes[2]: bad");
	ck_assert_str_eq(error_text(&err, small, sizeof(small)), "routes[");
}
END_TEST

START_TEST(test_long)
{
	char text[4096], all[4096];
	int i;

	memset(text, 'a', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	error_set(&err, ERROR_LIMIT, "%s", text);
	ck_assert_uint_eq(strlen(err.message), sizeof(err.message) - 1);
	errno = ENOENT;
	error_errno(&err, ERROR_LIMIT, "%s", text);
	ck_assert_uint_eq(strlen(err.message), sizeof(err.message) - 1);
	for (i = 0; i < 600; i++)
		error_at(&err, "%c", 'b' + i % 20);
	ck_assert_uint_eq(strlen(err.path), sizeof(err.path) - 1);
	ck_assert_int_eq(err.path[0], 'b' + 599 % 20);
	error_at(&err, "%s", text);
	ck_assert_uint_eq(strlen(err.path), sizeof(err.path) - 1);
	error_text(&err, all, sizeof(all));
	ck_assert_uint_eq(strlen(all), sizeof(err.path) - 1 + 2 + sizeof(err.message) - 1);
}
END_TEST

START_TEST(test_names)
{
	ck_assert_str_eq(error_code_name(ERROR_INVALID), "invalid");
	ck_assert_str_eq(error_code_name(ERROR_NOT_FOUND), "not_found");
	ck_assert_str_eq(error_code_name(ERROR_INTERNAL), "internal");
	ck_assert_str_eq(error_code_name((enum error_code)99), "internal");
}
END_TEST

START_TEST(test_suggest)
{
	static const char *const names[] = {
	    "sni", "alpn", "remote_ip", "handler", "upstreams", NULL};
	static const char *const none[] = {NULL};
	static const char *const cases[][2] = {
	    {"snii", "sni"},
	    {"sin", "sni"}, /* a swap is one edit: a third of three letters */
	    {"hadnler", "handler"},
	    {"upstream", "upstreams"},
	    {"remoteip", "remote_ip"},
	    {"remotip", "remote_ip"},
	    {"rmotip", NULL},
	    {"aplm", NULL},
	    {"xyz", NULL},
	    {"sn", NULL}, /* one of two letters is too much */
	    {"", NULL},
	};
	char word[5000];
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const char *found = error_suggest(cases[i][0], names);
		const char *wanted = cases[i][1];

		if (wanted == NULL)
			ck_assert_msg(found == NULL, "%s: %s", cases[i][0], found);
		else
			ck_assert_msg(
			    found != NULL && strcmp(found, wanted) == 0, "%s", cases[i][0]);
	}
	ck_assert_ptr_null(error_suggest("sni", none));
	memset(word, 'a', sizeof(word) - 1);
	word[sizeof(word) - 1] = '\0';
	ck_assert_ptr_null(error_suggest(word, names));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("error");
	TCase *tests = tcase_create("error");
	SRunner *runner;
	int failed;

	tcase_add_test(tests, test_set);
	tcase_add_test(tests, test_errno);
	tcase_add_test(tests, test_places);
	tcase_add_test(tests, test_long);
	tcase_add_test(tests, test_names);
	tcase_add_test(tests, test_suggest);
	suite_add_tcase(suite, tests);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
