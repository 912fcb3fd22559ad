/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Session-ticket keys. One random master secret for the process, renewed now and then, from which
 * each policy gets a key of its own: a ticket that one policy gave out is worth nothing under
 * another, so that a session cannot be carried from a policy that asks no client certificate into
 * one that does. All workers share the keys.
 */
#ifndef DAEMON_TLS_TICKET_H
#define DAEMON_TLS_TICKET_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#define TICKET_KEY_SIZE 64
#define TICKET_POLICY_SIZE 32
#define TICKET_ROTATION_DEFAULT (INT64_C(24) * 3600 * 1000000000)

/* One policy's key, made again when the master has changed. Embedded in the policy. */
struct ticket_key {
	pthread_mutex_t
	    lock; /* held for a copy of 64 bytes; when the master changes, for an HKDF */
	uint8_t policy[TICKET_POLICY_SIZE];
	uint64_t generation; /* of the master that key was made from; 0: none yet */
	uint8_t key[TICKET_KEY_SIZE];
};

/* policy is a hash over all that tells one policy from another. */
void ticket_key_init(struct ticket_key *k, const uint8_t policy[TICKET_POLICY_SIZE]);
void ticket_key_fini(struct ticket_key *k);

/* Copies the key for now; from any thread. 0, or -1 where the library has no randomness. */
int ticket_key_get(struct ticket_key *k, uint8_t out[TICKET_KEY_SIZE]);

/* May tickets be given out and taken at all? Yes, unless the document says no. For all policies. */
void ticket_set_enabled(bool enabled);
bool ticket_enabled(void);

/* How long a master lasts, in nanoseconds; 0: for ever. For all policies. */
void ticket_set_rotation(int64_t ns);

/* Makes a new master now: no ticket given out before can be used. */
void ticket_rotate(void);

#endif
