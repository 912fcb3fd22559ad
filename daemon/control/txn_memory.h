/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Results of transactions by the id that their client gave them: one whose answer was lost can be
 * sent again and is not carried out twice. Ids are each user's own. What is remembered is bounded:
 * the oldest goes first.
 */
#ifndef DAEMON_CONTROL_TXN_MEMORY_H
#define DAEMON_CONTROL_TXN_MEMORY_H

#include <stdbool.h>
#include <stdint.h>

#include "common/error.h"
#include "common/span.h"

struct call;
struct txn_entry;

#define TXN_ID_MAX 64              /* bytes */
#define TXN_ENTRIES_MAX 256        /* transactions that are remembered */
#define TXN_BYTES_MAX (512u << 10) /* of their results, all of them together */

/* What a transaction asks for; sent again it must be the same. */
struct txn_body {
	struct span operations; /* their text */
	bool save;
	uint64_t confirm_s;
};

/*
 * The call asks for body under id. Returns 1 where that has been done before:
 * the call is answered, or will be with the one that is on its way. Returns 0 where it is new:
 * *out (the caller's until txn_memory_done() or _drop()) is on its way. Returns -1 with err:
 * ERROR_CONFLICT where the id had another body.
 */
int txn_memory_begin(struct call *call, struct span id, const struct txn_body *body,
    struct txn_entry **out, struct error *err);

/*
 * It was carried out, as revision, with these packed pairs for its result: answers all that wait
 * with them, and remembers them.
 */
void txn_memory_done(struct txn_entry *entry, uint64_t revision, struct span pairs, uint32_t count);
/* It was not: nothing is remembered. Its call is the caller's to answer. */
void txn_memory_drop(struct txn_entry *entry);

/* Forgets all that has been answered: at the end of the program. */
void txn_memory_forget(void);

#endif
