/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The matching phase: asks the routes of a list in order by the rules of SPEC section 5 and runs
 * the chains of those that match. Owns the matching buffer, the deadline and the read event until
 * a terminal handler takes the connection.
 */
#ifndef DAEMON_CORE_ROUTING_H
#define DAEMON_CORE_ROUTING_H

#include "daemon/core/conn.h"
#include "daemon/core/matcher.h"
#include "daemon/core/route.h"

struct instance;
struct server;

#define PREFETCH_STEP 2048
#define MATCHING_BUFFER_HELLO 65536 /* while an incomplete ClientHello is in the buffer */
#define MATCHING_BUDGET (32u << 20) /* of matching buffers per worker */

/* A list of routes on its way: the server's, or a subroute's inside it. */
struct frame {
	struct frame *outer;
	const struct route_list *list;
	size_t next;                 /* the first route that has not been passed */
	const struct route *taken;   /* its chain is running; NULL: matching */
	size_t handler;              /* the next one in that chain */
	bool matched;                /* some route was taken */
	ev_tstamp deadline, silence; /* loop time; silence 0: off */
	const struct stream *stream; /* what silence was started on */
};

/* The state of a connection's matching phase. */
struct match_state {
	struct match_state *older, *newer; /* the worker's undecided ones, by age */
	struct conn *conn;
	struct instance *instance;   /* a reference */
	const struct server *server; /* of it; NULL: a chain alone */
	struct match_cache cache;
	struct frame *frame;
	struct frame outermost;
	size_t held;     /* bytes counted against the worker's budget */
	size_t datagram; /* of a flow: the one that is looked at, of those that wait */
	enum match_phase phase;
};

/* What to do next, as routing_pick() found it. */
enum pick {
	PICK_ROUTE, /* *index is the route to take */
	PICK_MORE,  /* undecided: needs more bytes */
	PICK_NONE,  /* no route of the rest */
};

/* The rules alone, without a connection; `route test` uses them too. in->phase decides. */
enum pick routing_pick(
    const struct route_list *list, size_t from, struct match_input *in, size_t *index);

/* Starts on the routes of server, one of instance; that is borrowed, and a reference is taken. */
void routing_start(struct conn *conn, struct instance *instance, const struct server *server);

/* Starts with this route's chain, without matching; where it ends the connection does. */
void routing_start_chain(struct conn *conn, struct instance *instance, const struct route *chain);

/* From a handler (subroute): ask these routes next, then go on in the chain. Return its result. */
enum handle_result routing_enter(struct conn *conn, const struct route_list *list);

/* Lets go of the matching phase: a terminal handler took over, or the connection ended. */
void routing_finish(struct conn *conn);

#endif
