/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include <check.h>
#include <stdlib.h>

#include "daemon/core/handler_state.h"
#include "daemon/core/route.h"

static json_t *document;

static void setup(void)
{
	document = json_loads("{\"routes\": [{}, {\"handle\": [{\"handler\": \"a\"}, {\"handler\": "
			      "\"a\"}, {\"handler\": \"b\"}]}]}",
	    0, NULL);
	ck_assert_ptr_nonnull(document);
}

static void teardown(void)
{
	json_decref(document);
}

/* The state of the handler at an index, as the route at index 1 is loaded. */
static int *state_of(
    struct arena *arena, const struct route_identity *identity, size_t index, size_t size)
{
	struct jnode root = jnode_root(document), routes = jnode_member(&root, "routes");
	struct jnode route = jnode_item(&routes, 1), handle = jnode_member(&route, "handle");
	struct jnode handler = jnode_item(&handle, index);
	struct load load = {.arena = arena, .identity = identity, .route = &route};

	return handler_state(&load, &handler, size);
}

START_TEST(test_kept)
{
	struct route_identity one = {.handle = 1}, two = {.handle = 2};
	struct arena *first = arena_new(256), *second = arena_new(256);
	int *state = state_of(first, &one, 0, sizeof(int));

	ck_assert_int_eq(*state, 0);
	*state = 7;
	ck_assert_ptr_eq(state_of(second, &one, 0, sizeof(int)), state);
	ck_assert_ptr_eq(state_of(second, &one, 0, sizeof(int)), state);
	ck_assert_ptr_ne(state_of(second, &one, 1, sizeof(int)), state);
	ck_assert_ptr_ne(state_of(second, &one, 2, sizeof(int)), state);
	ck_assert_ptr_ne(state_of(second, &two, 0, sizeof(int)), state);
	ck_assert_ptr_ne(state_of(second, &one, 0, 2 * sizeof(int)), state);
	arena_free(first);
	ck_assert_int_eq(*state_of(second, &one, 0, sizeof(int)), 7);
	arena_free(second);
	first = arena_new(256);
	ck_assert_int_eq(*state_of(first, &one, 0, sizeof(int)), 0);
	arena_free(first);
}
END_TEST

/* A route keeps its state wherever it stands in the list. */
START_TEST(test_moved)
{
	struct route_identity one = {.handle = 1};
	struct arena *arena = arena_new(256);
	int *state = state_of(arena, &one, 0, sizeof(int));
	json_t *routes = json_object_get(document, "routes");

	json_array_insert_new(routes, 0, json_object());
	json_array_remove(routes, 1);
	ck_assert_ptr_eq(state_of(arena, &one, 0, sizeof(int)), state);
	arena_free(arena);
}
END_TEST

START_TEST(test_no_route)
{
	struct arena *arena = arena_new(256);
	int *state = state_of(arena, NULL, 0, sizeof(int));

	*state = 7;
	ck_assert_ptr_ne(state_of(arena, NULL, 0, sizeof(int)), state);
	arena_free(arena);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("handler_state");
	TCase *tc = tcase_create("handler_state");
	SRunner *runner;
	int failed;

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, test_kept);
	tcase_add_test(tc, test_moved);
	tcase_add_test(tc, test_no_route);
	suite_add_tcase(suite, tc);
	runner = srunner_create(suite);
	srunner_set_fork_status(runner, CK_NOFORK);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}
