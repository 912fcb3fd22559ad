/* SPDX-License-Identifier: BSD-2-Clause */
/* Handles of routes over reloads, restarts and crashes. */
#include <config.h>

#include <time.h>

#include "daemon/config/edit.h"
#include "daemon/config/handles.h"
#include "overlay_support.h"

#define A "{'@id':'a'}"
#define N1 "{'handle':[{'handler':'fake','n':1}]}"
#define N2 "{'handle':[{'handler':'fake','n':2}]}"

static void expect_handles(uint64_t first, uint64_t second, uint64_t third)
{
	ck_assert_uint_eq(handle_at(0), first);
	ck_assert_uint_eq(handle_at(1), second);
	ck_assert_uint_eq(handle_at(2), third);
}

START_TEST(over_restarts)
{
	load_file(A "," N1 "," N1);
	expect_handles(1, 2, 3);
	restart();
	/* By "@id", by JSON, the second of two equal ones as the second. */
	load_file(N1 ",{'@id':'a','disabled':true}," N1);
	expect_handles(2, 1, 3);
	restart_killed();
	load_file(A "," N1 "," N1);
	expect_handles(1, 2, 3);
	load_file(A "," N2 "," N1);
	ck_assert_uint_eq(handle_at(0), 1);
	ck_assert_uint_eq(handle_at(2), 2); /* the first of its kind */
	ck_assert_uint_gt(handle_at(1), 3);
}
END_TEST

START_TEST(never_again)
{
	uint64_t last;

	load_file(A "," N1);
	ck_assert(change(A "," N1 "," N2, false));
	last = handle_at(2);
	restart_killed(); /* the number of the unsaved route is not known any more, but used up */
	load_file(A "," N1);
	ck_assert(change(A "," N1 ",{'@id':'new'}", false));
	ck_assert_uint_gt(handle_at(2), last);
	last = handle_at(2);
	restart();
	load_file(A "," N1);
	ck_assert(change(A "," N1 ",{'@id':'new'}", false));
	ck_assert_uint_eq(handle_at(2), last + 1); /* nothing is lost in an orderly stop */
}
END_TEST

START_TEST(of_saved_changes)
{
	uint64_t added;

	load_file(A "," N1);
	ck_assert(change(A "," N1 "," N2, true));
	added = handle_at(2);
	restart_killed();
	load_file(A "," N1);
	expect_handles(1, 2, added);
}
END_TEST

/* A route that was removed, unsaved, and comes back with a reload is who it was. */
START_TEST(back_with_a_reload)
{
	load_file(A "," N1 "," N2);
	ck_assert(change(A "," N2, false));
	load_file(A "," N1 "," N2);
	expect_handles(1, 2, 3);
}
END_TEST

/* A route that became another keeps its handle; who says what it said before gets a new one. */
START_TEST(not_twice)
{
	json_t *yes = json_true();
	struct edit *edit;

	load_file(N1 "," A);
	edit = edit_new(running);
	ck_assert_int_eq(edit_route_set(edit, "#1", "disabled", yes, &err), 0);
	run_edited(edit_document(edit), edit);
	edit_free(edit);
	ck_assert_uint_eq(handle_at(0), 1);

	load_file("{'disabled':true,'handle':[{'handler':'fake','n':1}]}," A "," N1);
	ck_assert_uint_eq(handle_at(0), 1);
	ck_assert_uint_eq(handle_at(1), 2);
	ck_assert_uint_gt(handle_at(2), 2);
}
END_TEST

/* As it was again: the same route, with its counters. */
START_TEST(and_back)
{
	struct route_identity *identity;
	json_t *yes = json_true();
	struct edit *edit;

	load_file(N1 "," A);
	identity = running->servers[0]->routes.items[0]->identity;
	edit = edit_new(running);
	ck_assert_int_eq(edit_route_set(edit, "#1", "disabled", yes, &err), 0);
	run_edited(edit_document(edit), edit);
	edit_free(edit);
	load_file(A "," N1);
	ck_assert_uint_eq(handle_at(1), 1);
	ck_assert_ptr_eq(running->servers[0]->routes.items[1]->identity, identity);
}
END_TEST

START_TEST(blocks)
{
	char name[64];
	int i;

	load_file(A);
	for (i = 0; i < HANDLES_BLOCK + 10; i++) {
		snprintf(name, sizeof(name), A ",{'@id':'n%d'}", i);
		ck_assert(change(name, false));
		ck_assert_uint_eq(handle_at(1), (uint64_t)i + 2);
	}
	restart_killed();
	load_file(A);
	ck_assert(change(A "," N1, false));
	ck_assert_uint_eq(handle_at(1), 2 * HANDLES_BLOCK + 1);
}
END_TEST

START_TEST(lost)
{
	time_t now = time(NULL);

	load_file(A "," N1);
	restart_killed();
	overlay_stop();
	ck_assert_int_eq(state_write(state, OVERLAY_FILE, span_str("rubbish"), &err), 0);
	overlay_start(state);
	load_file(A "," N1);
	ck_assert_uint_gt(handle_at(0), (uint64_t)now);
	ck_assert_uint_eq(handle_at(1), handle_at(0) + 1);
}
END_TEST

START_TEST(dry_runs)
{
	json_t *document = routes(A "," N2);
	struct instance *dry;

	load_file(A);
	dry = instance_compile(document, 0, running, NULL, false, true, &err);
	ck_assert_ptr_nonnull(dry);
	instance_unref(dry);
	json_decref(document);
	ck_assert(change(A "," N1, false));
	ck_assert_uint_eq(handle_at(1), 2);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("handles");
	TCase *t = tcase_create("handles");
	SRunner *r;
	int failed;

	tcase_add_checked_fixture(t, folder_make, folder_remove);
	tcase_add_test(t, over_restarts);
	tcase_add_test(t, never_again);
	tcase_add_test(t, of_saved_changes);
	tcase_add_test(t, back_with_a_reload);
	tcase_add_test(t, not_twice);
	tcase_add_test(t, and_back);
	tcase_add_test(t, blocks);
	tcase_add_test(t, lost);
	tcase_add_test(t, dry_runs);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed != 0;
}
