/* SPDX-License-Identifier: BSD-2-Clause */
/* config.history, config.diff. */
#include <config.h>

#include "daemon/config/change.h"
#include "daemon/config/diff.h"
#include "daemon/config/overlay.h"
#include "daemon/control/call.h"
#include "daemon/control/changes.h"
#include "daemon/control/method.h"
#include "daemon/control/rows.h"
#include "daemon/control/time_text.h"

/* ---- config.history ------------------------------------------------------------------------- */

/* The cursor is the number of the revision shown last: new ones may come meanwhile. */
static const struct revision *next_older(size_t number)
{
	const struct revision *r;
	size_t i;

	for (i = 0; (r = change_history(i)) != NULL; i++)
		if (number == 0 || r->number < number)
			return r;
	return NULL;
}

static bool next_revision(struct rows *rows, struct pack_box *items)
{
	const struct revision *r = next_older(rows->item);
	char text[TIME_TEXT_MAX];
	struct pack_box map;

	if (r == NULL)
		return false;
	rows->item = r->number;
	pack_map_open(pack_item(items), &map);
	pack_u64(pack_key(&map, "revision"), r->number);
	pack_str(pack_key(&map, "time"), time_text((int64_t)r->time * DURATION_S, text));
	pack_str(pack_key(&map, "who"), r->who);
	pack_str(pack_key(&map, "comment"), r->comment);
	pack_close(&map);
	return true;
}

static void run_history(struct call *call, const struct argument *args)
{
	(void)args;
	rows_start(call, next_revision);
}

const struct method method_config_history = {
    .name = CONTROL_CONFIG_HISTORY,
    .help = "the documents that were in force, the newest first",
    .level = LEVEL_OBSERVE,
    .run = run_history,
};

/* ---- config.diff ---------------------------------------------------------------------------- */

enum { DIFF_FROM, DIFF_TO, DIFF_FILE, DIFF_SAVED };

static const struct param diff_params[] = {
    {.name = "from", .type = PARAM_INT, .help = "a revision; without it the one before"},
    {.name = "to", .type = PARAM_INT, .help = "a revision; without it the one in force"},
    {.name = "file", .type = PARAM_BOOL, .help = "from what the daemon's file says now"},
    {.name = "saved", .type = PARAM_BOOL, .help = "from what would run after a restart"},
    {.name = NULL},
};

static bool next_change(struct rows *rows, struct pack_box *items)
{
	const json_t *change = json_array_get(rows->state, rows->item++);

	if (change == NULL)
		return false;
	changes_pack_one(pack_item(items), change);
	return true;
}

static int find_document(
    const struct argument *number, size_t fallback, json_t **out, struct error *err)
{
	const struct revision *r =
	    number->given ? change_find(number->number) : change_history(fallback);

	if (r == NULL && !number->given)
		return error_set(
		    err, ERROR_NOT_FOUND, "no document before the one in force is remembered");
	if (r == NULL)
		return error_set(err, ERROR_NOT_FOUND,
		    "that revision is not remembered; 'pointsctl config history' lists those that "
		    "are");
	*out = json_incref(r->document);
	return 0;
}

/* What the comparison starts from. */
static int find_from(const struct argument *args, json_t **out, struct error *err)
{
	if (args[DIFF_FILE].yes + args[DIFF_SAVED].yes + args[DIFF_FROM].given > 1)
		return error_set(err, ERROR_INVALID, "give only one of from, file and saved");
	if (args[DIFF_FILE].yes)
		return change_source_read(out, err);
	if (!args[DIFF_SAVED].yes)
		return find_document(&args[DIFF_FROM], 1, out, err);
	*out = json_incref(overlay_saved());
	return 0;
}

static int compare(const struct argument *args, json_t **out, struct error *err)
{
	json_t *from = NULL, *to = NULL;
	int rc = -1;

	if (find_from(args, &from, err) == 0 && find_document(&args[DIFF_TO], 0, &to, err) == 0) {
		*out = diff_documents(from, to);
		rc = 0;
	}
	json_decref(from);
	json_decref(to);
	return rc;
}

static void release_changes(void *state)
{
	json_decref(state);
}

static void run_diff(struct call *call, const struct argument *args)
{
	struct error err;
	json_t *changes = NULL;

	if (compare(args, &changes, &err) == -1)
		call_fail(call, &err);
	else
		rows_start_with(call, next_change, changes, release_changes);
}

const struct method method_config_diff = {
    .name = CONTROL_CONFIG_DIFF,
    .help = "what is different between two documents, secrets masked",
    .level = LEVEL_OBSERVE,
    .alone = true,
    .params = diff_params,
    .run = run_diff,
};
