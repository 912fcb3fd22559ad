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
	bool save;
	uint64_t confirm_s;
	struct call *waiting; /* on its way: who asked, linked by their state */
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

/* Does the one that was sent first ask for the same? A lost "save" would be a change lost. */
static int check_same(const struct txn_entry *e, const struct txn_body *body,
    const unsigned char *digest, struct error *err)
{
	const char *other = NULL;

	if (memcmp(e->digest, digest, DIGEST_SIZE) != 0)
		other = "for other operations";
	else if (e->save != body->save)
		other = e->save ? "with save" : "without save";
	else if (e->confirm_s != body->confirm_s)
		other = "with another confirm_s";
	if (other == NULL)
		return 0;
	error_set(err, ERROR_CONFLICT, "this id was used %s; a new change needs a new id", other);
	return error_at(err, "txn_id");
}

static int join(struct txn_entry *e, struct call *call)
{
	call->repeated = true;
	if (e->waiting != NULL)
		wait_for(e, call);
	else
		answer(e, call);
	return 1;
}

int txn_memory_begin(struct call *call, struct span id, const struct txn_body *body,
    struct txn_entry **out, struct error *err)
{
	unsigned char digest[DIGEST_SIZE];
	struct txn_entry *e;
	struct key key;

	if (id.n == 0 || id.n > TXN_ID_MAX) {
		error_set(err, ERROR_INVALID, "must have 1 to %d bytes", TXN_ID_MAX);
		return error_at(err, "txn_id");
	}
	if (gnutls_hash_fast(GNUTLS_DIG_SHA256, body->operations.p, body->operations.n, digest) !=
	    0)
		return error_set(err, ERROR_INTERNAL, "cannot make a digest");
	make_key(&key, call->caller.uid, id);
	HASH_FIND(hh, memory.all, &key, sizeof(key), e);
	if (e != NULL)
		return check_same(e, body, digest, err) == -1 ? -1 : join(e, call);
	e = mem_zalloc(sizeof(*e));
	e->key = key;
	memcpy(e->digest, digest, DIGEST_SIZE);
	e->save = body->save;
	e->confirm_s = body->confirm_s;
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
