/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "ctl/json_text.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/unpack.h"

void json_text_string(struct buf *out, struct span text)
{
	size_t i, from = 0;

	buf_append(out, "\"", 1);
	for (i = 0; i < text.n; i++) {
		uint8_t c = text.p[i];

		if (c >= 0x20 && c != '"' && c != '\\' && c != 0x7f)
			continue;
		buf_append(out, text.p + from, i - from);
		from = i + 1;
		if (c == '"' || c == '\\')
			buf_printf(out, "\\%c", c);
		else if (c == '\n')
			buf_append_str(out, "\\n");
		else if (c == '\t')
			buf_append_str(out, "\\t");
		else
			buf_printf(out, "\\u%04x", c);
	}
	if (from < text.n)
		buf_append(out, text.p + from, text.n - from);
	buf_append(out, "\"", 1);
}

/* The fewest digits that read back as the same number; JSON has no infinity. */
static void number(struct buf *out, double value)
{
	char text[40];
	int digits;

	if (!isfinite(value)) {
		buf_append_str(out, "null");
		return;
	}
	for (digits = 15; digits <= 17; digits++) {
		snprintf(text, sizeof(text), "%.*g", digits, value);
		if (strtod(text, NULL) == value)
			break;
	}
	buf_append_str(out, text);
}

static void array(struct buf *out, const msgpack_object_array *items)
{
	uint32_t i;

	buf_append(out, "[", 1);
	for (i = 0; i < items->size; i++) {
		if (i > 0)
			buf_append(out, ",", 1);
		json_text_value(out, &items->ptr[i]);
	}
	buf_append(out, "]", 1);
}

static void key(struct buf *out, const msgpack_object *o)
{
	struct span text = {0};

	unpack_text(o, &text); /* others than texts do not come from our daemon */
	json_text_string(out, text);
}

static void map(struct buf *out, const msgpack_object_map *pairs)
{
	uint32_t i;

	buf_append(out, "{", 1);
	for (i = 0; i < pairs->size; i++) {
		if (i > 0)
			buf_append(out, ",", 1);
		key(out, &pairs->ptr[i].key);
		buf_append(out, ":", 1);
		json_text_value(out, &pairs->ptr[i].val);
	}
	buf_append(out, "}", 1);
}

void json_text_value(struct buf *out, const msgpack_object *value)
{
	switch (value->type) {
	case MSGPACK_OBJECT_NIL:
		buf_append_str(out, "null");
		break;
	case MSGPACK_OBJECT_BOOLEAN:
		buf_append_str(out, value->via.boolean ? "true" : "false");
		break;
	case MSGPACK_OBJECT_POSITIVE_INTEGER:
		buf_printf(out, "%" PRIu64, value->via.u64);
		break;
	case MSGPACK_OBJECT_NEGATIVE_INTEGER:
		buf_printf(out, "%" PRId64, value->via.i64);
		break;
	case MSGPACK_OBJECT_FLOAT32:
	case MSGPACK_OBJECT_FLOAT64:
		number(out, value->via.f64);
		break;
	case MSGPACK_OBJECT_STR:
		json_text_string(out, span_of(value->via.str.ptr, value->via.str.size));
		break;
	case MSGPACK_OBJECT_ARRAY:
		array(out, &value->via.array);
		break;
	case MSGPACK_OBJECT_MAP:
		map(out, &value->via.map);
		break;
	case MSGPACK_OBJECT_BIN:
	case MSGPACK_OBJECT_EXT:
		buf_printf(out, "%" PRIu32, value->via.bin.size);
		break;
	}
}

static bool is_called(const msgpack_object *key, const char *name)
{
	struct span text;

	return name != NULL && unpack_text(key, &text) && span_eq_str(text, name);
}

void json_text_pairs(struct buf *out, const msgpack_object *object, const char *skip)
{
	json_text_pairs_but(out, object, skip, NULL);
}

void json_text_pairs_but(
    struct buf *out, const msgpack_object *object, const char *skip, const char *also)
{
	uint32_t i;

	for (i = 0; unpack_is_map(object) && i < object->via.map.size; i++) {
		const msgpack_object_kv *pair = &object->via.map.ptr[i];

		if (is_called(&pair->key, skip) || is_called(&pair->key, also))
			continue;
		buf_append(out, ",", 1);
		key(out, &pair->key);
		buf_append(out, ":", 1);
		json_text_value(out, &pair->val);
	}
}
