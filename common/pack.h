/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Building MessagePack in a buffer, over msgpack-c. Maps and arrays are opened, filled and closed;
 * their sizes are counted here. Nothing fails: see common/buf.h about memory.
 *
 *	pack_map_open(&pack, &map);
 *	pack_u64(pack_key(&map, "rev"), 57);
 *	pack_close(&map);
 */
#ifndef COMMON_PACK_H
#define COMMON_PACK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <msgpack/pack.h>

#include "common/buf.h"
#include "common/span.h"

struct pack {
	struct buf *out; /* borrowed; nothing may be consumed while something is open */
	msgpack_packer packer;
};

/* A map or an array that is open: at most 65535 pairs or items. */
struct pack_box {
	struct pack *pack;
	size_t at; /* where its head is, behind the buffer's start */
	uint32_t count;
};

void pack_init(struct pack *p, struct buf *out);

void pack_map_open(struct pack *p, struct pack_box *map);
void pack_array_open(struct pack *p, struct pack_box *array);
void pack_close(struct pack_box *box);
/* Announces a pair or an item; what is packed next with the result is its value. */
struct pack *pack_key(struct pack_box *map, const char *key);
struct pack *pack_item(struct pack_box *array);
/* Adds pairs that were packed elsewhere, with a struct pack_box that was never opened. */
void pack_pairs(struct pack_box *map, struct span pairs, uint32_t count);

void pack_nil(struct pack *p);
void pack_bool(struct pack *p, bool value);
void pack_u64(struct pack *p, uint64_t value);
void pack_double(struct pack *p, double value);
/* An array of a size known beforehand; no close. */
void pack_array_of(struct pack *p, size_t items);
/*
 * Strings are UTF-8 on the wire: a byte that is not part of a character becomes "\xHH". NULL
 * becomes nil.
 */
void pack_str(struct pack *p, const char *text);
void pack_text(struct pack *p, struct span text);
/* A whole value that was packed elsewhere. */
void pack_raw(struct pack *p, struct span value);

/*
 * How many bytes at the front of text make whole characters (RFC 3629), looking at no more than
 * limit: where a long text may be cut.
 */
size_t pack_text_cut(struct span text, size_t limit);

#endif
