/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "daemon/upstream/peer.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <uthash.h>

#include "common/arena.h"

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

void peers_visit(void (*visit)(const struct peer *peer, void *arg), void *arg)
{
	struct entry *e, *next;

	pthread_mutex_lock(&lock);
	HASH_ITER (hh, table, e, next)
		visit(e->peer, arg);
	pthread_mutex_unlock(&lock);
}
