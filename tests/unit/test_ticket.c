/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "daemon/tls/ticket.h"

#include <check.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static const uint8_t one[TICKET_POLICY_SIZE] = {1}, two[TICKET_POLICY_SIZE] = {2};

static void get(struct ticket_key *k, uint8_t out[TICKET_KEY_SIZE])
{
	ck_assert_int_eq(ticket_key_get(k, out), 0);
}

START_TEST(test_keys)
{
	uint8_t a[TICKET_KEY_SIZE], b[TICKET_KEY_SIZE], c[TICKET_KEY_SIZE], zero[TICKET_KEY_SIZE];
	struct ticket_key k, same, other;

	memset(zero, 0, sizeof(zero));
	ticket_key_init(&k, one);
	ticket_key_init(&same, one);
	ticket_key_init(&other, two);
	get(&k, a);
	get(&same, b);
	get(&other, c);
	ck_assert(memcmp(a, zero, sizeof(a)) != 0);
	ck_assert(memcmp(a, b, sizeof(a)) == 0);
	ck_assert(memcmp(a, c, sizeof(a)) != 0);
	/* No part of one is in the other. */
	ck_assert(memcmp(a, c, 16) != 0);
	ck_assert(memcmp(a + 32, c + 32, 32) != 0);
	get(&k, b);
	ck_assert(memcmp(a, b, sizeof(a)) == 0);
	ticket_rotate();
	get(&k, b);
	ck_assert(memcmp(a, b, sizeof(a)) != 0);
	get(&same, c);
	ck_assert(memcmp(b, c, sizeof(a)) == 0);
	ticket_key_fini(&k);
	ticket_key_fini(&same);
	ticket_key_fini(&other);
}
END_TEST

START_TEST(test_rotation)
{
	uint8_t a[TICKET_KEY_SIZE], b[TICKET_KEY_SIZE];
	struct ticket_key k;

	ticket_key_init(&k, one);
	ticket_set_rotation(1);
	get(&k, a);
	usleep(20000);
	get(&k, b);
	ck_assert(memcmp(a, b, sizeof(a)) != 0);
	ticket_set_rotation(0);
	usleep(20000);
	get(&k, a);
	ck_assert(memcmp(a, b, sizeof(a)) == 0);
	ticket_set_rotation(TICKET_ROTATION_DEFAULT);
	get(&k, a);
	ck_assert(memcmp(a, b, sizeof(a)) == 0);
	ticket_key_fini(&k);
}
END_TEST

START_TEST(test_switch)
{
	ck_assert(ticket_enabled());
	ticket_set_enabled(false);
	ck_assert(!ticket_enabled());
	ticket_set_enabled(true);
	ck_assert(ticket_enabled());
}
END_TEST

/* ---- several threads ------------------------------------------------------------------------ */

#define ROTATIONS 200
#define THREADS 3

static struct ticket_key shared;
static uint8_t all[ROTATIONS + 1][TICKET_KEY_SIZE]; /* that there ever were */
static _Atomic bool rotated;

static bool is_one_of_all(const uint8_t key[TICKET_KEY_SIZE])
{
	size_t i;

	for (i = 0; i <= ROTATIONS; i++)
		if (memcmp(all[i], key, TICKET_KEY_SIZE) == 0)
			return true;
	return false;
}

/* Notes the different keys that come, which are looked at when all are known. */
static void *get_many(void *arg)
{
	uint8_t(*seen)[TICKET_KEY_SIZE] = arg, key[TICKET_KEY_SIZE];
	size_t n = 0;
	bool last;

	get(&shared, seen[n++]);
	do {
		last = rotated;
		get(&shared, key);
		if (n < 2 * ROTATIONS && memcmp(key, seen[n - 1], sizeof(key)) != 0)
			memcpy(seen[n++], key, sizeof(key));
	} while (!last);
	return (void *)n;
}

/* Nobody ever gets a key that is half of one and half of another, or that was never there. */
START_TEST(test_threads)
{
	static uint8_t seen[THREADS][2 * ROTATIONS][TICKET_KEY_SIZE];
	pthread_t threads[THREADS];
	size_t i, k;
	void *n;

	ticket_key_init(&shared, one);
	get(&shared, all[0]);
	for (i = 0; i < THREADS; i++)
		ck_assert_int_eq(pthread_create(&threads[i], NULL, get_many, seen[i]), 0);
	for (i = 1; i <= ROTATIONS; i++) {
		ticket_rotate();
		get(&shared, all[i]);
		usleep(100);
	}
	rotated = true;
	for (i = 0; i < THREADS; i++) {
		pthread_join(threads[i], &n);
		for (k = 0; k < (size_t)n; k++)
			ck_assert(is_one_of_all(seen[i][k]));
		ck_assert(memcmp(seen[i][(size_t)n - 1], all[ROTATIONS], TICKET_KEY_SIZE) == 0);
	}
	ticket_key_fini(&shared);
}
END_TEST

#define COST_ROUNDS 2000000

static void *get_often(void *unused)
{
	uint8_t key[TICKET_KEY_SIZE];
	int i, failed = 0;

	for (i = 0; i < COST_ROUNDS; i++)
		failed += ticket_key_get(&shared, key) != 0;
	ck_assert_int_eq(failed, 0);
	return unused;
}

/* Not asserted: what a key costs a handshake, alone and beside other workers. */
START_TEST(test_cost)
{
	pthread_t threads[THREADS];
	struct timespec from, to;
	size_t count, i;

	ticket_key_init(&shared, one);
	for (count = 1; count <= THREADS; count++) {
		clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &from);
		for (i = 0; i < count; i++)
			ck_assert_int_eq(pthread_create(&threads[i], NULL, get_often, NULL), 0);
		for (i = 0; i < count; i++)
			pthread_join(threads[i], NULL);
		clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &to);
		printf("a key, %zu threads: %.0f ns of CPU\n", count,
		    ((double)(to.tv_sec - from.tv_sec) * 1e9 +
			(double)(to.tv_nsec - from.tv_nsec)) /
			COST_ROUNDS / (double)count);
	}
	ticket_key_fini(&shared);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("ticket");
	TCase *tc = tcase_create("ticket");
	SRunner *runner;
	int failed;

	tcase_add_test(tc, test_keys);
	tcase_add_test(tc, test_rotation);
	tcase_add_test(tc, test_switch);
	tcase_add_test(tc, test_threads);
	tcase_add_test(tc, test_cost);
	suite_add_tcase(suite, tc);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? 0 : 1;
}
