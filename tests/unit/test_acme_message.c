/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "daemon/certs/acme_message.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/buf.h"

static struct arena *arena;
static struct error err;

static void setup(void)
{
	arena = arena_new(1024);
}

static void teardown(void)
{
	arena_free(arena);
}

/* ---- messages ------------------------------------------------------------------------------ */

static const char directory[] =
    "{\"newNonce\":\"https://ca.example/nonce\",\"newAccount\":\"https://ca.example/account\","
    "\"newOrder\":\"https://ca.example/order\",\"revokeCert\":\"https://ca.example/revoke\","
    "\"keyChange\":\"https://ca.example/key\",\"renewalInfo\":\"https://ca.example/renewal\","
    "\"meta\":{\"termsOfService\":\"https://ca.example/terms\",\"externalAccountRequired\":true,"
    "\"profiles\":{\"short\":\"six days\"}}}";

static const char order[] =
    "{\"status\":\"valid\",\"expires\":\"2025-01-05T14:09:07.99Z\",\"identifiers\":"
    "[{\"type\":\"dns\",\"value\":\"a.example\"}],\"authorizations\":"
    "[\"https://ca.example/authz/1\",\"https://ca.example/authz/2\"],"
    "\"finalize\":\"https://ca.example/finalize\",\"certificate\":\"https://ca.example/cert\"}";

static const char authorization[] =
    "{\"status\":\"pending\",\"identifier\":{\"type\":\"dns\",\"value\":\"a.example\"},"
    "\"wildcard\":true,\"challenges\":["
    "{\"type\":\"dns-account-01\",\"url\":\"https://ca.example/c/0\",\"status\":\"pending\"},"
    "{\"type\":\"http-01\",\"url\":\"https://ca.example/c/1\",\"status\":\"invalid\",\"token\":"
    "\"DGyRejmCefe7v4NfDGDKfA\",\"error\":{\"type\":\"urn:ietf:params:acme:error:connection\","
    "\"detail\":\"nobody\\nthere\"}}]}";

static const char window[] = "{\"suggestedWindow\":{\"start\":\"2025-01-02T04:00:00Z\","
			     "\"end\":\"2025-01-03T04:00:00Z\"},"
			     "\"explanationURL\":\"https://ca.example/why\"}";

START_TEST(test_directory)
{
	struct acme_directory d;

	ck_assert_msg(
	    acme_directory_parse(span_str(directory), arena, &d, &err) == 0, "%s", err.message);
	ck_assert_str_eq(d.new_nonce, "https://ca.example/nonce");
	ck_assert_str_eq(d.new_order, "https://ca.example/order");
	ck_assert_str_eq(d.renewal_info, "https://ca.example/renewal");
	ck_assert_str_eq(d.terms, "https://ca.example/terms");
	ck_assert(d.external_account_required);
	ck_assert_int_eq(acme_directory_parse(
			     span_str("{\"newNonce\":\"https://a/\",\"newAccount\":\"https://a/\","
				      "\"newOrder\":\"http://a/\"}"),
			     arena, &d, &err),
	    -1);
	ck_assert_str_eq(err.path, "newOrder");
	ck_assert_str_eq(err.message, "is not an https URL");
}
END_TEST

START_TEST(test_order)
{
	struct acme_order_message o;

	ck_assert_int_eq(acme_order_parse(span_str(order), arena, &o, &err), 0);
	ck_assert_int_eq(o.status, ACME_VALID);
	ck_assert_uint_eq(o.authorization_count, 2);
	ck_assert_str_eq(o.authorizations[1], "https://ca.example/authz/2");
	ck_assert_str_eq(o.certificate, "https://ca.example/cert");
	ck_assert_str_eq(o.problem.type, "");
}
END_TEST

START_TEST(test_order_with_too_many)
{
	struct acme_order_message o;
	struct buf b = {0};
	int i;

	buf_append_str(
	    &b, "{\"status\":\"pending\",\"finalize\":\"https://a/\",\"authorizations\":[");
	for (i = 0; i <= ACME_NAMES_MAX; i++)
		buf_printf(&b, "%s\"https://a/%d\"", i > 0 ? "," : "", i);
	buf_append_str(&b, "]}");
	ck_assert_int_eq(acme_order_parse(buf_span(&b), arena, &o, &err), -1);
	ck_assert_int_eq(err.code, ERROR_LIMIT);
	buf_fini(&b);
}
END_TEST

START_TEST(test_authorization)
{
	struct acme_authorization a;

	ck_assert_int_eq(acme_authorization_parse(span_str(authorization), arena, &a, &err), 0);
	ck_assert_int_eq(a.status, ACME_PENDING);
	ck_assert(a.wildcard);
	ck_assert_str_eq(a.identifier, "a.example");
	/* The one without a token is of no use. */
	ck_assert_uint_eq(a.challenge_count, 1);
	ck_assert_str_eq(a.challenges[0].type, "http-01");
	ck_assert_str_eq(a.challenges[0].token, "DGyRejmCefe7v4NfDGDKfA");
	ck_assert_int_eq(a.challenges[0].status, ACME_INVALID);
	ck_assert_str_eq(a.challenges[0].problem.type, "connection");
	ck_assert_str_eq(a.challenges[0].problem.detail, "nobody there");
}
END_TEST

/* A token goes into paths: one that is not base64url is not one. */
START_TEST(test_tokens)
{
	static const char *const bad[] = {"short", "../../../../etc/passwd0000",
	    "aaaaaaaaaaaaaaaa/b", "aaaaaaaaaaaaaaaa b",
	    "aaaaaaaaaaaaaaaa=", "aaaaaaaaaaaaaaaa\\r\\n"};
	struct acme_authorization a;
	char text[512];
	size_t i;

	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		snprintf(text, sizeof(text),
		    "{\"status\":\"pending\",\"identifier\":{\"value\":\"a\"},\"challenges\":["
		    "{\"type\":\"http-01\",\"url\":\"https://a/\",\"status\":\"pending\","
		    "\"token\":\"%s\"}]}",
		    bad[i]);
		ck_assert_int_eq(acme_authorization_parse(span_str(text), arena, &a, &err), 0);
		ck_assert_msg(a.challenge_count == 0, "%s", bad[i]);
	}
}
END_TEST

START_TEST(test_window)
{
	struct acme_window w;

	ck_assert_int_eq(acme_window_parse(span_str(window), arena, &w, &err), 0);
	ck_assert_int_eq(w.start, 1735790400);
	ck_assert_int_eq(w.end - w.start, 86400);
	ck_assert_str_eq(w.explanation, "https://ca.example/why");
	ck_assert_int_eq(
	    acme_window_parse(span_str("{\"suggestedWindow\":{\"start\":\"2025-01-02T04:00:00Z\","
				       "\"end\":\"2025-01-02T04:00:00Z\"}}"),
		arena, &w, &err),
	    -1);
	ck_assert_str_eq(err.message, "ends before it starts");
	ck_assert_int_eq(acme_window_parse(span_str("{}"), arena, &w, &err), -1);
}
END_TEST

/* Cut at every length, and with every byte damaged: refused or taken, never worse. */
START_TEST(test_damaged)
{
	static const char *const samples[] = {directory, order, authorization, window};
	struct acme_authorization a;
	struct acme_order_message o;
	struct acme_directory d;
	struct acme_problem p;
	struct acme_window w;
	size_t i, k, n;
	char *copy;

	for (i = 0; i < sizeof(samples) / sizeof(samples[0]); i++) {
		n = strlen(samples[i]);
		for (k = 0; k < n; k++) {
			ck_assert_int_eq(
			    acme_order_parse(span_of(samples[i], k), arena, &o, &err), -1);
			copy = malloc(n);
			memcpy(copy, samples[i], n);
			copy[k] = (char)(copy[k] ^ (1 << k % 8));
			acme_directory_parse(span_of(copy, n), arena, &d, &err);
			acme_order_parse(span_of(copy, n), arena, &o, &err);
			acme_authorization_parse(span_of(copy, n), arena, &a, &err);
			acme_window_parse(span_of(copy, n), arena, &w, &err);
			acme_problem_parse(span_of(copy, n), &p);
			free(copy);
		}
	}
}
END_TEST

START_TEST(test_refused)
{
	static const char *const bad[] = {"", "null", "[]", "7", "\"text\"", "{",
	    "{\"status\":\"valid\"}", "{\"status\":[]}", "{\"status\":\"fine\"}",
	    "{\"status\":\"valid\",\"status\":\"valid\"}",
	    "{\"status\":\"valid\",\"finalize\":\"https://a/\"}",
	    "{\"status\":\"valid\",\"finalize\":\"https://a/\",\"authorizations\":{}}",
	    "{\"status\":\"valid\",\"finalize\":\"https://a/\",\"authorizations\":[7]}",
	    "{\"status\":\"valid\",\"finalize\":\"file:///etc/passwd\",\"authorizations\":[]}"};
	struct acme_order_message o;
	size_t i;

	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		ck_assert_msg(
		    acme_order_parse(span_str(bad[i]), arena, &o, &err) == -1, "%s", bad[i]);
}
END_TEST

START_TEST(test_problem)
{
	struct acme_problem p;
	char text[700];

	acme_problem_parse(
	    span_str("{\"type\":\"urn:ietf:params:acme:error:badNonce\",\"detail\":\"again\"}"),
	    &p);
	ck_assert(acme_problem_is(&p, "badNonce"));
	ck_assert_str_eq(acme_problem_text(&p, text, sizeof(text)), "badNonce: again");
	acme_problem_parse(span_str("<html>"), &p);
	ck_assert_str_eq(acme_problem_text(&p, text, sizeof(text)), "no reason given");
}
END_TEST

/* ---- values -------------------------------------------------------------------------------- */

START_TEST(test_retry_after)
{
	const time_t now = 784111777; /* Sun, 06 Nov 1994 08:49:37 GMT */

	ck_assert_int_eq(acme_retry_after("120", now), 120);
	ck_assert_int_eq(acme_retry_after("0", now), 0);
	ck_assert_int_eq(acme_retry_after("Sun, 06 Nov 1994 08:50:37 GMT", now), 60);
	ck_assert_int_eq(acme_retry_after("Sunday, 06-Nov-94 08:49:47 GMT", now), 10);
	ck_assert_int_eq(acme_retry_after("Sun Nov  6 08:49:38 1994", now), 1);
	ck_assert_int_eq(acme_retry_after("Sun, 06 Nov 1994 08:00:00 GMT", now), 0);
	ck_assert_int_eq(acme_retry_after("99999999999999999999", now), ACME_RETRY_MAX);
	ck_assert_int_eq(acme_retry_after("Sun, 06 Nov 2094 08:49:37 GMT", now), ACME_RETRY_MAX);
	ck_assert_int_eq(acme_retry_after("", now), -1);
	ck_assert_int_eq(acme_retry_after("-5", now), -1);
	ck_assert_int_eq(acme_retry_after("5 s", now), -1);
	ck_assert_int_eq(acme_retry_after("soon", now), -1);
}
END_TEST

START_TEST(test_link)
{
	struct span url;

	ck_assert(acme_link_alternate(span_str("<https://a/1>;rel=\"alternate\""), &url));
	ck_assert(span_eq_str(url, "https://a/1"));
	ck_assert(acme_link_alternate(span_str("<https://a/2>; title=x; rel=alternate"), &url));
	ck_assert(span_eq_str(url, "https://a/2"));
	ck_assert(!acme_link_alternate(span_str("<https://a/1>;rel=\"index\""), &url));
	ck_assert(!acme_link_alternate(span_str("<https://a/1>;rel=\"alternates\""), &url));
	ck_assert(!acme_link_alternate(span_str("<https://a/1>"), &url));
	ck_assert(!acme_link_alternate(span_str("<https://a/1;rel=alternate"), &url));
	ck_assert(!acme_link_alternate(span_str("https://a/1>;rel=alternate"), &url));
	ck_assert(!acme_link_alternate(span_of(NULL, 0), &url));
}
END_TEST

START_TEST(test_url)
{
	char text[ACME_URL_MAX + 16];

	ck_assert(acme_url_valid("https://a.example:1234/x?y"));
	ck_assert(!acme_url_valid("http://a.example/"));
	ck_assert(!acme_url_valid("https://"));
	ck_assert(!acme_url_valid("https:///x"));
	ck_assert(!acme_url_valid("https://a.example/ x"));
	ck_assert(!acme_url_valid("https://a.example/\r\nX: y"));
	ck_assert(!acme_url_valid(""));
	memset(text, 'a', sizeof(text));
	memcpy(text, "https://", 8);
	text[ACME_URL_MAX] = '\0';
	ck_assert(acme_url_valid(text));
	text[ACME_URL_MAX] = 'a';
	text[ACME_URL_MAX + 1] = '\0';
	ck_assert(!acme_url_valid(text));
}
END_TEST

START_TEST(test_time)
{
	ck_assert_int_eq(acme_time_parse("2025-01-02T04:00:00Z"), 1735790400);
	ck_assert_int_eq(acme_time_parse("2025-01-02T04:00:00.123456Z"), 1735790400);
	ck_assert_int_eq(acme_time_parse("2025-01-02T05:30:00+01:30"), 1735790400);
	ck_assert_int_eq(acme_time_parse("2025-01-01T23:00:00-05:00"), 1735790400);
	ck_assert_int_eq(acme_time_parse("2025-01-02T04:00:00"), -1);
	ck_assert_int_eq(acme_time_parse("2025-01-02"), -1);
	ck_assert_int_eq(acme_time_parse("2025-01-02T04:00:00Zx"), -1);
	ck_assert_int_eq(acme_time_parse("2025-01-02T04:00:00+1"), -1);
	ck_assert_int_eq(acme_time_parse(""), -1);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("acme_message");
	TCase *tc = tcase_create("acme_message");
	SRunner *runner;
	int failed;

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, test_directory);
	tcase_add_test(tc, test_order);
	tcase_add_test(tc, test_order_with_too_many);
	tcase_add_test(tc, test_authorization);
	tcase_add_test(tc, test_tokens);
	tcase_add_test(tc, test_window);
	tcase_add_test(tc, test_damaged);
	tcase_add_test(tc, test_refused);
	tcase_add_test(tc, test_problem);
	tcase_add_test(tc, test_retry_after);
	tcase_add_test(tc, test_link);
	tcase_add_test(tc, test_url);
	tcase_add_test(tc, test_time);
	suite_add_tcase(suite, tc);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}
