/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A destination: one entry of an upstream's "dial". Its host may have placeholders of the
 * connection; then what it becomes is checked before it is dialled, as it may be the client's word.
 */
#ifndef DAEMON_UPSTREAM_DESTINATION_H
#define DAEMON_UPSTREAM_DESTINATION_H

#include <stdbool.h>

#include "daemon/core/facts.h"
#include "daemon/core/load.h"
#include "daemon/net/address.h"
#include "daemon/upstream/peer.h"

struct iprange;
struct listener;
struct template;

struct destination {
	struct address address; /* of a dynamic one the network and the port alone */
	struct netaddr fixed;   /* address, where it needs no resolving; else AF_UNSPEC */
	struct peer *peer;      /* NULL where it is dynamic */
	struct template *host;  /* NULL where it is not */
	unsigned ports;         /* a range of so many: each port listened on has its own; else 1 */
	struct iprange
	    *refused; /* dynamic: what may not be dialled; NULL: the host is ours to say */
	bool allow_local;
};

/* What a dynamic destination may become. */
struct destination_rules {
	bool allow_local;  /* loopback, link-local, and what this program listens on */
	bool deny_private; /* not the private ranges */
};

/*
 * Reads text, the value of node. Memory and the peer belong to load->arena. Returns 0, or -1 with
 * err.
 */
int destination_init(struct destination *d, struct load *load, const struct jnode *node,
    const char *text, const struct destination_rules *rules, struct error *err);

/*
 * What a dynamic one, or one of a range, is for this connection; place: that of the port it came to
 * in the range listened on, from 0 on. NULL: *out is filled; else a constant, why not.
 */
const char *destination_expand(
    const struct destination *d, struct facts *facts, unsigned place, struct address *out);

/*
 * May the dynamic destination be dialled at addr (with its port)? listeners are the program's.
 * NULL: it may; else a constant, why not.
 */
const char *destination_refusal(
    const struct destination *d, const struct netaddr *addr, const struct listener *listeners);

#endif
