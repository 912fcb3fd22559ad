/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * For the tests of matchers: sets from JSON, their verdicts on bytes cut anywhere, what Caddyfile
 * forms become. In JSON ' stands for ". Each program has one arena and one connection's facts.
 */
#ifndef TESTS_UNIT_MATCHER_SUPPORT_H
#define TESTS_UNIT_MATCHER_SUPPORT_H

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/arena.h"
#include "daemon/core/load.h"
#include "daemon/core/matcher.h"
#include "daemon/input/blocks.h"
#include "daemon/matchers/matchers_tbl.h"
#include "tests/unit/flights.h"

#define MATCHER_EXTERN(name) extern const struct matcher_type matcher_##name;
MATCHERS(MATCHER_EXTERN)
#define MATCHER_ENTRY(name) &matcher_##name,
static const struct matcher_type *const support_types[] = {MATCHERS(MATCHER_ENTRY) NULL};

static struct arena *arena;
static struct facts facts;
static struct match_cache cache;

static inline void support_setup(void)
{
	matcher_types_set(support_types);
	arena = arena_new(4096);
	cache = (struct match_cache){0};
	facts = (struct facts){.fd = -1, .arena = arena};
	ck_assert(netaddr_parse_ip("10.1.2.3", &facts.src));
	ck_assert(netaddr_parse_ip("192.168.0.1", &facts.local));
}

static inline void support_teardown(void)
{
	match_cache_fini(&cache);
	arena_free(arena);
}

static inline json_t *support_json(const char *text)
{
	char *copy = strdup(text), *quote;
	json_t *json;

	while ((quote = strchr(copy, '\'')) != NULL)
		*quote = '"';
	json = json_loads(copy, 0, NULL);
	ck_assert_msg(json != NULL, "%s", copy);
	free(copy);
	return json;
}

static inline struct span support_hex(const char *hex)
{
	size_t n = strlen(hex) / 2, i;
	uint8_t *out = arena_alloc(arena, n);

	for (i = 0; i < n; i++)
		ck_assert_int_eq(sscanf(hex + 2 * i, "%2hhx", &out[i]), 1);
	return span_of(out, n);
}

static inline const struct flight *support_find_flight(const char *name)
{
	size_t i;

	for (i = 0; i < sizeof(flights) / sizeof(flights[0]); i++) {
		if (strcmp(flights[i].name, name) == 0)
			return &flights[i];
	}
	ck_abort_msg("no flight %s", name);
}

static inline struct span support_flight(const char *name)
{
	return support_hex(support_find_flight(name)->hex);
}

/* A set from JSON; -1 with err where it is refused. */
static inline int support_load(const char *text, struct matcher_set *set, struct error *err)
{
	struct load load = {.arena = arena};
	json_t *json = support_json(text);
	struct jnode node = jnode_root(json);
	int result = matcher_set_load(&load, &node, set, err);

	json_decref(json);
	return result;
}

static inline struct matcher_set support_set(const char *text)
{
	struct matcher_set set;
	struct error err;

	ck_assert_msg(
	    support_load(text, &set, &err) == 0, "%s: %s: %s", text, err.path, err.message);
	return set;
}

/* Asks with an exact copy, so that a sanitizer sees every byte read beyond the end. */
static inline enum match_verdict support_ask(
    const struct matcher_set *set, struct span bytes, bool datagram)
{
	uint8_t *copy = calloc(1, bytes.n > 0 ? bytes.n : 1);
	struct match_input in = {
	    .bytes = span_of(copy, bytes.n),
	    .datagram = datagram,
	    .phase = MATCH_LIVE,
	    .facts = &facts,
	    .cache = &cache,
	};
	enum match_verdict verdict;

	if (bytes.n > 0)
		memcpy(copy, bytes.p, bytes.n);
	match_cache_clear(&cache);
	verdict = matcher_set_match(set, &in);
	free(copy);
	return verdict;
}

static inline enum match_verdict support_verdict(const char *text, struct span bytes, bool datagram)
{
	struct matcher_set set = support_set(text);

	return support_ask(&set, bytes, datagram);
}

/* On a stream: more at every length below decided, verdict from there on. */
static inline void support_cuts(
    const char *text, struct span bytes, size_t decided, enum match_verdict verdict)
{
	struct matcher_set set = support_set(text);
	size_t n;

	for (n = 0; n <= bytes.n; n++)
		ck_assert_msg(support_ask(&set, span_of(bytes.p, n), false) ==
				  (n < decided ? MATCH_MORE : verdict),
		    "%s cut at %zu of %zu", text, n, bytes.n);
}

/* As a datagram: no at every length but the whole. */
static inline void support_datagram(const char *text, struct span bytes, enum match_verdict verdict)
{
	struct matcher_set set = support_set(text);
	size_t n;

	for (n = 0; n < bytes.n; n++)
		ck_assert_msg(support_ask(&set, span_of(bytes.p, n), true) == MATCH_NO,
		    "%s cut at %zu of %zu", text, n, bytes.n);
	ck_assert_msg(support_ask(&set, bytes, true) == verdict, "%s", text);
}

/* The set is refused, with this at the beginning of the error's text. */
static inline void support_refused(const char *text, const char *said)
{
	struct matcher_set set;
	struct error err;
	char message[2048];

	ck_assert_msg(support_load(text, &set, &err) == -1, "%s", text);
	error_text(&err, message, sizeof(message));
	ck_assert_msg(strncmp(message, said, strlen(said)) == 0, "%s", message);
}

static inline void support_fact(const char *name, const char *value)
{
	const struct fact *fact = facts_get(&facts, name);

	if (value == NULL) {
		ck_assert_msg(fact == NULL, "%s is '%s'", name, fact != NULL ? fact->value : "");
		return;
	}
	ck_assert_msg(fact != NULL, "%s is not set", name);
	ck_assert_str_eq(fact->value, value);
}

/* A matcher's lines of a Caddyfile become json, the matcher's value; NULL: they are refused. */
static inline void support_adapt(const char *text, const char *json)
{
	char *file = arena_printf(arena, ":1 {\n%s\n}\n", text);
	struct blocks blocks;
	struct dispenser d;
	json_t *out = NULL, *expected;
	struct error err;
	int result;

	ck_assert_msg(blocks_parse(span_str(file), "Caddyfile", arena, NULL, &blocks, &err) == 0,
	    "%s", err.message);
	d = dispenser_of(blocks.items[0].segments[0].tokens, blocks.items[0].segments[0].count);
	result = matcher_type_find(d.tokens[0].text)->adapt(&d, &out, &err);
	ck_assert_msg(result == (json != NULL ? 0 : -1), "%s: %s", text,
	    result == 0 ? json_dumps(out, 0) : err.message);
	if (result == 0) {
		expected = support_json(json);
		ck_assert_msg(json_equal(out, expected), "%s: %s", text, json_dumps(out, 0));
		json_decref(expected);
	} else {
		ck_assert_ptr_nonnull(strstr(err.path, "Caddyfile:"));
	}
	json_decref(out);
}

/* Ends main(): the exit status. Takes suite. */
static inline int support_run(Suite *suite)
{
	SRunner *runner = srunner_create(suite);
	int failed;

	srunner_set_fork_status(runner, CK_NOFORK);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}

#define SUPPORT_LOOP(tc, test, table)                                                              \
	tcase_add_loop_test(tc, test, 0, (int)(sizeof(table) / sizeof((table)[0])))

#endif
