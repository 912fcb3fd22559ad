/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "ctl/event_line.h"

#include <stdbool.h>

#include "common/unpack.h"
#include "ctl/human.h"
#include "ctl/json_text.h"

#define TYPE_WIDTH 16 /* of the longest type */

/* Can it stand without quotes? */
static bool is_plain(struct span text)
{
	size_t i;

	for (i = 0; i < text.n; i++)
		if (text.p[i] <= ' ' || text.p[i] >= 0x7f || text.p[i] == '"' || text.p[i] == '\\')
			return false;
	return text.n > 0;
}

/* Control characters of both kinds, C0 and C1 (U+0080 to U+009F), become their number. */
static void quoted(struct buf *out, struct span text)
{
	size_t i;

	buf_append(out, "\"", 1);
	for (i = 0; i < text.n; i++) {
		uint8_t c = text.p[i];

		if (c == 0xc2 && i + 1 < text.n && text.p[i + 1] < 0xa0)
			buf_printf(out, "\\u%04x", text.p[++i]);
		else if (c < 0x20 || c == 0x7f)
			buf_printf(out, "\\u%04x", c);
		else
			buf_printf(out, "%s%c", c == '"' || c == '\\' ? "\\" : "", c);
	}
	buf_append(out, "\"", 1);
}

void event_line_text(struct buf *out, struct span text)
{
	if (is_plain(text))
		buf_append(out, text.p, text.n);
	else
		quoted(out, text);
}

static void value(struct buf *out, struct span key, const msgpack_object *o)
{
	char human[HUMAN_MAX];
	struct span text;
	uint64_t number;
	double seconds;

	if (unpack_text(o, &text))
		event_line_text(out, text);
	else if (span_starts(key, span_str("bytes_")) && unpack_u64(o, &number))
		buf_append_str(out, human_bytes(number, human));
	else if (span_eq_str(key, "duration") && unpack_double(o, &seconds))
		buf_append_str(out, human_seconds(seconds, human));
	else
		json_text_value(out, o);
}

void event_line_pair(struct buf *out, struct span key, const msgpack_object *o)
{
	buf_append(out, " ", 1);
	event_line_text(out, key);
	buf_append(out, "=", 1);
	value(out, key, o);
}

static void pad(struct buf *out, size_t from, size_t width)
{
	while (buf_len(out) < from + width)
		buf_append(out, " ", 1);
}

/* What stands in front is not repeated; the number is for programs. */
static bool is_shown(struct span key, const msgpack_object *o)
{
	return !unpack_is_nil(o) && !span_eq_str(key, "seq") && !span_eq_str(key, "type") &&
	       !span_eq_str(key, "time");
}

void event_line(struct buf *out, const msgpack_object *event)
{
	struct span time = {0}, type = {0}, key;
	size_t from;
	uint32_t i;

	unpack_text(unpack_get(event, "time"), &time);
	unpack_text(unpack_get(event, "type"), &type);
	event_line_text(out, time);
	buf_append(out, " ", 1);
	from = buf_len(out);
	event_line_text(out, type);
	pad(out, from, TYPE_WIDTH);
	for (i = 0; unpack_is_map(event) && i < event->via.map.size; i++) {
		const msgpack_object_kv *pair = &event->via.map.ptr[i];

		if (!unpack_text(&pair->key, &key) || !is_shown(key, &pair->val))
			continue;
		event_line_pair(out, key, &pair->val);
	}
	buf_append(out, "\n", 1);
}
