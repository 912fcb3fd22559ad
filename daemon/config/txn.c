/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "daemon/config/txn.h"

#include <uthash.h>
#include <pointsman/control.h>

#include "common/arena.h"
#include "daemon/config/change.h"
#include "daemon/config/concern.h"
#include "daemon/config/diff.h"
#include "daemon/config/edit_way.h"
#include "daemon/config/operation.h"

/* One on its way. */
struct txn {
	struct arena *arena;
	struct operation *operations;
	size_t count;
	json_t **added;     /* by each of them, references; NULL: nothing */
	const char **names; /* of what was added */
	json_t *changes;
	struct concerns *concerns;
	const char *who;
	void (*done)(void *arg, const struct txn_result *result);
	void *arg;
	uint64_t revision;
	unsigned waiting_for; /* the count, the publication */
	bool dry_run;
};

static void txn_free(void *arg)
{
	struct txn *t = arg;
	size_t i;

	if (t->concerns != NULL)
		concerns_free(t->concerns);
	for (i = 0; t->added != NULL && i < t->count; i++)
		json_decref(t->added[i]);
	json_decref(t->changes);
	arena_free(t->arena);
}

/* ---- reading and carrying out ---------------------------------------------------------------- */

static int load_operations(struct txn *t, const struct txn_request *request, struct error *err)
{
	struct jnode parameters = jnode_root(NULL);
	struct jnode root = {
	    .value = request->operations, .parent = &parameters, .key = "operations"};
	size_t i;

	if (jnode_array(&root, err) == -1)
		return -1;
	t->count = json_array_size(request->operations);
	if (t->count == 0 || t->count > CONTROL_OPERATIONS_MAX)
		return jnode_error(&root, err, ERROR_LIMIT, "must have 1 to %d operations",
		    CONTROL_OPERATIONS_MAX);
	t->operations = arena_array(t->arena, t->count, sizeof(*t->operations));
	for (i = 0; i < t->count; i++) {
		struct jnode item = jnode_item(&root, i);

		if (operation_load(&item, t->arena, &t->operations[i], err) == -1)
			return -1;
		if (t->operations[i].type->listens && request->limited)
			return jnode_error(&item, err, ERROR_DENIED,
			    "%s opens something to the network and needs the level admin",
			    t->operations[i].type->name);
	}
	return 0;
}

static int run_operations(struct txn *t, struct edit *edit, struct error *err)
{
	json_t *last = NULL;
	size_t i;

	t->added = arena_array(t->arena, t->count, sizeof(*t->added));
	t->concerns = concerns_new(instance_current(), t->operations, t->count);
	for (i = 0; i < t->count; i++) {
		const struct operation *op = &t->operations[i];

		concerns_look(t->concerns, i, edit);
		if (op->type->run(edit, op, err) == -1)
			return error_at(err, "operations[%zu]", i);
		if (edit_added(edit) != last)
			t->added[i] = json_incref(edit_added(edit));
		last = edit_added(edit);
	}
	return 0;
}

/* What an operation added, by its JSON. */
struct added {
	const json_t *json;
	const char **name;
	UT_hash_handle hh;
};

/* A route that a later operation of the same transaction changed still is the one added. */
static void find_names(
    struct txn *t, struct added *table, const struct instance *in, const struct edit *edit)
{
	size_t i, j;

	for (i = 0; i < in->server_count; i++) {
		const struct route_list *list = &in->servers[i]->routes;

		for (j = 0; j < list->count; j++) {
			const json_t *json = edit_origin(edit, list->items[j]->json);
			struct added *found;

			HASH_FIND_PTR(table, &json, found);
			if (found != NULL)
				*found->name = arena_strdup(t->arena, list->items[j]->name);
		}
	}
}

/* in NULL: nothing was published, so that there are no handles yet. */
static void name_added(struct txn *t, const struct instance *in, const struct edit *edit)
{
	struct added *table = NULL, *item;
	const char *id;
	size_t i;

	t->names = arena_array(t->arena, t->count, sizeof(*t->names));
	for (i = 0; i < t->count; i++) {
		if (t->added[i] == NULL)
			continue;
		id = edit_id(t->added[i]);
		t->names[i] = id != NULL ? arena_strdup(t->arena, id) : NULL;
		item = arena_alloc(t->arena, sizeof(*item));
		item->json = t->added[i];
		item->name = &t->names[i];
		HASH_ADD_PTR(table, json, item);
	}
	if (table != NULL && in != NULL)
		find_names(t, table, in, edit);
	HASH_CLEAR(hh, table);
}

/* ---- the answer ----------------------------------------------------------------------------- */

static void answer(struct txn *t)
{
	uint64_t *counts = arena_array(t->arena, t->count, sizeof(*counts));
	struct txn_result result = {
	    .revision = t->revision,
	    .count = t->count,
	    .connections = counts,
	    .touched = concerns_touched(t->concerns),
	    .names = t->names,
	    .changes = t->changes,
	};
	size_t i;

	for (i = 0; i < t->count; i++)
		counts[i] = concerns_counted(t->concerns, i);
	t->done(t->arg, &result);
	if (t->dry_run)
		txn_free(t);
	else
		concerns_carry_out(t->concerns, t->who, txn_free, t);
}

static void one_less(void *arg)
{
	struct txn *t = arg;

	if (--t->waiting_for == 0)
		answer(t);
}

static int publish(
    struct txn *t, struct edit *edit, const struct txn_request *request, struct error *err)
{
	struct change change = {
	    .document = edit_document(edit),
	    .edit = edit,
	    .who = request->who,
	    .comment = request->comment,
	    .save = request->save,
	    .limited = request->limited,
	    .confirm_s = request->confirm_s,
	};

	t->waiting_for = 1;
	t->revision = change_revision();
	if (t->dry_run) {
		if (change_check(&change, err) == -1)
			return -1;
		t->changes = diff_documents(edit_base_document(edit), edit_document(edit));
		name_added(t, NULL, edit);
	} else {
		if (change_document(&change, one_less, t, err) == -1)
			return -1;
		t->waiting_for = 2;
		t->revision = change_revision();
		name_added(t, instance_current(), edit);
	}
	concerns_count(t->concerns, one_less, t);
	return 0;
}

int txn_apply(const struct txn_request *request,
    void (*done)(void *arg, const struct txn_result *result), void *arg, struct error *err)
{
	struct arena *arena;
	struct edit *edit;
	struct txn *t;
	int rc;

	if (change_expect(request->rev_given, request->if_rev, err) == -1)
		return -1;
	arena = arena_new(4096);
	t = arena_alloc(arena, sizeof(*t));
	t->arena = arena;
	t->who = arena_strdup(arena, request->who);
	t->done = done;
	t->arg = arg;
	t->dry_run = request->dry_run;
	edit = edit_new(instance_current());
	rc = load_operations(t, request, err);
	if (rc == 0)
		rc = run_operations(t, edit, err);
	if (rc == 0)
		rc = publish(t, edit, request, err);
	edit_free(edit);
	if (rc == -1)
		txn_free(t);
	return rc;
}
