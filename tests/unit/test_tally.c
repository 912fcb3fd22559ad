/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include <errno.h>
#include <stdlib.h>
#include <check.h>

#include "daemon/core/tally.h"

START_TEST(times)
{
	static const struct {
		double seconds;
		size_t bucket;
		uint64_t us;
	} cases[] = {
	    {-5, 0, 0},
	    {0, 0, 0},
	    {.001, 0, 1000},
	    {.002, 1, 2000},
	    {1, 3, 1000000},
	    {1.5, 4, 1500000},
	    {86400, 8, UINT64_C(86400000000)},
	    {86401, 9, UINT64_C(86401000000)},
	    {1e9, 9, UINT64_C(1000000000000000)},
	};
	struct histogram histogram = {0};
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct histogram_time time = histogram_time(histogram_durations, cases[i].seconds);

		ck_assert_uint_eq(time.bucket, cases[i].bucket);
		ck_assert_uint_eq(time.us, cases[i].us);
		histogram_add(&histogram, time);
	}
	ck_assert_uint_eq(counter_get(&histogram.buckets[0]), 3);
	ck_assert_uint_eq(counter_get(&histogram.buckets[9]), 2);
	for (i = 1; i < HISTOGRAM_BUCKETS - 1; i++) {
		ck_assert(histogram_durations[i] > histogram_durations[i - 1]);
		ck_assert(histogram_delays[i] > histogram_delays[i - 1]);
	}
}
END_TEST

START_TEST(found_again)
{
	struct tallies *listener = tallies_get(TALLIES_LISTENER, "main");
	struct tallies *server = tallies_get(TALLIES_SERVER, "main"), *again;
	struct tally sum;

	ck_assert_ptr_ne(listener, server);
	counter_add(&tallies_of(server, 0)->opened, 3);
	ck_assert_ptr_eq(tallies_of(server, 0), tallies_of(server, 0));
	again = tallies_get(TALLIES_SERVER, "main");
	ck_assert_ptr_eq(again, server);
	tallies_unref(again);
	tallies_sum(server, &sum);
	ck_assert_uint_eq(counter_get(&sum.opened), 3);
	ck_assert_uint_eq(tallies_counter(server, offsetof(struct tally, opened)), 3);
	tallies_sum(listener, &sum);
	ck_assert_uint_eq(counter_get(&sum.opened), 0);
	/* The last one lets go: whoever comes later begins anew. */
	tallies_unref(server);
	server = tallies_get(TALLIES_SERVER, "main");
	tallies_sum(server, &sum);
	ck_assert_uint_eq(counter_get(&sum.opened), 0);
	tallies_unref(server);
	tallies_unref(listener);
	tallies_unref(NULL);
}
END_TEST

START_TEST(what_a_sum_says)
{
	struct tally sum = {0};

	counter_add(&sum.opened, 10);
	counter_add(&sum.passed, 1);
	counter_add(&sum.ended[END_CLIENT_CLOSED], 4);
	counter_add(&sum.ended[END_NO_ROUTE], 2);
	counter_add(&sum.ended[END_LIMIT], 1);
	ck_assert_uint_eq(tally_ended(&sum), 7);
	ck_assert_uint_eq(tally_active(&sum), 2);
	ck_assert_uint_eq(tally_errors(&sum), 3);
	/* Read while it changed. */
	counter_add(&sum.ended[END_DRAINED], 5);
	ck_assert_uint_eq(tally_active(&sum), 0);
}
END_TEST

START_TEST(reasons)
{
	int errors = 0, i;

	for (i = 0; i < END_REASON_COUNT; i++) {
		ck_assert_ptr_nonnull(end_reason_name((enum end_reason)i));
		errors += end_reason_is_error((enum end_reason)i);
	}
	ck_assert_int_eq(END_REASON_COUNT - errors, 11);
	ck_assert(!end_reason_is_error(END_IDLE_TIMEOUT));
	ck_assert(end_reason_is_error(END_MATCHING_TIMEOUT));
	ck_assert_str_eq(dial_problem_name(dial_problem_of(ECONNREFUSED)), "refused");
	ck_assert_str_eq(dial_problem_name(dial_problem_of(EHOSTUNREACH)), "unreachable");
	ck_assert_str_eq(dial_problem_name(dial_problem_of(ETIMEDOUT)), "timeout");
	ck_assert_str_eq(dial_problem_name(dial_problem_of(EMFILE)), "other");
}
END_TEST

int main(void)
{
	Suite *s = suite_create("tally");
	TCase *tc = tcase_create("tally");
	SRunner *sr;
	int failed;

	tcase_add_test(tc, times);
	tcase_add_test(tc, found_again);
	tcase_add_test(tc, what_a_sum_says);
	tcase_add_test(tc, reasons);
	suite_add_tcase(s, tc);
	sr = srunner_create(s);
	srunner_run_all(sr, CK_NORMAL);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed != 0;
}
