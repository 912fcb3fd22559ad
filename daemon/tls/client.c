/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "daemon/tls/client.h"

#include <ctype.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <gnutls/x509.h>

#include "common/log.h"
#include "common/netaddr.h"
#include "daemon/core/replacer.h"
#include "daemon/tls/accept.h"
#include "daemon/tls/cert.h"
#include "daemon/tls/client_sources.h"
#include "daemon/tls/priority.h"
#include "daemon/tls/session.h"

#define SERVER_MESSAGE_MAX 131072 /* of a handshake: chains of certificates */

static const char *const renegotiation_names[] = {"never", "once", "freely", NULL};

/* As documents have it. */
struct client_params {
	struct strings authorities, authority_files, except_ports, curves;
	const char *certificate_file, *key_file, *automate, *server_name;
	bool insecure;
	int64_t timeout;
	int renegotiation;
};

/* ---- fields -------------------------------------------------------------------------------- */

/* Read by load_trust() and load_priority(), which have what they need besides. */
static int load_later(struct load *load, const struct jnode *node, void *target, struct error *err)
{
	(void)load;
	(void)node;
	(void)target;
	(void)err;
	return 0;
}

const struct field tls_client_fields[] = {
    FIELD_CUSTOM(struct client_params, authorities, "ca", 0, load_later, &client_pool_shape,
	"the authorities to trust instead of the system's: a provider and its list"),
    FIELD_STRINGS(struct client_params, authorities, "root_ca_pool", FIELD_ENV,
	"the same as certificates in base64 (DER)"),
    FIELD_STRINGS(struct client_params, authority_files, "root_ca_pem_files",
	FIELD_PATH | FIELD_ENV, "the same as files in PEM form"),
    FIELD_STRING(struct client_params, certificate_file, "client_certificate_file",
	FIELD_PATH | FIELD_ENV, "our certificate with its chain, shown if the upstream asks"),
    FIELD_STRING(struct client_params, key_file, "client_certificate_key_file",
	FIELD_PATH | FIELD_ENV, "its private key"),
    FIELD_STRING(struct client_params, automate, "client_certificate_automate", FIELD_ENV,
	"the name whose managed certificate is shown if the upstream asks"),
    FIELD_BOOL(struct client_params, insecure, "insecure_skip_verify", 0,
	"take any certificate, and so anybody in the middle"),
    FIELD_DURATION(struct client_params, timeout, "handshake_timeout", 0,
	TLS_HANDSHAKE_TIMEOUT_DEFAULT, "how long the handshake may take; 0: no limit"),
    FIELD_STRING(struct client_params, server_name, "server_name", FIELD_PLACEHOLDERS | FIELD_ENV,
	"the name to ask for and to verify; absent: the host that is dialled"),
    FIELD_ENUM(struct client_params, renegotiation, "renegotiation", 0, "never",
	renegotiation_names, "without effect: there is no renegotiation"),
    FIELD_STRINGS(struct client_params, except_ports, "except_ports", 0,
	"ports of the upstream on which no TLS is spoken"),
    FIELD_STRINGS(struct client_params, curves, "curves", 0,
	"groups offered; absent: x25519, secp256r1, secp384r1"),
    FIELD_END,
};

/* ---- credentials --------------------------------------------------------------------------- */

/* The one that the store has for the name now; NULL: it has none yet. */
static const struct cert *find_managed(struct tls_session *s)
{
	struct store_query query = {
	    .server_name = span_str(s->client->automate),
	    .now = time(NULL),
	};
	int i;

	store_release(&s->certs);
	store_find(&query, &s->certs);
	for (i = 0; i < CERT_KINDS; i++)
		if (s->certs.cert[i] != NULL)
			return s->certs.cert[i];
	return NULL;
}

/* For GnuTLS: the certificate to show when the server asks. */
static int on_certificate_request(gnutls_session_t session, const struct gnutls_cert_retr_st *info,
    gnutls_pcert_st **chain, unsigned *count, gnutls_ocsp_data_st **ocsp, unsigned *ocsp_count,
    gnutls_privkey_t *key, unsigned *flags)
{
	struct tls_session *s = gnutls_session_get_ptr(session);
	const struct cert *cert = s->client->cert;

	(void)info;
	*ocsp = NULL;
	*ocsp_count = 0;
	*flags = 0; /* ours: nothing to free */
	*count = 0;
	if (cert == NULL && s->client->automate != NULL)
		cert = find_managed(s);
	if (cert == NULL)
		return 0;
	*chain = cert->chain;
	*count = cert->count;
	*key = key_handle(cert->key);
	return 0;
}

static gnutls_certificate_credentials_t new_credentials(void)
{
	gnutls_certificate_credentials_t c;

	if (gnutls_certificate_allocate_credentials(&c) < 0)
		return NULL;
	gnutls_certificate_set_retrieve_function3(c, on_certificate_request);
	return c;
}

static gnutls_certificate_credentials_t system_trust;

static void read_system_trust(void)
{
	system_trust = new_credentials();
	if (system_trust != NULL && gnutls_certificate_set_x509_system_trust(system_trust) <= 0)
		log_msg(LOG_WARN, "tls",
		    "the system has no trusted authorities (Debian: ca-certificates); upstreams "
		    "over TLS will not verify");
}

/* They are many: read once, for all that name no authorities of their own. */
static gnutls_certificate_credentials_t system_credentials(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	pthread_once(&once, read_system_trust);
	return system_trust;
}

static bool is_given(const struct jnode *node, const char *key)
{
	const json_t *value = json_object_get(node->value, key);

	return value != NULL && !json_is_null(value) &&
	       !(json_is_array(value) && json_array_size(value) == 0);
}

static int load_trust(
    struct load *load, const struct jnode *node, struct tls_client *client, struct error *err)
{
	bool named = is_given(node, "ca") || is_given(node, "root_ca_pool") ||
		     is_given(node, "root_ca_pem_files");

	client->credentials = named ? new_credentials() : system_credentials();
	if (client->credentials == NULL)
		return error_set(err, ERROR_INTERNAL, "no memory for credentials");
	if (!named)
		return 0;
	arena_release(load->arena, (void (*)(void *))gnutls_certificate_free_credentials,
	    client->credentials);
	return client_sources_trust(
	    load, node, "root_ca_pool", "root_ca_pem_files", client->credentials, err);
}

const char *tls_client_automate(struct arena *arena, const char *name)
{
	char *copy = arena_strdup(arena, replace_at_load(arena, name)), *p;

	for (p = copy; *p != '\0'; p++)
		*p = (char)tolower((unsigned char)*p);
	return copy;
}

static int load_certificate(struct load *load, const struct jnode *node,
    const struct client_params *params, struct tls_client *client, struct error *err)
{
	struct jnode file = jnode_member(node, "client_certificate_file");
	const char *chain = params->certificate_file, *key = params->key_file;
	struct error inner;

	if (params->automate != NULL && *params->automate != '\0') {
		client->automate = tls_client_automate(load->arena, params->automate);
		if (chain != NULL && *chain != '\0')
			return jnode_error(&file, err, ERROR_INVALID,
			    "there is " TLS_CLIENT_AUTOMATE " already; remove one of them");
	}
	if ((chain == NULL || *chain == '\0') && (key == NULL || *key == '\0'))
		return 0;
	if (chain == NULL || *chain == '\0' || key == NULL || *key == '\0')
		return jnode_error(node, err, ERROR_INVALID,
		    "client_certificate_file and client_certificate_key_file belong together");
	client->cert = cert_load_files(
	    replace_at_load(load->arena, chain), replace_at_load(load->arena, key), NULL, &inner);
	if (client->cert == NULL)
		return jnode_error(&file, err, inner.code, "%s", inner.message);
	arena_release(load->arena, (void (*)(void *))cert_unref, client->cert);
	return 0;
}

/* ---- the rest of loading ------------------------------------------------------------------- */

static int by_value(const void *a, const void *b)
{
	return *(const uint16_t *)a - *(const uint16_t *)b;
}

static int load_ports(struct load *load, const struct jnode *node,
    const struct client_params *params, struct tls_client *client, struct error *err)
{
	struct jnode list = jnode_member(node, "except_ports");
	uint16_t *ports = arena_array(load->arena, params->except_ports.count, sizeof(*ports));
	unsigned long port;
	size_t i;
	char *end;

	for (i = 0; i < params->except_ports.count; i++) {
		const char *text = params->except_ports.items[i];
		struct jnode item = jnode_item(&list, i);

		port = strtoul(text, &end, 10);
		if (*text < '0' || *text > '9' || *end != '\0' || port == 0 || port > UINT16_MAX)
			return jnode_error(
			    &item, err, ERROR_INVALID, "'%s' is no port (1 to 65535)", text);
		ports[i] = (uint16_t)port;
	}
	qsort(ports, params->except_ports.count, sizeof(*ports), by_value);
	client->except_ports = ports;
	client->except_count = params->except_ports.count;
	return 0;
}

static int load_priority(
    struct load *load, const struct jnode *node, struct tls_client *client, struct error *err)
{
	struct priority_options options = {
	    .curves = jnode_member(node, "curves"),
	    .min = TLS_VERSION_1_2,
	    .max = TLS_VERSION_1_3,
	};

	if (priority_get(&options, &client->priority, NULL, err) == -1)
		return -1;
	arena_release(load->arena, (void (*)(void *))priority_unref, client->priority);
	return 0;
}

int tls_client_field(struct load *load, const struct jnode *node, void *target, struct error *err)
{
	struct client_params params = {0};
	struct tls_client *client;
	char path[256];

	if (json_is_null(node->value))
		return 0;
	client = arena_alloc(load->arena, sizeof(*client));
	if (fields_load(tls_client_fields, load, node, NULL, load->arena, &params, err) == -1 ||
	    load_trust(load, node, client, err) == -1 ||
	    load_certificate(load, node, &params, client, err) == -1 ||
	    load_ports(load, node, &params, client, err) == -1 ||
	    load_priority(load, node, client, err) == -1)
		return -1;
	if (params.renegotiation != 0)
		log_msg(LOG_WARN, "tls",
		    "%s.renegotiation has no effect: pointsman does not renegotiate",
		    jnode_path(node, path, sizeof(path)));
	if (params.server_name != NULL && *params.server_name != '\0')
		client->server_name = template_new(load->arena, params.server_name);
	client->insecure = params.insecure;
	client->timeout = params.timeout;
	*(struct tls_client **)target = client;
	return 0;
}

bool tls_client_wants(const struct tls_client *client, uint16_t port)
{
	return client->except_count == 0 ||
	       bsearch(&port, client->except_ports, client->except_count, sizeof(port), by_value) ==
		   NULL;
}

/* ---- sessions ------------------------------------------------------------------------------ */

static const struct {
	unsigned status;
	const char *text;
} problems[] = {
    {GNUTLS_CERT_REVOKED, "the upstream's certificate is revoked"},
    {GNUTLS_CERT_EXPIRED, "the upstream's certificate has expired"},
    {GNUTLS_CERT_NOT_ACTIVATED, "the upstream's certificate is not valid yet"},
    {GNUTLS_CERT_SIGNER_NOT_FOUND, "the upstream's certificate is from an unknown authority"},
    {GNUTLS_CERT_UNEXPECTED_OWNER, "the upstream's certificate is not for the name"},
    {GNUTLS_CERT_PURPOSE_MISMATCH, "the upstream's certificate is not for servers"},
    {GNUTLS_CERT_INSECURE_ALGORITHM, "the upstream's certificate uses a weak algorithm"},
};

static int on_server_certificate(gnutls_session_t session)
{
	struct tls_session *s = gnutls_session_get_ptr(session);
	gnutls_typed_vdata_st wanted[] = {
	    {.type = GNUTLS_DT_DNS_HOSTNAME, .data = (unsigned char *)s->server_name},
	    {.type = GNUTLS_DT_KEY_PURPOSE_OID, .data = (unsigned char *)GNUTLS_KP_TLS_WWW_SERVER},
	};
	unsigned status = 0;
	size_t i;
	int rc = gnutls_certificate_verify_peers(session, wanted, 2, &status);

	if (rc == 0 && status == 0)
		return 0;
	s->refusal = "the upstream's certificate does not verify";
	for (i = 0; rc == 0 && i < sizeof(problems) / sizeof(problems[0]); i++) {
		if ((status & problems[i].status) != 0) {
			s->refusal = problems[i].text;
			break;
		}
	}
	return GNUTLS_E_CERTIFICATE_VERIFICATION_ERROR;
}

/* An address is nobody's server name (RFC 6066 section 3). */
static int ask_for(gnutls_session_t session, const char *name)
{
	size_t n = strlen(name);
	struct netaddr ip;

	if (n > 0 && name[n - 1] == '.')
		n--;
	if (n == 0 || netaddr_parse_ip(name, &ip))
		return 0;
	return gnutls_server_name_set(session, GNUTLS_NAME_DNS, name, n);
}

int tls_client_open(
    struct tls_session *s, const struct tls_client *client, const char *name, struct span alpn)
{
	gnutls_datum_t protocol = {.data = (unsigned char *)alpn.p, .size = (unsigned)alpn.n};
	gnutls_session_t session;
	int rc;

	memset(s, 0, sizeof(*s));
	s->client = client;
	s->server_name = name;
	if (gnutls_init(&session,
		GNUTLS_CLIENT | GNUTLS_NONBLOCK | GNUTLS_NO_SIGNAL | GNUTLS_NO_TICKETS) < 0)
		return -1;
	s->gnutls = session;
	gnutls_session_set_ptr(session, s);
	gnutls_handshake_set_timeout(session, GNUTLS_INDEFINITE_TIMEOUT);
	gnutls_handshake_set_max_packet_length(session, SERVER_MESSAGE_MAX);
	rc = gnutls_priority_set(session, client->priority);
	if (rc == 0)
		rc = gnutls_credentials_set(session, GNUTLS_CRD_CERTIFICATE, client->credentials);
	if (rc == 0)
		rc = ask_for(session, name);
	if (rc == 0 && alpn.n > 0)
		rc = gnutls_alpn_set_protocols(session, &protocol, 1, 0);
	if (!client->insecure)
		gnutls_session_set_verify_function(session, on_server_certificate);
	if (rc == 0)
		return 0;
	tls_session_close(s);
	return -1;
}

const char *tls_client_failure(const struct tls_session *s, int rc)
{
	if (s->refusal != NULL)
		return s->refusal;
	switch (rc) {
	case GNUTLS_E_FATAL_ALERT_RECEIVED:
		return gnutls_alert_get_name(gnutls_alert_get(s->gnutls));
	case GNUTLS_E_UNEXPECTED_PACKET_LENGTH:
	case GNUTLS_E_UNEXPECTED_PACKET:
	case GNUTLS_E_UNSUPPORTED_VERSION_PACKET:
		return "the upstream does not speak TLS";
	default:
		return gnutls_strerror(rc);
	}
}
