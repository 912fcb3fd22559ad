/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "ctl/trace_line.h"

#include <inttypes.h>
#include <stdbool.h>

#include "common/unpack.h"
#include "ctl/event_line.h"
#include "ctl/verdicts.h"

/* Every line begins with these, so that one connection's lines can be picked out. */
static void begin(struct buf *out, const msgpack_object *step)
{
	struct span time = {0};
	uint64_t id;

	unpack_text(unpack_get(step, "time"), &time);
	event_line_text(out, time);
	if (unpack_u64(unpack_get(step, "id"), &id))
		buf_printf(out, " #%" PRIu64, id);
}

static bool stands_in_front(struct span key)
{
	return span_eq_str(key, "time") || span_eq_str(key, "id") || span_eq_str(key, "step");
}

/* Outside of subroutes, and where nothing was left out, these are not worth a word. */
static bool is_nothing(struct span key, const msgpack_object *o)
{
	uint64_t number;

	return unpack_is_nil(o) || ((span_eq_str(key, "depth") || span_eq_str(key, "omitted")) &&
				       unpack_u64(o, &number) && number == 0);
}

/* Maps are written as the pairs that they have; the routes have lines of their own. */
static void write_pairs(struct buf *out, const msgpack_object *map)
{
	struct span key;
	uint32_t i;

	for (i = 0; i < map->via.map.size; i++) {
		const msgpack_object_kv *pair = &map->via.map.ptr[i];

		if (!unpack_text(&pair->key, &key) || stands_in_front(key) ||
		    is_nothing(key, &pair->val))
			continue;
		if (unpack_is_map(&pair->val))
			write_pairs(out, &pair->val);
		else if (!unpack_is_array(&pair->val))
			event_line_pair(out, key, &pair->val);
	}
}

/* "  web yes (tls yes, remote_ip no or http yes)"; a route inside another may have no name. */
static void write_route(struct buf *out, const msgpack_object *route)
{
	const msgpack_object *matchers = unpack_get(route, "matchers");
	struct span name, verdict = {0};
	uint64_t index = 0;

	buf_append_str(out, "   ");
	unpack_u64(unpack_get(route, "index"), &index);
	if (unpack_text(unpack_get(route, "route"), &name))
		event_line_text(out, name);
	else
		buf_printf(out, "[%" PRIu64 "]", index);
	unpack_text(unpack_get(route, "verdict"), &verdict);
	buf_append(out, " ", 1);
	event_line_text(out, verdict);
	if (unpack_is_array(matchers) && matchers->via.array.size > 0) {
		buf_append_str(out, " (");
		verdicts_write(out, matchers);
		buf_append_str(out, ")");
	}
	buf_append(out, "\n", 1);
}

void trace_line(struct buf *out, const msgpack_object *step)
{
	const msgpack_object *routes = unpack_get(step, "routes");
	struct span name = {0};
	uint32_t i;

	if (!unpack_is_map(step))
		return;
	begin(out, step);
	unpack_text(unpack_get(step, "step"), &name);
	buf_append(out, " ", 1);
	event_line_text(out, name);
	write_pairs(out, step);
	buf_append(out, "\n", 1);
	for (i = 0; unpack_is_array(routes) && i < routes->via.array.size; i++) {
		begin(out, step);
		write_route(out, &routes->via.array.ptr[i]);
	}
}
