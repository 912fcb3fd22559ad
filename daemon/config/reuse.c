/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "daemon/config/reuse.h"

#include <stdlib.h>
#include <uthash.h>

#include "common/arena.h"
#include "daemon/config/item_key.h"

struct old {
	struct route *route;
	const json_t *json;
	const char *id;   /* borrowed from the JSON; NULL: none */
	char *canonical;  /* made when first asked for */
	struct old *same; /* with the same canonical JSON or id, in order */
	bool used;
	UT_hash_handle by_json, by_id, by_text;
};

struct reuse {
	struct old *items;
	size_t count;
	struct old *by_json, *by_id, *by_text;
	bool texts; /* by_text has been made */
};

static const char *id_of(const json_t *json)
{
	return json_string_value(json_object_get(json, "@id"));
}

struct reuse *reuse_new(const struct server *before, const json_t *json)
{
	struct reuse *r = mem_zalloc(sizeof(*r));
	size_t i;

	if (before == NULL)
		return r;
	r->count = before->routes.count;
	r->items = mem_zalloc((r->count > 0 ? r->count : 1) * sizeof(*r->items));
	for (i = 0; i < r->count; i++) {
		struct old *o = &r->items[i];

		o->route = before->routes.items[i];
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
	HASH_CLEAR(by_text, r->by_text);
	for (i = 0; i < r->count; i++)
		free(r->items[i].canonical);
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

/* The texts of what is left; equal ones are chained in order, so the nth is the nth. */
static void make_texts(struct reuse *r)
{
	size_t i;

	r->texts = true;
	for (i = r->count; i-- > 0;) {
		struct old *o = &r->items[i], *known;

		if (o->used)
			continue;
		o->canonical = item_canonical(o->json);
		HASH_FIND(by_text, r->by_text, o->canonical, strlen(o->canonical), known);
		if (known != NULL) {
			HASH_DELETE(by_text, r->by_text, known);
			o->same = known;
		}
		HASH_ADD_KEYPTR(by_text, r->by_text, o->canonical, strlen(o->canonical), o);
	}
}

struct route *reuse_equal(struct reuse *r, json_t *json)
{
	struct old *o = NULL;
	char *text;

	if (!r->texts)
		make_texts(r);
	if (r->by_text == NULL)
		return NULL;
	text = item_canonical(json);
	HASH_FIND(by_text, r->by_text, text, strlen(text), o);
	free(text);
	while (o != NULL && o->used)
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
