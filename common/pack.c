/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "common/pack.h"

#include <assert.h>
#include <string.h>

#define HEAD_SIZE 3 /* a format and 16 bits */
#define HEAD_ARRAY 0xdc
#define HEAD_MAP 0xde
#define HEAD_FIXSTR 0xa0
#define FIXSTR_MAX 31

static int append(void *data, const char *bytes, size_t n)
{
	buf_append(data, bytes, n);
	return 0;
}

void pack_init(struct pack *p, struct buf *out)
{
	p->out = out;
	msgpack_packer_init(&p->packer, out, append);
}

static void box_open(struct pack *p, struct pack_box *box, uint8_t format)
{
	const uint8_t head[HEAD_SIZE] = {format};

	*box = (struct pack_box){.pack = p, .at = buf_len(p->out)};
	buf_append(p->out, head, sizeof(head));
}

void pack_map_open(struct pack *p, struct pack_box *map)
{
	box_open(p, map, HEAD_MAP);
}

void pack_array_open(struct pack *p, struct pack_box *array)
{
	box_open(p, array, HEAD_ARRAY);
}

void pack_close(struct pack_box *box)
{
	struct buf *out = box->pack->out;
	uint8_t *head = out->data + out->start + box->at;

	assert(box->count <= UINT16_MAX);
	head[1] = (uint8_t)(box->count >> 8);
	head[2] = (uint8_t)box->count;
}

struct pack *pack_key(struct pack_box *map, const char *key)
{
	map->count++;
	pack_str(map->pack, key);
	return map->pack;
}

struct pack *pack_item(struct pack_box *array)
{
	array->count++;
	return array->pack;
}

void pack_pairs(struct pack_box *map, struct span pairs, uint32_t count)
{
	buf_append(map->pack->out, pairs.p, pairs.n);
	map->count += count;
}

void pack_nil(struct pack *p)
{
	msgpack_pack_nil(&p->packer);
}

void pack_bool(struct pack *p, bool value)
{
	if (value)
		msgpack_pack_true(&p->packer);
	else
		msgpack_pack_false(&p->packer);
}

void pack_u64(struct pack *p, uint64_t value)
{
	msgpack_pack_uint64(&p->packer, value);
}

void pack_double(struct pack *p, double value)
{
	msgpack_pack_double(&p->packer, value);
}

void pack_array_of(struct pack *p, size_t items)
{
	msgpack_pack_array(&p->packer, items);
}

/* Bytes of the character at the front, 0 where there is none (RFC 3629 section 4). */
static size_t character(const uint8_t *p, size_t n)
{
	size_t size, i;
	uint8_t low = 0x80, high = 0xbf; /* of the second byte */

	if (p[0] < 0x80)
		return 1;
	if (p[0] < 0xc2 || p[0] > 0xf4)
		return 0;
	size = p[0] < 0xe0 ? 2 : p[0] < 0xf0 ? 3 : 4;
	if (n < size)
		return 0;
	if (p[0] == 0xe0)
		low = 0xa0;
	else if (p[0] == 0xed)
		high = 0x9f;
	else if (p[0] == 0xf0)
		low = 0x90;
	else if (p[0] == 0xf4)
		high = 0x8f;
	if (p[1] < low || p[1] > high)
		return 0;
	for (i = 2; i < size; i++)
		if ((p[i] & 0xc0) != 0x80)
			return 0;
	return size;
}

#define HIGH_BITS UINT64_C(0x8080808080808080)

/* The length of the front that is ASCII, to a multiple of eight. */
static size_t ascii_length(struct span text)
{
	size_t at;
	uint64_t eight;

	for (at = 0; text.n - at >= sizeof(eight); at += sizeof(eight)) {
		memcpy(&eight, text.p + at, sizeof(eight));
		if ((eight & HIGH_BITS) != 0)
			break;
	}
	return at;
}

/* The length of the front that is UTF-8. */
static size_t valid_length(struct span text)
{
	size_t at = ascii_length(text), size;

	while (at < text.n && (size = character(text.p + at, text.n - at)) > 0)
		at += size;
	return at;
}

static void pack_escaped(struct pack *p, struct span text)
{
	struct buf out = {0};
	size_t size;

	while (text.n > 0) {
		size = valid_length(text);
		buf_append(&out, text.p, size);
		span_skip(&text, size);
		if (text.n > 0) {
			buf_printf(&out, "\\x%02x", text.p[0]);
			span_skip(&text, 1);
		}
	}
	msgpack_pack_str_with_body(&p->packer, buf_span(&out).p, buf_len(&out));
	buf_fini(&out);
}

/* A short one, as keys and words are, goes out in one piece. */
static void pack_short(struct pack *p, struct span text)
{
	uint8_t *to = buf_reserve(p->out, 1 + text.n);

	to[0] = (uint8_t)(HEAD_FIXSTR | text.n);
	memcpy(to + 1, text.p, text.n);
	buf_commit(p->out, 1 + text.n);
}

void pack_text(struct pack *p, struct span text)
{
	if (valid_length(text) != text.n)
		pack_escaped(p, text);
	else if (text.n > 0 && text.n <= FIXSTR_MAX)
		pack_short(p, text);
	else
		msgpack_pack_str_with_body(&p->packer, text.p, text.n);
}

void pack_str(struct pack *p, const char *text)
{
	if (text == NULL)
		pack_nil(p);
	else
		pack_text(p, span_str(text));
}

void pack_raw(struct pack *p, struct span value)
{
	buf_append(p->out, value.p, value.n);
}

size_t pack_text_cut(struct span text, size_t limit)
{
	size_t cut = text.n < limit ? text.n : limit;

	if (cut == text.n)
		return cut;
	while (cut > 0 && (text.p[cut] & 0xc0) == 0x80)
		cut--;
	return cut > 0 ? cut : limit; /* no UTF-8: anywhere */
}
