/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "daemon/tls/pki.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <gnutls/x509.h>

#include "common/log.h"
#include "daemon/core/load.h"
#include "daemon/core/replacer.h"
#include "daemon/input/field.h"
#include "daemon/tls/key.h"
#include "daemon/tls/pem.h"

#define NAME_DEFAULT "pointsman Local Authority"
#define NAME_PLACEHOLDER "{pki.ca.name}"
#define RENEWAL_RATIO 0.2

struct pki {
	struct pki_ca *items;
	size_t count;
};

/* ---- files ---------------------------------------------------------------------------------- */

/* What was read of a pair. */
struct read_pair {
	gnutls_x509_crt_t crt;
	struct buf pem;
};

static void read_fini(struct read_pair *r)
{
	if (r->crt != NULL)
		gnutls_x509_crt_deinit(r->crt);
	pem_wipe(&r->pem);
}

static int check_key(const struct pki_pair *pair, gnutls_x509_crt_t crt, struct error *err)
{
	struct key *key = pair->key != NULL ? key_load_file(pair->key, err) : NULL;
	bool fits;

	if (pair->key == NULL)
		return 0;
	if (key == NULL)
		return -1;
	fits = key_fits(key, crt);
	key_unref(key);
	return fits ? 0
		    : error_set(err, ERROR_INVALID, "'%s' is not the key of '%s'", pair->key,
			  pair->certificate);
}

/* Reads the certificate, and looks whether it can sign with the key. Returns 0, or -1 with err. */
static int read_pair(const struct pki_pair *pair, struct read_pair *out, struct error *err)
{
	gnutls_datum_t data;
	int rc;

	if (pem_read_file(pair->certificate, &out->pem, err) == -1)
		return -1;
	data = (gnutls_datum_t){
	    .data = out->pem.data + out->pem.start, .size = (unsigned)buf_len(&out->pem)};
	rc = gnutls_x509_crt_init(&out->crt);
	if (rc == 0)
		rc = gnutls_x509_crt_import(out->crt, &data, GNUTLS_X509_FMT_PEM);
	if (rc != 0)
		return error_set(err, ERROR_INVALID, "the certificate in '%s' cannot be read: %s",
		    pair->certificate, gnutls_strerror(rc));
	if (gnutls_x509_crt_get_ca_status(out->crt, NULL) != 1)
		return error_set(err, ERROR_INVALID,
		    "the certificate in '%s' is not an authority's", pair->certificate);
	return check_key(pair, out->crt, err);
}

static int check_signed(
    const struct pki_ca *ca, gnutls_x509_crt_t crt, gnutls_x509_crt_t root, struct error *err)
{
	unsigned status = 0;

	if (gnutls_x509_crt_verify(crt, &root, 1, GNUTLS_VERIFY_DISABLE_TIME_CHECKS, &status) ==
		0 &&
	    status == 0)
		return 0;
	return error_set(err, ERROR_INVALID, "the intermediate in '%s' is not signed by '%s'",
	    ca->intermediate.certificate, ca->root.certificate);
}

/* What tells a certificate from all others, in arena. */
static const char *fingerprint(struct arena *arena, gnutls_x509_crt_t crt)
{
	uint8_t hash[32] = {0};
	size_t size = sizeof(hash), i;
	char *text = arena_alloc(arena, 2 * sizeof(hash) + 1);

	if (crt == NULL ||
	    gnutls_x509_crt_get_fingerprint(crt, GNUTLS_DIG_SHA256, hash, &size) != 0)
		return "";
	for (i = 0; i < sizeof(hash); i++)
		snprintf(text + 2 * i, 3, "%02x", hash[i]);
	return text;
}

/* Both pairs, where they are given; *text is which they are, in arena. Returns 0, or -1 with err.
 */
static int check_files(
    struct arena *arena, const struct pki_ca *ca, const char **text, struct error *err)
{
	struct read_pair root = {0}, intermediate = {0};
	int rc = 0;

	*text = "";
	if (ca->root.certificate == NULL)
		return 0;
	rc = read_pair(&ca->root, &root, err);
	if (rc == 0 && ca->intermediate.certificate != NULL) {
		rc = read_pair(&ca->intermediate, &intermediate, err);
		if (rc == 0)
			rc = check_signed(ca, intermediate.crt, root.crt, err);
	}
	*text = arena_printf(
	    arena, "%s %s", fingerprint(arena, root.crt), fingerprint(arena, intermediate.crt));
	read_fini(&root);
	read_fini(&intermediate);
	return rc;
}

/* ---- one authority -------------------------------------------------------------------------- */

struct pair_params {
	const char *certificate, *key;
	int format;
};

struct ca_params {
	const char *name, *root_name, *intermediate_name;
	int64_t intermediate_lifetime;
	double renewal_ratio;
	struct pair_params root, intermediate;
};

static int warn_of_trust(
    struct load *load, const struct jnode *node, void *target, struct error *err)
{
	bool install;

	(void)load;
	(void)target;
	if (jnode_bool(node, &install, err) == -1)
		return -1;
	if (install)
		log_msg(LOG_WARN, "config",
		    "nothing is installed into the system's trust store: use 'pointsctl ca root'");
	return 0;
}

static int refuse_storage(
    struct load *load, const struct jnode *node, void *target, struct error *err)
{
	(void)load;
	(void)target;
	return jnode_error(node, err, ERROR_UNSUPPORTED,
	    "an authority has no storage of its own: all have the document's 'storage'");
}

static const char *const formats[] = {"pem_file", NULL};

static const struct field pair_fields[] = {
    FIELD_STRING(struct pair_params, certificate, "certificate", FIELD_PATH | FIELD_ENV,
	"file with the authority's certificate, PEM"),
    FIELD_STRING(struct pair_params, key, "private_key", FIELD_PATH | FIELD_ENV,
	"file with its private key, PEM"),
    FIELD_ENUM(struct pair_params, format, "format", 0, "pem_file", formats, "the files' format"),
    FIELD_END,
};

static const struct field ca_fields[] = {
    FIELD_STRING(struct ca_params, name, "name", 0, "what people call it"),
    FIELD_STRING(struct ca_params, root_name, "root_common_name", 0,
	"the root's name; {pki.ca.name} stands for the authority's"),
    FIELD_STRING(struct ca_params, intermediate_name, "intermediate_common_name", 0,
	"the intermediate's name; {pki.ca.name} stands for the authority's"),
    FIELD_DURATION(struct ca_params, intermediate_lifetime, "intermediate_lifetime", 0, "168h",
	"how long an intermediate is valid"),
    {.name = "renewal_window_ratio",
	.type = FIELD_TYPE_FLOAT,
	FIELD_AT(struct ca_params, renewal_ratio),
	.min = 0,
	.max = 1,
	.help = "which part of its lifetime is left when an intermediate is replaced; 0.2"},
    FIELD_OBJECT(struct ca_params, root, "root", 0, pair_fields,
	"a root of the operator's, instead of one that is made"),
    FIELD_OBJECT(struct ca_params, intermediate, "intermediate", 0, pair_fields,
	"an intermediate of the operator's; it is not renewed here"),
    FIELD_CUSTOM(struct ca_params, name, "install_trust", FIELD_HIDDEN, warn_of_trust, &shape_bool,
	"not available"),
    FIELD_CUSTOM(struct ca_params, name, "maintenance_interval", FIELD_HIDDEN, field_ignore,
	&shape_any, "each certificate has its own time"),
    FIELD_CUSTOM(struct ca_params, name, "storage", FIELD_HIDDEN, refuse_storage, &shape_nothing,
	"not available"),
    FIELD_END,
};

/* A common name as it was written; NULL where nothing was. */
static const char *common_name(struct arena *arena, const char *text, const char *name)
{
	const char *at;

	if (text == NULL || *text == '\0')
		return NULL;
	while ((at = strstr(text, NAME_PLACEHOLDER)) != NULL)
		text = arena_printf(
		    arena, "%.*s%s%s", (int)(at - text), text, name, at + strlen(NAME_PLACEHOLDER));
	return replace_at_load(arena, text);
}

static struct pki_pair pair_of(struct arena *arena, const struct pair_params *p)
{
	struct pki_pair pair = {0};

	if (p->certificate != NULL && *p->certificate != '\0')
		pair.certificate = replace_at_load(arena, p->certificate);
	if (p->key != NULL && *p->key != '\0')
		pair.key = replace_at_load(arena, p->key);
	return pair;
}

static int check_pairs(const struct jnode *node, const struct pki_ca *ca, struct error *err)
{
	struct jnode root = jnode_member(node, "root");
	struct jnode intermediate = jnode_member(node, "intermediate");

	if (ca->root.certificate == NULL && ca->root.key != NULL)
		return jnode_error(&root, err, ERROR_INVALID, "has a key, but no certificate");
	if ((ca->intermediate.certificate == NULL) != (ca->intermediate.key == NULL))
		return jnode_error(
		    &intermediate, err, ERROR_INVALID, "needs both certificate and private_key");
	if (ca->intermediate.certificate != NULL && ca->root.certificate == NULL)
		return jnode_error(&root, err, ERROR_INVALID,
		    "is required where an intermediate is given: the certificate of who signed it");
	if (ca->intermediate.certificate == NULL && ca->root.certificate != NULL &&
	    ca->root.key == NULL)
		return jnode_error(&root, err, ERROR_INVALID,
		    "needs private_key to make an intermediate, or give one");
	return 0;
}

static void set_names(struct arena *arena, const struct ca_params *p, struct pki_ca *ca)
{
	const char *name = p->name != NULL && *p->name != '\0' ? p->name : NULL;

	ca->root_name = common_name(arena, p->root_name, name != NULL ? name : NAME_DEFAULT);
	ca->intermediate_name =
	    common_name(arena, p->intermediate_name, name != NULL ? name : NAME_DEFAULT);
	if (name != NULL && ca->root_name == NULL)
		ca->root_name = arena_printf(arena, "%s - ECC Root", name);
	if (name != NULL && ca->intermediate_name == NULL)
		ca->intermediate_name = arena_printf(arena, "%s - ECC Intermediate", name);
}

static int load_ca(
    struct load *load, const struct jnode *node, struct pki_ca *ca, struct error *err)
{
	struct ca_params p = {0};
	struct error inner;
	const char *files;
	char *text;

	if (fields_load(ca_fields, load, node, NULL, load->arena, &p, err) == -1)
		return -1;
	ca->id = arena_strdup(load->arena, node->key);
	set_names(load->arena, &p, ca);
	ca->intermediate_lifetime = p.intermediate_lifetime;
	ca->renewal_ratio = p.renewal_ratio > 0 ? p.renewal_ratio : RENEWAL_RATIO;
	ca->root = pair_of(load->arena, &p.root);
	ca->intermediate = pair_of(load->arena, &p.intermediate);
	if (check_pairs(node, ca, err) == -1)
		return -1;
	if (check_files(load->arena, ca, &files, &inner) == -1)
		return jnode_error(node, err, inner.code, "%s", inner.message);
	text = json_dumps(node->value, JSON_COMPACT | JSON_SORT_KEYS);
	ca->definition = arena_printf(load->arena, "%s %s", text != NULL ? text : "", files);
	free(text);
	return 0;
}

/* ---- the app -------------------------------------------------------------------------------- */

static int load_all(struct load *load, const struct jnode *node, void *target, struct error *err)
{
	struct pki *pki = target;
	const char *id;
	json_t *value;

	if (jnode_object(node, err) == -1)
		return -1;
	pki->items = arena_array(load->arena, json_object_size(node->value), sizeof(*pki->items));
	json_object_foreach (node->value, id, value) {
		struct jnode member = jnode_member(node, id);

		if (*id == '\0')
			return jnode_error(&member, err, ERROR_INVALID, "needs a name");
		if (load_ca(load, &member, &pki->items[pki->count], err) == -1)
			return -1;
		pki->count++;
	}
	return 0;
}

static const struct shape ca_shape = {.type = SHAPE_OBJECT, .fields = ca_fields};
static const struct shape authorities_shape = {.type = SHAPE_MAP, .of = &ca_shape};

static const struct field app_fields[] = {
    {.name = "certificate_authorities",
	.type = FIELD_TYPE_CUSTOM,
	.load = load_all,
	.shape = &authorities_shape,
	.help = "the authorities, by name"},
    FIELD_END,
};

const struct pki_ca *pki_find(const struct instance *instance, const char *id)
{
	static const struct pki_ca local = {
	    .id = PKI_LOCAL, .renewal_ratio = RENEWAL_RATIO, .definition = ""};
	const struct pki *pki = instance != NULL ? instance->pki : NULL;
	size_t i;

	if (id == NULL || *id == '\0')
		id = PKI_LOCAL;
	for (i = 0; pki != NULL && i < pki->count; i++)
		if (strcmp(pki->items[i].id, id) == 0)
			return &pki->items[i];
	return strcmp(id, PKI_LOCAL) == 0 ? &local : NULL;
}

static bool is_as_before(const struct pki *pki, const struct instance *before)
{
	const struct pki *old = before != NULL ? before->pki : NULL;
	const struct pki_ca *ca;
	size_t i;

	if (pki->count != (old != NULL ? old->count : 0))
		return false;
	for (i = 0; i < pki->count; i++) {
		ca = pki_find(before, pki->items[i].id);
		if (ca == NULL || strcmp(ca->definition, pki->items[i].definition) != 0)
			return false;
	}
	return true;
}

static int load(struct load *load, const struct jnode *node, struct error *err)
{
	struct pki *pki = arena_alloc(load->arena, sizeof(*pki));

	load->instance->pki = pki;
	if (node->value != NULL &&
	    fields_load(app_fields, load, node, NULL, load->arena, pki, err) == -1)
		return -1;
	load->authorities_changed = !is_as_before(pki, load->before);
	return 0;
}

const struct app_type app_pki = {
    .name = "pki",
    .help = "authorities of the internal CA",
    .fields = app_fields,
    .load = load,
};
