/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "daemon/core/trace_step.h"

#include <math.h>

#include "daemon/core/instance.h"

void trace_pack_text(struct pack *pack, struct span text)
{
	if (text.n == 0)
		pack_nil(pack);
	else
		pack_text(pack, span_of(text.p, pack_text_cut(text, TRACE_TEXT_MAX)));
}

void trace_pack_name(struct pack *pack, const char *text)
{
	trace_pack_text(pack, text != NULL ? span_str(text) : span_of(NULL, 0));
}

/* Packs the text at at under key. Returns what comes behind it. */
static const uint8_t *pack_text_at(struct pack_box *map, const char *key, const uint8_t *at)
{
	const char *text;

	at = trace_get_text(at, &text);
	trace_pack_name(pack_key(map, key), text);
	return at;
}

/* What begins a connection, wherever it stands. */
struct opened {
	struct trace_accepted accepted;
	struct netaddr src, dst;
	const char *listener, *server;
};

static struct opened opened_alone(const struct trace_open *r)
{
	struct opened o = {.accepted = r->accepted, .src = r->src, .dst = r->dst};
	const uint8_t *at = (const uint8_t *)(r + 1);

	at = trace_get_path(at, &o.src);
	at = trace_get_path(at, &o.dst);
	at = trace_get_text(at, &o.listener);
	trace_get_text(at, &o.server);
	return o;
}

static struct opened opened_by_look(const struct trace_look *r)
{
	struct opened o = {.accepted = r->accepted, .server = r->facts.server};
	struct facts facts;

	trace_look_facts(r, &facts, &o.listener);
	o.src = facts.src;
	o.dst = *facts_dst(&facts);
	return o;
}

static void pack_address(struct pack_box *map, const char *key, const struct netaddr *addr)
{
	char text[NETADDR_TEXT_MAX];

	pack_str(pack_key(map, key), netaddr_text(addr, text));
}

static void pack_open(struct pack_box *map, const struct trace_record *r)
{
	struct opened o = r->kind == TRACE_LOOK ? opened_by_look((const struct trace_look *)r)
						: opened_alone((const struct trace_open *)r);

	pack_address(map, "src", &o.src);
	pack_address(map, "dst", &o.dst);
	trace_pack_name(pack_key(map, "listener"), o.listener);
	trace_pack_name(pack_key(map, "server"), o.server);
	pack_str(pack_key(map, "proto"), o.accepted.proto);
	if (o.accepted.branch_of != 0)
		pack_u64(pack_key(map, "branch_of"), o.accepted.branch_of);
	else
		pack_nil(pack_key(map, "branch_of"));
}

/* The first one of the chain of the route that was taken; NULL: there is none. */
static const struct handler *first_handler(const struct trace_look *r)
{
	const struct route *taken = r->pick == PICK_ROUTE ? r->list->items[r->index] : NULL;

	return taken != NULL && taken->handler_count > 0 ? &taken->handlers[0] : NULL;
}

static void pack_handler(struct pack_box *map, const struct trace_record *r)
{
	const struct trace_look *look = (const struct trace_look *)r;
	const struct trace_handler *handler = (const struct trace_handler *)r;
	bool first = r->kind == TRACE_LOOK;

	pack_u64(pack_key(map, "depth"), first ? look->depth : handler->depth);
	pack_str(pack_key(map, "handler"), first ? first_handler(look)->type->name : handler->name);
}

static void pack_dial(struct pack_box *map, const struct trace_dial *r)
{
	pack_text_at(map, "problem", pack_text_at(map, "upstream", (const uint8_t *)(r + 1)));
}

static void pack_end(struct pack_box *map, const struct trace_end *r)
{
	double age = r->head.time - (double)r->start_ns / 1e9;
	const uint8_t *at = (const uint8_t *)(r + 1);

	trace_pack_name(pack_key(map, "route"), r->route != NULL ? r->route->name : NULL);
	at = pack_text_at(map, "upstream", at);
	pack_str(pack_key(map, "reason"), end_reason_name(r->reason));
	pack_text_at(map, "detail", at);
	pack_double(pack_key(map, "duration"), age > 0 ? floor(age * 1e3 + 0.5) / 1e3 : 0);
	pack_u64(pack_key(map, "bytes_in"), r->bytes_in);
	pack_u64(pack_key(map, "bytes_out"), r->bytes_out);
}

unsigned trace_steps_of(const struct trace_record *record, enum trace_kind steps[TRACE_STEPS_MAX])
{
	const struct trace_look *look = (const struct trace_look *)record;
	unsigned n = 0;

	if (record->kind == TRACE_LOOK && look->open)
		steps[n++] = TRACE_OPEN;
	steps[n++] = (enum trace_kind)record->kind;
	if (record->kind == TRACE_LOOK && first_handler(look) != NULL)
		steps[n++] = TRACE_HANDLER;
	return n;
}

void trace_step_pack(struct pack_box *map, const struct trace_record *record, enum trace_kind step)
{
	static const char *const names[] = {
	    [TRACE_OPEN] = "open",
	    [TRACE_LOOK] = "match",
	    [TRACE_HANDLER] = "handler",
	    [TRACE_DIAL] = "dial",
	    [TRACE_END] = "end",
	};

	pack_u64(pack_key(map, "id"), record->id);
	pack_str(pack_key(map, "step"), names[step]);
	switch (step) {
	case TRACE_OPEN:
		pack_open(map, record);
		break;
	case TRACE_LOOK:
		trace_look_pack(map, (const struct trace_look *)record);
		break;
	case TRACE_HANDLER:
		pack_handler(map, record);
		break;
	case TRACE_DIAL:
		pack_dial(map, (const struct trace_dial *)record);
		break;
	case TRACE_END:
		pack_end(map, (const struct trace_end *)record);
		break;
	}
}

void trace_record_release(const struct trace_record *record)
{
	if (record->kind == TRACE_LOOK)
		instance_unref(((const struct trace_look *)record)->instance);
	else if (record->kind == TRACE_END)
		route_unref(((const struct trace_end *)record)->route);
}
