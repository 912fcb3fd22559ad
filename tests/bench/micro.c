/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What single pieces cost: each matcher on a first flight that it says yes to, a choice among
 * routes that ask for server names, among certificates, among upstreams. Prints nanoseconds, the
 * best of some rounds; built by `make bench` alone.
 */
#include <config.h>

#include <time.h>

#include "daemon/core/route.h"
#include "daemon/core/route_index.h"
#include "daemon/core/routing.h"
#include "daemon/tls/store.h"
#include "daemon/upstream/policy.h"
#include "tests/unit/hello_samples.h"
#include "tests/unit/matcher_support.h"
#include "tests/unit/quic_flights.h"

#define ROUNDS 7
#define ARENA_MAX (1u << 20)
#define ROUND_NS 20000000.

static double now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts);
	return (double)ts.tv_sec * 1e9 + (double)ts.tv_nsec;
}

/* The shortest time that work(arg) took, on average over a round. */
static double measure(void (*work)(void *arg), void *arg)
{
	double best = 0, start, took;
	long count = 1, i;
	int round = 0;

	while (round < ROUNDS) {
		start = now_ns();
		for (i = 0; i < count; i++)
			work(arg);
		took = now_ns() - start;
		if (took < ROUND_NS) {
			count *= 2;
			continue;
		}
		if (round++ == 0 || took / (double)count < best)
			best = took / (double)count;
	}
	return best;
}

/* ---- matchers ------------------------------------------------------------------------------- */

struct asked {
	struct matcher_set set;
	struct span bytes;
	bool datagram;
	enum match_verdict verdict;
};

/* They go to an arena of their own, as those of a connection do. */
static void forget_captures(void)
{
	facts.named = NULL;
	if (facts.arena == arena || arena_size(facts.arena) > ARENA_MAX) {
		if (facts.arena != arena)
			arena_free(facts.arena);
		facts.arena = arena_new(1024);
	}
}

static void ask(void *arg)
{
	struct asked *a = arg;
	struct match_input in = {
	    .bytes = a->bytes, .datagram = a->datagram, .facts = &facts, .cache = &cache};

	forget_captures();
	a->verdict = matcher_set_match(&a->set, &in);
	match_cache_clear(&cache);
}

static void time_matcher(const char *name, const char *json, struct span bytes, bool datagram)
{
	struct asked a = {.set = support_set(json), .bytes = bytes, .datagram = datagram};
	double ns = measure(ask, &a);

	printf("%-46.46s %9.0f ns%s\n", name, ns, a.verdict == MATCH_YES ? "" : "  (no match)");
}

/* Flights are called like their matcher, with something behind it. */
static const struct matcher_type *matcher_of(const char *flight)
{
	const struct matcher_type *best = NULL;
	size_t i, n, length = 0;

	for (i = 0; support_types[i] != NULL; i++) {
		n = strlen(support_types[i]->name);
		if (n > length && strncmp(flight, support_types[i]->name, n) == 0) {
			best = support_types[i];
			length = n;
		}
	}
	return best;
}

static void time_flights(void)
{
	char name[96], json[64];
	size_t i;

	for (i = 0; i < sizeof(flights) / sizeof(flights[0]); i++) {
		const struct matcher_type *type = matcher_of(flights[i].name);

		if (type == NULL)
			continue;
		snprintf(json, sizeof(json),
		    strcmp(type->name, "http") == 0 ? "{'%s': []}" : "{'%s': {}}", type->name);
		snprintf(name, sizeof(name), "%s: %s", type->name, flights[i].client);
		time_matcher(name, json, support_hex(flights[i].hex), flights[i].datagram);
	}
	for (i = 0; i < sizeof(quic_flights) / sizeof(quic_flights[0]); i++) {
		snprintf(name, sizeof(name), "quic: %s", quic_flights[i].client);
		if (quic_flights[i].count == 1)
			time_matcher(
			    name, "{'quic': {}}", support_hex(quic_flights[i].datagrams[0]), true);
	}
	for (i = 0; i < sizeof(hello_samples) / sizeof(hello_samples[0]); i++) {
		snprintf(name, sizeof(name), "tls: %s", hello_samples[i].client);
		time_matcher(name, "{'tls': {}}", support_hex(hello_samples[i].hex), false);
	}
}

/* ---- a route among many --------------------------------------------------------------------- */

struct choice {
	struct route_list list;
	struct span bytes;
	size_t index;
};

/* The parse of the ClientHello is shared by all matchers; without it the choice alone is timed. */
static void pick(void *arg)
{
	struct choice *c = arg;
	struct match_input in = {.bytes = c->bytes, .facts = &facts, .cache = &cache};

	forget_captures();
	if (routing_pick(&c->list, 0, &in, &c->index) != PICK_ROUTE)
		abort();
}

static void time_routes(size_t count)
{
	const struct hello_sample *hello = &hello_samples[0];
	struct choice c = {.bytes = support_hex(hello->hex)};
	char json[128];
	size_t i;

	c.list.items = arena_array(arena, count, sizeof(*c.list.items));
	c.list.count = count;
	for (i = 0; i < count; i++) {
		struct matcher_set *set = arena_alloc(arena, sizeof(*set));

		if (i + 1 == count)
			snprintf(
			    json, sizeof(json), "{'tls': {'sni': ['%s']}}", hello->server_name);
		else
			snprintf(json, sizeof(json), "{'tls': {'sni': ['h%zu.example.net']}}", i);
		*set = support_set(json);
		c.list.items[i] = arena_alloc(arena, sizeof(struct route));
		c.list.items[i]->match = (struct matcher_sets){set, 1};
	}
	c.list.index = route_index_new(arena, c.list.items, count);
	snprintf(json, sizeof(json), "the last of %zu routes by server name", count);
	printf("%-46s %9.0f ns\n", json, measure(pick, &c));
}

/* ---- an upstream among many ----------------------------------------------------------------- */

struct selection {
	struct pool pool;
	bool *tried;
	struct netaddr client;
};

static void choose(void *arg)
{
	struct selection *s = arg;

	s->client.ip[3]++;
	if (pool_select(&s->pool, s->tried, &s->client) == NULL)
		abort();
}

static void time_policy(int policy, size_t count)
{
	struct upstream *items = arena_array(arena, count, sizeof(*items));
	struct load load = {.arena = arena};
	struct jnode node = {0};
	struct selection s = {.tried = arena_array(arena, count, sizeof(bool))};
	struct error err;
	char name[64];
	size_t i;

	for (i = 0; i < count; i++) {
		items[i].dial.items = arena_array(arena, 1, sizeof(char *));
		items[i].dial.items[0] = arena_printf(arena, "10.0.%zu.%zu:80", i / 250, i % 250);
		items[i].dial.count = 1;
	}
	netaddr_parse_ip("192.0.2.1", &s.client);
	if (pool_init(&s.pool, &load, &node, (struct objects){items, count}, policy, 2, &err) == -1)
		abort();
	snprintf(name, sizeof(name), "%s among %zu upstreams", policy_names[policy], count);
	printf("%-46s %9.0f ns\n", name, measure(choose, &s));
}

/* ---- a certificate among many --------------------------------------------------------------- */

/* The store's names, times and kinds are all that a choice looks at. */
static struct cert *stand_in(const char *name)
{
	struct cert *cert = arena_alloc(arena, sizeof(*cert));

	cert->refs = 1;
	cert->names.items = arena_array(arena, 1, sizeof(char *));
	cert->names.items[0] = arena_strdup(arena, name);
	cert->names.count = 1;
	cert->not_after = INT32_MAX;
	cert->source = "bench";
	return cert;
}

static void find_certificate(void *arg)
{
	const struct store_query *query = arg;
	struct store_found found;

	if (!store_find(query, &found))
		abort();
	store_release(&found);
}

static void time_certificates(size_t count)
{
	struct store_set *set = store_set_new(STORE_LOADED);
	struct store_query query = {.now = 1, .server_name = span_str("www.h7.example.net")};
	char name[128];
	size_t i;

	for (i = 0; i < count; i++) {
		snprintf(name, sizeof(name), "%sh%zu.example.net", i % 2 ? "*." : "", i);
		store_set_add(set, stand_in(name));
	}
	store_commit();
	snprintf(name, sizeof(name), "one of %zu certificates by wildcard", count);
	printf("%-46s %9.0f ns\n", name, measure(find_certificate, &query));
	query.server_name = span_str("h8.example.net");
	snprintf(name, sizeof(name), "one of %zu certificates by name", count);
	printf("%-46s %9.0f ns\n", name, measure(find_certificate, &query));
	store_set_free(set);
}

/* The support of the unit tests works inside of a test alone. */
START_TEST(bench)
{
	int policy;

	time_flights();
	time_routes(1);
	time_routes(10);
	time_routes(1000);
	time_routes(10000);
	time_certificates(10);
	time_certificates(10000);
	for (policy = 0; policy_names[policy] != NULL; policy++) {
		time_policy(policy, 3);
		time_policy(policy, 100);
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("micro");
	TCase *tc = tcase_create("micro");
	SRunner *runner;
	int failed;

	tcase_add_checked_fixture(tc, support_setup, support_teardown);
	tcase_set_timeout(tc, 0);
	tcase_add_test(tc, bench);
	suite_add_tcase(suite, tc);
	runner = srunner_create(suite);
	srunner_set_fork_status(runner, CK_NOFORK);
	srunner_run_all(runner, CK_SILENT);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed > 0;
}
