/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "daemon/upstream/peer.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "common/arena.h"
#include "common/siphash.h"

/* Names may come from clients. */
#define HASH_FUNCTION(key, length, hash) ((hash) = (unsigned)siphash(key, length))
#include <uthash.h>

#define DETOUR_SECONDS 600

struct entry {
	struct peer *peer;
	UT_hash_handle hh;
};

/* Taken when a document is loaded or a route goes: never on the way of a connection. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct entry *table;

struct peer *peer_get(const char *address)
{
	struct entry *e;
	size_t size = strlen(address) + 1;

	pthread_mutex_lock(&lock);
	HASH_FIND_STR(table, address, e);
	if (e == NULL) {
		e = mem_zalloc(sizeof(*e));
		e->peer = mem_zalloc(sizeof(*e->peer) + size);
		memcpy(e->peer->address, address, size);
		HASH_ADD_KEYPTR(hh, table, e->peer->address, size - 1, e);
	}
	atomic_fetch_add(&e->peer->refs, 1);
	pthread_mutex_unlock(&lock);
	return e->peer;
}

void peer_unref(struct peer *peer)
{
	struct entry *e;

	pthread_mutex_lock(&lock);
	if (atomic_fetch_sub(&peer->refs, 1) == 1) {
		HASH_FIND_STR(table, peer->address, e);
		HASH_DEL(table, e);
		free(e);
		free(peer);
	}
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
