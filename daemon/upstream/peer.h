/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Peers: the addresses that are dialled, as configured, one for the whole process. What is counted
 * of a peer outlives the instances that name it.
 */
#ifndef DAEMON_UPSTREAM_PEER_H
#define DAEMON_UPSTREAM_PEER_H

#include <stdatomic.h>
#include <stdint.h>

struct peer {
	_Atomic unsigned refs;
	_Atomic uint64_t connections; /* now */
	_Atomic uint64_t dials, failures; /* in all */
	char address[]; /* "tcp/10.0.0.5:143", as configured, placeholders and all */
};

/* The peer of that address, a reference; made if there is none. Any thread. */
struct peer *peer_get(const char *address);
void peer_unref(struct peer *peer);

/* Calls visit for every peer, with the table locked. */
void peers_visit(void (*visit)(const struct peer *peer, void *arg), void *arg);

#endif
