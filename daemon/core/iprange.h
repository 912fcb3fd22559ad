/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Sets of IP addresses: ranges sorted and merged once, searched by halving. Immutable.
 */
#ifndef DAEMON_CORE_IPRANGE_H
#define DAEMON_CORE_IPRANGE_H

#include <stdbool.h>
#include <stddef.h>

#include "common/netaddr.h"

struct arena;
struct error;
struct iprange;
struct jnode;
struct load;
struct strings;

/* The set of count ranges, in arena. ranges is not kept. Never NULL. */
struct iprange *iprange_new(struct arena *arena, const struct cidr *ranges, size_t count);

/*
 * The set that texts (a field's value) say: addresses, CIDR ranges and "private_ranges", with
 * placeholders of load time. node is the object that has them as its member key, for errors.
 * Returns 0, or -1 with err.
 */
int iprange_load(struct load *load, const struct jnode *node, const char *key,
    const struct strings *texts, struct iprange **out, struct error *err);

/* false where addr is no IP address. An IPv6 zone is ignored. */
bool iprange_contains(const struct iprange *set, const struct netaddr *addr);

/* Ranges left after merging. */
size_t iprange_count(const struct iprange *set);

#endif
