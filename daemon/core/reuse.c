/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "daemon/core/reuse.h"

#include <stdlib.h>
#include <uthash.h>

#include "common/arena.h"
#include "daemon/core/item_key.h"

struct old {
	struct route *route;
	json_t *json;
	const char *id;   /* borrowed from the JSON; NULL: none */
	char *key;        /* see item_key.h; made when first asked for */
	struct old *same; /* with the same key, in order */
	bool used;
	UT_hash_handle by_json, by_id, by_key;
};

struct reuse {
	struct old *items;
	size_t count;
	struct old *by_json, *by_id, *by_key;
	bool keys; /* by_key has been made */
};

static const char *id_of(const json_t *json)
{
	return json_string_value(json_object_get(json, "@id"));
}

struct reuse *reuse_new(const struct route_list *before, const json_t *json)
{
	struct reuse *r = mem_zalloc(sizeof(*r));
	size_t i;

	if (before == NULL)
		return r;
	r->count = before->count;
	r->items = mem_zalloc((r->count > 0 ? r->count : 1) * sizeof(*r->items));
	for (i = 0; i < r->count; i++) {
		struct old *o = &r->items[i];

		o->route = before->items[i];
		o->json = json_array_get(json, i);
		o->id = id_of(o->json);
		HASH_ADD(by_json, r->by_json, json, sizeof(o->json), o);
		if (o->id != NULL)
			HASH_ADD_KEYPTR(by_id, r->by_id, o->id, strlen(o->id), o);
	}
	return r;
}

void reuse_free(struct reuse *r)
{
	size_t i;

	HASH_CLEAR(by_json, r->by_json);
	HASH_CLEAR(by_id, r->by_id);
	HASH_CLEAR(by_key, r->by_key);
	for (i = 0; i < r->count; i++)
		free(r->items[i].key);
	free(r->items);
	free(r);
}

static struct route *use(struct old *o)
{
	if (o == NULL || o->used)
		return NULL;
	o->used = true;
	return o->route;
}

struct route *reuse_same(struct reuse *r, const json_t *json)
{
	struct old *o;

	HASH_FIND(by_json, r->by_json, &json, sizeof(json), o);
	return use(o);
}

/* The keys of what is left; equal ones are chained in order, so the nth is the nth. */
static void make_keys(struct reuse *r)
{
	size_t i;

	r->keys = true;
	for (i = r->count; i-- > 0;) {
		struct old *o = &r->items[i], *known;

		if (o->used)
			continue;
		o->key = item_key(o->json);
		HASH_FIND(by_key, r->by_key, o->key, strlen(o->key), known);
		if (known != NULL) {
			HASH_DELETE(by_key, r->by_key, known);
			o->same = known;
		}
		HASH_ADD_KEYPTR(by_key, r->by_key, o->key, strlen(o->key), o);
	}
}

struct route *reuse_equal(struct reuse *r, json_t *json)
{
	struct old *o = NULL;
	char *key;

	if (!r->keys)
		make_keys(r);
	if (r->by_key == NULL)
		return NULL;
	key = item_key(json);
	HASH_FIND(by_key, r->by_key, key, strlen(key), o);
	free(key);
	while (o != NULL && (o->used || !json_equal(o->json, json)))
		o = o->same;
	return use(o);
}

struct route *reuse_id(struct reuse *r, const json_t *json)
{
	const char *id = id_of(json);
	struct old *o = NULL;

	if (id != NULL && r->by_id != NULL)
		HASH_FIND(by_id, r->by_id, id, strlen(id), o);
	return use(o);
}

bool reuse_handle(struct reuse *r, uint64_t handle, struct route **route)
{
	size_t i;

	*route = NULL;
	for (i = 0; i < r->count; i++) {
		if (r->items[i].route->identity->handle != handle)
			continue;
		*route = use(&r->items[i]);
		return *route != NULL;
	}
	return true;
}
