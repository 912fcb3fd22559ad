/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * For tests of what survives a restart: a state folder, and starts and stops of the overlay on it.
 */
#ifndef TESTS_UNIT_OVERLAY_SUPPORT_H
#define TESTS_UNIT_OVERLAY_SUPPORT_H

#include <check.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/log.h"
#include "daemon/config/compile.h"
#include "daemon/core/item_key.h"
#include "daemon/config/layer4.h"
#include "daemon/config/overlay.h"
#include "daemon/core/handler.h"
#include "daemon/core/matcher.h"
#include "daemon/state/state.h"

static char folder[64];
static struct state *state;
static struct instance *running; /* what was loaded or changed last */
static struct error err;

static const struct handler_type fake_handler = {.name = "fake", .any_fields = true};
static const struct handler_type *const fake_handlers[] = {&fake_handler, NULL};
static const struct matcher_type *const fake_matchers[] = {NULL};
static const struct app_type *const fake_apps[] = {&app_layer4, NULL};

static int remove_entry(const char *path, const struct stat *st, int flag, struct FTW *ftw)
{
	(void)st;
	(void)flag;
	(void)ftw;
	return remove(path);
}

__attribute__((unused)) static void folder_make(void)
{
	/* What is set aside is what these tests are about. */
	log_init(LOG_TEXT, LOG_ERROR, open("/dev/null", O_WRONLY | O_CLOEXEC));
	handler_types_set(fake_handlers);
	matcher_types_set(fake_matchers);
	app_types_set(fake_apps);
	strcpy(folder, "/tmp/test_overlay.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(folder));
	state = state_open(folder, &err);
	ck_assert_ptr_nonnull(state);
	overlay_start(state);
}

/* As after SIGKILL: nothing more is written. */
__attribute__((unused)) static void restart_killed(void)
{
	struct buf bytes = {0};
	bool any = state_read(state, OVERLAY_FILE, STATE_FILE_MAX, &bytes, &err) == 0;

	instance_unref(running);
	running = NULL;
	overlay_stop();
	if (any)
		ck_assert_int_eq(state_write(state, OVERLAY_FILE, buf_span(&bytes), &err), 0);
	else
		ck_assert_int_eq(state_remove(state, OVERLAY_FILE, &err), 0);
	buf_fini(&bytes);
	overlay_start(state);
}

__attribute__((unused)) static void restart(void)
{
	instance_unref(running);
	running = NULL;
	overlay_stop();
	overlay_start(state);
}

__attribute__((unused)) static void folder_remove(void)
{
	instance_unref(running);
	running = NULL;
	overlay_stop();
	item_keys_forget();
	state_close(state);
	nftw(folder, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
}

/* A document with one server: its routes as JSON with single quotes. */
static json_t *routes(const char *text)
{
	char all[2048], *p;
	json_error_t where;
	json_t *json;

	snprintf(all, sizeof(all),
	    "{'apps':{'layer4':{'servers':{'main':{'listen':[],'routes':[%s]}}}}}", text);
	for (p = all; *p != '\0'; p++)
		if (*p == '\'')
			*p = '"';
	json = json_loads(all, 0, &where);
	ck_assert_msg(json != NULL, "%s: %s", all, where.text);
	return json;
}

static void expect_equal(json_t *have, json_t *want)
{
	char *a = json_dumps(have, JSON_COMPACT), *b = json_dumps(want, JSON_COMPACT);

	ck_assert_msg(json_equal(have, want), "%s\n  not %s", a, b);
	free(a);
	free(b);
}

__attribute__((unused)) static void expect_saved(const char *want)
{
	json_t *document = routes(want);

	expect_equal(overlay_saved(), document);
	json_decref(document);
}

static void run_edited(json_t *document, const struct edit *edit)
{
	struct instance *next = instance_compile(document, 1, running, edit, false, false, &err);

	ck_assert_msg(next != NULL, "%s: %s", err.path, err.message);
	instance_unref(running);
	running = next;
}

static void run_document(json_t *document)
{
	run_edited(document, NULL);
}

/* Start or reload with this file. */
static void load_document(json_t *file)
{
	json_t *entries = overlay_entries();
	struct merged merged;

	merge(file, entries, &merged);
	run_document(merged.document);
	overlay_take(&merged, running);
	json_decref(entries);
}

__attribute__((unused)) static void load_file(const char *text)
{
	json_t *file = routes(text);

	load_document(file);
	json_decref(file);
}

/* A change at runtime. Returns whether it was done. */
__attribute__((unused)) static bool change(const char *text, bool save)
{
	json_t *after = routes(text), *before = json_incref(running->document);
	struct saving *saving = save ? overlay_save_change(before, after, &err) : NULL;
	bool done = !save || saving != NULL;

	if (done)
		run_document(after);
	if (saving != NULL)
		done = overlay_save_finish(saving, running, &err) == 0;
	json_decref(before);
	json_decref(after);
	return done;
}

__attribute__((unused)) static bool save_all(void)
{
	struct saving *saving = overlay_save_all(running->document, &err);

	return saving != NULL && overlay_save_finish(saving, running, &err) == 0;
}

__attribute__((unused)) static size_t unsaved(void)
{
	return json_array_size(overlay_unsaved(running->document));
}

__attribute__((unused)) static uint64_t handle_at(size_t i)
{
	ck_assert_uint_lt(i, running->servers[0]->routes.count);
	return running->servers[0]->routes.items[i]->identity->handle;
}

#endif
