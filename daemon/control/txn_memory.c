/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "daemon/control/txn_memory.h"

#include <stdlib.h>
#include <string.h>
#include <gnutls/gnutls.h>
#include <gnutls/crypto.h>
#include <uthash.h>

#include "common/arena.h"
#include "common/buf.h"
#include "daemon/control/call.h"

#define DIGEST_SIZE 32

struct key {
	uid_t uid;
	uint32_t length;
	char id[TXN_ID_MAX];
};

/* In the table in the order in which they came: the oldest first. */
struct txn_entry {
	struct key key;
	unsigned char digest[DIGEST_SIZE]; /* of the operations */
	struct call *waiting;              /* on its way: who asked, linked by their state */
	uint64_t revision;
	struct buf pairs; /* of the result */
	uint32_t pair_count;
	UT_hash_handle hh;
};

static struct {
	struct txn_entry *all;
	size_t bytes;
} memory;

static void make_key(struct key *key, uid_t uid, struct span id)
{
	memset(key, 0, sizeof(*key));
	key->uid = uid;
	key->length = (uint32_t)id.n;
	memcpy(key->id, id.p, id.n);
}

static void entry_free(struct txn_entry *e)
{
	HASH_DEL(memory.all, e);
	memory.bytes -= buf_len(&e->pairs);
	buf_fini(&e->pairs);
	free(e);
}

static void wait_for(struct txn_entry *e, struct call *call)
{
	call->state = e->waiting;
	e->waiting = call;
}

static void answer(const struct txn_entry *e, struct call *call)
{
	call->changed_to = e->revision;
	pack_pairs(call_result(call), buf_span(&e->pairs), e->pair_count);
	call_finish(call);
}

static int join(
    struct txn_entry *e, struct call *call, const unsigned char *digest, struct error *err)
{
	if (memcmp(e->digest, digest, DIGEST_SIZE) != 0) {
		error_set(err, ERROR_CONFLICT, "this id was used for other operations");
		return error_at(err, "txn_id");
	}
	if (e->waiting != NULL)
		wait_for(e, call);
	else
		answer(e, call);
	return 1;
}

int txn_memory_begin(struct call *call, struct span id, struct span operations,
    struct txn_entry **out, struct error *err)
{
	unsigned char digest[DIGEST_SIZE];
	struct txn_entry *e;
	struct key key;

	if (id.n == 0 || id.n > TXN_ID_MAX) {
		error_set(err, ERROR_INVALID, "must have 1 to %d bytes", TXN_ID_MAX);
		return error_at(err, "txn_id");
	}
	if (gnutls_hash_fast(GNUTLS_DIG_SHA256, operations.p, operations.n, digest) != 0)
		return error_set(err, ERROR_INTERNAL, "cannot make a digest");
	make_key(&key, call->caller.uid, id);
	HASH_FIND(hh, memory.all, &key, sizeof(key), e);
	if (e != NULL)
		return join(e, call, digest, err);
	e = mem_zalloc(sizeof(*e));
	e->key = key;
	memcpy(e->digest, digest, DIGEST_SIZE);
	wait_for(e, call);
	HASH_ADD(hh, memory.all, key, sizeof(e->key), e);
	*out = e;
	return 0;
}

/* Those on their way stay: they are as many as there are calls. */
static void make_room(void)
{
	struct txn_entry *e, *next;

	HASH_ITER (hh, memory.all, e, next) {
		if (HASH_COUNT(memory.all) <= TXN_ENTRIES_MAX && memory.bytes <= TXN_BYTES_MAX)
			return;
		if (e->waiting == NULL)
			entry_free(e);
	}
}

void txn_memory_done(struct txn_entry *e, uint64_t revision, struct span pairs, uint32_t count)
{
	struct call *call = e->waiting, *next;

	e->revision = revision;
	buf_append(&e->pairs, pairs.p, pairs.n);
	e->pair_count = count;
	memory.bytes += pairs.n;
	e->waiting = NULL;
	for (; call != NULL; call = next) {
		next = call->state;
		answer(e, call);
	}
	make_room();
}

void txn_memory_drop(struct txn_entry *e)
{
	entry_free(e);
}

void txn_memory_forget(void)
{
	struct txn_entry *e, *next;

	HASH_ITER (hh, memory.all, e, next)
		if (e->waiting == NULL)
			entry_free(e);
}
