/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "daemon/core/route_table.h"

#include <stdlib.h>

#include "common/errors.h"

#include "daemon/core/file_text.h"
#include "daemon/core/handle.h"
#include "daemon/core/instance.h"
#include "daemon/core/item_key.h"
#include "daemon/core/load.h"
#include "daemon/core/reuse.h"
#include "daemon/core/trust.h"

static struct route *compile_route(struct load *load, const struct jnode *node,
    const struct route_table *table, struct route_identity *identity, struct error *err)
{
	struct arena *outer = load->arena;
	struct route *route = route_new(node->value, table->server, identity);
	int rc;

	route->revision = load->instance->revision;
	load->arena = route->arena;
	trust_notes(load, &route->trusted);
	rc = route_load(load, node, route, err);
	load->arena = outer;
	trust_notes(load, &load->instance->trusted);
	if (rc == -1) {
		route_unref(route);
		return NULL;
	}
	return route;
}

/* ---- sharing what is unchanged -------------------------------------------------------------- */

/* The routes of the list of that name before this document. */
static struct reuse *reuse_before(const struct load *load, const struct route_table *table)
{
	const struct route_table *before =
	    load->before != NULL ? instance_table(load->before, table->name) : NULL;

	return before != NULL ? reuse_new(before->routes, before->json) : reuse_new(NULL, NULL);
}

bool route_reads_again(const struct load *load, const struct route *route)
{
	const struct trusted *t;

	if (route->trusts_ours && load->authorities_changed)
		return true;
	for (t = load->edit == NULL ? route->trusted : NULL; t != NULL; t = t->next)
		if ((t->field->flags & (FIELD_PATH | FIELD_ADDRESS)) == FIELD_PATH ||
		    file_text_in(t->text))
			return true;
	return false;
}

/* The same in this document, of one of the list before whose JSON is this; else NULL with err. */
static struct route *share(struct load *load, const struct jnode *node,
    const struct route_table *table, struct route *route, struct error *err)
{
	if (route_reads_again(load, route))
		return compile_route(load, node, table, route->identity, err);
	return route_ref(route);
}

/*
 * Routes of the list before, found again: shared where they are equal, else compiled with their
 * identity. *out is NULL for a route that was not there.
 */
static int take_known(struct load *load, const struct jnode *node, const struct route_table *table,
    struct reuse *reuse, struct route **out, struct error *err)
{
	const json_t *origin = load->origin != NULL ? load->origin(load->edit, node->value) : NULL;
	struct route *route = origin != NULL ? reuse_same(reuse, origin) : NULL;

	*out = NULL;
	if (route == NULL) {
		route = reuse_equal(reuse, node->value);
		if (route == NULL)
			route = reuse_id(reuse, node->value);
		if (route == NULL)
			return 0;
	}
	if (json_equal(route->json, node->value))
		*out = share(load, node, table, route, err);
	else
		*out = compile_route(load, node, table, route->identity, err);
	return *out != NULL ? 0 : -1;
}

/*
 * Of a route that was not in the list before: perhaps it was there earlier, and its handle is kept
 * under this key (NULL: none is).
 */
static struct route_identity *identity_of(
    const struct load *load, const struct route_table *table, const char *key, struct reuse *reuse)
{
	uint64_t handle = key != NULL ? handle_kept(table->name, key) : 0;
	struct route *route = NULL;

	if (handle == 0 || !reuse_handle(reuse, handle, &route))
		return route_identity_new(handle_next(load));
	return route != NULL ? route_identity_ref(route->identity) : route_identity_new(handle);
}

/* Is any of the routes that are missing in list one that was there earlier? */
static bool any_is_kept(const struct jnode *node, const struct route_table *table)
{
	const struct route_list *list = table->routes;
	bool kept = false;
	size_t i;
	char *key;

	for (i = 0; !kept && i < list->count; i++) {
		if (list->items[i] != NULL)
			continue;
		key = item_key(json_array_get(node->value, i));
		kept = handle_kept(table->name, key) != 0;
		free(key);
	}
	return kept;
}

/* Keys are made only where they are of use: for a long list that costs more than all the rest. */
static int compile_others(struct load *load, const struct jnode *node,
    const struct route_table *table, struct reuse *reuse, struct error *err)
{
	struct route_list *list = table->routes;
	struct item_keys keys = {.items = NULL};
	struct route_identity *identity;
	size_t i;
	int rc = 0;

	if (any_is_kept(node, table))
		item_keys_make(&keys, node->value);
	for (i = 0; i < list->count; i++) {
		struct jnode item = jnode_item(node, i);

		if (list->items[i] != NULL)
			continue;
		identity =
		    identity_of(load, table, keys.items != NULL ? keys.items[i] : NULL, reuse);
		list->items[i] = compile_route(load, &item, table, identity, err);
		route_identity_unref(identity);
		if (!errors_go_on(list->items[i] != NULL ? 0 : -1, &rc, err))
			break;
	}
	item_keys_fini(&keys);
	return rc;
}

static void drop_routes(void *object)
{
	struct route_list *list = object;
	size_t i;

	for (i = 0; i < list->count; i++)
		route_unref(list->items[i]);
}

static int share_and_compile(struct load *load, const struct jnode *node,
    const struct route_table *table, struct reuse *reuse, struct error *err)
{
	struct route_list *list = table->routes;
	bool others = false;
	size_t i;

	for (i = 0; i < list->count; i++) {
		struct jnode item = jnode_item(node, i);
		struct route *route = reuse_same(reuse, item.value);

		if (route == NULL)
			continue;
		list->items[i] = share(load, &item, table, route, err);
		if (list->items[i] == NULL)
			return -1;
	}
	for (i = 0; i < list->count; i++) {
		struct jnode item = jnode_item(node, i);

		if (list->items[i] != NULL)
			continue;
		if (take_known(load, &item, table, reuse, &list->items[i], err) == -1)
			return -1;
		others = others || list->items[i] == NULL;
	}
	return others ? compile_others(load, node, table, reuse, err) : 0;
}

int route_table_load(struct load *load, const struct jnode *node, void *target, struct error *err)
{
	struct route_table *table = target;
	struct route_list *list = table->routes;
	struct reuse *reuse;
	int rc;

	if (jnode_array(node, err) == -1)
		return -1;
	table->json = node->value;
	list->count = json_array_size(node->value);
	list->items = arena_array(load->arena, list->count, sizeof(*list->items));
	arena_release(load->arena, drop_routes, list);
	reuse = reuse_before(load, table);
	rc = share_and_compile(load, node, table, reuse, err);
	reuse_free(reuse);
	return rc;
}
