/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Local addresses that upstreams are dialled from: "address", "address:port", "[address]:port".
 */
#ifndef DAEMON_UPSTREAM_SOURCE_H
#define DAEMON_UPSTREAM_SOURCE_H

#include "common/netaddr.h"
#include "daemon/core/facts.h"
#include "daemon/core/load.h"
#include "daemon/input/field.h"

struct source;

struct sources {
	struct source *items;
	size_t count;
};

/* Reads texts, the value of node, into load->arena. Returns 0, or -1 with err. */
int sources_init(struct sources *sources, struct load *load, const struct jnode *node,
    struct strings texts, struct error *err);

/* May one of them be of this family? */
bool sources_may_have(const struct sources *sources, int family);

/* The first one of the family for this connection, written to out; NULL: none, any will do. */
const struct netaddr *sources_choose(
    const struct sources *sources, struct facts *facts, int family, struct netaddr *out);

#endif
