/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "daemon/upstream/policy.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/arena.h"

#define UPSTREAMS 4
#define DRAWS 10000

static struct arena *arena;
static struct pool pool;
static bool tried[UPSTREAMS];
static size_t got[UPSTREAMS];
static struct netaddr client;

/* A pool as a document makes it: {"dial": ["10.0.0.<i>:80"]}, i from 1 on. */
static void make_pool(size_t count, const char *policy, int64_t choose)
{
	struct jnode node = {0};
	struct load load = {.arena = arena};
	struct upstream *items = arena_array(arena, count, sizeof(*items));
	struct error err;
	size_t i;
	int index = 0;

	for (i = 0; i < count; i++) {
		items[i].dial.items = arena_array(arena, 1, sizeof(char *));
		items[i].dial.items[0] = arena_printf(arena, "10.0.0.%zu:80", i + 1);
		items[i].dial.count = 1;
	}
	while (strcmp(policy_names[index], policy) != 0)
		index++;
	ck_assert_str_eq(policies[index].name, policy);
	ck_assert_msg(pool_init(&pool, &load, &node, (struct objects){items, count}, index, choose,
			  &err) == 0,
	    "%s", err.message);
}

static void setup(void)
{
	arena = arena_new(4096);
	memset(tried, 0, sizeof(tried));
	memset(got, 0, sizeof(got));
	netaddr_parse_ip("192.0.2.1", &client);
}

static void teardown(void)
{
	arena_free(arena);
}

static struct peer *peer(size_t i)
{
	return pool.items[i].destinations[0].peer;
}

/* Puts connections of upstream i at n. */
static void load_with(size_t i, uint64_t n)
{
	atomic_store(&peer(i)->connections, n);
}

/* The index that is chosen; UPSTREAMS: none. */
static size_t choose(void)
{
	const struct upstream *u = pool_select(&pool, tried, &client);

	return u != NULL ? (size_t)(u - pool.items) : UPSTREAMS;
}

static void draw(size_t times)
{
	size_t i;

	memset(got, 0, sizeof(got));
	while (times-- > 0) {
		i = choose();
		ck_assert_uint_lt(i, UPSTREAMS);
		got[i]++;
	}
}

static void about(size_t i, size_t want, size_t tolerance)
{
	ck_assert_msg(got[i] + tolerance >= want && got[i] <= want + tolerance,
	    "upstream %zu was chosen %zu times, not about %zu", i, got[i], want);
}

START_TEST(test_random)
{
	make_pool(4, "random", 0);
	draw(DRAWS);
	about(0, 2500, 250);
	about(1, 2500, 250);
	about(2, 2500, 250);
	about(3, 2500, 250);
}
END_TEST

START_TEST(test_round_robin)
{
	size_t i;

	make_pool(3, "round_robin", 0);
	for (i = 0; i < 9; i++)
		ck_assert_uint_eq(choose(), i % 3);
	/* One is away: the others share its turns evenly. */
	pool.items[1].max_connections = 1;
	load_with(1, 1);
	draw(300);
	ck_assert_uint_eq(got[1], 0);
	about(0, 150, 1);
	about(2, 150, 1);
}
END_TEST

START_TEST(test_weighted)
{
	static const size_t smooth[] = {0, 1, 0, 2, 0, 0, 1, 0, 2, 0};
	size_t i;

	make_pool(3, "weighted_round_robin", 0);
	ck_assert_int_eq(pool.items[0].weight, 1); /* none was given */
	pool.items[0].weight = 3;
	for (i = 0; i < 10; i++)
		ck_assert_uint_eq(choose(), smooth[i]);
	pool.items[1].weight = 6;
	draw(DRAWS);
	about(0, 3000, 2);
	about(1, 6000, 2);
	about(2, 1000, 2);
	tried[1] = true;
	draw(400);
	about(0, 300, 2);
	about(2, 100, 2);
}
END_TEST

START_TEST(test_first)
{
	make_pool(3, "first", 0);
	ck_assert_uint_eq(choose(), 0);
	tried[0] = true;
	ck_assert_uint_eq(choose(), 1);
	pool.items[1].max_connections = 2;
	load_with(1, 2);
	ck_assert_uint_eq(choose(), 2);
	tried[2] = true;
	ck_assert_uint_eq(choose(), UPSTREAMS);
	load_with(1, 1);
	ck_assert_uint_eq(choose(), 1);
}
END_TEST

START_TEST(test_least_conn)
{
	make_pool(4, "least_conn", 0);
	load_with(0, 5);
	load_with(1, 2);
	load_with(2, 9);
	load_with(3, 2);
	draw(DRAWS);
	ck_assert_uint_eq(got[0] + got[2], 0);
	about(1, 5000, 400);
	tried[1] = tried[3] = true;
	ck_assert_uint_eq(choose(), 0);
}
END_TEST

/* All drawn: the least loaded; two of four: the most loaded never wins. */
START_TEST(test_random_choose)
{
	make_pool(4, "random_choose", 4);
	load_with(0, 4);
	load_with(1, 3);
	load_with(2, 2);
	load_with(3, 1);
	draw(100);
	ck_assert_uint_eq(got[3], 100);
	pool.choose = 2;
	draw(DRAWS);
	ck_assert_uint_eq(got[0], 0);
	about(1, 1667, 250); /* of the six pairs: 1, 2 and 3 */
	about(2, 3333, 300);
	about(3, 5000, 300);
	pool.choose = 1000;
	draw(100);
	ck_assert_uint_eq(got[3], 100);
}
END_TEST

static size_t choice_of(unsigned i)
{
	client.ip[2] = (uint8_t)(i >> 8);
	client.ip[3] = (uint8_t)i;
	client.port = (uint16_t)random();
	return choose();
}

/* The same client goes to the same upstream; when one goes, only its own clients move. */
START_TEST(test_ip_hash)
{
	size_t before[DRAWS], after;
	unsigned i;

	make_pool(4, "ip_hash", 0);
	for (i = 0; i < DRAWS; i++) {
		before[i] = choice_of(i);
		got[before[i]]++;
		ck_assert_uint_eq(choice_of(i), before[i]);
	}
	for (i = 0; i < 4; i++)
		about(i, 2500, 250);
	tried[2] = true;
	memset(got, 0, sizeof(got));
	for (i = 0; i < DRAWS; i++) {
		after = choice_of(i);
		ck_assert_uint_ne(after, 2);
		if (before[i] != 2)
			ck_assert_uint_eq(after, before[i]);
		else
			got[after]++;
	}
	about(0, 833, 170);
	about(1, 833, 170);
	about(3, 833, 170);
	tried[2] = false;
	netaddr_parse_ip("2001:db8::5", &client);
	after = choose();
	ck_assert_uint_eq(choose(), after);
	client = (struct netaddr){.family = AF_UNIX};
	ck_assert_uint_lt(choose(), 4);
}
END_TEST

/* An upstream is available while one of its addresses is. */
START_TEST(test_available)
{
	struct jnode node = {0};
	struct load load = {.arena = arena};
	const char *dial[] = {"10.0.0.1:80", "10.0.0.2:80"};
	struct upstream u = {.dial = {dial, 2}, .max_connections = 1};
	struct error err;

	ck_assert_int_eq(pool_init(&pool, &load, &node, (struct objects){&u, 1}, 0, 0, &err), 0);
	ck_assert_uint_eq(choose(), 0);
	atomic_store(&u.destinations[0].peer->connections, 1);
	ck_assert_uint_eq(choose(), 0);
	atomic_store(&u.destinations[1].peer->connections, 1);
	ck_assert_uint_eq(choose(), UPSTREAMS);
	u.max_connections = 0;
	ck_assert_uint_eq(choose(), 0);
	tried[0] = true;
	ck_assert_uint_eq(choose(), UPSTREAMS);
}
END_TEST

static const char *const refused[] = {
    "10.0.0.1",
    "unixpacket//x",
    "{l4.tls.server_name}",
    "fd/3",
    "",
};

START_TEST(test_refused)
{
	json_t *document = json_pack("{s:[{s:[s]}]}", "upstreams", "dial", refused[_i]);
	struct jnode node = jnode_root(document);
	struct load load = {.arena = arena};
	const char *dial[] = {refused[_i]};
	struct upstream u = {.dial = {dial, 1}};
	struct error err;

	ck_assert_int_eq(pool_init(&pool, &load, &node, (struct objects){&u, 1}, 0, 0, &err), -1);
	ck_assert_str_eq(err.path, "upstreams[0].dial[0]");
	json_decref(document);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("policy");
	TCase *tc = tcase_create("policy");
	SRunner *runner;
	int failed;

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, test_random);
	tcase_add_test(tc, test_round_robin);
	tcase_add_test(tc, test_weighted);
	tcase_add_test(tc, test_first);
	tcase_add_test(tc, test_least_conn);
	tcase_add_test(tc, test_random_choose);
	tcase_add_test(tc, test_ip_hash);
	tcase_add_test(tc, test_available);
	tcase_add_loop_test(tc, test_refused, 0, (int)(sizeof(refused) / sizeof(refused[0])));
	suite_add_tcase(suite, tc);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}
