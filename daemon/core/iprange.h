/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Sets of IP addresses: ranges sorted and merged once, searched by halving. Immutable.
 */
#ifndef DAEMON_CORE_IPRANGE_H
#define DAEMON_CORE_IPRANGE_H

#include <stdbool.h>
#include <stddef.h>

#include <jansson.h>

#include "common/netaddr.h"

struct arena;
struct dispenser;
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

/* Appends a range as a Caddyfile has it to list: "private_ranges" is spelled out. */
void iprange_adapt(const char *text, json_t *list);

/* One or more arguments, added to the list key of out. Returns 0, or -1 with err. */
int iprange_adapt_list(struct dispenser *d, json_t *out, const char *key, struct error *err);

/*
 * The arguments of a Caddyfile option, one at least, no block. *out is a new object {"ranges"}.
 * Returns 0, or -1 with err.
 */
int iprange_adapt_object(struct dispenser *d, json_t **out, struct error *err);

/* false where addr is no IP address. An IPv6 zone is ignored. */
bool iprange_contains(const struct iprange *set, const struct netaddr *addr);

/* Ranges left after merging. */
size_t iprange_count(const struct iprange *set);

#endif
