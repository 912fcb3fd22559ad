/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "daemon/tls/client_sources.h"

#include <string.h>

#include "daemon/core/replacer.h"
#include "daemon/core/trust.h"
#include "daemon/tls/folder.h"
#include "daemon/tls/issuer.h"
#include "daemon/tls/pem.h"
#include "daemon/tls/pki.h"

/* ---- certificates from here and there ------------------------------------------------------ */

static int use_authority(const struct client_sources *r, gnutls_x509_crt_t crt)
{
	r->trust->authorities = true;
	return gnutls_certificate_set_x509_trust(r->trust->credentials, &crt, 1) < 0 ? -1 : 0;
}

static int use_leaf(const struct client_sources *r, gnutls_x509_crt_t crt)
{
	struct client_leaf *leaf = arena_alloc(r->load->arena, sizeof(*leaf));
	gnutls_datum_t der;
	uint8_t *copy;

	if (gnutls_x509_crt_export2(crt, GNUTLS_X509_FMT_DER, &der) < 0)
		return -1;
	copy = arena_alloc(r->load->arena, der.size);
	memcpy(copy, der.data, der.size);
	leaf->der = span_of(copy, der.size);
	leaf->next = r->trust->leaves;
	r->trust->leaves = leaf;
	gnutls_free(der.data);
	return 0;
}

/* Calls use for each certificate in data. Returns how many there were, or -1. */
static int use_each(const struct client_sources *r, struct span data, gnutls_x509_crt_fmt_t format,
    int (*use)(const struct client_sources *r, gnutls_x509_crt_t crt))
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

static int use_base64(const struct client_sources *r, const struct jnode *item, const char *text,
    int (*use)(const struct client_sources *r, gnutls_x509_crt_t crt), struct error *err)
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

static int use_file(const struct client_sources *r, const char *path,
    int (*use)(const struct client_sources *r, gnutls_x509_crt_t crt), struct error *err)
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
static int for_each(struct client_sources *r, const struct jnode *object, const char *key,
    const struct field *kind,
    int (*one)(const struct client_sources *r, const struct jnode *item, const char *text,
	struct error *err),
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
    const struct client_sources *r, const struct jnode *item, const char *text, struct error *err)
{
	return use_base64(r, item, text, use_authority, err);
}

static int inline_leaf(
    const struct client_sources *r, const struct jnode *item, const char *text, struct error *err)
{
	return use_base64(r, item, text, use_leaf, err);
}

static int file_authority(
    const struct client_sources *r, const struct jnode *item, const char *text, struct error *err)
{
	(void)item;
	return use_file(r, text, use_authority, err);
}

static int file_leaf(
    const struct client_sources *r, const struct jnode *item, const char *text, struct error *err)
{
	(void)item;
	return use_file(r, text, use_leaf, err);
}

static int folder_file(void *arg, const char *path, struct error *err)
{
	return use_file(arg, path, use_leaf, err);
}

static int folder_leaf(
    const struct client_sources *r, const struct jnode *item, const char *text, struct error *err)
{
	static const struct folder_visitor visitor = {.file = folder_file};

	if (folder_walk(text, &visitor, (void *)r, err) == 0)
		return 0;
	return *err->path != '\0' ? -1 : jnode_error(item, err, err->code, "%s", err->message);
}

static int pem_leaf(
    const struct client_sources *r, const struct jnode *item, const char *text, struct error *err)
{
	if (use_each(r, span_str(text), GNUTLS_X509_FMT_PEM, use_leaf) > 0)
		return 0;
	return jnode_error(item, err, ERROR_INVALID, "must be a certificate in PEM form");
}

/* An authority of the pki app. */
static int pki_authority(const struct client_sources *r, const struct jnode *item, const char *text,
    bool root, struct error *err)
{
	const struct pki_ca *ca = pki_find(r->load->instance, text);
	const char *pem;

	if (ca == NULL)
		return jnode_error(item, err, ERROR_NOT_FOUND, "there is no authority '%s'", text);
	r->load->trusts_ours = true;
	if (r->load->dry) {
		r->trust->authorities = true;
		return 0;
	}
	pem = tls_issuer() != NULL ? tls_issuer()->authority_pem(ca, root) : NULL;
	if (pem != NULL && use_each(r, span_str(pem), GNUTLS_X509_FMT_PEM, use_authority) > 0)
		return 0;
	return jnode_error(item, err, ERROR_INTERNAL, "the internal CA is not available");
}

static int pki_root(
    const struct client_sources *r, const struct jnode *item, const char *text, struct error *err)
{
	return pki_authority(r, item, text, true, err);
}

static int pki_intermediate(
    const struct client_sources *r, const struct jnode *item, const char *text, struct error *err)
{
	return pki_authority(r, item, text, false, err);
}

/* ---- kinds of sources ------------------------------------------------------------------------ */

/* A kind of source, by its name in the object: its one field is a list. */
struct source {
	struct shape_module module;
	int (*one)(const struct client_sources *r, const struct jnode *item, const char *text,
	    struct error *err);
};

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

static const struct shape leaves_shape = {
    .type = SHAPE_TAGGED, .name = "leaf_certificates", .tag = "loader", .module = leaf_loader_at};
const struct shape client_leaves_shape = {.type = SHAPE_LIST, .of = &leaves_shape};

static const struct shape pool_shape = {
    .type = SHAPE_TAGGED, .name = "certificate_pool", .tag = "provider", .module = pool_at};
static const struct shape *const pool_choices[] = {&pool_shape, &shape_empty, NULL};
const struct shape client_pool_shape = {.type = SHAPE_EITHER, .choices = pool_choices};

/* Reads an object {inline_key: a source's name, its list}. */
static int read_source(struct client_sources *r, const struct jnode *node, const char *inline_key,
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

int client_sources_leaves(struct client_sources *r, const struct jnode *node, struct error *err)
{
	return read_source(r, node, "loader", leaf_loaders, err);
}

int client_sources_leaf_certs(
    struct client_sources *r, const struct jnode *object, const char *key, struct error *err)
{
	return for_each(r, object, key, &texts, inline_leaf, err);
}

bool client_sources_any(const struct jnode *node, const char *key)
{
	const json_t *value = json_object_get(node->value, key);

	if (value == NULL || json_is_null(value))
		return false;
	if (json_is_array(value))
		return json_array_size(value) > 0;
	return !json_is_string(value) || json_string_length(value) > 0;
}

int client_sources_authorities(struct client_sources *r, const struct jnode *node,
    const char *certs, const char *paths, struct error *err)
{
	struct jnode ca = jnode_member(node, "ca");

	if (client_sources_any(node, "ca") &&
	    (client_sources_any(node, certs) || client_sources_any(node, paths)))
		return jnode_error(&ca, err, ERROR_CONFLICT,
		    "authorities are named here and in %s or %s: one of them is enough", certs,
		    paths);
	if (client_sources_any(node, "ca") && read_source(r, &ca, "provider", pools, err) == -1)
		return -1;
	if (for_each(r, node, certs, &texts, inline_authority, err) == -1)
		return -1;
	return for_each(r, node, paths, &files, file_authority, err);
}

int client_sources_trust(struct load *load, const struct jnode *node, const char *certs,
    const char *paths, gnutls_certificate_credentials_t credentials, struct error *err)
{
	struct client_trust trust = {.credentials = credentials};
	struct buf identity = {0};
	struct client_sources r = {
	    .load = load, .trust = &trust, .identity = &identity, .node = node};
	int rc = client_sources_authorities(&r, node, certs, paths, err);

	buf_fini(&identity);
	return rc;
}
