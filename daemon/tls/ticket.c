/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "daemon/tls/ticket.h"

#include <stdatomic.h>
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
	pthread_mutex_t lock;
	uint8_t secret[TICKET_KEY_SIZE];
	uint64_t generation;
	int64_t made, rotation; /* ns, monotonic */
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
	pthread_mutex_init(&k->lock, NULL);
	memcpy(k->policy, policy, TICKET_POLICY_SIZE);
}

void ticket_key_fini(struct ticket_key *k)
{
	explicit_bzero(k->key, sizeof(k->key));
	pthread_mutex_destroy(&k->lock);
}

int ticket_key_get(struct ticket_key *k, uint8_t out[TICKET_KEY_SIZE])
{
	int64_t now = monotonic_ns();
	int rc = 0;

	pthread_mutex_lock(&master.lock);
	if (master.generation == 0 || (master.rotation > 0 && now - master.made > master.rotation))
		rc = new_master(now);
	pthread_mutex_lock(&k->lock);
	if (rc == 0 && k->generation != master.generation) {
		rc = derive(k->policy, k->key);
		k->generation = rc == 0 ? master.generation : 0;
	}
	pthread_mutex_unlock(&master.lock);
	memcpy(out, k->key, TICKET_KEY_SIZE);
	pthread_mutex_unlock(&k->lock);
	return rc == 0 ? 0 : -1;
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
	pthread_mutex_lock(&master.lock);
	master.rotation = ns;
	pthread_mutex_unlock(&master.lock);
}

void ticket_rotate(void)
{
	pthread_mutex_lock(&master.lock);
	new_master(monotonic_ns());
	pthread_mutex_unlock(&master.lock);
}
