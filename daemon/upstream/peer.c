/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "daemon/upstream/peer.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#include "common/arena.h"
#include "common/siphash.h"
#include "daemon/core/tally.h"

/* Names may come from clients. */
#define HASH_FUNCTION(key, length, hash) ((hash) = (unsigned)siphash(key, length))
#include <uthash.h>
#include <utlist.h>

#define DETOUR_SECONDS 600

/* A ring: failure n at n modulo size. Smaller ones that it has replaced may still be in use. */
struct failed_at {
	struct failed_at *replaced;
	size_t size;
	_Atomic int64_t at[]; /* ns, monotonic; 0: none */
};

struct entry {
	struct peer *peer;
	UT_hash_handle hh;
	bool recent; /* in the list of those, which holds a reference */
	struct entry *prev, *next;
};

/*
 * Taken when a document is loaded or a route goes; on the way of a connection only where its
 * destination depends on it.
 */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct entry *table;
static struct entry *recent; /* the latest first */
static size_t recent_count;
static _Atomic(struct tallies *) unnamed; /* of those that only connections have asked for */

/* A reference is added. The lock is held. */
static struct entry *get(const char *address)
{
	struct entry *e;
	size_t size = strlen(address) + 1;

	HASH_FIND_STR(table, address, e);
	if (e == NULL) {
		e = mem_zalloc(sizeof(*e));
		e->peer = mem_zalloc(sizeof(*e->peer) + size);
		memcpy(e->peer->address, address, size);
		HASH_ADD_KEYPTR(hh, table, e->peer->address, size - 1, e);
	}
	atomic_fetch_add(&e->peer->refs, 1);
	return e;
}

/* The lock is held. */
static struct tallies *get_unnamed(void)
{
	if (atomic_load(&unnamed) == NULL)
		atomic_store(&unnamed, tallies_new());
	return atomic_load(&unnamed);
}

struct tallies *peers_unnamed(void)
{
	struct tallies *tallies = atomic_load_explicit(&unnamed, memory_order_acquire);

	if (tallies != NULL)
		return tallies;
	pthread_mutex_lock(&lock);
	tallies = get_unnamed();
	pthread_mutex_unlock(&lock);
	return tallies;
}

struct peer *peer_get(const char *address)
{
	struct peer *peer;

	pthread_mutex_lock(&lock);
	peer = get(address)->peer;
	if (peer_tallies(peer) == NULL || peer_tallies(peer) == atomic_load(&unnamed))
		atomic_store_explicit(&peer->tallies, tallies_new(), memory_order_release);
	pthread_mutex_unlock(&lock);
	return peer;
}

static void free_peer(struct peer *peer)
{
	struct failed_at *f = atomic_load(&peer->failed), *replaced;

	for (; f != NULL; f = replaced) {
		replaced = f->replaced;
		free(f);
	}
	if (peer_tallies(peer) != atomic_load(&unnamed))
		tallies_unref(peer_tallies(peer));
	free(peer);
}

/* The lock is held. */
static void unref(struct peer *peer)
{
	struct entry *e;

	if (atomic_fetch_sub(&peer->refs, 1) > 1)
		return;
	HASH_FIND_STR(table, peer->address, e);
	HASH_DEL(table, e);
	free(e);
	free_peer(peer);
}

void peer_unref(struct peer *peer)
{
	pthread_mutex_lock(&lock);
	unref(peer);
	pthread_mutex_unlock(&lock);
}

/* ---- those of dynamic destinations ----------------------------------------------------------- */

static void forget_recent(struct entry *e)
{
	DL_DELETE(recent, e);
	e->recent = false;
	recent_count--;
	unref(e->peer);
}

struct peer *peer_get_recent(const char *address)
{
	struct entry *e;

	pthread_mutex_lock(&lock);
	e = get(address);
	if (peer_tallies(e->peer) == NULL)
		atomic_store_explicit(&e->peer->tallies, get_unnamed(), memory_order_release);
	if (e->recent) {
		DL_DELETE(recent, e);
	} else {
		e->recent = true;
		recent_count++;
		atomic_fetch_add(&e->peer->refs, 1);
	}
	DL_PREPEND(recent, e);
	if (recent_count > PEERS_RECENT_MAX)
		forget_recent(recent->prev); /* the head's is the last one */
	pthread_mutex_unlock(&lock);
	return e->peer;
}

void peers_forget_recent(void)
{
	pthread_mutex_lock(&lock);
	while (recent != NULL)
		forget_recent(recent);
	tallies_unref(atomic_exchange(&unnamed, NULL));
	pthread_mutex_unlock(&lock);
}

bool peer_has_room(const struct peer *peer, uint64_t limit)
{
	return limit == 0 || atomic_load_explicit(&peer->connections, memory_order_relaxed) < limit;
}

bool peer_enter(struct peer *peer, uint64_t limit)
{
	uint64_t before = atomic_fetch_add_explicit(&peer->connections, 1, memory_order_relaxed);

	if (limit == 0 || before < limit)
		return true;
	peer_leave(peer);
	return false;
}

void peer_leave(struct peer *peer)
{
	atomic_fetch_sub_explicit(&peer->connections, 1, memory_order_relaxed);
}

/* ---- failures ------------------------------------------------------------------------------- */

void peer_remember(struct peer *peer, size_t most)
{
	struct failed_at *old, *f;
	uint64_t n, i;

	pthread_mutex_lock(&lock);
	old = atomic_load(&peer->failed);
	if (old == NULL || old->size < most) {
		f = mem_zalloc(sizeof(*f) + most * sizeof(f->at[0]));
		f->size = most;
		f->replaced = old;
		n = atomic_load(&peer->failures);
		for (i = 1; old != NULL && i <= old->size && i <= n; i++)
			f->at[(n - i) % most] = atomic_load(&old->at[(n - i) % old->size]);
		atomic_store(&peer->failed, f);
	}
	pthread_mutex_unlock(&lock);
}

static int64_t monotonic(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
	return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

void peer_failed(struct peer *peer)
{
	uint64_t n = atomic_fetch_add_explicit(&peer->failures, 1, memory_order_relaxed);
	struct failed_at *f = atomic_load_explicit(&peer->failed, memory_order_acquire);

	if (f != NULL)
		atomic_store_explicit(&f->at[n % f->size], monotonic(), memory_order_release);
}

/* The oldest of the last most failures says it. */
bool peer_is_failing(const struct peer *peer, size_t most, int64_t within)
{
	const struct failed_at *f = atomic_load_explicit(&peer->failed, memory_order_acquire);
	uint64_t n = atomic_load_explicit(&peer->failures, memory_order_relaxed);
	int64_t at;

	if (f == NULL || most == 0 || n < most || most > f->size)
		return false;
	at = atomic_load_explicit(&f->at[(n - most) % f->size], memory_order_acquire);
	return at != 0 && monotonic() - at < within;
}

void peer_set_detour(struct peer *peer, int family, double now)
{
	uint64_t until = (uint64_t)now + DETOUR_SECONDS;

	atomic_store_explicit(&peer->detour, until << 8 | (uint8_t)family, memory_order_relaxed);
}

int peer_detour(const struct peer *peer, double now)
{
	uint64_t detour = atomic_load_explicit(&peer->detour, memory_order_relaxed);

	return (uint64_t)now < detour >> 8 ? (int)(detour & 0xff) : AF_UNSPEC;
}

void peers_visit(void (*visit)(const struct peer *peer, void *arg), void *arg)
{
	struct entry *e, *next;

	pthread_mutex_lock(&lock);
	HASH_ITER (hh, table, e, next)
		visit(e->peer, arg);
	pthread_mutex_unlock(&lock);
}
