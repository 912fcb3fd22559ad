/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "daemon/config/overlay.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "common/arena.h"
#include "common/log.h"
#include "daemon/config/handles.h"
#include "daemon/config/journal.h"
#include "daemon/config/patch.h"

#define PATH_SIZE 512
#define LOGGED_MAX 20 /* entries set aside, a line each; the rest is counted */

static struct {
	struct state *state; /* NULL: nothing is kept */
	bool untouchable;    /* what the journal has is neither known nor kept elsewhere */
	json_t *entries, *aside, *reasons;
	json_t *file, *saved; /* NULL before the first */
	/* What is not saved of a document, kept until one of the two is another. */
	struct {
		json_t *saved, *document, *entries;
	} unsaved;
} overlay;

/* ---- the journal ----------------------------------------------------------------------------- */

static int write_journal(json_t *entries, json_t *aside, struct error *err)
{
	json_t *all, *object;
	int rc;

	if (overlay.state == NULL)
		return 0;
	if (overlay.untouchable)
		return error_set(err, ERROR_INTERNAL,
		    "'%s/%s' could not be read at the start and is left alone, so nothing is "
		    "saved; mend or remove it and start again",
		    state_path(overlay.state), OVERLAY_FILE);
	all = json_copy(entries);
	json_array_extend(all, aside);
	object = json_pack("{s:o, s:o}", "entries", all, "handles", handles_json());
	rc = journal_write(overlay.state, OVERLAY_FILE, object, err);
	json_decref(object);
	return rc;
}

static int write_again(struct error *err)
{
	return write_journal(overlay.entries, overlay.aside, err);
}

static void log_error(const char *what, const struct error *err)
{
	char text[sizeof(err->path) + sizeof(err->message) + 4];

	log_msg(LOG_ERROR, "config", "%s: %s", what, error_text(err, text, sizeof(text)));
}

/* What is damaged is kept for whoever wants to look at it. */
static void put_aside(const struct buf *bytes)
{
	struct error err;

	if (state_write(overlay.state, OVERLAY_DAMAGED, buf_span(bytes), &err) == -1) {
		log_error("the damaged file cannot be kept elsewhere", &err);
		overlay.untouchable = true;
		return;
	}
	log_msg(LOG_ERROR, "config", "the damaged file is kept as '%s/%s'",
	    state_path(overlay.state), OVERLAY_DAMAGED);
}

/* Nothing that is found here stops the daemon. */
static void read_journal(void)
{
	json_t *object = NULL, *entries;
	struct buf bytes = {0};
	struct error err;

	if (journal_read(overlay.state, OVERLAY_FILE, &object, &bytes, &err) == 0) {
		entries = json_object_get(object, "entries");
		json_array_extend(overlay.entries, entries);
		handles_start(json_object_get(object, "handles"), write_again);
		json_decref(object);
	} else if (err.code == ERROR_NOT_FOUND) {
		handles_start(NULL, write_again);
	} else {
		log_error("no saved change has effect, and routes get new handles", &err);
		if (err.code == ERROR_INVALID)
			put_aside(&bytes);
		else
			overlay.untouchable = true;
		handles_start_anew(write_again);
	}
	buf_fini(&bytes);
}

void overlay_start(struct state *state)
{
	overlay.state = state;
	overlay.entries = json_array();
	overlay.aside = json_array();
	overlay.reasons = json_array();
	if (state != NULL)
		read_journal();
	else
		handles_start(NULL, NULL);
}

static void forget_unsaved(void)
{
	json_decref(overlay.unsaved.saved);
	json_decref(overlay.unsaved.document);
	json_decref(overlay.unsaved.entries);
	memset(&overlay.unsaved, 0, sizeof(overlay.unsaved));
}

void overlay_stop(void)
{
	struct error err;

	if (overlay.state != NULL && handles_settle() && write_again(&err) == -1)
		log_error("the last handle is not kept", &err);
	handles_stop();
	forget_unsaved();
	json_decref(overlay.entries);
	json_decref(overlay.aside);
	json_decref(overlay.reasons);
	json_decref(overlay.file);
	json_decref(overlay.saved);
	memset(&overlay, 0, sizeof(overlay));
}

/* ---- file + overlay -------------------------------------------------------------------------- */

json_t *overlay_entries(void)
{
	json_t *all = json_copy(overlay.entries);

	json_array_extend(all, overlay.aside);
	return all;
}

static void log_aside(const json_t *reasons)
{
	size_t i, count = json_array_size(reasons);
	json_t *item;

	json_array_foreach (reasons, i, item) {
		if (i == LOGGED_MAX)
			break;
		log_msg(LOG_WARN, "config", "a saved change of %s is set aside: %s",
		    json_string_value(json_object_get(item, "path")),
		    json_string_value(json_object_get(item, "reason")));
	}
	if (count > LOGGED_MAX)
		log_msg(
		    LOG_WARN, "config", "%zu more saved changes are set aside", count - LOGGED_MAX);
}

static void become(json_t **at, json_t *value)
{
	json_incref(value);
	json_decref(*at);
	*at = value;
}

void overlay_take(struct merged *merged, const struct instance *instance)
{
	struct error err;

	if (json_array_size(merged->entries) > 0)
		log_msg(LOG_INFO, "config", "%zu saved changes go with the file",
		    json_array_size(merged->entries));
	log_aside(merged->reasons);
	become(&overlay.file, merged->file);
	become(&overlay.saved, merged->document);
	become(&overlay.entries, merged->entries);
	become(&overlay.aside, merged->aside);
	become(&overlay.reasons, merged->reasons);
	merged_fini(merged);
	if (handles_keep(instance, overlay.saved) && write_again(&err) == -1)
		log_error("the handles of routes are not kept", &err);
}

/* ---- saving ---------------------------------------------------------------------------------- */

struct saving {
	json_t *saved, *entries, *aside, *reasons;
};

static int check_kept(struct error *err)
{
	if (overlay.state != NULL)
		return 0;
	return error_set(err, ERROR_UNSUPPORTED,
	    "this daemon keeps nothing: it was started without a state folder; give it one with "
	    "--state");
}

static struct saving *saving_new(json_t *saved, json_t *aside, json_t *reasons)
{
	struct saving *s = mem_zalloc(sizeof(*s));

	s->saved = saved;
	s->entries = patch_make(overlay.file, saved);
	s->aside = aside;
	s->reasons = reasons;
	return s;
}

void overlay_save_drop(struct saving *s)
{
	if (s == NULL)
		return;
	json_decref(s->saved);
	json_decref(s->entries);
	json_decref(s->aside);
	json_decref(s->reasons);
	free(s);
}

struct saving *overlay_save_all(json_t *document, struct error *err)
{
	if (check_kept(err) == -1)
		return NULL;
	return saving_new(json_incref(document), json_array(), json_array());
}

/* The first refusal of a change that is to be saved. */
struct refusal {
	const json_t *entries;
	struct error *err;
	bool any;
};

static void on_not_saved(void *arg, size_t index, const char *why)
{
	struct refusal *r = arg;
	char path[PATH_SIZE];

	(void)why; /* in words of the file; here it is what was saved that differs */
	if (r->any)
		return;
	r->any = true;
	error_set(r->err, ERROR_CONFLICT,
	    "rests on changes that are not saved, so it cannot be saved without them; save these "
	    "first with 'pointsctl config save'");
	error_at(r->err, "%s", patch_path(json_array_get(r->entries, index), path, sizeof(path)));
}

/* The saved document with the same change; NULL with err. */
static json_t *carry_over(json_t *before, json_t *after, struct error *err)
{
	json_t *change = patch_make(before, after), *out;
	struct refusal r = {.entries = change, .err = err};

	out = patch_apply(overlay.saved, change, on_not_saved, &r);
	json_decref(change);
	if (!r.any)
		return out;
	json_decref(out);
	return NULL;
}

struct saving *overlay_save_change(json_t *before, json_t *after, struct error *err)
{
	json_t *saved;

	if (check_kept(err) == -1)
		return NULL;
	saved = before == overlay.saved ? json_incref(after) : carry_over(before, after, err);
	if (saved == NULL)
		return NULL;
	return saving_new(saved, json_incref(overlay.aside), json_incref(overlay.reasons));
}

int overlay_save_finish(struct saving *s, const struct instance *instance, struct error *err)
{
	json_t *handles = handles_json();
	struct error again;
	int rc;

	handles_keep(instance, s->saved);
	rc = write_journal(s->entries, s->aside, err);
	if (rc == 0) {
		become(&overlay.saved, s->saved);
		become(&overlay.entries, s->entries);
		become(&overlay.aside, s->aside);
		become(&overlay.reasons, s->reasons);
	} else {
		/* What failed late may be there already; then what was there before comes back. */
		handles_restore(handles);
		write_again(&again);
	}
	json_decref(handles);
	overlay_save_drop(s);
	return rc;
}

/* ---- looking --------------------------------------------------------------------------------- */

json_t *overlay_saved(void)
{
	return overlay.saved;
}

size_t overlay_count(void)
{
	return json_array_size(overlay.entries);
}

const json_t *overlay_aside(void)
{
	return overlay.reasons;
}

const json_t *overlay_unsaved(json_t *document)
{
	if (overlay.unsaved.entries == NULL || overlay.unsaved.saved != overlay.saved ||
	    overlay.unsaved.document != document) {
		forget_unsaved();
		overlay.unsaved.saved = json_incref(overlay.saved);
		overlay.unsaved.document = json_incref(document);
		overlay.unsaved.entries =
		    overlay.saved != NULL ? patch_make(overlay.saved, document) : json_array();
	}
	return overlay.unsaved.entries;
}
