/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A connection: one client session from accept to its log line. It lives in an arena of its own
 * on one worker; everything here is called on that worker's thread.
 */
#ifndef DAEMON_CORE_CONN_H
#define DAEMON_CORE_CONN_H

#include <stdbool.h>
#include <stdint.h>
#include <ev.h>

#include "common/arena.h"
#include "common/duration.h"
#include "daemon/core/facts.h"
#include "daemon/core/handler.h"
#include "daemon/core/reason.h"
#include "daemon/net/stream.h"

struct flow;
struct worker;
struct listener;
struct route;
struct match_state;
struct tally;

struct conn {
	struct endpoint client; /* nothing, where flow is set */
	struct flow *flow; /* a client that sends datagrams; NULL: it has a socket of its own */
	struct facts facts;
	struct arena *arena;
	struct worker *worker;
	struct listener *listener;
	struct match_state *matching; /* while routes are being asked; NULL afterwards */
	struct route *route;          /* the top-level route taken last; NULL: none yet */
	ev_timer timer;               /* the one timer, of whoever drives the connection now */
	void (*on_timer)(struct conn *conn);
	void (*on_client)(struct conn *conn, int events);
	void *handler; /* state of the handler that waits or owns the connection */
	/* Called once by conn_end(), for the owner to close what it has opened; may be NULL. */
	void (*on_end)(struct conn *conn);
	size_t slot; /* its place in the worker's table */
	struct conn *next_ended;
	ev_tstamp active;             /* loop time of the last byte moved, in either direction */
	uint64_t bytes_in, bytes_out; /* payload: from the client, to it; see conn_count_in() */
	const char *upstream;         /* text for logs and conn ls, in the arena; NULL: none */
	struct tally *upstream_tally, *route_tally; /* where it is counted; NULL: none */
	uint64_t branch_of; /* the connection's id that this is a branch of; 0: none */
	const char *state;  /* constant: "matching", "handling", "dialing", "relaying", "closing" */
	enum end_reason reason;
	bool ended;
	bool upstream_bound; /* ends when its upstream is found unhealthy */
	uint8_t traced;      /* bits: the traces that follow it */
	bool trace_begun;    /* they know that it was accepted */
};

/*
 * A connection that is a branch of parent, which is in its matching phase: with a socket of its own
 * (taken) and what is known of the parent so far. It holds the parent's route. Follow with
 * routing_start_chain().
 */
struct conn *conn_branch(struct conn *parent, int fd);

/*
 * Ends the connection: closes its sockets, counts, logs one line. The memory goes at the end of
 * the loop's round, so callers may still look at conn. Again is a no-op. detail may be NULL.
 */
void conn_end(struct conn *conn, enum end_reason reason, const char *detail);

/* As conn_end(), with a reset to the client. */
void conn_reset(struct conn *conn, enum end_reason reason, const char *detail);

/* From a handler that said HANDLE_WAIT: HANDLE_NEXT goes on, the others as from handle(). */
void conn_resume(struct conn *conn, enum handle_result result);

/*
 * Waits for the client's stream (EV_READ, EV_WRITE; 0: stop) and calls on_client from the loop.
 * Callers try to read or write first. Of a flow only reading is waited for (see flow.h).
 */
void conn_wait(struct conn *conn, int want, void (*on_client)(struct conn *conn, int events));

/*
 * Waits for more bytes after a stream_peek() that found none. conn_wait() would call back at once
 * as long as something is ahead, and so for ever.
 */
void conn_wait_more(struct conn *conn, void (*on_client)(struct conn *conn, int events));

/* Sets the one timer (ns from now; replaces what was set), or stops it. */
void conn_timer(struct conn *conn, int64_t ns, void (*on_timer)(struct conn *conn));
void conn_timer_stop(struct conn *conn);

/* Marks activity now: a store of the loop's time, no system call. */
void conn_touch(struct conn *conn);

#endif
