/* SPDX-License-Identifier: BSD-2-Clause */
/* The index finds what asking every route in order finds. */
#include <config.h>

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/core/route_index.h"
#include "daemon/core/routing.h"

/* A connection's bytes are its key; "" is not there yet, "-" has none. */
static enum match_verdict key(struct match_input *in, struct span *out)
{
	*out = in->bytes;
	if (in->bytes.n == 0)
		return in->phase == MATCH_LIVE ? MATCH_MORE : MATCH_NO;
	return in->bytes.p[0] == '-' ? MATCH_NO : MATCH_YES;
}

static bool keys(const void *params, struct strings *out)
{
	*out = *(const struct strings *)params;
	return true;
}

static enum match_verdict match_keys(const void *params, struct match_input *in)
{
	const struct strings *wanted = params;
	struct span have;
	enum match_verdict verdict = key(in, &have);
	size_t i;

	if (verdict != MATCH_YES)
		return verdict;
	for (i = 0; i < wanted->count; i++)
		if (strlen(wanted->items[i]) == have.n &&
		    strncasecmp(wanted->items[i], (const char *)have.p, have.n) == 0)
			return MATCH_YES;
	return MATCH_NO;
}

static enum match_verdict match_fact(const void *params, struct match_input *in)
{
	(void)in;
	return *(const enum match_verdict *)params;
}

static const struct matcher_type keyed = {
    .name = "keyed", .bytes = true, .match = match_keys, .keys = keys, .key = key};
static const struct matcher_type fact = {.name = "fact", .match = match_fact};

static const enum match_verdict yes = MATCH_YES, no = MATCH_NO;

static struct route *make_route(struct arena *arena, unsigned kind)
{
	struct route *route = arena_alloc(arena, sizeof(*route));
	struct matcher_set *set = arena_alloc(arena, sizeof(*set));
	struct matcher *matcher = arena_alloc(arena, sizeof(*matcher));
	struct strings *wanted = arena_alloc(arena, sizeof(*wanted));
	size_t i;

	if (kind % 12 == 0) {
		*matcher = (struct matcher){&fact, kind % 24 == 0 ? &yes : &no};
	} else {
		wanted->count = kind % 3 + 1;
		wanted->items = arena_array(arena, wanted->count, sizeof(*wanted->items));
		for (i = 0; i < wanted->count; i++)
			wanted->items[i] = arena_printf(
			    arena, "%c%u", kind % 2 ? 'N' : 'n', (unsigned)(kind / 7 + i) % 30);
		*matcher = (struct matcher){&keyed, wanted};
		set->bytes = true;
	}
	set->items = matcher;
	set->count = 1;
	route->match = (struct matcher_sets){set, 1};
	route->disabled = kind % 17 == 0;
	return route;
}

static int pick(
    const struct route_list *list, size_t from, const char *text, enum match_phase phase)
{
	struct match_cache cache = {0};
	struct facts facts = {0};
	struct match_input in = {
	    .bytes = span_str(text), .phase = phase, .facts = &facts, .cache = &cache};
	size_t index = 0;
	enum pick got = routing_pick(list, from, &in, &index);

	return got == PICK_ROUTE ? (int)index : got == PICK_MORE ? -1 : -2;
}

START_TEST(same_as_asking)
{
	static const enum match_phase phases[] = {MATCH_LIVE, MATCH_ENDED, MATCH_SILENT};
	unsigned seed = 1, round, i, p, found = 0;

	for (round = 0; round < 300; round++) {
		struct arena *arena = arena_new(1024);
		struct route *routes[64];
		struct route_list plain = {.items = routes, .count = round % 64 + 1};
		struct route_list indexed = plain;
		char text[16];

		for (i = 0; i < plain.count; i++)
			routes[i] = make_route(arena, (unsigned)rand_r(&seed));
		indexed.index = route_index_new(arena, routes, plain.count);
		found += indexed.index != NULL;
		for (i = 0; i < 40; i++) {
			size_t from = (size_t)rand_r(&seed) % (plain.count + 1);

			snprintf(text, sizeof(text), "%c%u", i % 2 ? 'n' : 'N', i);
			if (i > 36)
				strcpy(text, i == 37 ? "" : "-");
			for (p = 0; p < 3; p++)
				ck_assert_int_eq(pick(&indexed, from, text, phases[p]),
				    pick(&plain, from, text, phases[p]));
		}
		arena_free(arena);
	}
	ck_assert_uint_gt(found, 50);
}
END_TEST

START_TEST(short_runs_have_none)
{
	struct arena *arena = arena_new(1024);
	struct route *routes[KEY_RUN_MIN];
	size_t i;

	for (i = 0; i < KEY_RUN_MIN; i++)
		routes[i] = make_route(arena, 1);
	ck_assert_ptr_null(route_index_new(arena, routes, KEY_RUN_MIN - 1));
	ck_assert_ptr_nonnull(route_index_new(arena, routes, KEY_RUN_MIN));
	arena_free(arena);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("route_index");
	TCase *tcase = tcase_create("index");
	SRunner *runner;
	int failed;

	tcase_add_test(tcase, same_as_asking);
	tcase_add_test(tcase, short_runs_have_none);
	suite_add_tcase(suite, tcase);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
