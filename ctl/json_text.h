/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * JSON text from what the daemon sent, keys in its order, on one line.
 */
#ifndef CTL_JSON_TEXT_H
#define CTL_JSON_TEXT_H

#include <msgpack/object.h>

#include "common/buf.h"
#include "common/span.h"

/* In quotes, escaped. */
void json_text_string(struct buf *out, struct span text);

/* Any value; binary data becomes its length. */
void json_text_value(struct buf *out, const msgpack_object *value);

/* The pairs of a map without its braces, comma first; those called skip (may be NULL) left out. */
void json_text_pairs(struct buf *out, const msgpack_object *map, const char *skip);
/* The same without two of them. */
void json_text_pairs_but(
    struct buf *out, const msgpack_object *map, const char *skip, const char *also);

#endif
