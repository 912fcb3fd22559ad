/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A listening socket of one worker, with the server of the worker's current instance that it
 * feeds. Belongs to that worker; counted by the connections it has accepted.
 */
#ifndef DAEMON_CORE_LISTENER_H
#define DAEMON_CORE_LISTENER_H

#include <stdbool.h>
#include <ev.h>

#include "common/netaddr.h"

struct server;
struct worker;

struct listener {
	struct listener *next;
	ev_io io;
	ev_timer pause; /* after running out of descriptors */
	struct worker *worker;
	const struct server *server; /* of worker->instance */
	struct netaddr local;        /* AF_UNSPEC where it is bound to a wildcard */
	unsigned refs;
	bool paused;
	char address[]; /* as shown: "tcp/:993" */
};

/* Takes fd, which listens and does not block. The new listener has one reference. */
struct listener *listener_new(struct worker *w, int fd, const char *address);
/* Accepts, or leaves what comes in the accept queue. Paused at first. */
void listener_accept(struct listener *l, bool accept);
/* Takes what is still in the accept queue, then closes the socket. */
void listener_close(struct listener *l);
struct listener *listener_ref(struct listener *l);
void listener_unref(struct listener *l);

#endif
