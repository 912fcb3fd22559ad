/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include <fcntl.h>
#include <sys/stat.h>

#include "daemon/config/journal.h"
#include "overlay_support.h"

#define A "{'@id':'a'}"
#define A_OFF "{'@id':'a','disabled':true}"
#define B "{'@id':'b'}"
#define C "{'@id':'c'}"

static void expect_aside(const char *path, const char *reason)
{
	const json_t *first = json_array_get(overlay_aside(), 0);

	ck_assert_uint_eq(json_array_size(overlay_aside()), 1);
	ck_assert_str_eq(json_string_value(json_object_get(first, "path")), path);
	ck_assert_msg(strstr(json_string_value(json_object_get(first, "reason")), reason) != NULL,
	    "%s", json_string_value(json_object_get(first, "reason")));
}

static void expect_no_aside(void)
{
	ck_assert_uint_eq(json_array_size(overlay_aside()), 0);
}

START_TEST(saved_and_not)
{
	load_file(A "," B);
	ck_assert(change(A_OFF "," B, false));
	ck_assert_uint_eq(unsaved(), 1);
	restart();
	load_file(A "," B);
	expect_saved(A "," B);

	ck_assert(change(A_OFF "," B, true));
	ck_assert_uint_eq(unsaved(), 0);
	ck_assert_uint_eq(overlay_count(), 1);
	restart();
	load_file(A "," B);
	expect_saved(A_OFF "," B);
	expect_no_aside();
	/* What the file takes over is forgotten with the next change that is saved. */
	load_file(A_OFF "," B);
	expect_saved(A_OFF "," B);
	ck_assert(change(A_OFF, true));
	ck_assert_uint_eq(overlay_count(), 1);
	restart();
	load_file(A "," B);
	expect_saved(A);
}
END_TEST

START_TEST(one_of_several)
{
	load_file(A "," B);
	ck_assert(change(A "," B "," C, false));
	ck_assert(change(A_OFF "," B "," C, true));
	expect_saved(A_OFF "," B);
	ck_assert_uint_eq(unsaved(), 1);

	/* What rests on c cannot be saved without it. */
	ck_assert(!change(A_OFF "," B ",{'@id':'c','disabled':true}", true));
	ck_assert_int_eq(err.code, ERROR_CONFLICT);
	ck_assert_str_eq(err.path, "apps.layer4.servers.main.routes[@c].disabled");
	ck_assert(save_all());
	ck_assert_uint_eq(unsaved(), 0);
	restart();
	load_file(A "," B);
	expect_saved(A_OFF "," B "," C);
}
END_TEST

START_TEST(file_wins)
{
	load_file(A "," B);
	ck_assert(change(A_OFF "," B "," C, true));

	load_file("{'@id':'a','disabled':false}," B);
	expect_saved("{'@id':'a','disabled':false}," B "," C);
	expect_aside("apps.layer4.servers.main.routes[@a].disabled", "a value of its own");
	ck_assert_uint_eq(overlay_count(), 1);

	/* Another change does not lose it; the file as it was brings it back. */
	ck_assert(change("{'@id':'a','disabled':false}," B, true));
	expect_aside("apps.layer4.servers.main.routes[@a].disabled", "a value of its own");
	restart();
	load_file(A "," B);
	expect_saved(A_OFF "," B);
	expect_no_aside();

	/* Saving all forgets what is set aside. */
	load_file("{'@id':'a','disabled':false}," B);
	expect_aside("apps.layer4.servers.main.routes[@a].disabled", "a value of its own");
	ck_assert(save_all());
	expect_no_aside();
	restart();
	load_file(A "," B);
	expect_saved(A "," B);
}
END_TEST

START_TEST(file_without_what_is_around)
{
	json_t *empty = json_object();

	load_file(A "," B);
	ck_assert(change(A_OFF "," B, true));
	load_file(B);
	expect_saved(B);
	expect_aside("apps.layer4.servers.main.routes[@a].disabled", "what is around it");

	load_document(empty);
	expect_equal(overlay_saved(), empty);
	expect_aside("apps.layer4.servers.main.routes[@a].disabled", "what is around it");
	json_decref(empty);
}
END_TEST

/* ---- damage ---------------------------------------------------------------------------------- */

/* Starts with those bytes as the journal: is it taken for whole? */
static bool taken(struct span bytes)
{
	struct buf copy = {0};
	bool damaged;

	instance_unref(running);
	running = NULL;
	overlay_stop();
	ck_assert_int_eq(state_remove(state, OVERLAY_DAMAGED, &err), 0);
	ck_assert_int_eq(state_write(state, OVERLAY_FILE, bytes, &err), 0);
	overlay_start(state);
	load_file(A "," B);
	damaged = state_read(state, OVERLAY_DAMAGED, STATE_FILE_MAX, &copy, &err) == 0;
	if (damaged)
		ck_assert(span_eq(buf_span(&copy), bytes));
	buf_fini(&copy);
	return !damaged;
}

START_TEST(damaged)
{
	struct buf journal = {0};
	size_t n, i;

	load_file(A "," B);
	ck_assert(change(A_OFF "," B "," C, true));
	ck_assert_int_eq(state_read(state, OVERLAY_FILE, STATE_FILE_MAX, &journal, &err), 0);
	n = buf_len(&journal);

	for (i = 1; i < n; i++) {
		ck_assert_msg(!taken(span_of(buf_span(&journal).p, i)), "cut after %zu bytes", i);
		expect_saved(A "," B);
		expect_no_aside();
	}
	for (i = 0; i < n; i++) {
		journal.data[journal.start + i] ^= 0x20;
		ck_assert_msg(!taken(buf_span(&journal)), "byte %zu changed", i);
		expect_saved(A "," B);
		journal.data[journal.start + i] ^= 0x20;
	}
	ck_assert(taken(buf_span(&journal)));
	expect_saved(A_OFF "," B "," C);
	buf_fini(&journal);
}
END_TEST

/* A whole file of another shape: of a later version, or made by hand. */
START_TEST(odd_contents)
{
	static const char *const odd[] = {"{}", "{\"entries\":7,\"handles\":[]}",
	    "{\"entries\":[1,{\"at\":[\"apps\",\"x\"],\"was\":1},null]}",
	    "{\"handles\":{\"last\":-5,\"servers\":{\"main\":{\"@a\":-1,\"@b\":\"x\"}}}}", NULL};
	size_t i;

	for (i = 0; odd[i] != NULL; i++) {
		json_t *object = json_loads(odd[i], 0, NULL);

		instance_unref(running);
		running = NULL;
		overlay_stop();
		ck_assert_int_eq(journal_write(state, OVERLAY_FILE, object, &err), 0);
		json_decref(object);
		overlay_start(state);
		load_file(A "," B);
		expect_saved(A "," B);
		ck_assert(handle_at(0) > 0 && handle_at(1) > 0 && handle_at(0) != handle_at(1));
	}
}
END_TEST

START_TEST(disk_refuses)
{
	char path[128];
	int fd;

	/* Where the folder should be is a file. */
	snprintf(path, sizeof(path), "%s/config", folder);
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL, 0600);
	ck_assert_int_ne(fd, -1);
	close(fd);

	load_file(A "," B); /* handles cannot be kept: that stops nobody */
	ck_assert(!change(A_OFF "," B, true));
	ck_assert_int_eq(err.code, ERROR_INTERNAL);
	expect_saved(A "," B);
	ck_assert_uint_eq(unsaved(), 1);
	ck_assert(!save_all());

	ck_assert_int_eq(unlink(path), 0);
	ck_assert(save_all());
	restart();
	load_file(A "," B);
	expect_saved(A_OFF "," B);
}
END_TEST

/* What is not read is not overwritten either: it may be what everybody wants to have back. */
START_TEST(cannot_be_read)
{
	char path[128], away[128];

	load_file(A "," B);
	ck_assert(change(A_OFF "," B, true));
	instance_unref(running);
	running = NULL;
	overlay_stop();
	snprintf(path, sizeof(path), "%s/%s", folder, OVERLAY_FILE);
	snprintf(away, sizeof(away), "%s/away", folder);
	ck_assert_int_eq(rename(path, away), 0);
	ck_assert_int_eq(mkdir(path, 0700), 0); /* reading this is an error, even for root */
	overlay_start(state);
	load_file(A "," B);
	expect_saved(A "," B);
	ck_assert_int_eq(rmdir(path), 0);
	ck_assert_int_eq(rename(away, path), 0);
	ck_assert(!change(A "," B "," C, true));
	ck_assert_msg(strstr(err.message, "left alone") != NULL, "%s", err.message);
	ck_assert(!save_all());
	restart();
	load_file(A "," B);
	expect_saved(A_OFF "," B);
}
END_TEST

START_TEST(damage_not_kept)
{
	char path[128];

	load_file(A "," B);
	ck_assert(change(A_OFF "," B, true));
	snprintf(path, sizeof(path), "%s/%s", folder, OVERLAY_DAMAGED);
	ck_assert_int_eq(mkdir(path, 0700), 0);
	instance_unref(running);
	running = NULL;
	overlay_stop();
	ck_assert_int_eq(state_write(state, OVERLAY_FILE, span_str("rubbish"), &err), 0);
	overlay_start(state);
	load_file(A "," B);
	ck_assert(!change(A "," B "," C, true));
	ck_assert_int_eq(rmdir(path), 0);
}
END_TEST

START_TEST(nothing_kept)
{
	overlay_stop();
	overlay_start(NULL);
	load_file(A "," B);
	ck_assert(!change(A_OFF "," B, true));
	ck_assert_int_eq(err.code, ERROR_UNSUPPORTED);
	ck_assert(!save_all());
	ck_assert(change(A_OFF "," B, false));
	ck_assert_uint_eq(unsaved(), 1);
}
END_TEST

/* ---- what cannot run ------------------------------------------------------------------------- */

static unsigned tried;

/* Nothing runs with a route whose name begins with x. */
static int can_run(json_t *document, struct error *e)
{
	char *text = json_dumps(document, JSON_COMPACT);
	const char *bad = strstr(text, "\"x");
	int rc = bad != NULL ? error_set(e, ERROR_IN_USE, "nobody can bind %.3s", bad + 1) : 0;

	tried++;
	free(text);
	return rc;
}

/* count routes are saved, of which those in bad (a list ended by count) cannot run. */
static void search(size_t count, const size_t *bad)
{
	char text[2048] = A, want[2048] = A;
	json_t *file = routes(A), *document, *entries;
	struct merged merged;
	size_t i, asides = 0;

	load_file(A);
	for (i = 0; i < count; i++) {
		bool is_bad = bad[asides] == i;

		snprintf(text + strlen(text), sizeof(text) - strlen(text), ",{'@id':'%c%02zu'}",
		    is_bad ? 'x' : 'g', i);
		if (!is_bad)
			snprintf(want + strlen(want), sizeof(want) - strlen(want),
			    ",{'@id':'g%02zu'}", i);
		asides += is_bad;
	}
	ck_assert(change(text, true));
	tried = 0;
	entries = overlay_entries();
	merge_search(file, entries, can_run, &merged);
	document = routes(want);
	expect_equal(merged.document, document);
	ck_assert_uint_eq(json_array_size(merged.aside), asides);
	ck_assert_uint_eq(json_array_size(merged.entries), count - asides);
	ck_assert_uint_le(tried, MERGE_TRIES);
	merged_fini(&merged);
	json_decref(entries);
	json_decref(document);
	json_decref(file);
}

START_TEST(searching)
{
	static const size_t none[] = {40}, one[] = {17, 40}, three[] = {0, 20, 39, 40};

	search(40, none);
	ck_assert_uint_eq(tried, 1);
	search(40, one);
	ck_assert_uint_le(tried, 14);
	search(40, three);
}
END_TEST

START_TEST(searching_is_bounded)
{
	char text[8192] = A;
	struct merged merged;
	json_t *file = routes(A), *list, *document = json_deep_copy(file), *entries;
	int i;

	load_file(A);
	list = json_object_get(document, "apps");
	list = json_object_get(json_object_get(json_object_get(list, "layer4"), "servers"), "main");
	list = json_object_get(list, "routes");
	for (i = 0; i < 1000; i++) {
		snprintf(text, sizeof(text), "x%03d", i);
		json_array_append_new(list, json_pack("{s:s}", "@id", text));
	}
	run_document(document);
	ck_assert(save_all());
	tried = 0;
	entries = overlay_entries();
	merge_search(file, entries, can_run, &merged);
	ck_assert_uint_eq(tried, MERGE_TRIES);
	expect_equal(merged.document, file);
	ck_assert_uint_eq(json_array_size(merged.aside), 1000);
	merged_fini(&merged);

	error_set(&err, ERROR_INTERNAL, "none of them");
	merge_nothing(file, entries, &err, &merged);
	expect_equal(merged.document, file);
	ck_assert_uint_eq(json_array_size(merged.aside), 1000);
	merged_fini(&merged);
	json_decref(entries);
	json_decref(document);
	json_decref(file);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("overlay");
	TCase *t = tcase_create("overlay");
	SRunner *r;
	int failed;

	tcase_add_checked_fixture(t, folder_make, folder_remove);
	tcase_set_timeout(t, 60);
	tcase_add_test(t, saved_and_not);
	tcase_add_test(t, one_of_several);
	tcase_add_test(t, file_wins);
	tcase_add_test(t, file_without_what_is_around);
	tcase_add_test(t, damaged);
	tcase_add_test(t, odd_contents);
	tcase_add_test(t, disk_refuses);
	tcase_add_test(t, cannot_be_read);
	tcase_add_test(t, damage_not_kept);
	tcase_add_test(t, nothing_kept);
	tcase_add_test(t, searching);
	tcase_add_test(t, searching_is_bounded);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed != 0;
}
