/* SPDX-License-Identifier: BSD-2-Clause */
/* config.apply, config.reload, config.rollback: whole documents. */
#include <config.h>

#include <stdio.h>
#include <stdlib.h>

#include "common/arena.h"
#include "daemon/config/change.h"
#include "daemon/config/change_event.h"
#include "daemon/config/concern.h"
#include "daemon/config/confirm.h"
#include "daemon/config/diff.h"
#include "daemon/config/overlay.h"
#include "daemon/control/call.h"
#include "daemon/control/changes.h"
#include "daemon/control/config_document.h"
#include "daemon/control/config_existing.h"
#include "daemon/control/method.h"
#include "daemon/control/saved_changes.h"
#include "daemon/core/instance.h"
#include "daemon/input/places.h"

#define NOTE_SIZE CHANGE_NOTE_MAX

/* A change that has been accepted and waits for the workers. */
struct applied {
	struct call *call;
	json_t *changes;
	json_t *aside; /* of a reload: the saved changes that do not go with the file; else NULL */
	struct concerns *concerns; /* NULL: there was no document before it */
	uint64_t revision;
	unsigned waiting_for; /* the count, the publication */
	bool dry;
};

static void free_concerns(void *arg)
{
	concerns_free(arg);
}

static void answer(struct applied *a)
{
	struct pack_box *map = call_result(a->call);
	uint64_t touched = a->concerns != NULL ? concerns_touched(a->concerns) : 0;
	char who[CALL_WHO_MAX];

	if (!a->dry)
		a->call->changed_to = a->revision;
	pack_u64(pack_key(map, "revision"), a->revision);
	pack_u64(pack_key(map, "connections"), touched);
	if (a->dry)
		changes_pack_existing(map, touched);
	changes_pack(map, a->changes);
	if (a->aside != NULL)
		saved_changes_pack_aside(pack_key(map, "set_aside"), a->aside);
	if (a->concerns != NULL && a->dry)
		concerns_free(a->concerns);
	else if (a->concerns != NULL)
		concerns_carry_out(a->concerns, call_who(a->call, who), free_concerns, a->concerns);
	json_decref(a->aside);
	json_decref(a->changes);
	call_finish(a->call);
	free(a);
}

static void one_less(void *arg)
{
	struct applied *a = arg;

	if (--a->waiting_for == 0)
		answer(a);
}

static void drop(struct applied *a)
{
	if (a->concerns != NULL)
		concerns_free(a->concerns);
	json_decref(a->changes);
	free(a);
}

static int check_revision(const struct argument *if_rev, struct error *err)
{
	return change_expect(if_rev->given, if_rev->number, err);
}

/*
 * Makes change the running one for the call; dry: only checks. Answers the call. existing and drain
 * as they were given. Accepted?
 */
static bool apply(
    struct call *call, struct change *change, const struct argument *existing, bool dry)
{
	json_t *before = instance_current()->document;
	struct applied *a;
	char who[CALL_WHO_MAX];
	struct errors errors;
	struct error err;
	int rc;

	if (config_existing_concerns(existing, &change->concerns, &err) == -1) {
		call_fail(call, &err);
		return false;
	}
	a = mem_zalloc(sizeof(*a));
	a->call = call;
	a->changes = diff_documents(before, change->document);
	a->concerns = change->concerns;
	a->revision = change_revision();
	a->dry = dry;
	a->waiting_for = dry ? 1 : 2;
	change->who = call_who(call, who);
	change->limited = call->caller.level < LEVEL_ADMIN;
	errors_begin(&errors);
	if (dry)
		rc = change_check(change, &err);
	else
		rc = change_document(change, one_less, a, &err);
	if (errors_end(&errors, rc, &err) == -1) {
		drop(a);
		call_fail_all(call, &err, &errors);
		return false;
	}
	a->revision = change_revision();
	concerns_count(a->concerns, one_less, a);
	return true;
}

static void note_of(const struct argument *comment, char out[NOTE_SIZE])
{
	snprintf(out, NOTE_SIZE, "%.*s", (int)comment->text.n, (const char *)comment->text.p);
}

#define IF_REV                                                                                     \
	{                                                                                          \
		.name = "if_rev", .type = PARAM_INT,                                               \
		.help = "only if this is the revision in force"                                    \
	}
#define SAVE                                                                                       \
	{                                                                                          \
		.name = "save", .type = PARAM_BOOL, .help = "it survives restarts"                 \
	}
#define CONFIRM                                                                                    \
	{                                                                                          \
		.name = "confirm_s", .type = PARAM_INT, .max = CONTROL_CONFIRM_SECONDS_MAX,        \
		.help = "take it back unless it is confirmed within so many seconds"               \
	}
#define COMMENT                                                                                    \
	{                                                                                          \
		.name = "comment", .type = PARAM_TEXT, .max = NOTE_SIZE - 1,                       \
		.help = "for the history"                                                          \
	}

/* ---- config.apply --------------------------------------------------------------------------- */

enum {
	APPLY_DOCUMENT,
	APPLY_STAGED,
	APPLY_IF_REV,
	APPLY_DRY_RUN,
	APPLY_SAVE,
	APPLY_CONFIRM,
	APPLY_COMMENT,
	APPLY_EXISTING,
	APPLY_DRAIN,
};

static const struct param apply_params[] = {
    CONFIG_DOCUMENT_PARAMS,
    IF_REV,
    {.name = "dry_run", .type = PARAM_BOOL, .help = "only find out what it would do"},
    SAVE,
    CONFIRM,
    COMMENT,
    CONFIG_EXISTING_PARAMS,
    {.name = NULL},
};

static void read_and_apply(
    struct call *call, const struct argument *args, struct change *change, bool dry)
{
	char who[CALL_WHO_MAX];
	struct errors errors;
	struct error err;
	int rc;

	errors_begin(&errors);
	rc = config_document_read(call, args, NULL, &change->document, &err);
	if (errors_end(&errors, rc, &err) == -1) {
		if (!dry)
			change_event_refused(call_who(call, who), change->comment, &err);
		call_fail_all(call, &err, &errors);
		return;
	}
	apply(call, change, &args[APPLY_EXISTING], dry);
	json_decref(change->document);
}

static void run_apply(struct call *call, const struct argument *args)
{
	char note[NOTE_SIZE];
	struct change change = {
	    .comment = note,
	    .save = args[APPLY_SAVE].yes,
	    .confirm_s = (unsigned)args[APPLY_CONFIRM].number,
	};
	struct places places;
	struct error err;

	if (check_revision(&args[APPLY_IF_REV], &err) == -1) {
		call_fail(call, &err);
		return;
	}
	note_of(&args[APPLY_COMMENT], note);
	places_begin(&places);
	read_and_apply(call, args, &change, args[APPLY_DRY_RUN].yes);
	places_end(&places);
}

const struct method method_config_apply = {
    .name = CONTROL_CONFIG_APPLY,
    .help = "put a whole document in force",
    .level = LEVEL_OPERATE,
    .changes = true,
    .params = apply_params,
    .run = run_apply,
};

/* ---- config.reload -------------------------------------------------------------------------- */

enum { RELOAD_EXISTING, RELOAD_DRAIN };

static const struct param reload_params[] = {
    CONFIG_EXISTING_PARAMS,
    {.name = NULL},
};

/* concerns NULL: there was no document before it. */
static void reload(struct call *call, struct concerns *concerns, json_t *before)
{
	struct applied *a = mem_zalloc(sizeof(*a));
	char who[CALL_WHO_MAX];
	struct places places;
	struct errors errors;
	struct error err;
	int rc;

	a->call = call;
	a->concerns = concerns;
	a->waiting_for = concerns != NULL ? 2 : 1;
	places_begin(&places);
	errors_begin(&errors);
	rc = change_reload(call_who(call, who), concerns, one_less, a, &err);
	places_end(&places);
	if (errors_end(&errors, rc, &err) == -1) {
		drop(a);
		call_fail_all(call, &err, &errors);
		return;
	}
	a->revision = change_revision();
	a->changes = diff_documents(before, instance_current()->document);
	a->aside = json_incref((json_t *)overlay_aside());
	if (concerns != NULL)
		concerns_count(concerns, one_less, a);
}

static void run_reload(struct call *call, const struct argument *args)
{
	struct concerns *concerns = NULL;
	json_t *before;
	struct error err;

	if (config_existing_concerns(&args[RELOAD_EXISTING], &concerns, &err) == -1) {
		call_fail(call, &err);
		return;
	}
	before =
	    instance_current() != NULL ? json_incref(instance_current()->document) : json_object();
	reload(call, concerns, before);
	json_decref(before);
}

const struct method method_config_reload = {
    .name = CONTROL_CONFIG_RELOAD,
    .help = "put in force what the daemon's configuration file says now",
    .level = LEVEL_OPERATE,
    .changes = true,
    .params = reload_params,
    .run = run_reload,
};

/* ---- config.rollback ------------------------------------------------------------------------ */

enum {
	ROLLBACK_REVISION,
	ROLLBACK_BACK,
	ROLLBACK_IF_REV,
	ROLLBACK_DRY_RUN,
	ROLLBACK_SAVE,
	ROLLBACK_CONFIRM,
	ROLLBACK_COMMENT,
	ROLLBACK_EXISTING,
	ROLLBACK_DRAIN
};

static const struct param rollback_params[] = {
    {.name = "revision", .type = PARAM_INT, .help = "the document to return to"},
    {.name = "back", .type = PARAM_INT, .max = CHANGE_HISTORY, .help = "or how many changes"},
    IF_REV,
    {.name = "dry_run", .type = PARAM_BOOL, .help = "only find out what it would do"},
    SAVE,
    CONFIRM,
    COMMENT,
    CONFIG_EXISTING_PARAMS,
    {.name = NULL},
};

static const struct revision *wanted_revision(const struct argument *args, struct error *err)
{
	const struct revision *r;

	if (args[ROLLBACK_REVISION].given == args[ROLLBACK_BACK].given) {
		error_set(err, ERROR_INVALID, "give one of revision and back");
		return NULL;
	}
	if (args[ROLLBACK_REVISION].given)
		r = change_find(args[ROLLBACK_REVISION].number);
	else
		r = change_history(args[ROLLBACK_BACK].number);
	if (r == NULL)
		error_set(err, ERROR_NOT_FOUND,
		    "that revision is not remembered; 'pointsctl config history' lists those that "
		    "are");
	return r;
}

/* Also of a change that waits to be confirmed: it is how that is refused at once. */
static void run_rollback(struct call *call, const struct argument *args)
{
	const struct revision *r;
	struct change change = {
	    .save = args[ROLLBACK_SAVE].yes,
	    .overrides = true,
	    .confirm_s = (unsigned)args[ROLLBACK_CONFIRM].number,
	};
	char note[NOTE_SIZE];
	struct error err;
	uint64_t number;
	bool rolled;

	if (check_revision(&args[ROLLBACK_IF_REV], &err) == -1 ||
	    (r = wanted_revision(args, &err)) == NULL) {
		call_fail(call, &err);
		return;
	}
	note_of(&args[ROLLBACK_COMMENT], note);
	if (note[0] == '\0')
		snprintf(note, sizeof(note), "rollback to %llu", (unsigned long long)r->number);
	number = r->number; /* the history forgets it, if it is the oldest */
	change.document = json_incref(r->document);
	change.comment = note;
	rolled = apply(call, &change, &args[ROLLBACK_EXISTING], args[ROLLBACK_DRY_RUN].yes);
	if (rolled && !args[ROLLBACK_DRY_RUN].yes)
		concerns_call_off(number);
	json_decref(change.document);
}

const struct method method_config_rollback = {
    .name = CONTROL_CONFIG_ROLLBACK,
    .help = "put a document of the history in force again",
    .level = LEVEL_OPERATE,
    .changes = true,
    .params = rollback_params,
    .run = run_rollback,
};
