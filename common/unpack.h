/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Reading MessagePack that the scanner has let through: one value unpacked by msgpack-c, and
 * look-ups in it. Everything found is borrowed from the unpacked value, which borrows its strings
 * from the bytes.
 */
#ifndef COMMON_UNPACK_H
#define COMMON_UNPACK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <msgpack/object.h>
#include <msgpack/unpack.h>

#include "common/error.h"
#include "common/span.h"

/* Unpacks the one value that bytes are. Free with msgpack_unpacked_destroy(). 0, or -1 with err. */
int unpack_value(msgpack_unpacked *out, struct span bytes, struct error *err);

/* The value of key, or NULL: no map, or no such key. */
const msgpack_object *unpack_get(const msgpack_object *map, const char *key);

/* What the object is; false: something else. NULL is allowed and is nothing. */
bool unpack_u64(const msgpack_object *o, uint64_t *out);
bool unpack_double(const msgpack_object *o, double *out); /* integers too */
bool unpack_bool(const msgpack_object *o, bool *out);
bool unpack_text(const msgpack_object *o, struct span *out);
bool unpack_is_map(const msgpack_object *o);
bool unpack_is_array(const msgpack_object *o);
bool unpack_is_nil(const msgpack_object *o); /* NULL too */

/* Copies a text of at most size - 1 bytes; false: none, longer, or a NUL inside. */
bool unpack_copy(const msgpack_object *o, char *out, size_t size);

/* "a string", "a number", ... for messages. */
const char *unpack_type_name(const msgpack_object *o);

#endif
