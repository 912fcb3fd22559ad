/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Flows: the datagrams of one client as a connection. All clients of a listener share its socket,
 * so a flow has no endpoint: its datagrams are handed to it as they are read, in batches, and wait
 * in it, whole and in order, until someone takes them.
 *
 * The contract is that of a stream but for one thing: what is looked at, taken and sent is always
 * one whole datagram, perhaps of no byte, and there is no end. conn_wait(EV_READ) calls on_client
 * when further ones have come; whoever waits has looked at all that were there. What nobody takes
 * is kept up to a bound, then dropped, so that one flow never delays or starves another.
 */
#ifndef DAEMON_CORE_FLOW_H
#define DAEMON_CORE_FLOW_H

#include <stdbool.h>
#include <stddef.h>
#include <ev.h>

#include "common/span.h"
#include "daemon/net/datagrams.h"
#include "daemon/net/flow_table.h"
#include "daemon/net/wheel.h"

struct conn;
struct listener;
struct worker;

/* What a flow keeps, in bytes and in datagrams; one datagram is always kept. */
#define FLOW_KEEP_BYTES (64u << 10)
#define FLOW_KEEP_COUNT 256

struct flow_kept;

struct flow {
	struct flow_entry entry; /* in its listener's table; first */
	struct wheel_item idle;
	struct conn *conn;
	struct flow_kept *first, **last; /* what waits, oldest first */
	size_t kept_bytes, kept_count;
	struct span *fresh; /* behind these, for the length of a delivery: not copied */
	size_t fresh_count;
	struct flow_filter *filters; /* innermost first; NULL: none */
	bool wanted;                 /* on_client is to be called */
};

/* Looks at each datagram once, when it comes. Embedded in memory of the connection. */
struct flow_filter {
	struct flow_filter *next;
	/* May shorten it from the front. false: it is dropped, or the connection has ended. */
	bool (*pass)(struct conn *conn, struct flow_filter *filter, struct span *datagram);
};

/* ---- for routing and handlers --------------------------------------------------------------- */

/*
 * Looks at up to max datagrams from the one at index on (0: the oldest). Returns how many went to
 * out; they are valid until they are taken or the callback returns.
 */
size_t flow_look(const struct flow *flow, size_t index, struct span *out, size_t max);
/* Takes the oldest count datagrams. */
void flow_take(struct flow *flow, size_t count);
/*
 * From inside a filter, which then drops it: the datagram is one of another client, on whose behalf
 * the same socket writes. It goes to that client's own flow, as it came.
 */
void flow_pass_on(struct flow *flow, const struct netaddr *origin, struct span datagram);
/* Adds a filter, through which all that wait are passed too. */
void flow_filter(struct flow *flow, struct flow_filter *filter);

/* Sends one datagram to the client, or loses it, as a network may. */
void flow_send(struct flow *flow, struct span datagram);
/* The same without a copy: DATAGRAM_MAX bytes of room, then how many of them to send. */
uint8_t *flow_room(struct flow *flow);
void flow_send_room(struct flow *flow, size_t n);
/* Counts a datagram that could not be carried on, in either direction. */
void flow_lost(const struct flow *flow);

/* ---- for the core --------------------------------------------------------------------------- */

/* What the listeners of datagrams of one worker share. */
struct flow_io {
	struct worker *worker;
	struct datagram_reader *reader;
	struct datagram_writer *writer;
	struct wheel wheel; /* of silent flows */
	size_t kept_bytes;  /* of all flows */
	ev_timer tick;
	ev_prepare flush;
};

void flow_io_free(struct flow_io *io); /* NULL is allowed */

/* Reads a batch of the listener's socket and hands it out. Returns whether more may be there. */
bool flow_receive(struct listener *l);
/* Sends what was gathered, before the listener's socket is closed. */
void flow_flush(struct listener *l);

/* Lets go of what waits and of the place in the table, when the connection ends. */
void flow_close(struct flow *flow);

#endif
