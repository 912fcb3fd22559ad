/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "daemon/tls/client_auth.h"

#include <string.h>
#include <time.h>
#include <gnutls/x509.h>

#include "daemon/input/field.h"
#include "daemon/tls/client_sources.h"

enum mode {
	MODE_REQUEST,            /* ask; take anything, or nothing */
	MODE_REQUIRE,            /* take any certificate */
	MODE_VERIFY_IF_GIVEN,    /* take none, or one that verifies */
	MODE_REQUIRE_AND_VERIFY, /* take one that verifies */
};

static const char *const mode_names[] = {
    "request", "require", "verify_if_given", "require_and_verify", NULL};

struct client_auth {
	enum mode mode;
	bool pinned; /* leaves or a verifier were named: the certificate is one of the leaves */
	struct client_trust trust;
};

/* What loading carries along. */
struct reading {
	struct client_sources sources;
	struct client_auth *auth;
};

/* ---- the object ---------------------------------------------------------------------------- */

/*
 * Loading reads these members itself. It takes "leaf_certs_loaders" for none where it is no list,
 * and the mode "" for none.
 */
static const struct field leaf_fields[] = {
    {.name = "leaf_certs_loaders",
	.type = FIELD_TYPE_CUSTOM,
	.shape = &client_leaves_shape,
	.help = "where the certificates are"},
    FIELD_END,
};

static bool verifier_at(size_t i, struct shape_module *out)
{
	*out = (struct shape_module){
	    "leaf", "the client's certificate is one of some", leaf_fields, NULL};
	return i == 0;
}

static const struct shape verifier_shape = {
    .type = SHAPE_TAGGED, .name = "verifier", .tag = "verifier", .module = verifier_at};
static const struct shape verifiers_shape = {
    .type = SHAPE_LIST, .of = &verifier_shape, .null = true};
static const struct shape named_mode_shape = {.type = SHAPE_ENUM, .names = mode_names};
static const struct shape *const mode_choices[] = {&named_mode_shape, &shape_empty, NULL};
static const struct shape mode_shape = {.type = SHAPE_EITHER, .choices = mode_choices};

static const struct field auth_fields[] = {
    {.name = "ca",
	.type = FIELD_TYPE_CUSTOM,
	.shape = &client_pool_shape,
	.help = "the authorities that clients' certificates are verified by"},
    NODE_FIELD_STRINGS("trusted_ca_certs", FIELD_ENV, "the same as certificates in base64 (DER)"),
    NODE_FIELD_STRINGS(
	"trusted_ca_certs_pem_files", FIELD_PATH | FIELD_ENV, "the same as files in PEM form"),
    NODE_FIELD_STRINGS("trusted_leaf_certs", FIELD_ENV,
	"certificates in base64 (DER), one of which the client's must be"),
    {.name = "verifiers",
	.type = FIELD_TYPE_CUSTOM,
	.shape = &verifiers_shape,
	.help = "what else the client's certificate must be"},
    {.name = "mode",
	.type = FIELD_TYPE_CUSTOM,
	.shape = &mode_shape,
	.help = "request, require, verify_if_given, require_and_verify"},
    FIELD_END,
};

const struct shape client_auth_shape = {.type = SHAPE_OBJECT, .fields = auth_fields, .null = true};

static int read_verifier(struct reading *r, const struct jnode *node, struct error *err)
{
	static const char *const known[] = {"verifier", "leaf_certs_loaders", NULL};
	struct jnode name_node = jnode_member(node, "verifier");
	struct jnode loaders = jnode_member(node, "leaf_certs_loaders");
	const char *name;
	size_t i;

	if (jnode_object(node, err) == -1)
		return -1;
	if (name_node.value == NULL)
		return jnode_error(&name_node, err, ERROR_INVALID, "is required");
	if (jnode_string(&name_node, &name, err) == -1)
		return -1;
	if (strcmp(name, "leaf") != 0)
		return jnode_error(&name_node, err, ERROR_UNSUPPORTED,
		    "'%s' is not available; there is one, 'leaf'", name);
	if (jnode_known(node, known, err) == -1)
		return -1;
	r->auth->pinned = true;
	for (i = 0; i < json_array_size(loaders.value); i++) {
		struct jnode item = jnode_item(&loaders, i);

		if (client_sources_leaves(&r->sources, &item, err) == -1)
			return -1;
	}
	return 0;
}

static int read_verifiers(struct reading *r, const struct jnode *node, struct error *err)
{
	struct jnode list = jnode_member(node, "verifiers");
	size_t i;

	if (list.value == NULL || json_is_null(list.value))
		return 0;
	if (jnode_array(&list, err) == -1)
		return -1;
	for (i = 0; i < json_array_size(list.value); i++) {
		struct jnode item = jnode_item(&list, i);

		if (read_verifier(r, &item, err) == -1)
			return -1;
	}
	return 0;
}

/* Without one: what is asked of the client is also checked, if there is anything to check with. */
static int read_mode(struct reading *r, const struct jnode *node, struct error *err)
{
	struct jnode mode = jnode_member(node, "mode");
	const char *name = "", *near;
	int i;

	if (mode.value != NULL && jnode_string(&mode, &name, err) == -1)
		return -1;
	if (*name == '\0') {
		r->auth->mode =
		    r->auth->trust.authorities || client_sources_any(node, "trusted_leaf_certs")
			? MODE_REQUIRE_AND_VERIFY
			: MODE_REQUIRE;
		return 0;
	}
	for (i = 0; mode_names[i] != NULL && strcmp(mode_names[i], name) != 0; i++)
		;
	r->auth->mode = (enum mode)i;
	if (mode_names[i] != NULL)
		return 0;
	near = error_suggest(name, mode_names);
	return jnode_error(&mode, err, ERROR_INVALID, "unknown mode '%s', %s%s%s", name,
	    near != NULL ? "did you mean '" : "known are ",
	    near != NULL ? near : "request, require, verify_if_given, require_and_verify",
	    near != NULL ? "'?" : "");
}

static int read_all(struct reading *r, const struct jnode *node, struct error *err)
{
	if (client_sources_authorities(
		&r->sources, node, "trusted_ca_certs", "trusted_ca_certs_pem_files", err) == -1)
		return -1;
	r->auth->pinned = client_sources_any(node, "trusted_leaf_certs");
	if (client_sources_leaf_certs(&r->sources, node, "trusted_leaf_certs", err) == -1 ||
	    read_verifiers(r, node, err) == -1)
		return -1;
	return read_mode(r, node, err);
}

static bool verifies(const struct client_auth *auth)
{
	return auth->mode == MODE_VERIFY_IF_GIVEN || auth->mode == MODE_REQUIRE_AND_VERIFY;
}

int client_auth_load(struct load *load, const struct jnode *node, struct client_auth **out,
    struct buf *identity, struct error *err)
{
	const char *known[sizeof(auth_fields) / sizeof(auth_fields[0])];
	struct client_auth *auth = arena_alloc(load->arena, sizeof(*auth));
	struct reading r = {.auth = auth,
	    .sources = {.load = load, .trust = &auth->trust, .identity = identity, .node = node}};
	bool asks = false;
	size_t i;

	*out = NULL;
	for (i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		known[i] = auth_fields[i].name;
	if (jnode_object(node, err) == -1 || jnode_known(node, known, err) == -1)
		return -1;
	for (i = 0; known[i] != NULL; i++)
		asks |= client_sources_any(node, known[i]);
	if (!asks)
		return 0;
	if (gnutls_certificate_allocate_credentials(&auth->trust.credentials) < 0)
		return error_set(err, ERROR_INTERNAL, "no memory for credentials");
	arena_release(load->arena, (void (*)(void *))gnutls_certificate_free_credentials,
	    auth->trust.credentials);
	if (read_all(&r, node, err) == -1)
		return -1;
	/* As in the reference: nobody named is everybody whom the system trusts. */
	if (verifies(auth) && !auth->trust.authorities && !auth->pinned &&
	    gnutls_certificate_set_x509_system_trust(auth->trust.credentials) <= 0)
		return jnode_error(
		    node, err, ERROR_INVALID, "names no authority, and the system has none either");
	*out = auth;
	return 0;
}

/* ---- clients ------------------------------------------------------------------------------- */

gnutls_certificate_credentials_t client_auth_credentials(const struct client_auth *auth)
{
	return auth->trust.credentials;
}

void client_auth_ask(const struct client_auth *auth, gnutls_session_t session)
{
	bool may_lack = auth->mode == MODE_REQUEST || auth->mode == MODE_VERIFY_IF_GIVEN;

	gnutls_certificate_server_set_request(
	    session, may_lack && !auth->pinned ? GNUTLS_CERT_REQUEST : GNUTLS_CERT_REQUIRE);
	if (!auth->trust.authorities) /* no list of the whole system's to every client */
		gnutls_certificate_send_x509_rdn_sequence(session, 1);
}

static bool is_leaf(const struct client_auth *auth, const gnutls_datum_t *der)
{
	const struct client_leaf *leaf;

	for (leaf = auth->trust.leaves; leaf != NULL; leaf = leaf->next)
		if (span_eq(leaf->der, span_of(der->data, der->size)))
			return true;
	return false;
}

/* A leaf that was named is trusted by itself, in its time. */
static bool is_in_time(const gnutls_datum_t *der)
{
	time_t now = time(NULL);
	gnutls_x509_crt_t crt;
	bool good;

	if (gnutls_x509_crt_init(&crt) < 0)
		return false;
	good = gnutls_x509_crt_import(crt, der, GNUTLS_X509_FMT_DER) == 0 &&
	       gnutls_x509_crt_get_activation_time(crt) <= now &&
	       gnutls_x509_crt_get_expiration_time(crt) > now;
	gnutls_x509_crt_deinit(crt);
	return good;
}

static bool chain_verifies(gnutls_session_t session)
{
	gnutls_typed_vdata_st purpose = {
	    .type = GNUTLS_DT_KEY_PURPOSE_OID,
	    .data = (unsigned char *)GNUTLS_KP_TLS_WWW_CLIENT,
	};
	unsigned status = 0;

	return gnutls_certificate_verify_peers(session, &purpose, 1, &status) == 0 && status == 0;
}

int client_auth_check(const struct client_auth *auth, gnutls_session_t session, const char **why)
{
	unsigned count = 0;
	const gnutls_datum_t *peers = gnutls_certificate_get_peers(session, &count);

	if (peers == NULL || count == 0) {
		*why = "the client sent no certificate";
		return !auth->pinned &&
			       (auth->mode == MODE_REQUEST || auth->mode == MODE_VERIFY_IF_GIVEN)
			   ? 0
			   : -1;
	}
	*why = "the client's certificate is none of those allowed";
	if (auth->pinned && !is_leaf(auth, &peers[0]))
		return -1;
	*why = "the client's certificate does not verify";
	if (!verifies(auth))
		return 0;
	if (auth->pinned && !auth->trust.authorities)
		return is_in_time(&peers[0]) ? 0 : -1;
	return chain_verifies(session) ? 0 : -1;
}
