/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "daemon/tls/challenge.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <gnutls/crypto.h>
#include <gnutls/x509.h>

#include "common/duration.h"
#include "daemon/core/answers.h"
#include "daemon/tls/accept.h"
#include "daemon/tls/cert.h"
#include "daemon/tls/policy.h"
#include "daemon/tls/priority.h"

#define ACME_IDENTIFIER "1.3.6.1.5.5.7.1.31"
#define LIFETIME (7 * 24 * 3600)
#define HANDSHAKE_TIMEOUT (10 * DURATION_S)

/* An answer's object. */
struct challenge {
	struct tls_policy policy;
	struct cert *cert;
};

/* ---- the certificate ----------------------------------------------------------------------- */

/* The digest as an OCTET STRING, critical. */
static int set_digest(gnutls_x509_crt_t crt, const uint8_t digest[TLS_CHALLENGE_DIGEST])
{
	uint8_t der[2 + TLS_CHALLENGE_DIGEST] = {0x04, TLS_CHALLENGE_DIGEST};

	memcpy(der + 2, digest, TLS_CHALLENGE_DIGEST);
	return gnutls_x509_crt_set_extension_by_oid(crt, ACME_IDENTIFIER, der, sizeof(der), 1);
}

static int set_public_key(gnutls_x509_crt_t crt, const struct key *key)
{
	gnutls_pubkey_t public;
	int rc = gnutls_pubkey_init(&public);

	if (rc < 0)
		return rc;
	rc = gnutls_pubkey_import_privkey(public, key_handle(key), 0, 0);
	if (rc == 0)
		rc = gnutls_x509_crt_set_pubkey(crt, public);
	gnutls_pubkey_deinit(public);
	return rc;
}

static int fill_in(gnutls_x509_crt_t crt, const char *name,
    const uint8_t digest[TLS_CHALLENGE_DIGEST], const struct key *key)
{
	time_t now = time(NULL);
	uint8_t serial[16];
	int rc = gnutls_rnd(GNUTLS_RND_NONCE, serial, sizeof(serial));

	serial[0] = (serial[0] & 0x7f) | 0x40;
	if (rc == 0)
		rc = gnutls_x509_crt_set_version(crt, 3);
	if (rc == 0)
		rc = gnutls_x509_crt_set_serial(crt, serial, sizeof(serial));
	if (rc == 0)
		rc = gnutls_x509_crt_set_activation_time(crt, now - 3600);
	if (rc == 0)
		rc = gnutls_x509_crt_set_expiration_time(crt, now + LIFETIME);
	if (rc == 0)
		rc = gnutls_x509_crt_set_dn_by_oid(crt, GNUTLS_OID_X520_COMMON_NAME, 0,
		    "ACME challenge", sizeof("ACME challenge") - 1);
	if (rc == 0)
		rc = gnutls_x509_crt_set_subject_alt_name(
		    crt, GNUTLS_SAN_DNSNAME, name, (unsigned)strlen(name), GNUTLS_FSAN_SET);
	if (rc == 0)
		rc = set_digest(crt, digest);
	if (rc == 0)
		rc = set_public_key(crt, key);
	return rc == 0
		   ? gnutls_x509_crt_privkey_sign(crt, crt, key_handle(key), GNUTLS_DIG_SHA256, 0)
		   : rc;
}

static struct cert *make_cert(
    const char *name, const uint8_t digest[TLS_CHALLENGE_DIGEST], struct error *err)
{
	struct key *key = key_generate(KEY_P256, err);
	gnutls_x509_crt_t crt = NULL;
	gnutls_datum_t pem = {0};
	struct cert *cert = NULL;
	int rc;

	if (key == NULL)
		return NULL;
	rc = gnutls_x509_crt_init(&crt);
	if (rc == 0)
		rc = fill_in(crt, name, digest, key);
	if (rc == 0)
		rc = gnutls_x509_crt_export2(crt, GNUTLS_X509_FMT_PEM, &pem);
	if (rc == 0)
		cert = cert_load_pem(span_of(pem.data, pem.size), key, NULL, "challenge", err);
	else
		error_set(err, ERROR_INTERNAL, "cannot make the certificate of a challenge: %s",
		    gnutls_strerror(rc));
	gnutls_free(pem.data);
	if (crt != NULL)
		gnutls_x509_crt_deinit(crt);
	key_unref(key);
	return cert;
}

/* ---- answers ------------------------------------------------------------------------------- */

static void challenge_free(void *object)
{
	struct challenge *c = object;

	if (c->policy.priority != NULL)
		priority_unref(c->policy.priority);
	cert_unref(c->cert);
	free(c);
}

static int fill_policy(struct challenge *c, struct error *err)
{
	const struct priority_options options = {.min = TLS_VERSION_1_2, .max = TLS_VERSION_1_3};

	c->policy.only = c->cert;
	c->policy.credentials = tls_policy_credentials();
	c->policy.alpn[0].data = (unsigned char *)ANSWER_ALPN;
	c->policy.alpn[0].size = sizeof(ANSWER_ALPN) - 1;
	c->policy.alpn_count = 1;
	return priority_get(&options, &c->policy.priority, NULL, err);
}

int tls_challenge_add(
    const char *name, const uint8_t digest[TLS_CHALLENGE_DIGEST], struct error *err)
{
	struct challenge *c = mem_zalloc(sizeof(*c));

	c->cert = make_cert(name, digest, err);
	if (c->cert == NULL || fill_policy(c, err) == -1) {
		challenge_free(c);
		return -1;
	}
	return answers_add(ANSWER_TLS_ALPN, name, name, NULL, c, challenge_free, err);
}

static void release_answer(void *answer)
{
	answer_unref(answer);
}

const struct tls_policy *tls_challenge_policy(const struct hello *hello, struct arena *arena)
{
	char name[ANSWER_NAME_MAX];
	struct answer *a;

	if (!answers_pending(ANSWER_TLS_ALPN) || !answers_asked(hello, name))
		return NULL;
	a = answers_find(ANSWER_TLS_ALPN, span_str(name), span_of(NULL, 0));
	if (a == NULL)
		return NULL;
	arena_release(arena, release_answer, a);
	return &((struct challenge *)answer_object(a))->policy;
}

/* ---- connections --------------------------------------------------------------------------- */

static void serve(struct conn *conn)
{
	static const struct tls_policies none = {.wants_hello = true};

	tls_accept(conn, &none, HANDSHAKE_TIMEOUT, NULL);
}

void tls_challenge_start(void)
{
	answers_serve_set(serve);
}
