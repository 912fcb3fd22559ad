/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "daemon/net/wheel.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "common/arena.h"

#define MANY 100000

struct thing {
	struct wheel_item item; /* first */
	uint64_t at;            /* the tick in which it is due */
	unsigned due;           /* how often it was */
};

static struct wheel wheel;
static struct thing *things;
static uint64_t tick;
static struct thing *removed_when_due;

static void setup(void)
{
	memset(&wheel, 0, sizeof(wheel));
	things = mem_zalloc(MANY * sizeof(*things));
	tick = 0;
	removed_when_due = NULL;
}

static void teardown(void)
{
	free(things);
}

static void add(struct thing *t, uint64_t ticks)
{
	t->at = tick + ticks;
	wheel_add(&wheel, &t->item, ticks);
}

/* As owners do: what is due too early is added again. */
static void on_due(struct wheel_item *item)
{
	struct thing *t = (struct thing *)item;

	if (removed_when_due != NULL)
		wheel_remove(&wheel, &removed_when_due->item);
	ck_assert_uint_le(tick, t->at);
	if (tick < t->at)
		wheel_add(&wheel, item, t->at - tick);
	else
		t->due++;
}

static void turn(void)
{
	tick++;
	wheel_turn(&wheel, on_due);
}

START_TEST(test_each_in_its_tick)
{
	size_t i;

	for (i = 0; i < MANY; i++)
		add(&things[i], 1 + (uint64_t)rand() % 2000);
	ck_assert_uint_eq(wheel.count, MANY);
	while (tick < 2000) {
		turn();
		for (i = 0; i < MANY; i += 9973)
			ck_assert_uint_eq(things[i].due, things[i].at <= tick);
	}
	ck_assert_uint_eq(wheel.count, 0);
	for (i = 0; i < MANY; i++)
		ck_assert_uint_eq(things[i].due, 1);
}
END_TEST

START_TEST(test_bounds)
{
	add(&things[0], 1);
	wheel_add(&wheel, &things[1].item, 0); /* the next one is the earliest */
	things[1].at = 1;
	turn();
	ck_assert_uint_eq(things[0].due, 1);
	ck_assert_uint_eq(things[1].due, 1);
	add(&things[2], WHEEL_SLOTS - 1);
	add(&things[3], WHEEL_SLOTS);
	add(&things[4], UINT64_MAX / 2);
	while (tick < 1 + WHEEL_SLOTS)
		turn();
	ck_assert_uint_eq(things[2].due, 1);
	ck_assert_uint_eq(things[3].due, 1);
	ck_assert_uint_eq(things[4].due, 0);
	ck_assert_uint_eq(wheel.count, 1);
}
END_TEST

START_TEST(test_remove)
{
	size_t i;

	for (i = 0; i < 9; i++)
		add(&things[i], 5);
	wheel_remove(&wheel, &things[0].item);
	wheel_remove(&wheel, &things[4].item);
	wheel_remove(&wheel, &things[8].item);
	wheel_remove(&wheel, &things[8].item);
	wheel_remove(&wheel, &things[9].item); /* was never on it */
	ck_assert_uint_eq(wheel.count, 6);
	while (tick < 5)
		turn();
	for (i = 0; i < 10; i++)
		ck_assert_uint_eq(things[i].due, i < 9 && i % 4 != 0);
	ck_assert_uint_eq(wheel.count, 0);
}
END_TEST

/* What is due may end another that is due in the same tick, before or after it. */
START_TEST(test_remove_while_turning)
{
	size_t i;

	for (i = 0; i < 3; i++)
		add(&things[i], 2);
	removed_when_due = &things[1];
	turn();
	turn();
	ck_assert_uint_eq(things[0].due + things[2].due, 2);
	ck_assert_uint_eq(wheel.count, 0);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("wheel");
	TCase *tc = tcase_create("wheel");
	SRunner *runner;
	int failed;

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, test_each_in_its_tick);
	tcase_add_test(tc, test_bounds);
	tcase_add_test(tc, test_remove);
	tcase_add_test(tc, test_remove_while_turning);
	suite_add_tcase(suite, tc);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}
