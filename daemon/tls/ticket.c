/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "daemon/tls/ticket.h"

#include <pthread.h>
#include <string.h>
#include <time.h>
#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>

/*
 * GnuTLS derives the keys that it encrypts with from the 64 bytes and the time, so that they change
 * every few hours without losing a ticket. The master is replaced besides, for forward secrecy:
 * who learns it cannot read what was sent before.
 */
static struct {
	pthread_mutex_t lock; /* held to change it, or a policy's key */
	uint8_t secret[TICKET_KEY_SIZE];
	_Atomic uint64_t generation;
	_Atomic int64_t made, rotation; /* ns, monotonic */
} master = {.lock = PTHREAD_MUTEX_INITIALIZER, .rotation = TICKET_ROTATION_DEFAULT};

static _Atomic bool disabled;

static int64_t monotonic_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC_COARSE, &ts);
	return ts.tv_sec * INT64_C(1000000000) + ts.tv_nsec;
}

/* With the lock held. */
static int new_master(int64_t now)
{
	if (gnutls_rnd(GNUTLS_RND_KEY, master.secret, sizeof(master.secret)) < 0)
		return -1;
	master.generation++;
	master.made = now;
	return 0;
}

/* HKDF (RFC 5869) with SHA-256: extract from the master with the policy as salt, then expand. */
static int derive(const uint8_t policy[TICKET_POLICY_SIZE], uint8_t out[TICKET_KEY_SIZE])
{
	static const char label[] = "pointsman session ticket";
	gnutls_datum_t secret = {.data = master.secret, .size = sizeof(master.secret)};
	gnutls_datum_t salt = {.data = (unsigned char *)policy, .size = TICKET_POLICY_SIZE};
	gnutls_datum_t info = {.data = (unsigned char *)label, .size = sizeof(label) - 1};
	uint8_t extracted[32];
	gnutls_datum_t prk = {.data = extracted, .size = sizeof(extracted)};
	int rc;

	rc = gnutls_hkdf_extract(GNUTLS_MAC_SHA256, &secret, &salt, extracted);
	if (rc == 0)
		rc = gnutls_hkdf_expand(GNUTLS_MAC_SHA256, &prk, &info, out, TICKET_KEY_SIZE);
	explicit_bzero(extracted, sizeof(extracted));
	return rc;
}

void ticket_key_init(struct ticket_key *k, const uint8_t policy[TICKET_POLICY_SIZE])
{
	memset(k, 0, sizeof(*k));
	memcpy(k->policy, policy, TICKET_POLICY_SIZE);
}

void ticket_key_fini(struct ticket_key *k)
{
	explicit_bzero(k, sizeof(*k));
}

static bool is_worn(int64_t now)
{
	int64_t rotation = atomic_load_explicit(&master.rotation, memory_order_relaxed);

	return rotation > 0 &&
	       now - atomic_load_explicit(&master.made, memory_order_relaxed) > rotation;
}

/* false: it is not that generation's, or is being written. No word is read before or after state.
 */
static bool key_read(const struct ticket_key *k, uint64_t generation, uint8_t out[TICKET_KEY_SIZE])
{
	uint64_t words[TICKET_KEY_WORDS];
	bool whole;
	size_t i;

	if (atomic_load_explicit(&k->state, memory_order_acquire) != generation * 2)
		return false;
	for (i = 0; i < TICKET_KEY_WORDS; i++)
		words[i] = atomic_load_explicit(&k->words[i], memory_order_acquire);
	whole = atomic_load_explicit(&k->state, memory_order_relaxed) == generation * 2;
	if (whole)
		memcpy(out, words, sizeof(words));
	explicit_bzero(words, sizeof(words));
	return whole;
}

/* With the lock held. Whoever sees a new word sees that state is odd. */
static void key_write(struct ticket_key *k, uint64_t generation, const uint8_t key[TICKET_KEY_SIZE])
{
	uint64_t word;
	size_t i;

	atomic_store_explicit(&k->state, generation * 2 - 1, memory_order_relaxed);
	for (i = 0; i < TICKET_KEY_WORDS; i++) {
		memcpy(&word, key + i * sizeof(word), sizeof(word));
		atomic_store_explicit(&k->words[i], word, memory_order_release);
	}
	atomic_store_explicit(&k->state, generation * 2, memory_order_release);
}

/* The same, with the lock held, where the master or the key is to be made first. */
static int key_make(struct ticket_key *k, int64_t now, uint8_t out[TICKET_KEY_SIZE])
{
	if ((master.generation == 0 || is_worn(now)) && new_master(now) == -1)
		return -1;
	if (key_read(k, master.generation, out))
		return 0;
	if (derive(k->policy, out) != 0)
		return -1;
	key_write(k, master.generation, out);
	return 0;
}

int ticket_key_get(struct ticket_key *k, uint8_t out[TICKET_KEY_SIZE])
{
	uint64_t generation = atomic_load_explicit(&master.generation, memory_order_acquire);
	int64_t now = monotonic_ns();
	int rc;

	if (generation > 0 && !is_worn(now) && key_read(k, generation, out))
		return 0;
	pthread_mutex_lock(&master.lock);
	rc = key_make(k, now, out);
	pthread_mutex_unlock(&master.lock);
	return rc;
}

void ticket_set_enabled(bool enabled)
{
	atomic_store(&disabled, !enabled);
}

bool ticket_enabled(void)
{
	return !atomic_load_explicit(&disabled, memory_order_relaxed);
}

void ticket_set_rotation(int64_t ns)
{
	atomic_store(&master.rotation, ns);
}

void ticket_rotate(void)
{
	pthread_mutex_lock(&master.lock);
	new_master(monotonic_ns());
	pthread_mutex_unlock(&master.lock);
}
