/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What matchers, placeholders, PROXY headers and logs may know of a connection beside its bytes.
 * A plain struct, so that `route test` can describe a connection that does not exist.
 */
#ifndef DAEMON_CORE_FACTS_H
#define DAEMON_CORE_FACTS_H

#include <stdbool.h>
#include <stdint.h>

#include "common/arena.h"
#include "common/buf.h"
#include "common/netaddr.h"
#include "common/span.h"

/* A named value: a capture of a matcher, a variable, a fact of a handler. */
struct fact {
	struct fact *next;
	const char *name; /* as in the placeholder, without braces: "l4.tls.server_name" */
	const char *value;
	size_t length;
};

struct facts {
	uint64_t id;
	int64_t start_ns;             /* wall clock, nanoseconds since 1970 */
	struct netaddr src, dst;      /* effective: after a PROXY header those of the header */
	struct netaddr remote, local; /* the socket's */
	int fd;                       /* for a local address not asked for yet; -1: none */
	const char *server, *route;   /* names, borrowed from the instance's memory */
	struct arena *arena;          /* where values are kept */
	struct fact *named;
	/* Appends the value of a name that has none yet; NULL, and false: there is none. */
	bool (*on_demand)(const struct facts *f, const char *name, struct buf *out);
};

/* The local address of the socket (asked from the system once) and the effective one. */
const struct netaddr *facts_local(struct facts *f);
const struct netaddr *facts_dst(struct facts *f);

/* Sets name (constant or living as long as the arena) to a copy of value, replacing what was. */
void facts_set(struct facts *f, const char *name, struct span value);
/* The same for a name that may go sooner: it is copied once. */
void facts_set_copied(struct facts *f, const char *name, struct span value);
/* NULL: not set. */
const struct fact *facts_get(const struct facts *f, const char *name);
/* Appends the value, which may be made on demand. Returns whether there is one. */
bool facts_put(const struct facts *f, const char *name, struct buf *out);

#endif
