/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "daemon/upstream/peer.h"

#include <check.h>
#include <pthread.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#define THREADS 4
#define ROUNDS 20000
#define LIMIT 3

static void count(const struct peer *peer, void *arg)
{
	(void)peer;
	++*(size_t *)arg;
}

static size_t peers(void)
{
	size_t n = 0;

	peers_visit(count, &n);
	return n;
}

/* One peer for each address, as long as anyone refers to it. */
START_TEST(test_identity)
{
	struct peer *a = peer_get("tcp/10.0.0.1:80"), *b = peer_get("tcp/10.0.0.2:80");
	struct peer *again = peer_get("tcp/10.0.0.1:80");

	ck_assert_ptr_eq(a, again);
	ck_assert_ptr_ne(a, b);
	ck_assert_str_eq(a->address, "tcp/10.0.0.1:80");
	ck_assert_uint_eq(peers(), 2);
	ck_assert(peer_enter(a, 0));
	peer_unref(a);
	a = peer_get("tcp/10.0.0.1:80"); /* as a new instance does before the old one goes */
	peer_unref(again);
	ck_assert_uint_eq(atomic_load(&a->connections), 1);
	peer_unref(a);
	peer_unref(b);
	ck_assert_uint_eq(peers(), 0);
}
END_TEST

START_TEST(test_limit)
{
	struct peer *peer = peer_get("x");

	ck_assert(peer_enter(peer, 2) && peer_enter(peer, 2));
	ck_assert(!peer_enter(peer, 2));
	ck_assert(!peer_has_room(peer, 2));
	ck_assert(peer_has_room(peer, 3));
	ck_assert(peer_enter(peer, 0)); /* no limit of its own */
	ck_assert_uint_eq(atomic_load(&peer->connections), 3);
	peer_leave(peer);
	peer_leave(peer);
	ck_assert(peer_has_room(peer, 2));
	ck_assert(peer_enter(peer, 2));
	peer_leave(peer);
	peer_leave(peer);
	ck_assert_uint_eq(atomic_load(&peer->connections), 0);
	peer_unref(peer);
}
END_TEST

/* The latest are remembered, whatever becomes of their connections. */
START_TEST(test_recent)
{
	struct peer *first = peer_get_recent("tcp/a:1"), *peer;
	char address[32];
	int i;

	peer_failed(first);
	peer_unref(first);
	for (i = 0; i < PEERS_RECENT_MAX - 1; i++) {
		snprintf(address, sizeof(address), "tcp/h%d:1", i);
		peer_unref(peer_get_recent(address));
	}
	ck_assert_uint_eq(peers(), PEERS_RECENT_MAX);
	peer = peer_get_recent("tcp/a:1"); /* the oldest; now it is the latest */
	ck_assert_ptr_eq(peer, first);
	ck_assert_uint_eq(atomic_load(&peer->failures), 1);
	peer_unref(peer);
	peer_unref(peer_get_recent("tcp/b:1"));
	ck_assert_uint_eq(peers(), PEERS_RECENT_MAX);
	peer = peer_get("tcp/h0:1"); /* that one had to go */
	ck_assert_uint_eq(peers(), PEERS_RECENT_MAX + 1);
	peers_forget_recent();
	ck_assert_uint_eq(peers(), 1);
	peer_unref(peer);
}
END_TEST

static _Atomic unsigned inside, most;

static void *enter_and_leave(void *arg)
{
	struct peer *peer = arg;
	int i;

	for (i = 0; i < ROUNDS; i++) {
		unsigned n, seen;
		struct peer *same = peer_get("x");

		if (same == peer && peer_enter(peer, LIMIT)) {
			n = atomic_fetch_add(&inside, 1) + 1;
			seen = atomic_load(&most);
			while (n > seen && !atomic_compare_exchange_weak(&most, &seen, n))
				;
			atomic_fetch_sub(&inside, 1);
			peer_leave(peer);
		}
		peer_unref(same);
	}
	return NULL;
}

/* Many threads at once never pass the limit, and leave nothing behind. */
START_TEST(test_threads)
{
	struct peer *peer = peer_get("x");
	pthread_t threads[THREADS];
	int i;

	for (i = 0; i < THREADS; i++)
		ck_assert_int_eq(pthread_create(&threads[i], NULL, enter_and_leave, peer), 0);
	for (i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	ck_assert_uint_le(most, LIMIT);
	ck_assert_uint_ge(most, 1);
	ck_assert_uint_eq(atomic_load(&peer->connections), 0);
	ck_assert_uint_eq(atomic_load(&peer->refs), 1);
	peer_unref(peer);
}
END_TEST

START_TEST(test_detour)
{
	struct peer *peer = peer_get("x");
	double now = 1.7e9;

	ck_assert_int_eq(peer_detour(peer, now), AF_UNSPEC);
	peer_set_detour(peer, AF_INET, now);
	ck_assert_int_eq(peer_detour(peer, now + 1), AF_INET);
	ck_assert_int_eq(peer_detour(peer, now + 86400), AF_UNSPEC);
	peer_set_detour(peer, AF_INET6, now + 2);
	ck_assert_int_eq(peer_detour(peer, now + 3), AF_INET6);
	peer_unref(peer);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("peer");
	TCase *tc = tcase_create("peer");
	SRunner *runner;
	int failed;

	tcase_add_test(tc, test_identity);
	tcase_add_test(tc, test_limit);
	tcase_add_test(tc, test_recent);
	tcase_add_test(tc, test_threads);
	tcase_add_test(tc, test_detour);
	suite_add_tcase(suite, tc);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}
