/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A listening socket of one worker, with the server of the worker's current instance that it
 * feeds. Belongs to that worker; counted by the connections it has accepted. One for datagrams is
 * also what all its flows read and write.
 */
#ifndef DAEMON_CORE_LISTENER_H
#define DAEMON_CORE_LISTENER_H

#include <stdbool.h>
#include <ev.h>

#include "common/netaddr.h"
#include "daemon/net/flow_table.h"

struct server;
struct tallies;
struct tally;
struct worker;

#define LISTENER_COMPLAINTS 60. /* seconds from one to the next */

struct listener {
	struct listener *next;
	ev_io io;
	ev_timer pause; /* after running out of descriptors */
	struct worker *worker;
	const struct server *server; /* of worker->instance; NULL: it has retired */
	/* What is counted of it and of the server that it fed last, by this worker. */
	struct tallies *tallies, *server_tallies;
	struct tally *tally, *server_tally; /* the latter NULL before the first */
	size_t open;          /* connections that it has accepted and that are there */
	double log_interval;  /* seconds; 0: none */
	struct netaddr local; /* AF_UNSPEC where it is bound to a wildcard */
	int family;           /* of the socket */
	unsigned refs;
	bool paused;
	unsigned place; /* of its port in the range of the document, from 0 on */
	/* Of datagrams alone. */
	bool datagrams;
	struct flow_table flows;
	struct flow_limits limits; /* this worker's share */
	double idle_timeout;       /* seconds */
	ev_tstamp silent_until;    /* no complaint of the limits before */
	char address[];            /* as shown: "tcp/:993" */
};

/* Takes fd, which listens and does not block. The new listener has one reference. */
struct listener *listener_new(struct worker *w, int fd, const char *address);
/*
 * Feeds server; paused: what comes is left in the accept queue, and new clients' datagrams are
 * dropped. Paused at first.
 */
void listener_serve(struct listener *l, const struct server *server, unsigned place, bool paused);
/* Takes what is still in the accept queue, then closes the socket. */
void listener_close(struct listener *l);
/* Its address is no server's any more: one for datagrams goes on with the flows that are there. */
void listener_retire(struct listener *l);
struct listener *listener_ref(struct listener *l);
void listener_unref(struct listener *l);

#endif
