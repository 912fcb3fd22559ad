/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "daemon/net/records.h"

#include <ares.h>
#include <string.h>

struct reading {
	struct span message; /* the whole: names point back into it */
	struct span rest;
	struct arena *arena;
};

/* The name at the front of rest, which is a part of the message. */
static bool take_name(struct reading *r, struct span *rest, const char **out)
{
	char *name;
	long length;

	if (rest->n == 0 || ares_expand_name(rest->p, r->message.p, (int)r->message.n, &name,
				&length) != ARES_SUCCESS)
		return false;
	*out = arena_strdup(r->arena, name);
	ares_free_string(name);
	return span_skip(rest, (size_t)length);
}

/* Each string of a TXT record has its length before it. */
static bool take_texts(struct reading *r, struct span data, const char **out)
{
	char *text = arena_alloc(r->arena, data.n + 1);
	struct span part;
	size_t used = 0;
	uint8_t length;

	while (span_u8(&data, &length)) {
		if (!span_take(&data, length, &part))
			return false;
		if (length > 0)
			memcpy(text + used, part.p, length);
		used += length;
	}
	text[used] = '\0';
	*out = memchr(text, '\0', used) == NULL ? text : NULL;
	return true;
}

static bool take_record(struct reading *r, struct records *out)
{
	struct record record = {.text = NULL};
	uint16_t type, class, length;
	struct span data;

	/* ... and a time to live of four bytes */
	if (!take_name(r, &r->rest, &record.name) || !span_u16(&r->rest, &type) ||
	    !span_u16(&r->rest, &class) || !span_skip(&r->rest, 4) ||
	    !span_u16(&r->rest, &length) || !span_take(&r->rest, length, &data))
		return false;
	record.type = type;
	switch (type) {
	case RECORD_NS:
	case RECORD_CNAME:
	case RECORD_SOA:
		if (!take_name(r, &data, &record.text))
			return false;
		break;
	case RECORD_TXT:
		if (!take_texts(r, data, &record.text))
			return false;
		break;
	default:
		break;
	}
	if (record.text != NULL && out->count < RECORDS_MAX)
		out->items[out->count++] = record;
	return true;
}

bool records_parse(struct span message, struct arena *arena, struct records *out)
{
	struct reading r = {.message = message, .rest = message, .arena = arena};
	uint16_t questions, answers;
	const char *ignored;

	out->count = 0;
	if (message.n > UINT16_MAX || !span_skip(&r.rest, 4) || !span_u16(&r.rest, &questions) ||
	    !span_u16(&r.rest, &answers) || !span_skip(&r.rest, 4))
		return false;
	for (; questions > 0; questions--)
		if (!take_name(&r, &r.rest, &ignored) || !span_skip(&r.rest, 4))
			return false;
	for (; answers > 0; answers--)
		if (!take_record(&r, out))
			return false;
	return true;
}
