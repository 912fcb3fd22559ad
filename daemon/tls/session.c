/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "daemon/tls/session.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "common/siphash.h"
#include "daemon/tls/client.h"
#include "daemon/tls/client_auth.h"
#include "daemon/tls/secrets_log.h"
#include "daemon/tls/staple.h"
#include "daemon/wire/hello.h"

#define HELLO_MESSAGE_MAX 65536
#define WARNINGS_MAX 4 /* alerts that end nothing, in one step */

/* ---- choosing the certificate -------------------------------------------------------------- */

static const unsigned kind_of_key[] = {
    [CERT_ECDSA] = GNUTLS_PK_ECDSA,
    [CERT_EDDSA] = GNUTLS_PK_EDDSA_ED25519,
    [CERT_RSA] = GNUTLS_PK_RSA,
};

/* Does the client say that it can verify signatures of such a key? Without saying anything: yes. */
static bool client_verifies(gnutls_session_t session, enum cert_kind kind)
{
	gnutls_sign_algorithm_t sign;
	gnutls_pk_algorithm_t pk;
	size_t i;

	for (i = 0; gnutls_sign_algorithm_get_requested(session, i, &sign) == 0; i++) {
		pk = gnutls_sign_get_pk_algorithm(sign);
		if (pk == kind_of_key[kind] || (kind == CERT_RSA && (pk == GNUTLS_PK_RSA_PSS)) ||
		    (kind == CERT_EDDSA && pk == GNUTLS_PK_EDDSA_ED448))
			return true;
	}
	return i == 0;
}

static struct cert *choose_kind(const struct tls_session *s)
{
	struct cert *first = NULL;
	int i, count = 0;

	for (i = CERT_KINDS - 1; i >= 0; i--) {
		if (s->certs.cert[i] != NULL) {
			first = s->certs.cert[i];
			count++;
		}
	}
	for (i = 0; count > 1 && i < CERT_KINDS; i++)
		if (s->certs.cert[i] != NULL && client_verifies(s->gnutls, (enum cert_kind)i))
			return s->certs.cert[i];
	return first;
}

static struct span server_name_of(gnutls_session_t session, char out[256])
{
	size_t n = 256;
	unsigned type;

	if (gnutls_server_name_get(session, out, &n, &type, 0) < 0 || type != GNUTLS_NAME_DNS)
		n = 0;
	return span_of(out, n);
}

/*
 * The hello has been read. An unknown name is refused here, with the alert meant for it; later,
 * when GnuTLS asks for the certificate, an error would only make it try other cipher suites.
 */
static int on_client_hello(gnutls_session_t session)
{
	struct tls_session *s = gnutls_session_get_ptr(session);
	char name[256];
	struct store_query query = {
	    .server_name = server_name_of(session, name),
	    .local = s->local,
	    .default_sni = s->policy->default_sni,
	    .fallback_sni = s->policy->fallback_sni,
	    .selection = s->policy->selection,
	    .now = time(NULL),
	};

	store_release(&s->certs); /* after a HelloRetryRequest this is the second time */
	if (s->policy->only != NULL) {
		s->certs.cert[s->policy->only->kind] = cert_ref(s->policy->only);
		return 0;
	}
	if (store_find(&query, &s->certs))
		return 0;
	return query.server_name.n > 0 ? GNUTLS_E_UNRECOGNIZED_NAME : GNUTLS_E_MISSING_EXTENSION;
}

static bool offers_tls13(const struct hello *hello)
{
	struct span versions = hello->versions;
	uint16_t version;

	while (span_u16(&versions, &version))
		if (version == 0x0304)
			return true;
	return false;
}

/* Its first suite of those that are ours, too: such a client has no AES in hardware. */
static bool prefers_chacha20(const struct hello *hello)
{
	struct span ciphers = hello->ciphers;
	uint16_t cipher;

	while (span_u16(&ciphers, &cipher)) {
		switch (cipher) {
		case 0xcca8: /* ECDHE_RSA and ECDHE_ECDSA, RFC 7905 */
		case 0xcca9:
			return true;
		case 0xc02b: /* ECDHE_ECDSA and ECDHE_RSA with AES-GCM, RFC 5289 */
		case 0xc02c:
		case 0xc02f:
		case 0xc030:
			return false;
		default:
			break;
		}
	}
	return false;
}

/* Of what must be the same in a second hello (RFC 8446 section 4.1.2); never 0. */
static uint64_t hash_of(const struct hello *h)
{
	const struct span parts[] = {h->random, h->session_id, h->ciphers, h->server_name, h->alpn,
	    h->versions, h->groups, h->signatures};
	uint64_t hashes[sizeof(parts) / sizeof(*parts)];
	size_t i;

	for (i = 0; i < sizeof(parts) / sizeof(*parts); i++)
		hashes[i] = siphash(parts[i].p, parts[i].n);
	return siphash(hashes, sizeof(hashes)) | 1;
}

/*
 * The policy was chosen by the hello as we read it, so GnuTLS must not read it in another way, nor
 * go on with a second one that says something else: a client could have its policy chosen by one
 * name, and be let in under another. 0, or what to refuse it with.
 */
static int check_hello(struct tls_session *s, const struct hello *hello)
{
	uint64_t before = s->hello;

	if (hello == NULL) {
		s->refusal = "the hello is malformed";
		return GNUTLS_E_UNEXPECTED_PACKET_LENGTH;
	}
	s->hello = hash_of(hello);
	if (before == 0 || before == s->hello)
		return 0;
	s->refusal = "the second hello is not the first one's";
	return GNUTLS_E_RECEIVED_ILLEGAL_PARAMETER;
}

/*
 * Before GnuTLS reads the hello. A client of TLS 1.2 gets our first suite, unless ChaCha20 is what
 * it does best; in TLS 1.3 our order would cost those a round trip that send a key share of
 * another group than our first. A session keeps the ALPN names it may negotiate for all its life,
 * so only those that will are told.
 */
static int on_raw_hello(gnutls_session_t session, unsigned type, unsigned when, unsigned incoming,
    const gnutls_datum_t *message)
{
	struct tls_session *s = gnutls_session_get_ptr(session);
	struct span body = span_of(message->data, message->size);
	struct hello hello;
	int rc;

	(void)type;
	(void)when;
	(void)incoming;
	rc = check_hello(s, hello_parse_body(body, &hello) == HELLO_OK ? &hello : NULL);
	if (rc < 0)
		return rc;
	if (s->policy->ordered != NULL && !offers_tls13(&hello) && !prefers_chacha20(&hello))
		gnutls_priority_set(session, s->policy->ordered);
	if (s->policy->alpn_count == 0 || hello.alpn.n == 0)
		return 0;
	return gnutls_alpn_set_protocols(session, s->policy->alpn, s->policy->alpn_count,
	    GNUTLS_ALPN_MANDATORY | GNUTLS_ALPN_SERVER_PRECEDENCE);
}

static int on_certificate(gnutls_session_t session, const struct gnutls_cert_retr_st *info,
    gnutls_pcert_st **chain, unsigned *count, gnutls_ocsp_data_st **ocsp, unsigned *ocsp_count,
    gnutls_privkey_t *key, unsigned *flags)
{
	struct tls_session *s = gnutls_session_get_ptr(session);
	struct cert *cert = choose_kind(s);

	(void)info;
	if (cert == NULL)
		return -1;
	*chain = cert->chain;
	*count = cert->count;
	*key = key_handle(cert->key);
	staple_unref(s->staple);
	s->staple = staple_of(cert);
	*ocsp = s->staple != NULL ? staple_data(s->staple) : NULL;
	*ocsp_count = s->staple != NULL ? 1 : 0;
	*flags = 0; /* ours: nothing to free */
	return 0;
}

static int on_verify(gnutls_session_t session)
{
	struct tls_session *s = gnutls_session_get_ptr(session);
	const char *why;

	if (client_auth_check(s->policy->client_auth, session, &why) == -1) {
		s->refusal = why;
		return GNUTLS_E_CERTIFICATE_VERIFICATION_ERROR;
	}
	s->verified = true;
	return 0;
}

static int on_secret(gnutls_session_t session, const char *label, const gnutls_datum_t *secret)
{
	const struct tls_session *s = gnutls_session_get_ptr(session);

	secrets_log_write(s->policy->secrets_log, session, label, secret);
	return 0;
}

void tls_session_serve(gnutls_certificate_credentials_t credentials)
{
	gnutls_certificate_set_retrieve_function3(credentials, on_certificate);
}

/* ---- the session --------------------------------------------------------------------------- */

static int enable_tickets(struct tls_session *s)
{
	uint8_t bytes[TICKET_KEY_SIZE];
	gnutls_datum_t key = {.data = bytes, .size = sizeof(bytes)};
	int rc = 0;

	if (ticket_key_get(s->policy->ticket, bytes) == 0)
		rc = gnutls_session_ticket_enable_server(s->gnutls, &key);
	explicit_bzero(bytes, sizeof(bytes));
	return rc;
}

int tls_session_open(
    struct tls_session *s, const struct tls_policy *policy, const struct netaddr *local)
{
	unsigned flags = GNUTLS_SERVER | GNUTLS_NONBLOCK | GNUTLS_NO_SIGNAL;
	gnutls_session_t session;
	int rc;

	memset(s, 0, sizeof(*s));
	s->policy = policy;
	s->local = local;
	s->tickets = policy->tickets && ticket_enabled();
	flags |= s->tickets ? GNUTLS_NO_AUTO_SEND_TICKET : GNUTLS_NO_TICKETS;
	if (gnutls_init(&session, flags) < 0)
		return -1;
	s->gnutls = session;
	gnutls_session_set_ptr(session, s);
	gnutls_handshake_set_timeout(session, GNUTLS_INDEFINITE_TIMEOUT);
	gnutls_handshake_set_max_packet_length(session, HELLO_MESSAGE_MAX);
	gnutls_handshake_set_post_client_hello_function(session, on_client_hello);
	if (policy->secrets_log != NULL)
		gnutls_session_set_keylog_function(session, on_secret);
	rc = gnutls_priority_set(session, policy->priority);
	if (rc == 0)
		rc = gnutls_credentials_set(session, GNUTLS_CRD_CERTIFICATE, policy->credentials);
	gnutls_handshake_set_hook_function(
	    session, GNUTLS_HANDSHAKE_CLIENT_HELLO, GNUTLS_HOOK_PRE, on_raw_hello);
	if (rc == 0 && s->tickets)
		rc = enable_tickets(s);
	if (rc == 0 && policy->client_auth != NULL) {
		client_auth_ask(policy->client_auth, session);
		gnutls_session_set_verify_function(session, on_verify);
	}
	if (rc == 0)
		return 0;
	tls_session_close(s);
	return -1;
}

/* What the handshake needed. */
static void release_certs(struct tls_session *s)
{
	store_release(&s->certs);
	staple_unref(s->staple);
	s->staple = NULL;
}

void tls_session_close(struct tls_session *s)
{
	if (s->gnutls != NULL)
		gnutls_deinit(s->gnutls);
	s->gnutls = NULL;
	release_certs(s);
}

static const char *failure(const struct tls_session *s, int rc)
{
	if (s->client != NULL)
		return tls_client_failure(s, rc);
	if (s->refusal != NULL)
		return s->refusal;
	switch (rc) {
	case GNUTLS_E_CERTIFICATE_REQUIRED:
	case GNUTLS_E_NO_CERTIFICATE_FOUND:
		return "the client sent no certificate";
	case GNUTLS_E_UNRECOGNIZED_NAME:
		return "no certificate for the server name";
	case GNUTLS_E_MISSING_EXTENSION:
		return "no server name, and no certificate for clients without one";
	case GNUTLS_E_NO_APPLICATION_PROTOCOL:
		return "none of the client's ALPN protocols is offered";
	case GNUTLS_E_FATAL_ALERT_RECEIVED:
		return gnutls_alert_get_name(gnutls_alert_get(s->gnutls));
	default:
		return gnutls_strerror(rc);
	}
}

/* The handshake is over: what only it needed goes now, an idle session should cost little. */
static int established(struct tls_session *s, const char **why)
{
	release_certs(s);
	s->local = NULL;
	s->server_name = NULL;
	if (s->client != NULL)
		return 1;
	/*
	 * A session that was resumed has not been verified, and its ticket may be another policy's.
	 * There are no tickets here; should there ever be one, this stops it.
	 */
	if (s->policy->client_auth != NULL &&
	    (!s->verified || gnutls_session_is_resumed(s->gnutls) != 0)) {
		*why = "the client's certificate was not verified";
		gnutls_alert_send(s->gnutls, GNUTLS_AL_FATAL, GNUTLS_A_BAD_CERTIFICATE);
		return -1;
	}
	s->ticket_due = s->tickets && gnutls_protocol_get_version(s->gnutls) == GNUTLS_TLS1_3;
	return 1;
}

/* A missing certificate is no decode_error, as which GnuTLS tells it: RFC 5246 section 7.4.6. */
static void send_alert(struct tls_session *s, int rc)
{
	if (rc == GNUTLS_E_NO_CERTIFICATE_FOUND)
		gnutls_alert_send(s->gnutls, GNUTLS_AL_FATAL, GNUTLS_A_HANDSHAKE_FAILURE);
	else
		gnutls_alert_send_appropriate(s->gnutls, rc);
}

int tls_session_handshake(struct tls_session *s, const char **why)
{
	int rc, warnings = 0;

	do
		rc = gnutls_handshake(s->gnutls);
	while (rc < 0 && rc != GNUTLS_E_AGAIN && !gnutls_error_is_fatal(rc) &&
	       ++warnings < WARNINGS_MAX);
	if (rc == 0)
		return established(s, why);
	if (rc == GNUTLS_E_AGAIN)
		return 0;
	*why = failure(s, rc);
	send_alert(s, rc);
	return -1;
}

void tls_session_send_ticket(struct tls_session *s)
{
	if (!s->ticket_due)
		return;
	s->ticket_due = false;
	/* One is what a client needs for its next session, and that will bring another. */
	gnutls_session_ticket_send(s->gnutls, 1, 0);
}
