/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "common/unpack.h"

#include <string.h>

int unpack_value(msgpack_unpacked *out, struct span bytes, struct error *err)
{
	size_t used = 0;
	msgpack_unpack_return rc;

	msgpack_unpacked_init(out);
	rc = msgpack_unpack_next(out, (const char *)bytes.p, bytes.n, &used);
	if ((rc == MSGPACK_UNPACK_SUCCESS || rc == MSGPACK_UNPACK_EXTRA_BYTES) && used == bytes.n)
		return 0;
	msgpack_unpacked_destroy(out);
	return error_set(err, ERROR_INVALID, "no MessagePack value");
}

const msgpack_object *unpack_get(const msgpack_object *map, const char *key)
{
	uint32_t i;

	if (!unpack_is_map(map))
		return NULL;
	for (i = 0; i < map->via.map.size; i++) {
		const msgpack_object_kv *pair = &map->via.map.ptr[i];
		struct span name;

		if (unpack_text(&pair->key, &name) && span_eq_str(name, key))
			return &pair->val;
	}
	return NULL;
}

bool unpack_u64(const msgpack_object *o, uint64_t *out)
{
	if (o == NULL || o->type != MSGPACK_OBJECT_POSITIVE_INTEGER)
		return false;
	*out = o->via.u64;
	return true;
}

bool unpack_double(const msgpack_object *o, double *out)
{
	if (o == NULL)
		return false;
	switch (o->type) {
	case MSGPACK_OBJECT_POSITIVE_INTEGER:
		*out = (double)o->via.u64;
		return true;
	case MSGPACK_OBJECT_NEGATIVE_INTEGER:
		*out = (double)o->via.i64;
		return true;
	case MSGPACK_OBJECT_FLOAT32:
	case MSGPACK_OBJECT_FLOAT64:
		*out = o->via.f64;
		return true;
	default:
		return false;
	}
}

bool unpack_bool(const msgpack_object *o, bool *out)
{
	if (o == NULL || o->type != MSGPACK_OBJECT_BOOLEAN)
		return false;
	*out = o->via.boolean;
	return true;
}

bool unpack_text(const msgpack_object *o, struct span *out)
{
	if (o == NULL || o->type != MSGPACK_OBJECT_STR)
		return false;
	*out = span_of(o->via.str.ptr, o->via.str.size);
	return true;
}

bool unpack_is_map(const msgpack_object *o)
{
	return o != NULL && o->type == MSGPACK_OBJECT_MAP;
}

bool unpack_is_array(const msgpack_object *o)
{
	return o != NULL && o->type == MSGPACK_OBJECT_ARRAY;
}

bool unpack_is_nil(const msgpack_object *o)
{
	return o == NULL || o->type == MSGPACK_OBJECT_NIL;
}

bool unpack_copy(const msgpack_object *o, char *out, size_t size)
{
	struct span text;

	if (!unpack_text(o, &text) || text.n >= size ||
	    (text.n > 0 && memchr(text.p, 0, text.n) != NULL))
		return false;
	if (text.n > 0)
		memcpy(out, text.p, text.n);
	out[text.n] = '\0';
	return true;
}

const char *unpack_type_name(const msgpack_object *o)
{
	if (o == NULL)
		return "nothing";
	switch (o->type) {
	case MSGPACK_OBJECT_NIL:
		return "nil";
	case MSGPACK_OBJECT_BOOLEAN:
		return "a boolean";
	case MSGPACK_OBJECT_POSITIVE_INTEGER:
	case MSGPACK_OBJECT_NEGATIVE_INTEGER:
	case MSGPACK_OBJECT_FLOAT32:
	case MSGPACK_OBJECT_FLOAT64:
		return "a number";
	case MSGPACK_OBJECT_STR:
		return "a string";
	case MSGPACK_OBJECT_ARRAY:
		return "an array";
	case MSGPACK_OBJECT_MAP:
		return "a map";
	case MSGPACK_OBJECT_BIN:
	case MSGPACK_OBJECT_EXT:
		return "binary data";
	}
	return "unknown";
}
