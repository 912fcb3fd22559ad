/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "daemon/config/txn.h"

#include <stdlib.h>
#include <string.h>
#include <uthash.h>
#include <pointsman/control.h>

#include "common/arena.h"
#include "daemon/config/change.h"
#include "daemon/config/concern.h"
#include "daemon/config/diff.h"
#include "daemon/config/edit_way.h"
#include "daemon/config/operation.h"
#include "daemon/input/places.h"

/* One on its way. */
struct txn {
	struct arena *arena;
	struct operation *operations;
	size_t count;
	json_t **touched;   /* routes that each of them added or changed, references; or NULL */
	const char **names; /* of those routes */
	json_t *changes;
	struct concerns *concerns;
	const char *who;
	void (*done)(void *arg, const struct txn_result *result);
	void *arg;
	uint64_t revision;
	unsigned waiting_for; /* the count, the publication */
	bool dry_run, unchanged;
};

static void txn_free(void *arg)
{
	struct txn *t = arg;
	size_t i;

	if (t->concerns != NULL)
		concerns_free(t->concerns);
	for (i = 0; t->touched != NULL && i < t->count; i++)
		json_decref(t->touched[i]);
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
			    "opens something to the network and needs the level admin");
	}
	return 0;
}

static int run_operations(struct txn *t, struct edit *edit, struct error *err)
{
	size_t i;

	t->touched = arena_array(t->arena, t->count, sizeof(*t->touched));
	t->concerns = concerns_new(instance_current(), t->operations, t->count);
	for (i = 0; i < t->count; i++) {
		const struct operation *op = &t->operations[i];

		concerns_look(t->concerns, i, edit);
		if (op->type->run(edit, op, err) == -1)
			return error_at(err, "operations[%zu]", i);
		t->touched[i] = edit_take_touched(edit);
	}
	return 0;
}

/* A route that operations touched, by what it was made from. */
struct touched {
	const json_t *origin;
	const char *name; /* NULL: nothing names it */
	UT_hash_handle hh;
};

static void find_names(
    struct txn *t, struct touched *table, const struct instance *in, const struct edit *edit)
{
	size_t i, j;

	for (i = 0; i < in->table_count; i++) {
		const struct route_list *list = in->tables[i]->routes;

		for (j = 0; j < list->count; j++) {
			const json_t *origin = edit_origin(edit, list->items[j]->json);
			struct touched *found;

			HASH_FIND_PTR(table, &origin, found);
			if (found != NULL)
				found->name = arena_strdup(t->arena, list->items[j]->name);
		}
	}
}

/* "ROUTE/route[1]", for those inside the top-level route outer whose chain this is. */
static void name_inside(struct txn *t, struct touched *table, const struct edit *edit,
    const char *outer, const json_t *chain, size_t *index)
{
	json_t *handler, *route;
	struct touched *found;
	const json_t *origin;
	size_t i, j;

	json_array_foreach ((json_t *)chain, i, handler) {
		json_array_foreach (json_object_get(handler, "routes"), j, route) {
			origin = edit_origin(edit, route);
			HASH_FIND_PTR(table, &origin, found);
			if (found != NULL && found->name == NULL)
				found->name =
				    arena_printf(t->arena, "%s" EDIT_INSIDE "%zu]", outer, *index);
			++*index;
			name_inside(t, table, edit, outer, json_object_get(route, "handle"), index);
		}
	}
}

static void find_inside(
    struct txn *t, struct touched *table, const struct instance *in, const struct edit *edit)
{
	size_t i, j, index;

	for (i = 0; i < in->table_count; i++) {
		const struct route_list *list = in->tables[i]->routes;

		for (j = 0; j < list->count; j++) {
			index = 0;
			name_inside(t, table, edit, list->items[j]->name,
			    json_object_get(list->items[j]->json, "handle"), &index);
		}
	}
}

static bool all_named(const struct touched *table)
{
	for (; table != NULL; table = table->hh.next)
		if (table->name == NULL)
			return false;
	return true;
}

/* Its entry, added where it is touched for the first time. */
static struct touched *touch(
    struct txn *t, struct touched **table, json_t *route, const struct edit *edit)
{
	const json_t *origin = edit_origin(edit, route);
	const char *id = edit_id(route);
	struct touched *found;

	HASH_FIND_PTR(*table, &origin, found);
	if (found == NULL) {
		found = arena_alloc(t->arena, sizeof(*found));
		found->origin = origin;
		HASH_ADD_PTR(*table, origin, found);
	}
	found->name = id != NULL ? arena_strdup(t->arena, id) : NULL;
	return found;
}

/* As they are called after all operations. in NULL: nothing is published, new ones lack handles. */
static void name_touched(struct txn *t, const struct instance *in, const struct edit *edit)
{
	struct touched *table = NULL, **entries;
	size_t i;

	t->names = arena_array(t->arena, t->count, sizeof(*t->names));
	entries = arena_array(t->arena, t->count, sizeof(*entries));
	for (i = 0; i < t->count; i++)
		if (t->touched[i] != NULL)
			entries[i] = touch(t, &table, t->touched[i], edit);
	if (table != NULL && in != NULL)
		find_names(t, table, in, edit);
	if (in != NULL && !all_named(table))
		find_inside(t, table, in, edit);
	for (i = 0; i < t->count; i++)
		t->names[i] = entries[i] != NULL ? entries[i]->name : NULL;
	HASH_CLEAR(hh, table);
}

/* ---- whose fault it is ----------------------------------------------------------------------- */

/* The member or item of node that *path names, which then is what follows. NULL: there is none. */
static const json_t *step(const json_t *node, const char **path)
{
	const json_t *value, *found = NULL;
	size_t i, n, longest = 0;
	const char *key;
	char *end;

	if (json_is_array(node) && **path == '[') {
		i = strtoul(*path + 1, &end, 10);
		*path = end + (*end == ']');
		return json_array_get(node, i);
	}
	*path += **path == '.';
	json_object_foreach ((json_t *)node, key, value) { /* a key may have dots, too */
		n = strlen(key);
		if (n <= longest || strncmp(*path, key, n) != 0 || strchr(".[", (*path)[n]) == NULL)
			continue;
		found = value;
		longest = n;
	}
	*path += longest;
	return found;
}

/* Was it made of what this operation touched? */
static bool touches(const struct txn *t, size_t i, const struct edit *edit, const json_t *node)
{
	return t->touched[i] != NULL && edit_origin(edit, t->touched[i]) == edit_origin(edit, node);
}

/* "operations[4].Caddyfile:7: upstreams[0].dial[0]"; rest is of err's path. */
static void set_path(struct error *err, size_t operation, const char *place, const char *rest)
{
	char below[sizeof(err->path)];

	snprintf(below, sizeof(below), "%s", rest);
	snprintf(err->path, sizeof(err->path), "operations[%zu].%s%s%.*s", operation, place,
	    below[0] != '\0' ? ": " : "", (int)sizeof(below) / 2, below);
}

/*
 * Where an operation brought in what the whole document cannot have, its place begins with the
 * operation: the last one that touched the innermost route on the way. Then comes the line, where
 * that was a Caddyfile's block. The way itself says enough of a single operation.
 */
static void blame(
    const struct txn *t, const struct edit *edit, const struct places *places, struct error *err)
{
	const json_t *node = edit_document((struct edit *)edit);
	const char *path = err->path, *place = NULL, *found, *rest = path;
	size_t i, culprit = t->count;

	for (; node != NULL; node = step(node, &path)) {
		for (i = t->count; i > 0 && !touches(t, i - 1, edit, node); i--)
			;
		if (i > 0)
			culprit = i - 1;
		found = places_of(places, node);
		place = found != NULL ? found : place;
		rest = found != NULL ? path + (*path == '.') : rest;
	}
	if (culprit < t->count && place != NULL)
		set_path(err, culprit, place, rest);
	else if (culprit < t->count && t->count > 1)
		error_at(err, "operations[%zu]", culprit);
}

/* ---- the answer ----------------------------------------------------------------------------- */

static void answer(struct txn *t)
{
	uint64_t *counts = arena_array(t->arena, t->count, sizeof(*counts));
	struct txn_result result = {
	    .revision = t->revision,
	    .unchanged = t->unchanged,
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
	t->unchanged = edit_is_unchanged(edit);
	if (t->dry_run) {
		if (change_check(&change, err) == -1)
			return -1;
		t->changes = diff_documents(edit_base_document(edit), edit_document(edit));
		name_touched(t, NULL, edit);
	} else if (t->unchanged) {
		if (change_nothing(&change, err) == -1)
			return -1;
		name_touched(t, instance_current(), edit);
	} else {
		if (change_document(&change, one_less, t, err) == -1)
			return -1;
		t->waiting_for = 2;
		t->revision = change_revision();
		name_touched(t, instance_current(), edit);
	}
	concerns_count(t->concerns, one_less, t);
	return 0;
}

int txn_apply(const struct txn_request *request,
    void (*done)(void *arg, const struct txn_result *result), void *arg, struct error *err)
{
	struct places places;
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
	places_begin(&places);
	rc = load_operations(t, request, err);
	if (rc == 0)
		rc = run_operations(t, edit, err);
	places_keep(&places);
	if (rc == 0)
		rc = publish(t, edit, request, err);
	else
		goto out;
	if (rc == -1)
		blame(t, edit, &places, err);
out:
	places_end(&places);
	edit_free(edit);
	if (rc == -1)
		txn_free(t);
	return rc;
}
