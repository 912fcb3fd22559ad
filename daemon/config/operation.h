/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The operations of a transaction: each a JSON object whose "op" names it, with its arguments
 * beside that, read by a table of fields and carried out on an edit.
 */
#ifndef DAEMON_CONFIG_OPERATION_H
#define DAEMON_CONFIG_OPERATION_H

#include <stdbool.h>
#include <stdint.h>

#include "common/arena.h"
#include "common/error.h"
#include "daemon/config/edit.h"
#include "daemon/input/field.h"

/* What happens to the connections that an operation concerns. */
enum existing { EXISTING_KEEP, EXISTING_DRAIN, EXISTING_KILL };

/* Arguments, those that the operation's table has; the others are NULL, 0, false. */
struct operation {
	const struct operation_type *type;
	const char *id; /* of the route, or of the upstream */
	const char *server, *wrapper, *in, *before, *after;
	bool first, last;
	const char *proxy;   /* ROUTE or ROUTE/proxy[1] */
	const char *name;    /* of a server */
	const char *address; /* of a listener */
	const char *key;
	const char *value; /* JSON text: a route, an upstream, a server, a member's value */
	struct strings dial;
	int existing;  /* enum existing */
	int64_t drain; /* ns, of EXISTING_DRAIN */
};

struct operation_type {
	const char *name;
	const char *help;
	const struct field *fields;
	int (*run)(struct edit *edit, const struct operation *op, struct error *err);
	bool listens; /* opens something to the network: needs the level admin */
};

/* The table, ended by a NULL name. */
extern const struct operation_type operation_types[];

/*
 * Reads one operation from node (an object with "op"); texts are copied into arena. Returns 0, or
 * -1 with err.
 */
int operation_load(
    const struct jnode *node, struct arena *arena, struct operation *out, struct error *err);

#endif
