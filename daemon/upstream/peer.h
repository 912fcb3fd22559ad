/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Peers: the addresses that are dialled, as configured, one for the whole process. What is counted
 * of a peer outlives the instances that name it. Members are read without a lock.
 */
#ifndef DAEMON_UPSTREAM_PEER_H
#define DAEMON_UPSTREAM_PEER_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct failed_at;
struct tallies;

/* What an operator says of its health, against what checks say. */
enum peer_force { PEER_AUTO, PEER_UP, PEER_DOWN };

struct peer {
	_Atomic unsigned refs;
	_Atomic uint64_t connections;     /* now, with those that are being dialled */
	_Atomic uint64_t dials, failures; /* in all */
	_Atomic uint64_t detour;          /* see peer_set_detour() */
	_Atomic unsigned down;            /* active checks that have found it unhealthy */
	_Atomic uint64_t checks, check_failures;
	_Atomic int force;                  /* enum peer_force; forgotten with the peer */
	_Atomic(struct failed_at *) failed; /* see peer_remember() */
	_Atomic(struct tallies *) tallies;  /* see peer_tallies() */
	char address[];                     /* "tcp/10.0.0.5:143", as configured */
};

/* The peer of that address, a reference; made if there is none. Any thread. */
struct peer *peer_get(const char *address);
void peer_unref(struct peer *peer);

/*
 * The same for a destination that depends on the connection, where any number of addresses may
 * come: what is known of the last PEERS_RECENT_MAX of them is kept. Any thread.
 */
#define PEERS_RECENT_MAX 10000
struct peer *peer_get_recent(const char *address);
/* Forgets them, before the program ends. */
void peers_forget_recent(void);

/* Has it fewer connections than limit (0: no limit)? */
bool peer_has_room(const struct peer *peer, uint64_t limit);
/* Counts a connection, unless there are limit of them already: false. Follow with peer_leave(). */
bool peer_enter(struct peer *peer, uint64_t limit);
void peer_leave(struct peer *peer);

static inline enum peer_force peer_forced(const struct peer *peer)
{
	return (enum peer_force)atomic_load_explicit(&peer->force, memory_order_relaxed);
}

/* From now on the times of the last most failures are remembered. Any thread. */
void peer_remember(struct peer *peer, size_t most);
/* Counts a failure. */
void peer_failed(struct peer *peer);
/* Have there been most failures (of those remembered) in the last within ns? */
bool peer_is_failing(const struct peer *peer, size_t most, int64_t within);

/*
 * Where a name has addresses of both families and those of the one to be tried first did not
 * answer, the other one is tried first for a while. now is wall-clock time in seconds; the detour
 * is AF_UNSPEC when there is none.
 */
void peer_set_detour(struct peer *peer, int family, double now);
int peer_detour(const struct peer *peer, double now);

/*
 * Where its connections are counted. Those that no document names are counted together, however
 * many there are.
 */
static inline struct tallies *peer_tallies(const struct peer *peer)
{
	return atomic_load_explicit(&peer->tallies, memory_order_acquire);
}
struct tallies *peers_unnamed(void);

/* Calls visit for every peer, with the table locked. */
void peers_visit(void (*visit)(const struct peer *peer, void *arg), void *arg);

#endif
