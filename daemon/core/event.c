/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "daemon/core/event.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "common/pack.h"

#define OF(type) EVENT_BIT(EVENT_##type)
#define CONN EVENTS_CONN
#define CLOSE OF(CONN_CLOSE)
#define LATER (OF(CONN_PROGRESS) | CLOSE)
#define CONFIG (OF(CONFIG_CHANGED) | OF(CONFIG_REFUSED))
#define LISTENER                                                                                   \
	(OF(LISTENER_OPENED) | OF(LISTENER_CLOSED) | OF(LISTENER_PAUSED) | OF(LISTENER_RESUMED))
#define CERT_HELD (OF(CERT_OBTAINED) | OF(CERT_RENEWED))
#define CERT (CERT_HELD | OF(CERT_FAILED))
#define FAILING OF(UPSTREAM_FAILING)
#define FORCED OF(UPSTREAM_FORCED)
#define UPSTREAM (OF(UPSTREAM_UP) | OF(UPSTREAM_DOWN) | FAILING | FORCED)

#define FIELD(key, type, member, types)                                                            \
	{                                                                                          \
		.name = key, .kind = type, .offset = offsetof(struct event, member),               \
		.kinds = types                                                                     \
	}

const struct filter_field event_fields[] = {
    FIELD("seq", FILTER_NUMBER, seq, EVENTS_ALL),
    FIELD("type", FILTER_TEXT, name, EVENTS_ALL),
    FIELD("id", FILTER_NUMBER, row.id, CONN),
    FIELD("src", FILTER_ADDRESS, row.src, CONN),
    FIELD("dst", FILTER_ADDRESS, row.dst, CONN),
    FIELD("listener", FILTER_TEXT, row.listener, CONN | LISTENER),
    FIELD("server", FILTER_TEXT, row.server, CONN | LISTENER),
    FIELD("route", FILTER_TEXT, row.route, LATER),
    FIELD("upstream", FILTER_TEXT, row.upstream, LATER | UPSTREAM),
    FIELD("sni", FILTER_TEXT, row.sni, LATER),
    FIELD("alpn", FILTER_TEXT, row.alpn, LATER),
    FIELD("proto", FILTER_TEXT, row.proto, CONN),
    FIELD("tls", FILTER_TEXT, row.tls, LATER),
    FIELD("duration", FILTER_SECONDS, row.age, LATER | FAILING),
    FIELD("bytes_in", FILTER_NUMBER, row.bytes_in, LATER),
    FIELD("bytes_out", FILTER_NUMBER, row.bytes_out, LATER),
    FIELD("reason", FILTER_TEXT, reason, CLOSE | OF(LOST)),
    FIELD("detail", FILTER_TEXT, detail, CLOSE),
    FIELD("revision", FILTER_NUMBER, revision, CONFIG),
    FIELD("who", FILTER_TEXT, who, CONFIG | FORCED),
    FIELD("comment", FILTER_TEXT, comment, CONFIG),
    FIELD("code", FILTER_TEXT, code, OF(CONFIG_REFUSED)),
    FIELD("path", FILTER_TEXT, path, OF(CONFIG_REFUSED)),
    FIELD("message", FILTER_TEXT, message, OF(CONFIG_REFUSED)),
    FIELD("cert", FILTER_TEXT, cert, CERT),
    FIELD("issuer", FILTER_TEXT, issuer, CERT),
    FIELD("expires", FILTER_TEXT, expires, CERT_HELD),
    FIELD("next", FILTER_TEXT, next, CERT),
    FIELD("problem", FILTER_TEXT, problem, OF(UPSTREAM_DOWN) | FAILING | OF(CERT_FAILED)),
    FIELD("forced", FILTER_TEXT, forced, FORCED),
    FIELD("first", FILTER_NUMBER, first, OF(LOST)),
    FIELD("last", FILTER_NUMBER, last, OF(LOST)),
    FIELD("count", FILTER_NUMBER, count, OF(LOST)),
    {.name = NULL},
};

/* ---- types --------------------------------------------------------------------------------- */

static const char *const names[] = {
#define EVENT_NAME(id, name, help) [EVENT_##id] = name,
    CONTROL_EVENTS(EVENT_NAME)
#undef EVENT_NAME
};

struct span event_name(enum event_type type)
{
	return span_str(names[type]);
}

/* 0: none. */
static uint32_t types_of(struct span word)
{
	uint32_t types = 0;
	size_t i;

	for (i = 0; i < EVENT_TYPE_COUNT; i++) {
		struct span name = span_str(names[i]);

		if (span_eq(name, word) ||
		    (name.n > word.n && name.p[word.n] == '.' && span_starts(name, word)))
			types |= EVENT_BIT(i);
	}
	return types;
}

static int unknown(struct span word, const char **hint, struct error *err)
{
	static const char *const words[] = {"conn", "config", "listener", "upstream", "cert",
	    "event",
#define EVENT_WORD(id, name, help) name,
	    CONTROL_EVENTS(EVENT_WORD)
#undef EVENT_WORD
		NULL};
	char text[64];

	snprintf(text, sizeof(text), "%.*s", (int)word.n, (const char *)word.p);
	*hint = error_suggest(text, words);
	if (*hint == NULL)
		return error_set(err, ERROR_INVALID,
		    "no type of events '%s'; they begin with conn, config, listener, upstream, "
		    "cert or event",
		    text);
	return error_set(
	    err, ERROR_INVALID, "no type of events '%s', did you mean '%s'?", text, *hint);
}

uint32_t event_types(struct span list, const char **hint, struct error *err)
{
	uint32_t types = 0, found;

	*hint = NULL;
	while (list.n > 0) {
		const uint8_t *comma = memchr(list.p, ',', list.n);
		struct span word =
		    span_of(list.p, comma != NULL ? (size_t)(comma - list.p) : list.n);

		found = types_of(word);
		if (found == 0) {
			unknown(word, hint, err);
			return 0;
		}
		types |= found;
		span_skip(&list, word.n + (comma != NULL));
	}
	if (types == 0)
		error_set(err, ERROR_INVALID, "at least one type is wanted");
	return types;
}

/* ---- writing down -------------------------------------------------------------------------- */

static uint8_t *put(uint8_t *at, const void *bytes, size_t n)
{
	if (n > 0)
		memcpy(at, bytes, n);
	return at + n;
}

static uint8_t *put_text(uint8_t *at, struct span text)
{
	uint16_t n = (uint16_t)pack_text_cut(text, EVENT_TEXT_MAX);

	return put(put(at, &n, sizeof(n)), text.p, n);
}

/* A Unix path follows its address, with its NUL. */
static uint8_t *put_address(uint8_t *at, const struct netaddr *addr)
{
	at = put(at, addr, sizeof(*addr));
	if (addr->family != AF_UNIX)
		return at;
	return addr->path != NULL ? put(at, addr->path, strlen(addr->path) + 1) : put(at, "", 1);
}

size_t event_write(const struct event *e, uint8_t out[EVENT_SIZE_MAX])
{
	const struct filter_field *f;
	uint8_t type = (uint8_t)e->type, *at = out;

	at = put(at, &type, sizeof(type));
	at = put(at, &e->time_ns, sizeof(e->time_ns));
	for (f = event_fields + EVENT_FIELDS_COMMON; f->name != NULL; f++) {
		const void *value = (const char *)e + f->offset;

		if ((f->kinds & EVENT_BIT(e->type)) == 0)
			continue;
		switch (f->kind) {
		case FILTER_TEXT:
			at = put_text(at, *(const struct span *)value);
			break;
		case FILTER_NUMBER:
			at = put(at, value, sizeof(uint64_t));
			break;
		case FILTER_SECONDS:
			at = put(at, value, sizeof(double));
			break;
		case FILTER_ADDRESS:
			at = put_address(at, value);
			break;
		}
	}
	assert(at <= out + EVENT_SIZE_MAX);
	return (size_t)(at - out);
}

static const uint8_t *get(const uint8_t *at, void *out, size_t n)
{
	memcpy(out, at, n);
	return at + n;
}

static const uint8_t *get_text(const uint8_t *at, struct span *out)
{
	uint16_t n;

	at = get(at, &n, sizeof(n));
	*out = span_of(at, n);
	return at + n;
}

static const uint8_t *get_address(const uint8_t *at, struct netaddr *out)
{
	at = get(at, out, sizeof(*out));
	if (out->family != AF_UNIX)
		return at;
	out->path = (const char *)at;
	return at + strlen(out->path) + 1;
}

void event_read(const uint8_t *bytes, struct event *out)
{
	const struct filter_field *f;
	uint8_t type;

	*out = (struct event){0};
	bytes = get(bytes, &type, sizeof(type));
	out->type = (enum event_type)type;
	out->name = event_name(out->type);
	bytes = get(bytes, &out->time_ns, sizeof(out->time_ns));
	for (f = event_fields + EVENT_FIELDS_COMMON; f->name != NULL; f++) {
		void *value = (char *)out + f->offset;

		if ((f->kinds & EVENT_BIT(out->type)) == 0)
			continue;
		switch (f->kind) {
		case FILTER_TEXT:
			bytes = get_text(bytes, value);
			break;
		case FILTER_NUMBER:
			bytes = get(bytes, value, sizeof(uint64_t));
			break;
		case FILTER_SECONDS:
			bytes = get(bytes, value, sizeof(double));
			break;
		case FILTER_ADDRESS:
			bytes = get_address(bytes, value);
			break;
		}
	}
}
