/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "daemon/tls/client_auth.h"

#include <string.h>
#include <time.h>
#include <gnutls/x509.h>

#include "daemon/core/replacer.h"
#include "daemon/core/trust.h"
#include "daemon/input/field.h"
#include "daemon/tls/folder.h"
#include "daemon/tls/issuer.h"
#include "daemon/tls/pem.h"
#include "daemon/tls/pki.h"

enum mode {
	MODE_REQUEST,            /* ask; take anything, or nothing */
	MODE_REQUIRE,            /* take any certificate */
	MODE_VERIFY_IF_GIVEN,    /* take none, or one that verifies */
	MODE_REQUIRE_AND_VERIFY, /* take one that verifies */
};

static const char *const mode_names[] = {
    "request", "require", "verify_if_given", "require_and_verify", NULL};

/* One certificate that is accepted as it is, compared as a whole. */
struct leaf {
	struct leaf *next;
	struct span der;
};

struct client_auth {
	enum mode mode;
	bool authorities; /* some were named */
	bool pinned;      /* leaves or a verifier were named: the certificate is one of leaves */
	struct leaf *leaves;
	gnutls_certificate_credentials_t credentials;
};

/* What loading carries along. */
struct reading {
	struct load *load;
	struct client_auth *auth;
	struct buf *identity;
	const struct jnode *node; /* for errors */
};

/* ---- certificates from here and there ------------------------------------------------------ */

static int use_authority(const struct reading *r, gnutls_x509_crt_t crt)
{
	r->auth->authorities = true;
	return gnutls_certificate_set_x509_trust(r->auth->credentials, &crt, 1) < 0 ? -1 : 0;
}

static int use_leaf(const struct reading *r, gnutls_x509_crt_t crt)
{
	struct leaf *leaf = arena_alloc(r->load->arena, sizeof(*leaf));
	gnutls_datum_t der;
	uint8_t *copy;

	if (gnutls_x509_crt_export2(crt, GNUTLS_X509_FMT_DER, &der) < 0)
		return -1;
	copy = arena_alloc(r->load->arena, der.size);
	memcpy(copy, der.data, der.size);
	leaf->der = span_of(copy, der.size);
	leaf->next = r->auth->leaves;
	r->auth->leaves = leaf;
	gnutls_free(der.data);
	return 0;
}

/* Calls use for each certificate in data. Returns how many there were, or -1. */
static int use_each(const struct reading *r, struct span data, gnutls_x509_crt_fmt_t format,
    int (*use)(const struct reading *r, gnutls_x509_crt_t crt))
{
	gnutls_datum_t datum = {.data = (unsigned char *)data.p, .size = (unsigned)data.n};
	gnutls_x509_crt_t *crts;
	unsigned count, i;
	int rc;

	rc = gnutls_x509_crt_list_import2(&crts, &count, &datum, format, 0);
	if (rc < 0)
		return -1;
	for (i = 0; i < count; i++) {
		if (rc >= 0)
			rc = use(r, crts[i]);
		gnutls_x509_crt_deinit(crts[i]);
	}
	gnutls_free(crts);
	buf_append(r->identity, data.p, data.n);
	return rc < 0 ? -1 : (int)count;
}

static int use_base64(const struct reading *r, const struct jnode *item, const char *text,
    int (*use)(const struct reading *r, gnutls_x509_crt_t crt), struct error *err)
{
	gnutls_datum_t in = {.data = (unsigned char *)text, .size = (unsigned)strlen(text)}, der;
	int rc = -1;

	if (gnutls_base64_decode2(&in, &der) == 0) {
		rc = use_each(r, span_of(der.data, der.size), GNUTLS_X509_FMT_DER, use);
		gnutls_free(der.data);
	}
	if (rc == 1)
		return 0;
	return jnode_error(item, err, ERROR_INVALID, "must be a certificate in base64 (DER)");
}

static int use_file(const struct reading *r, const char *path,
    int (*use)(const struct reading *r, gnutls_x509_crt_t crt), struct error *err)
{
	struct buf b = {0};
	struct error inner;
	int rc;

	if (pem_read_file(path, &b, &inner) == -1) {
		pem_wipe(&b);
		return jnode_error(r->node, err, inner.code, "%s", inner.message);
	}
	rc = use_each(r, buf_span(&b), GNUTLS_X509_FMT_PEM, use);
	pem_wipe(&b);
	if (rc > 0)
		return 0;
	return jnode_error(r->node, err, ERROR_INVALID,
	    "there is no readable certificate in PEM form in '%s'", path);
}

/* What the lists of certificates have that go by several names. */
static const struct field texts = {
    .name = "certificates", .type = FIELD_TYPE_STRINGS, .flags = FIELD_ENV};
static const struct field files = {
    .name = "files", .type = FIELD_TYPE_STRINGS, .flags = FIELD_PATH | FIELD_ENV};

/* Calls one for each text of the member key of object, placeholders resolved. */
static int for_each(struct reading *r, const struct jnode *object, const char *key,
    const struct field *kind,
    int (*one)(
	const struct reading *r, const struct jnode *item, const char *text, struct error *err),
    struct error *err)
{
	struct jnode list = jnode_member(object, key);
	const char *text;
	size_t i;

	if (list.value == NULL || json_is_null(list.value))
		return 0;
	if (jnode_array(&list, err) == -1 || trust_field(r->load, kind, &list, err) == -1)
		return -1;
	for (i = 0; i < json_array_size(list.value); i++) {
		struct jnode item = jnode_item(&list, i);

		if (jnode_string(&item, &text, err) == -1)
			return -1;
		r->node = &item;
		if (one(r, &item, replace_at_load(r->load->arena, text), err) == -1)
			return -1;
	}
	return 0;
}

static int inline_authority(
    const struct reading *r, const struct jnode *item, const char *text, struct error *err)
{
	return use_base64(r, item, text, use_authority, err);
}

static int inline_leaf(
    const struct reading *r, const struct jnode *item, const char *text, struct error *err)
{
	return use_base64(r, item, text, use_leaf, err);
}

static int file_authority(
    const struct reading *r, const struct jnode *item, const char *text, struct error *err)
{
	(void)item;
	return use_file(r, text, use_authority, err);
}

static int file_leaf(
    const struct reading *r, const struct jnode *item, const char *text, struct error *err)
{
	(void)item;
	return use_file(r, text, use_leaf, err);
}

static int folder_file(void *arg, const char *path, struct error *err)
{
	return use_file(arg, path, use_leaf, err);
}

static int folder_leaf(
    const struct reading *r, const struct jnode *item, const char *text, struct error *err)
{
	static const struct folder_visitor visitor = {.file = folder_file};

	if (folder_walk(text, &visitor, (void *)r, err) == 0)
		return 0;
	return *err->path != '\0' ? -1 : jnode_error(item, err, err->code, "%s", err->message);
}

static int pem_leaf(
    const struct reading *r, const struct jnode *item, const char *text, struct error *err)
{
	if (use_each(r, span_str(text), GNUTLS_X509_FMT_PEM, use_leaf) > 0)
		return 0;
	return jnode_error(item, err, ERROR_INVALID, "must be a certificate in PEM form");
}

/* An authority of the pki app. */
static int pki_authority(const struct reading *r, const struct jnode *item, const char *text,
    bool root, struct error *err)
{
	const struct pki_ca *ca = pki_find(r->load->instance, text);
	const char *pem;

	if (ca == NULL)
		return jnode_error(item, err, ERROR_NOT_FOUND, "there is no authority '%s'", text);
	r->load->trusts_ours = true;
	if (r->load->dry) {
		r->auth->authorities = true;
		return 0;
	}
	pem = tls_issuer() != NULL ? tls_issuer()->authority_pem(ca, root) : NULL;
	if (pem != NULL && use_each(r, span_str(pem), GNUTLS_X509_FMT_PEM, use_authority) > 0)
		return 0;
	return jnode_error(item, err, ERROR_INTERNAL, "the internal CA is not available");
}

static int pki_root(
    const struct reading *r, const struct jnode *item, const char *text, struct error *err)
{
	return pki_authority(r, item, text, true, err);
}

static int pki_intermediate(
    const struct reading *r, const struct jnode *item, const char *text, struct error *err)
{
	return pki_authority(r, item, text, false, err);
}

/* ---- the object ---------------------------------------------------------------------------- */

/* A kind of source, by its name in the object: its one field is a list. */
struct source {
	struct shape_module module;
	int (*one)(
	    const struct reading *r, const struct jnode *item, const char *text, struct error *err);
};

/* The lists are read where it is known what is made of them. */
#define NODE_FIELD_STRINGS(n, f, h)                                                                \
	{                                                                                          \
		.name = n, .type = FIELD_TYPE_STRINGS, .flags = f, .help = h                       \
	}

static const struct field inline_pool[] = {
    NODE_FIELD_STRINGS("trusted_ca_certs", FIELD_ENV, "certificates in base64 (DER)"), FIELD_END};
static const struct field file_pool[] = {
    NODE_FIELD_STRINGS("pem_files", FIELD_PATH | FIELD_ENV, "files in PEM form"), FIELD_END};
static const struct field pki_pool[] = {
    NODE_FIELD_STRINGS("authority", FIELD_ENV, "names of authorities of the pki app"), FIELD_END};

static const struct source pools[] = {
    {{"inline", "certificates in the document", inline_pool, NULL}, inline_authority},
    {{"file", "certificates in files", file_pool, NULL}, file_authority},
    {{"pki_root", "our own authority's root", pki_pool, NULL}, pki_root},
    {{"pki_intermediate", "our own authority's intermediate", pki_pool, NULL}, pki_intermediate},
    {.one = NULL},
};

static const struct field leaf_files[] = {
    NODE_FIELD_STRINGS("files", FIELD_PATH | FIELD_ENV, "files in PEM form"), FIELD_END};
static const struct field leaf_folders[] = {
    NODE_FIELD_STRINGS("folders", FIELD_PATH | FIELD_ENV, "folders of such files"), FIELD_END};
static const struct field leaf_texts[] = {
    NODE_FIELD_STRINGS("certificates", FIELD_ENV, "certificates in PEM form"), FIELD_END};

static const struct source leaf_loaders[] = {
    {{"file", "certificates in files", leaf_files, NULL}, file_leaf},
    {{"folder", "certificates in folders", leaf_folders, NULL}, folder_leaf},
    {{"pem", "certificates in the document", leaf_texts, NULL}, pem_leaf},
    {.one = NULL},
};

static bool pool_at(size_t i, struct shape_module *out)
{
	*out = pools[i].module;
	return pools[i].one != NULL;
}

static bool leaf_loader_at(size_t i, struct shape_module *out)
{
	*out = leaf_loaders[i].module;
	return leaf_loaders[i].one != NULL;
}

static const struct shape pool_shape = {
    .type = SHAPE_TAGGED, .name = "certificate_pool", .tag = "provider", .module = pool_at};
static const struct shape *const pool_choices[] = {&pool_shape, &shape_empty, NULL};
const struct shape client_auth_pool_shape = {.type = SHAPE_EITHER, .choices = pool_choices};

/* Reads an object {inline_key: a source's name, its list}. */
static int read_source(struct reading *r, const struct jnode *node, const char *inline_key,
    const struct source *sources, struct error *err)
{
	struct jnode name_node = jnode_member(node, inline_key);
	const char *known[8] = {NULL}, *name, *near;
	const struct field *list;
	size_t i;

	if (jnode_object(node, err) == -1)
		return -1;
	if (name_node.value == NULL)
		return jnode_error(&name_node, err, ERROR_INVALID, "is required");
	if (jnode_string(&name_node, &name, err) == -1)
		return -1;
	for (i = 0; sources[i].one != NULL; i++) {
		known[i] = sources[i].module.name;
		if (strcmp(known[i], name) != 0)
			continue;
		list = sources[i].module.fields;
		known[0] = inline_key;
		known[1] = list->name;
		known[2] = NULL;
		if (jnode_known(node, known, err) == -1)
			return -1;
		return for_each(r, node, list->name, list, sources[i].one, err);
	}
	near = error_suggest(name, known);
	return jnode_error(&name_node, err, ERROR_UNSUPPORTED, "'%s' is not available%s%s%s", name,
	    near != NULL ? ", did you mean '" : "", near != NULL ? near : "",
	    near != NULL ? "'?" : "");
}

/*
 * Loading reads these members itself. It takes "leaf_certs_loaders" for none where it is no list,
 * and the mode "" for none.
 */
static const struct shape loader_shape = {
    .type = SHAPE_TAGGED, .name = "leaf_certificates", .tag = "loader", .module = leaf_loader_at};
static const struct shape loaders_shape = {.type = SHAPE_LIST, .of = &loader_shape};

static const struct field leaf_fields[] = {
    {.name = "leaf_certs_loaders",
	.type = FIELD_TYPE_CUSTOM,
	.shape = &loaders_shape,
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
	.shape = &client_auth_pool_shape,
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

		if (read_source(r, &item, "loader", leaf_loaders, err) == -1)
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

/* Is there something, be it wrong? */
static bool has_any(const struct jnode *node, const char *key)
{
	const json_t *value = json_object_get(node->value, key);

	if (value == NULL || json_is_null(value))
		return false;
	if (json_is_array(value))
		return json_array_size(value) > 0;
	return !json_is_string(value) || json_string_length(value) > 0;
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
		r->auth->mode = r->auth->authorities || has_any(node, "trusted_leaf_certs")
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

/* The member "ca", or the lists called certs and paths. */
static int read_authorities(struct reading *r, const struct jnode *node, const char *certs,
    const char *paths, struct error *err)
{
	struct jnode ca = jnode_member(node, "ca");

	if (has_any(node, "ca") && (has_any(node, certs) || has_any(node, paths)))
		return jnode_error(&ca, err, ERROR_CONFLICT,
		    "authorities are named here and in %s or %s: one of them is enough", certs,
		    paths);
	if (has_any(node, "ca") && read_source(r, &ca, "provider", pools, err) == -1)
		return -1;
	if (for_each(r, node, certs, &texts, inline_authority, err) == -1)
		return -1;
	return for_each(r, node, paths, &files, file_authority, err);
}

int client_auth_read_authorities(struct load *load, const struct jnode *node, const char *certs,
    const char *paths, gnutls_certificate_credentials_t credentials, struct error *err)
{
	struct client_auth auth = {.credentials = credentials};
	struct buf identity = {0};
	struct reading r = {.load = load, .auth = &auth, .identity = &identity, .node = node};
	int rc = read_authorities(&r, node, certs, paths, err);

	buf_fini(&identity);
	return rc;
}

static int read_all(struct reading *r, const struct jnode *node, struct error *err)
{
	if (read_authorities(r, node, "trusted_ca_certs", "trusted_ca_certs_pem_files", err) == -1)
		return -1;
	r->auth->pinned = has_any(node, "trusted_leaf_certs");
	if (for_each(r, node, "trusted_leaf_certs", &texts, inline_leaf, err) == -1 ||
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
	struct reading r = {.load = load, .auth = auth, .identity = identity, .node = node};
	bool asks = false;
	size_t i;

	*out = NULL;
	for (i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		known[i] = auth_fields[i].name;
	if (jnode_object(node, err) == -1 || jnode_known(node, known, err) == -1)
		return -1;
	for (i = 0; known[i] != NULL; i++)
		asks |= has_any(node, known[i]);
	if (!asks)
		return 0;
	if (gnutls_certificate_allocate_credentials(&auth->credentials) < 0)
		return error_set(err, ERROR_INTERNAL, "no memory for credentials");
	arena_release(
	    load->arena, (void (*)(void *))gnutls_certificate_free_credentials, auth->credentials);
	if (read_all(&r, node, err) == -1)
		return -1;
	/* As in the reference: nobody named is everybody whom the system trusts. */
	if (verifies(auth) && !auth->authorities && !auth->pinned &&
	    gnutls_certificate_set_x509_system_trust(auth->credentials) <= 0)
		return jnode_error(
		    node, err, ERROR_INVALID, "names no authority, and the system has none either");
	*out = auth;
	return 0;
}

/* ---- clients ------------------------------------------------------------------------------- */

gnutls_certificate_credentials_t client_auth_credentials(const struct client_auth *auth)
{
	return auth->credentials;
}

void client_auth_ask(const struct client_auth *auth, gnutls_session_t session)
{
	bool may_lack = auth->mode == MODE_REQUEST || auth->mode == MODE_VERIFY_IF_GIVEN;

	gnutls_certificate_server_set_request(
	    session, may_lack && !auth->pinned ? GNUTLS_CERT_REQUEST : GNUTLS_CERT_REQUIRE);
	if (!auth->authorities) /* no list of the whole system's to every client */
		gnutls_certificate_send_x509_rdn_sequence(session, 1);
}

static bool is_leaf(const struct client_auth *auth, const gnutls_datum_t *der)
{
	const struct leaf *leaf;

	for (leaf = auth->leaves; leaf != NULL; leaf = leaf->next)
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
	if (auth->pinned && !auth->authorities)
		return is_in_time(&peers[0]) ? 0 : -1;
	return chain_verifies(session) ? 0 : -1;
}
