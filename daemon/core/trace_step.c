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

static const uint8_t *pack_address(
    struct pack_box *map, const char *key, struct netaddr addr, const uint8_t *at)
{
	char text[NETADDR_TEXT_MAX];

	at = trace_get_path(at, &addr);
	pack_str(pack_key(map, key), netaddr_text(&addr, text));
	return at;
}

static void pack_open(struct pack_box *map, const struct trace_open *r)
{
	const uint8_t *at = (const uint8_t *)(r + 1);

	at = pack_address(map, "src", r->src, at);
	at = pack_address(map, "dst", r->dst, at);
	at = pack_text_at(map, "listener", at);
	pack_text_at(map, "server", at);
	pack_str(pack_key(map, "proto"), r->proto);
	if (r->branch_of != 0)
		pack_u64(pack_key(map, "branch_of"), r->branch_of);
	else
		pack_nil(pack_key(map, "branch_of"));
}

static void pack_handler(struct pack_box *map, const struct trace_handler *r)
{
	pack_u64(pack_key(map, "depth"), r->depth);
	pack_str(pack_key(map, "handler"), r->name);
}

static void pack_dial(struct pack_box *map, const struct trace_dial *r)
{
	pack_text_at(map, "problem", pack_text_at(map, "upstream", (const uint8_t *)(r + 1)));
}

static void pack_end(struct pack_box *map, const struct trace_end *r)
{
	const uint8_t *at = (const uint8_t *)(r + 1);

	at = pack_text_at(map, "route", at);
	at = pack_text_at(map, "upstream", at);
	pack_str(pack_key(map, "reason"), end_reason_name(r->reason));
	pack_text_at(map, "detail", at);
	pack_double(pack_key(map, "duration"), r->age > 0 ? floor(r->age * 1e3 + 0.5) / 1e3 : 0);
	pack_u64(pack_key(map, "bytes_in"), r->bytes_in);
	pack_u64(pack_key(map, "bytes_out"), r->bytes_out);
}

void trace_step_pack(struct pack_box *map, const struct trace_record *record)
{
	static const char *const names[] = {
	    [TRACE_OPEN] = "open",
	    [TRACE_LOOK] = "match",
	    [TRACE_HANDLER] = "handler",
	    [TRACE_DIAL] = "dial",
	    [TRACE_END] = "end",
	};

	pack_u64(pack_key(map, "id"), record->id);
	pack_str(pack_key(map, "step"), names[record->kind]);
	switch ((enum trace_kind)record->kind) {
	case TRACE_OPEN:
		pack_open(map, (const struct trace_open *)record);
		break;
	case TRACE_LOOK:
		trace_look_pack(map, (const struct trace_look *)record);
		break;
	case TRACE_HANDLER:
		pack_handler(map, (const struct trace_handler *)record);
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
}
