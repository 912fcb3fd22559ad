/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * An event: something that happened to a connection, the document, a listener or an upstream, as a
 * plain record. The table of fields says which type has which, and drives all that is done with
 * them: filters, writing them down, answers.
 */
#ifndef DAEMON_CORE_EVENT_H
#define DAEMON_CORE_EVENT_H

#include <stddef.h>
#include <stdint.h>

#include <pointsman/control.h>

#include "common/span.h"
#include "daemon/core/conn_row.h"
#include "daemon/core/filter.h"

enum event_type {
#define EVENT_ENUM(id, name, help) EVENT_##id,
	CONTROL_EVENTS(EVENT_ENUM)
#undef EVENT_ENUM
	    EVENT_TYPE_COUNT
};

#define EVENT_BIT(type) (UINT32_C(1) << (type))
#define EVENTS_CONN                                                                                \
	(EVENT_BIT(EVENT_CONN_OPEN) | EVENT_BIT(EVENT_CONN_PROGRESS) | EVENT_BIT(EVENT_CONN_CLOSE))
/* Those that workers note. */
#define EVENTS_NOTED (EVENTS_CONN | EVENT_BIT(EVENT_UPSTREAM_FAILING))
#define EVENTS_ALL (EVENT_BIT(EVENT_TYPE_COUNT) - 1)

/* Which members are meant depends on the type; texts are borrowed. */
struct event {
	enum event_type type;
	struct span name; /* of the type: see event_name() */
	uint64_t seq;
	int64_t time_ns;     /* wall clock, since 1970 */
	struct conn_row row; /* the connection; of a listener or an upstream what names it */
	struct span reason, detail;
	uint64_t revision;
	struct span who, comment, code, path, message;
	struct span problem, forced;
	struct span cert, issuer, expires, next; /* of a managed name; times as RFC 3339 has them */
	uint64_t first, last, count;             /* that are missing; 0: not known */
};

/* For filter_new(); kinds are EVENT_BITs. The first ones, seq and type, are of all events. */
extern const struct filter_field event_fields[];
#define EVENT_FIELDS_COMMON 2

struct span event_name(enum event_type type);
/*
 * The types that a list such as "conn,config.changed" names, each by its name or by what stands
 * before the dot. 0 with err and *hint (NULL: none) where one is unknown.
 */
uint32_t event_types(struct span list, const char **hint, struct error *err);

/* Written down: everything but seq. Long texts are cut. Returns the length. */
#define EVENT_TEXT_MAX 512
#define EVENT_SIZE_MAX 8192
size_t event_write(const struct event *e, uint8_t out[EVENT_SIZE_MAX]);
/* From what event_write() made, and no other bytes; texts and paths are borrowed from them. */
void event_read(const uint8_t *bytes, struct event *out);
static inline enum event_type event_type_of(const uint8_t *bytes)
{
	return (enum event_type)bytes[0];
}

#endif
