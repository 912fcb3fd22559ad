/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include <stdio.h>
#include <stdlib.h>

#include "daemon/config/change.h"
#include "daemon/config/confirm.h"
#include "daemon/config/txn.h"
#include "daemon/control/audit.h"
#include "daemon/control/call.h"
#include "daemon/control/changes.h"
#include "daemon/control/method.h"
#include "daemon/control/stage.h"
#include "daemon/control/txn_memory.h"
#include "daemon/input/json.h"

enum {
	APPLY_OPERATIONS,
	APPLY_STAGED,
	APPLY_IF_REV,
	APPLY_DRY_RUN,
	APPLY_SAVE,
	APPLY_CONFIRM,
	APPLY_TXN_ID,
	APPLY_COMMENT,
};

static const struct param params[] = {
    {.name = "operations",
	.type = PARAM_TEXT,
	.max = CONTROL_REQUEST_MAX,
	.unlogged = true,
	.help = "JSON: a list of operations"},
    {.name = "staged", .type = PARAM_BOOL, .help = "they were uploaded by config.stage"},
    {.name = "if_rev",
	.type = PARAM_INT,
	.max = UINT64_MAX,
	.help = "only if this is the revision in force"},
    {.name = "dry_run", .type = PARAM_BOOL, .help = "only find out what it would do"},
    {.name = "save", .type = PARAM_BOOL, .help = "it survives restarts"},
    {.name = "confirm_s",
	.type = PARAM_INT,
	.max = CONTROL_CONFIRM_SECONDS_MAX,
	.help = "take it back unless it is confirmed within so many seconds"},
    {.name = "txn_id",
	.type = PARAM_TEXT,
	.max = TXN_ID_MAX,
	.help = "the same id with the same operations again is not carried out again"},
    {.name = "comment", .type = PARAM_TEXT, .max = CHANGE_NOTE_MAX - 1, .help = "for the history"},
    {.name = NULL},
};

static void pack_result(struct pack_box *map, const struct txn_result *result)
{
	struct pack_box list;
	size_t i;

	pack_u64(pack_key(map, "revision"), result->revision);
	if (result->unchanged)
		pack_bool(pack_key(map, "unchanged"), true);
	pack_array_open(pack_key(map, "connections"), &list);
	for (i = 0; i < result->count; i++)
		pack_u64(pack_item(&list), result->connections[i]);
	pack_close(&list);
	pack_array_open(pack_key(map, "names"), &list);
	for (i = 0; i < result->count; i++)
		pack_str(pack_item(&list), result->names[i]);
	pack_close(&list);
	if (result->changes != NULL) {
		changes_pack_existing(map, result->touched);
		changes_pack(map, result->changes);
	}
}

static void on_applied(void *arg, const struct txn_result *result)
{
	struct call *call = arg;

	call->changed_to = result->revision;
	pack_result(call_result(call), result);
	call_finish(call);
}

static void on_remembered(void *arg, const struct txn_result *result)
{
	struct buf bytes = {0};
	struct pack pack;
	struct pack_box pairs = {.pack = &pack};

	pack_init(&pack, &bytes);
	pack_result(&pairs, result);
	txn_memory_done(arg, result->revision, buf_span(&bytes), pairs.count);
	buf_fini(&bytes);
}

/* entry NULL: it has no id to be remembered by. */
static int apply(struct call *call, const struct argument *args, struct span text,
    struct txn_entry *entry, struct error *err)
{
	struct span comment = args[APPLY_COMMENT].text;
	char who[CALL_WHO_MAX], note[CHANGE_NOTE_MAX];
	struct txn_request request = {
	    .rev_given = args[APPLY_IF_REV].given,
	    .if_rev = args[APPLY_IF_REV].number,
	    .dry_run = args[APPLY_DRY_RUN].yes,
	    .save = args[APPLY_SAVE].yes,
	    .limited = call->caller.level < LEVEL_ADMIN,
	    .confirm_s = (unsigned)args[APPLY_CONFIRM].number,
	    .who = call_who(call, who),
	    .comment = note,
	};
	int rc;

	snprintf(note, sizeof(note), "%.*s", (int)comment.n, (const char *)comment.p);
	if (json_parse((const char *)text.p, text.n, "operations", &request.operations, err) == -1)
		return -1;
	audit_operations(call, request.operations);
	rc = txn_apply(&request, entry != NULL ? on_remembered : on_applied,
	    entry != NULL ? (void *)entry : call, err);
	json_decref(request.operations);
	return rc;
}

/* A dry run is no change: it is done each time. */
static void run_apply(struct call *call, const struct argument *args)
{
	const struct argument *id = &args[APPLY_TXN_ID];
	struct txn_entry *entry = NULL;
	struct span text;
	struct buf held;
	struct error err;
	int rc;

	rc = stage_text(
	    call->session, &args[APPLY_OPERATIONS], &args[APPLY_STAGED], &held, &text, &err);
	if (rc == 0 && id->given && !args[APPLY_DRY_RUN].yes)
		rc = txn_memory_begin(call, id->text,
		    &(struct txn_body){text, args[APPLY_SAVE].yes, args[APPLY_CONFIRM].number},
		    &entry, &err);
	if (rc == 0)
		rc = apply(call, args, text, entry, &err);
	buf_fini(&held);
	if (rc != -1)
		return;
	if (entry != NULL)
		txn_memory_drop(entry);
	call_fail(call, &err);
}

const struct method method_txn_apply = {
    .name = CONTROL_TXN_APPLY,
    .help = "change the document by operations, all or nothing",
    .level = LEVEL_OPERATE,
    .changes = true,
    .params = params,
    .run = run_apply,
};
