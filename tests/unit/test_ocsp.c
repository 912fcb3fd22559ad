/* SPDX-License-Identifier: BSD-2-Clause */
/* OCSP: whom to ask, what, and which answers are believed. */
#include <config.h>

#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/certs/ocsp_message.h"
#include "daemon/tls/cert.h"
#include "daemon/tls/staple.h"
#include "tests/unit/ocsp_samples.h"

#define DAY 86400
#define SPAN(bytes) span_of(bytes, sizeof(bytes))

static struct cert *cert, *other;
static struct ocsp_answer answer;
static struct error err;

static struct cert *load(const char *pem)
{
	struct key *key = key_load_pem(span_str(pem), &err);
	struct cert *loaded;

	ck_assert_msg(key != NULL, "%s", err.message);
	loaded = cert_load_pem(span_str(pem), key, NULL, "pem", &err);
	ck_assert_msg(loaded != NULL, "%s", err.message);
	key_unref(key);
	return loaded;
}

static void setup(void)
{
	cert = load(sample_leaf);
	other = load(sample_other);
}

static void teardown(void)
{
	cert_unref(cert);
	cert_unref(other);
}

static int check(struct cert *about, struct span der, time_t now)
{
	return ocsp_check(about, der, now, &answer, &err);
}

/* Whom it may ask is the first entry that it can. */
START_TEST(test_request)
{
	struct buf der = {0};

	ck_assert_str_eq(cert->responder, "http://ocsp.example/x");
	ck_assert_ptr_null(other->responder);
	ck_assert_int_eq(ocsp_request(cert, &der, &err), 0);
	ck_assert_uint_eq(buf_len(&der), sizeof(sample_request));
	ck_assert_int_eq(memcmp(buf_span(&der).p, sample_request, sizeof(sample_request)), 0);
	buf_fini(&der);
}
END_TEST

START_TEST(test_answers)
{
	ck_assert_int_eq(check(cert, SPAN(sample_good), SAMPLE_TIME), 0);
	ck_assert(!answer.revoked);
	ck_assert_int_ge(answer.made, SAMPLE_TIME - 60);
	ck_assert_int_eq(answer.expires - answer.made, 2 * DAY);
	ck_assert_int_eq(check(other, SPAN(sample_revoked), SAMPLE_TIME), 0);
	ck_assert(answer.revoked);
}
END_TEST

static void refused(struct cert *about, struct span der, time_t now, const char *why)
{
	ck_assert_int_eq(check(about, der, now), -1);
	ck_assert_msg(strstr(err.message, why) != NULL, "%s", err.message);
}

START_TEST(test_refused)
{
	refused(cert, SPAN(sample_good), SAMPLE_TIME + 2 * DAY, "expired");
	refused(cert, SPAN(sample_good), SAMPLE_TIME - DAY, "future");
	refused(other, SPAN(sample_good), SAMPLE_TIME, "another certificate");
	refused(cert, SPAN(sample_revoked), SAMPLE_TIME, "another certificate");
	refused(cert, SPAN(sample_stranger), SAMPLE_TIME, "not signed");
	refused(cert, span_of(NULL, 0), SAMPLE_TIME, "no OCSP response");
	refused(cert, span_str("<html>"), SAMPLE_TIME, "no OCSP response");
}
END_TEST

/* Cut at every length, and with every bit of what is signed wrong. */
START_TEST(test_damaged)
{
	uint8_t bytes[sizeof(sample_good)];
	size_t i, signed_end = 0;

	for (i = 0; i < sizeof(bytes); i++)
		ck_assert_int_eq(check(cert, span_of(sample_good, i), SAMPLE_TIME), -1);
	for (i = 0; i < 8 * sizeof(bytes); i++) {
		memcpy(bytes, sample_good, sizeof(bytes));
		bytes[i / 8] ^= (uint8_t)(1 << i % 8);
		/* What is not signed, such as the certificates behind it, may be anything. */
		if (check(cert, SPAN(bytes), SAMPLE_TIME) == -1)
			signed_end++;
		else
			ck_assert_int_eq(answer.expires - answer.made, 2 * DAY);
	}
	ck_assert_uint_gt(signed_end, sizeof(bytes));
}
END_TEST

START_TEST(test_staple)
{
	struct staple *taken;

	ck_assert_ptr_null(staple_of(cert));
	staple_put(cert, staple_new(SPAN(sample_good), time(NULL) + 60));
	taken = staple_of(cert);
	ck_assert_ptr_nonnull(taken);
	staple_put(cert, staple_new(SPAN(sample_good), time(NULL) - 1));
	ck_assert_ptr_null(staple_of(cert));
	ck_assert_uint_eq(staple_data(taken)->response.size, sizeof(sample_good));
	staple_unref(taken);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("ocsp");
	TCase *tc = tcase_create("ocsp");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_set_timeout(tc, 120);
	tcase_add_test(tc, test_request);
	tcase_add_test(tc, test_answers);
	tcase_add_test(tc, test_refused);
	tcase_add_test(tc, test_damaged);
	tcase_add_test(tc, test_staple);
	suite_add_tcase(suite, tc);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}
