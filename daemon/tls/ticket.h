/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Session-ticket keys. One random master secret for the process, renewed now and then, from which
 * each policy gets a key of its own: a ticket that one policy gave out is worth nothing under
 * another, so that a session cannot be carried from a policy that asks no client certificate into
 * one that does. All workers share the keys.
 */
#ifndef DAEMON_TLS_TICKET_H
#define DAEMON_TLS_TICKET_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#define TICKET_KEY_SIZE 64
#define TICKET_POLICY_SIZE 32
#define TICKET_ROTATION_DEFAULT (INT64_C(24) * 3600 * 1000000000)

#define TICKET_KEY_WORDS (TICKET_KEY_SIZE / sizeof(uint64_t))

/*
 * One policy's key, made again when the master has changed. Embedded in the policy. Read without a
 * lock: state says which master's it is before and after, and is odd while it is written.
 */
struct ticket_key {
	uint8_t policy[TICKET_POLICY_SIZE];
	_Atomic uint64_t state; /* twice the master's generation; 0: none yet */
	_Atomic uint64_t words[TICKET_KEY_WORDS];
};

/* policy is a hash over all that tells one policy from another. */
void ticket_key_init(struct ticket_key *k, const uint8_t policy[TICKET_POLICY_SIZE]);
void ticket_key_fini(struct ticket_key *k);

/*
 * Copies the key for now; from any thread. It waits for nobody but when the master has just been
 * replaced. Returns 0, or -1 where the library has no randomness.
 */
int ticket_key_get(struct ticket_key *k, uint8_t out[TICKET_KEY_SIZE]);

/* May tickets be given out and taken at all? Yes, unless the document says no. For all policies. */
void ticket_set_enabled(bool enabled);
bool ticket_enabled(void);

/* How long a master lasts, in nanoseconds; 0: for ever. For all policies. */
void ticket_set_rotation(int64_t ns);

/* Makes a new master now: no ticket given out before can be used. */
void ticket_rotate(void);

#endif
