/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Waits until the TXT record of a DNS-01 challenge is there for everybody: at each of the servers
 * that the zone is served by, or, where resolvers are named, at each of those. Control thread.
 */
#ifndef DAEMON_CERTS_PROPAGATION_H
#define DAEMON_CERTS_PROPAGATION_H

#include <stdint.h>
#include <ev.h>

#include "daemon/input/field.h"

struct propagation;

/* Borrowed until the end. */
struct propagation_spec {
	struct ev_loop *loop;
	const char *name, *value;
	const struct strings *resolvers; /* addresses, with or without a port; none: the zone's */
	int64_t timeout;                 /* ns */
};

/* done(arg, failure) is called from the loop: failure NULL, it is there; else why it was not seen.
 */
struct propagation *propagation_start(
    const struct propagation_spec *spec, void (*done)(void *arg, const char *failure), void *arg);

/* done() is not called any more. NULL is allowed. */
void propagation_cancel(struct propagation *propagation);

#endif
