/* SPDX-License-Identifier: BSD-2-Clause */
/* The rules of matching: which route is taken, and when, over fake matchers. */
#include <config.h>

#include <check.h>
#include <stdlib.h>

#include "daemon/core/routing.h"

/* A matcher whose yes needs so many bytes, or that decides by facts. */
struct fake {
	size_t wants;            /* bytes until it is sure */
	enum match_verdict says; /* then */
};

static enum match_verdict fake_match(const void *params, struct match_input *in)
{
	const struct fake *f = params;

	if (in->bytes.n >= f->wants)
		return f->says;
	return in->phase == MATCH_LIVE ? MATCH_MORE : MATCH_NO;
}

static const struct matcher_type on_bytes = {.name = "bytes", .bytes = true, .match = fake_match};
static const struct matcher_type on_facts = {.name = "facts", .match = fake_match};

static const struct fake yes_at_0 = {0, MATCH_YES}, no_at_0 = {0, MATCH_NO};
static const struct fake yes_at_4 = {4, MATCH_YES}, no_at_4 = {4, MATCH_NO};
static const struct fake yes_at_8 = {8, MATCH_YES};

/* Routes by letter, in order. */
#define ROUTES_MAX 8
struct routes {
	struct route items[ROUTES_MAX];
	struct route *pointers[ROUTES_MAX];
	struct matcher_set sets[ROUTES_MAX];
	struct matcher matchers[ROUTES_MAX];
	struct route_list list;
};

static void add(struct routes *r, const struct matcher_type *type, const struct fake *fake)
{
	size_t i = r->list.count++;

	r->pointers[i] = &r->items[i];
	r->list.items = r->pointers;
	if (type == NULL)
		return;
	r->matchers[i] = (struct matcher){type, fake};
	r->sets[i] = (struct matcher_set){&r->matchers[i], 1, type->bytes};
	r->items[i].match = (struct matcher_sets){&r->sets[i], 1};
}

static int pick(struct routes *r, size_t bytes, enum match_phase phase)
{
	static const uint8_t data[64];
	struct match_cache cache = {0};
	struct facts facts = {0};
	struct match_input in = {
	    .bytes = span_of(data, bytes), .phase = phase, .facts = &facts, .cache = &cache};
	size_t index = 0;

	switch (routing_pick(&r->list, 0, &in, &index)) {
	case PICK_ROUTE:
		return (int)index;
	case PICK_MORE:
		return -1;
	case PICK_NONE:
		break;
	}
	return -2;
}
#define MORE (-1)
#define NONE (-2)

START_TEST(first_yes_wins)
{
	struct routes r = {0};

	add(&r, &on_facts, &no_at_0);
	add(&r, &on_facts, &yes_at_0);
	add(&r, NULL, NULL);
	ck_assert_int_eq(pick(&r, 0, MATCH_LIVE), 1);
}
END_TEST

START_TEST(facts_wait_for_an_earlier_more)
{
	struct routes r = {0};

	add(&r, &on_bytes, &no_at_4);
	add(&r, NULL, NULL);
	ck_assert_int_eq(pick(&r, 0, MATCH_LIVE), MORE);
	ck_assert_int_eq(pick(&r, 3, MATCH_LIVE), MORE);
	ck_assert_int_eq(pick(&r, 4, MATCH_LIVE), 1);
}
END_TEST

START_TEST(bytes_may_overtake_an_earlier_more)
{
	struct routes r = {0};

	add(&r, &on_bytes, &yes_at_8);
	add(&r, &on_bytes, &yes_at_4);
	ck_assert_int_eq(pick(&r, 3, MATCH_LIVE), MORE);
	ck_assert_int_eq(pick(&r, 4, MATCH_LIVE), 1);
	ck_assert_int_eq(pick(&r, 8, MATCH_LIVE), 0);
}
END_TEST

START_TEST(nothing_overtakes_facts_that_wait)
{
	struct routes r = {0};

	add(&r, &on_bytes, &yes_at_8);
	add(&r, &on_facts, &yes_at_0);
	add(&r, &on_bytes, &yes_at_4);
	ck_assert_int_eq(pick(&r, 4, MATCH_LIVE), MORE);
	ck_assert_int_eq(pick(&r, 8, MATCH_LIVE), 0);
}
END_TEST

START_TEST(a_no_does_not_end_an_earlier_more)
{
	struct routes r = {0};

	add(&r, &on_bytes, &yes_at_8);
	add(&r, &on_bytes, &no_at_4);
	ck_assert_int_eq(pick(&r, 4, MATCH_LIVE), MORE);
	ck_assert_int_eq(pick(&r, 8, MATCH_LIVE), 0);
}
END_TEST

START_TEST(end_of_stream_decides)
{
	struct routes r = {0};

	add(&r, &on_bytes, &yes_at_8);
	ck_assert_int_eq(pick(&r, 4, MATCH_ENDED), NONE);
	add(&r, NULL, NULL);
	ck_assert_int_eq(pick(&r, 4, MATCH_ENDED), 1);
}
END_TEST

START_TEST(silence_takes_the_first_on_facts)
{
	struct routes r = {0};

	add(&r, &on_bytes, &yes_at_4);
	ck_assert_int_eq(pick(&r, 0, MATCH_SILENT), NONE);
	add(&r, &on_facts, &no_at_0);
	add(&r, &on_facts, &yes_at_0);
	add(&r, NULL, NULL);
	ck_assert_int_eq(pick(&r, 0, MATCH_SILENT), 2);
}
END_TEST

START_TEST(no_route)
{
	struct routes r = {0};

	ck_assert_int_eq(pick(&r, 0, MATCH_LIVE), NONE);
	add(&r, &on_bytes, &no_at_4);
	ck_assert_int_eq(pick(&r, 4, MATCH_LIVE), NONE);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("routing");
	TCase *rules = tcase_create("rules");
	SRunner *runner;
	int failed;

	tcase_add_test(rules, first_yes_wins);
	tcase_add_test(rules, facts_wait_for_an_earlier_more);
	tcase_add_test(rules, bytes_may_overtake_an_earlier_more);
	tcase_add_test(rules, nothing_overtakes_facts_that_wait);
	tcase_add_test(rules, a_no_does_not_end_an_earlier_more);
	tcase_add_test(rules, end_of_stream_decides);
	tcase_add_test(rules, silence_takes_the_first_on_facts);
	tcase_add_test(rules, no_route);
	suite_add_tcase(suite, rules);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
