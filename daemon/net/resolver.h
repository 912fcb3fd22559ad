/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Names to addresses, through c-ares on a loop, never blocking. One resolver for each loop; answers
 * are kept as long as they may be, and the last good one is used while DNS fails.
 */
#ifndef DAEMON_NET_RESOLVER_H
#define DAEMON_NET_RESOLVER_H

#include <stddef.h>
#include <sys/socket.h>
#include <ev.h>

#include "common/netaddr.h"
#include "common/span.h"

#define RESOLVER_ADDRESSES_MAX 16 /* of one name; more are ignored */
#define RESOLVER_NAMES_MAX 10000  /* kept by one resolver */

struct resolver;
struct resolver_query;

/* Ports are 0. count 0: the name could not be resolved, problem says why. */
struct resolver_answer {
	struct netaddr items[RESOLVER_ADDRESSES_MAX];
	size_t count;
	const char *problem; /* constant */
};

struct resolver *resolver_new(struct ev_loop *loop);
/* Queries that are under way are forgotten, their callbacks not called. NULL is allowed. */
void resolver_free(struct resolver *resolver);

/*
 * Asks for the addresses of host (an IP address or "localhost" too). family: AF_INET, AF_INET6,
 * or AF_UNSPEC for both. Where the answer is known *answer is filled and NULL returned; else
 * done(arg, answer) is called later, from the loop, unless the query is cancelled.
 */
struct resolver_query *resolver_ask(struct resolver *resolver, const char *host, int family,
    void (*done)(void *arg, const struct resolver_answer *answer), void *arg,
    struct resolver_answer *answer);
void resolver_cancel(struct resolver_query *query);
/* The same where it took too long: *answer is the last good one, if there is one. */
void resolver_give_up(struct resolver_query *query, struct resolver_answer *answer);

/*
 * Asks for the records of a type (enum record_type) that name has. done(arg, message, problem) is
 * called later, or before this returns, unless the resolver is freed: with the answer, which has
 * none where there are none, or with the reason why there is no answer (else NULL).
 */
void resolver_records(struct resolver *resolver, const char *name, int type,
    void (*done)(void *arg, struct span message, const char *problem), void *arg);

/* "127.0.0.1:5353,127.0.0.1:5354": asks these servers instead of the system's. 0, or -1. */
int resolver_set_servers(struct resolver *resolver, const char *servers);

#endif
