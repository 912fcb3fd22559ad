/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "daemon/core/answers.h"

#include <check.h>
#include <pthread.h>
#include <stdio.h>

static struct error err;
static int released;

static void release(void *object)
{
	released += *(int *)object;
}

static const char *found(enum answer_type type, const char *key, const char *name)
{
	struct answer *a = answers_find(type, span_str(key), span_str(name));
	static char text[64];

	if (a == NULL)
		return NULL;
	snprintf(text, sizeof(text), "%s", answer_text(a) != NULL ? answer_text(a) : "");
	answer_unref(a);
	return text;
}

START_TEST(test_table)
{
	ck_assert(!answers_pending(ANSWER_HTTP));
	ck_assert_int_eq(
	    answers_add(ANSWER_HTTP, "token", "a.example", "one", NULL, NULL, &err), 0);
	ck_assert(answers_pending(ANSWER_HTTP));
	ck_assert(!answers_pending(ANSWER_TLS_ALPN));
	ck_assert_str_eq(found(ANSWER_HTTP, "token", "A.Example"), "one");
	ck_assert_str_eq(found(ANSWER_HTTP, "token", ""), "one");
	ck_assert_ptr_null(found(ANSWER_HTTP, "token", "b.example"));
	ck_assert_ptr_null(found(ANSWER_HTTP, "toke", "a.example"));
	ck_assert_ptr_null(found(ANSWER_TLS_ALPN, "token", "a.example"));
	/* Another one under the same key takes its place; one for any name fits all. */
	ck_assert_int_eq(answers_add(ANSWER_HTTP, "token", "", "two", NULL, NULL, &err), 0);
	ck_assert_str_eq(found(ANSWER_HTTP, "token", "b.example"), "two");
	ck_assert(answers_remove(ANSWER_HTTP, "token"));
	ck_assert(!answers_remove(ANSWER_HTTP, "token"));
	ck_assert(!answers_pending(ANSWER_HTTP));
}
END_TEST

/* What is in use outlives its place in the table. */
START_TEST(test_objects)
{
	int one = 1, ten = 10;
	struct answer *a;

	released = 0;
	answers_add(ANSWER_TLS_ALPN, "a.example", "a.example", NULL, &one, release, &err);
	a = answers_find(ANSWER_TLS_ALPN, span_str("a.example"), span_of(NULL, 0));
	answers_add(ANSWER_TLS_ALPN, "a.example", "a.example", NULL, &ten, release, &err);
	ck_assert_int_eq(released, 0);
	ck_assert_ptr_eq(answer_object(a), &one);
	answer_unref(a);
	ck_assert_int_eq(released, 1);
	answers_remove(ANSWER_TLS_ALPN, "a.example");
	ck_assert_int_eq(released, 11);
}
END_TEST

START_TEST(test_limit)
{
	int one = 1, i;
	char key[16];

	for (i = 0; i < ANSWERS_MAX; i++) {
		snprintf(key, sizeof(key), "%d", i);
		ck_assert_int_eq(answers_add(ANSWER_HTTP, key, "", "x", NULL, NULL, &err), 0);
	}
	released = 0;
	ck_assert_int_eq(answers_add(ANSWER_HTTP, "more", "", "x", &one, release, &err), -1);
	ck_assert_int_eq(err.code, ERROR_LIMIT);
	ck_assert_int_eq(released, 1);
	/* In place of one that is there: yes. */
	ck_assert_int_eq(answers_add(ANSWER_HTTP, "7", "", "y", NULL, NULL, &err), 0);
	for (i = 0; i < ANSWERS_MAX; i++) {
		snprintf(key, sizeof(key), "%d", i);
		ck_assert(answers_remove(ANSWER_HTTP, key));
	}
}
END_TEST

/* ---- hellos -------------------------------------------------------------------------------- */

static struct hello hello_of(const char *name, const char *alpn, size_t alpn_size)
{
	return (struct hello){.server_name = span_str(name), .alpn = span_of(alpn, alpn_size)};
}

START_TEST(test_asked)
{
	static const char acme[] = "\x0a"
				   "acme-tls/1",
			  two[] = "\x0a"
				  "acme-tls/1\x02h2";
	static const char other[] = "\x02h2";
	struct hello h = hello_of("A.Example", acme, sizeof(acme) - 1);
	char name[ANSWER_NAME_MAX];

	ck_assert(answers_asked(&h, name));
	ck_assert_str_eq(name, "a.example");
	ck_assert(!answers_challenged(&h));
	answers_add(ANSWER_TLS_ALPN, "a.example", "a.example", NULL, NULL, NULL, &err);
	ck_assert(answers_challenged(&h));
	h = hello_of("b.example", acme, sizeof(acme) - 1);
	ck_assert(!answers_challenged(&h));
	h = hello_of("a.example", two, sizeof(two) - 1);
	ck_assert(!answers_asked(&h, name));
	h = hello_of("a.example", other, sizeof(other) - 1);
	ck_assert(!answers_asked(&h, name));
	h = hello_of("a.example", "", 0);
	ck_assert(!answers_asked(&h, name));
	h = hello_of("", acme, sizeof(acme) - 1);
	ck_assert(!answers_asked(&h, name));
	answers_remove(ANSWER_TLS_ALPN, "a.example");
}
END_TEST

/* ---- threads ------------------------------------------------------------------------------- */

static void *look(void *arg)
{
	int i, *hits = arg;

	for (i = 0; i < 20000; i++)
		*hits += answers_pending(ANSWER_HTTP) && found(ANSWER_HTTP, "t", "") != NULL;
	return NULL;
}

START_TEST(test_threads)
{
	pthread_t thread;
	int hits = 0, i;

	pthread_create(&thread, NULL, look, &hits);
	for (i = 0; i < 2000; i++) {
		answers_add(ANSWER_HTTP, "t", "", "x", NULL, NULL, &err);
		answers_remove(ANSWER_HTTP, "t");
	}
	pthread_join(thread, NULL);
	ck_assert(!answers_pending(ANSWER_HTTP));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("answers");
	TCase *tc = tcase_create("answers");
	SRunner *runner;
	int failed;

	tcase_add_test(tc, test_table);
	tcase_add_test(tc, test_objects);
	tcase_add_test(tc, test_limit);
	tcase_add_test(tc, test_asked);
	tcase_add_test(tc, test_threads);
	suite_add_tcase(suite, tc);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}
