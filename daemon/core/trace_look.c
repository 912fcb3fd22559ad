/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A look at the routes, told: they are asked again here, by the same matchers and rules about the
 * same bytes and facts, all that matter. What has been decided is never made up: where it comes out
 * differently now (a file of addresses has changed meanwhile, too much to be kept), only the route
 * that was taken is told, and the others are counted.
 */
#include <config.h>

#include "daemon/core/trace_step.h"

#include "daemon/core/explain.h"
#include "daemon/core/trace.h"

#define NAME_MAX_SHOWN 128 /* of captures */
#define ROUTES_MAX 64      /* told of one look; the one that is taken is always */
/* A text may be written with four bytes for each. */
#define ROUTES_SIZE 4096
#define CAPTURES_SIZE (TRACE_STEP_SIZE_MAX - 1024 - 5 * TRACE_TEXT_MAX)

/* ---- once more ----------------------------------------------------------------------------- */

/* The connection as it was. Its bytes and values lie in the record. */
struct again {
	const struct trace_look *look;
	struct arena *arena;
	struct facts facts;
	struct match_cache cache;
	struct match_input in;
	bool same; /* it comes out as it did */
};

static const uint8_t *get(const uint8_t *at, void *out, size_t n)
{
	memcpy(out, at, n);
	return at + n;
}

const uint8_t *trace_look_facts(
    const struct trace_look *look, struct facts *out, const char **listener)
{
	const uint8_t *at = (const uint8_t *)(look + 1);

	*out = look->facts;
	out->arena = NULL;
	out->named = NULL;
	out->fd = -1;
	*listener = NULL;
	if (look->open)
		at = trace_get_text(at, listener);
	at = trace_get_path(at, &out->src);
	at = trace_get_path(at, &out->dst);
	at = trace_get_path(at, &out->remote);
	return trace_get_path(at, &out->local);
}

/* Returns where the parts are. */
static const uint8_t *read_named(struct again *a, const uint8_t *at)
{
	struct fact **last = &a->facts.named, *fact;
	struct trace_fact head;
	uint32_t i;

	for (i = 0; i < a->look->fact_count; i++) {
		at = get(at, &head, sizeof(head));
		fact = *last = arena_alloc(a->arena, sizeof(*fact));
		fact->name = (const char *)at;
		fact->value = fact->name + head.name_length + 1;
		fact->length = head.length;
		at = (const uint8_t *)fact->value + head.length;
		last = &fact->next;
	}
	return at;
}

/* Leaves a->in at the last part. */
static enum pick pick_again(struct again *a, const uint8_t *at, size_t *index)
{
	const struct trace_look *look = a->look;
	struct trace_part part;
	enum pick pick = PICK_NONE;
	uint32_t i;

	for (i = 0; i < look->part_count; i++) {
		if (i > 0)
			match_cache_next_datagram(&a->cache);
		at = get(at, &part, sizeof(part));
		a->in.bytes = span_of(at, part.length);
		at += part.length;
		a->in.phase = i + 1 == look->part_count ? look->phase : MATCH_LIVE;
		pick = routing_pick(look->list, look->next, &a->in, index);
	}
	return pick;
}

static void ask_again(struct again *a)
{
	const struct trace_look *look = a->look;
	const char *listener;
	const uint8_t *at = trace_look_facts(look, &a->facts, &listener);
	size_t index = 0;

	a->facts.arena = a->arena;
	a->in = (struct match_input){
	    .datagram = look->datagram, .facts = &a->facts, .cache = &a->cache};
	a->same = look->whole && pick_again(a, read_named(a, at), &index) == look->pick &&
		  (look->pick != PICK_ROUTE || index == look->index);
}

/* ---- routes -------------------------------------------------------------------------------- */

/* The routes of one look, on their way into a step. */
struct told {
	struct pack_box routes, route, matchers;
	bool open; /* a route is */
	uint64_t omitted;
};

static bool has_room(const struct told *t)
{
	return buf_len(t->routes.pack->out) < ROUTES_SIZE;
}

static void close_route(struct told *t)
{
	if (!t->open)
		return;
	pack_close(&t->matchers);
	pack_close(&t->route);
	t->open = false;
}

static void on_route(void *arg, const struct explain *e, const struct route *route, size_t index,
    const char *verdict)
{
	struct told *t = arg;

	(void)e;
	close_route(t);
	pack_map_open(pack_item(&t->routes), &t->route);
	trace_pack_name(pack_key(&t->route, "route"), route->name);
	pack_u64(pack_key(&t->route, "index"), index);
	pack_str(pack_key(&t->route, "verdict"), verdict);
	pack_array_open(pack_key(&t->route, "matchers"), &t->matchers);
	t->open = true;
}

static void on_matcher(
    void *arg, size_t set, const struct matcher_type *type, enum match_verdict verdict)
{
	struct told *t = arg;
	struct pack_box map;

	if (!has_room(t)) {
		t->omitted++;
		return;
	}
	pack_map_open(pack_item(&t->matchers), &map);
	pack_u64(pack_key(&map, "set"), set);
	pack_str(pack_key(&map, "matcher"), type->name);
	pack_str(pack_key(&map, "verdict"), match_verdict_name(verdict));
	pack_close(&map);
}

/* Matchers write captures: into these, which nobody reads. */
static void copy_facts(struct facts *out, const struct facts *from)
{
	const struct fact *fact;

	*out = *from;
	out->named = NULL;
	for (fact = from->named; fact != NULL; fact = fact->next)
		facts_set(out, fact->name, span_of(fact->value, fact->length));
}

/* What was not told is counted: routes in the middle, where there are many, and their matchers. */
static void tell_routes(struct told *t, const struct again *a)
{
	const struct trace_look *look = a->look;
	const struct route_list *list = look->list;
	size_t end = look->pick == PICK_ROUTE ? look->index : list->count, i = look->next;
	struct match_input in = a->in;
	struct facts facts;
	struct explain e = {.in = &in, .arg = t, .route = on_route, .matcher = on_matcher};

	copy_facts(&facts, in.facts);
	in.facts = &facts;
	for (; a->same && i < end && i - look->next < ROUTES_MAX && has_room(t); i++)
		explain_route(&e, list->items[i], i);
	t->omitted += end - i;
	if (look->pick != PICK_ROUTE)
		return;
	if (a->same)
		explain_route(&e, list->items[look->index], look->index);
	else
		on_route(
		    t, &e, list->items[look->index], look->index, match_verdict_name(MATCH_YES));
}

/* ---- the whole ----------------------------------------------------------------------------- */

static void pack_captures(struct pack *pack, const struct fact *fact)
{
	struct pack_box map;

	pack_map_open(pack, &map);
	for (; fact != NULL && buf_len(pack->out) < CAPTURES_SIZE; fact = fact->next)
		if (strlen(fact->name) <= NAME_MAX_SHOWN)
			trace_pack_text(
			    pack_key(&map, fact->name), span_of(fact->value, fact->length));
	pack_close(&map);
}

static const char *decision(enum pick pick)
{
	static const char *const words[] = {
	    [PICK_ROUTE] = "taken", [PICK_MORE] = "more", [PICK_NONE] = "none"};

	return words[pick];
}

void trace_look_pack(struct pack_box *map, const struct trace_look *look)
{
	struct again a = {.look = look, .arena = arena_new(4096)};
	struct told t = {.omitted = 0};

	ask_again(&a);
	pack_u64(pack_key(map, "depth"), look->depth);
	pack_u64(pack_key(map, "bytes"), look->bytes);
	pack_str(pack_key(map, "state"), match_phase_name(look->phase));
	pack_array_open(pack_key(map, "routes"), &t.routes);
	tell_routes(&t, &a);
	close_route(&t);
	pack_close(&t.routes);
	pack_u64(pack_key(map, "omitted"), t.omitted);
	pack_str(pack_key(map, "decision"), decision(look->pick));
	if (look->pick == PICK_ROUTE && a.same)
		pack_captures(pack_key(map, "captures"), a.facts.named);
	else
		pack_nil(pack_key(map, "captures"));
	match_cache_fini(&a.cache);
	arena_free(a.arena);
}
