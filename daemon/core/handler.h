/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Handlers: the steps of a route's chain. Parameters are const after loading; the state of a
 * connection lives in its arena.
 */
#ifndef DAEMON_CORE_HANDLER_H
#define DAEMON_CORE_HANDLER_H

#include <stdbool.h>
#include <stddef.h>

#include "daemon/input/dispenser.h"
#include "daemon/input/field.h"

struct conn;
struct explain;

enum handle_result {
	HANDLE_NEXT, /* done with my part: go on with the next handler */
	HANDLE_WAIT, /* I have arranged for an event and will call conn_resume() */
	HANDLE_DONE, /* I own both directions now and will call conn_end(); or have called it */
	HANDLE_FAIL, /* it cannot go on, and I have called conn_end() with the reason */
};

/* How explaining a handler, or a list of routes, ends. */
enum explained {
	EXPLAIN_NEXT,    /* go on; of a list: no route of the rest matches */
	EXPLAIN_DONE,    /* a terminal handler took the connection */
	EXPLAIN_MORE,    /* undecided: needs more bytes */
	EXPLAIN_UNKNOWN, /* it depends on bytes that are not known */
};

struct handler_type {
	const char *name;
	const char *help;           /* one line */
	const struct field *fields; /* NULL: no fields but "handler" */
	size_t params_size;
	bool any_fields;           /* its members are not options: load() alone reads them */
	const struct shape *shape; /* ... and this is the whole then */
	/* Called after the fields were read into params: checks, derived state in load->arena. */
	int (*load)(struct load *load, const struct jnode *node, void *params, struct error *err);
	enum handle_result (*handle)(struct conn *conn, const void *params);
	/* What handle() would do, told to e (explain.h). NULL: it goes on, nothing to tell. */
	enum explained (*explain)(struct explain *e, const void *params);
	bool terminal; /* every connection ends in it */
	/*
	 * Caddyfile to JSON. The dispenser is a segment, cursor before the handler's name; out is
	 * an object that already has "handler". Returns 0, or -1 with err.
	 */
	int (*adapt)(struct dispenser *d, json_t *out, struct error *err);
	/*
	 * With these parameters: does it let everybody reach what the daemon can, as a proxy that
	 * asks for no password? Then it needs the level admin. NULL: never.
	 */
	bool (*is_open)(const void *params);
	/* Not written in documents: made by an app (the http app's last step). */
	bool internal;
	/* Is it of use where conn->flow is set? Connections end where one that is not would begin.
	 */
	bool datagrams;
};

struct handler {
	const struct handler_type *type;
	const void *params;
};

const struct handler_type *handler_type_find(const char *name);
void handler_types_set(const struct handler_type *const *types);
const struct handler_type *const *handler_types(void);

#endif
