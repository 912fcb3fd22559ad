/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include <check.h>
#include <pthread.h>
#include <stdlib.h>

#include "daemon/core/bucket.h"

#define S INT64_C(1000000000)

static int64_t start;

static void setup(void)
{
	start = bucket_now();
}

START_TEST(test_burst_then_rate)
{
	struct bucket_rate rate = bucket_rate(1000, 500);
	struct bucket b = {0};
	int64_t now = start;
	size_t total = 0;
	int i;

	ck_assert_uint_eq(bucket_take(&b, &rate, now, 400), 400);
	ck_assert_uint_eq(bucket_take(&b, &rate, now, 400), 100);
	ck_assert_uint_eq(bucket_take(&b, &rate, now, 1), 0);
	ck_assert_int_gt(bucket_wait(&b, &rate, now, 10), 9 * S / 1000);
	ck_assert_int_lt(bucket_wait(&b, &rate, now, 10), 11 * S / 1000);
	for (i = 0; i < 1000; i++) {
		now += S / 100;
		total += bucket_take(&b, &rate, now, 100);
	}
	ck_assert_uint_ge(total, 9990);
	ck_assert_uint_le(total, 10000);
	/* Idle time is worth the burst and no more. */
	now += 100 * S;
	ck_assert_int_eq(bucket_wait(&b, &rate, now, 500), 0);
	ck_assert_uint_eq(bucket_take(&b, &rate, now, 10000), 500);
	ck_assert_uint_eq(bucket_take(&b, &rate, now, 10000), 0);
}
END_TEST

START_TEST(test_give)
{
	struct bucket_rate rate = bucket_rate(1000, 500);
	struct bucket b = {0};

	ck_assert_uint_eq(bucket_take(&b, &rate, start, 500), 500);
	bucket_give(&b, &rate, 300);
	bucket_give(&b, &rate, 0);
	ck_assert_uint_eq(bucket_take(&b, &rate, start, 500), 300);
	ck_assert_uint_eq(bucket_take(&b, &rate, start, 500), 0);
}
END_TEST

/* After waiting as long as was said the bytes are there, at any rate. */
START_TEST(test_wait)
{
	static const double rates[] = {0.001, 0.5, 3, 1000, 99999.9, 1e9, 1e12};
	static const size_t bursts[] = {1, 7, 1000, 1u << 30};
	size_t i, k, want;

	for (i = 0; i < sizeof(rates) / sizeof(rates[0]); i++) {
		for (k = 0; k < sizeof(bursts) / sizeof(bursts[0]); k++) {
			struct bucket_rate rate = bucket_rate(rates[i], bursts[k]);
			struct bucket b = {0};
			int64_t now = start;

			if ((double)bursts[k] / rates[i] > 1e9) /* decades */
				continue;
			ck_assert_uint_eq(bucket_take(&b, &rate, now, SIZE_MAX), bursts[k]);
			want = bursts[k] < 5 ? bursts[k] : 5;
			now += bucket_wait(&b, &rate, now, want);
			ck_assert_uint_ge(bucket_take(&b, &rate, now, want), want);
			now += bucket_wait(&b, &rate, now, SIZE_MAX);
			ck_assert_uint_eq(bucket_take(&b, &rate, now, SIZE_MAX), bursts[k]);
		}
	}
}
END_TEST

static struct bucket shared;
static const struct bucket_rate *shared_rate;

static void *take_all(void *arg)
{
	size_t *taken = arg, n;

	while ((n = bucket_take(&shared, shared_rate, start, 3)) > 0) {
		*taken += n;
		if (n > 1) {
			bucket_give(&shared, shared_rate, 1);
			*taken -= 1;
		}
	}
	return NULL;
}

/* However many take from it, no byte is given out twice. */
START_TEST(test_threads)
{
	struct bucket_rate rate = bucket_rate(1000, 300000);
	pthread_t threads[4];
	size_t taken[4] = {0}, i;

	shared_rate = &rate;
	for (i = 0; i < 4; i++)
		ck_assert_int_eq(pthread_create(&threads[i], NULL, take_all, &taken[i]), 0);
	for (i = 0; i < 4; i++)
		pthread_join(threads[i], NULL);
	ck_assert_uint_eq(taken[0] + taken[1] + taken[2] + taken[3], 300000);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("bucket");
	TCase *tc = tcase_create("bucket");
	SRunner *runner;
	int failed;

	tcase_add_checked_fixture(tc, setup, NULL);
	tcase_add_test(tc, test_burst_then_rate);
	tcase_add_test(tc, test_give);
	tcase_add_test(tc, test_wait);
	tcase_add_test(tc, test_threads);
	suite_add_tcase(suite, tc);
	runner = srunner_create(suite);
	srunner_set_fork_status(runner, CK_NOFORK);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}
