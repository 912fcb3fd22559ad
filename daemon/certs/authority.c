/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "daemon/certs/authority.h"

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <gnutls/crypto.h>

#include "common/buf.h"
#include "common/netaddr.h"
#include "daemon/state/state.h"
#include "daemon/tls/pem.h"

#define SERIAL_SIZE 16
#define BACKDATE 60 /* seconds: clients' clocks differ */

/* What is to be signed. */
struct request {
	const char *common_name; /* NULL: an empty subject */
	const char *name;        /* alternative name; NULL: this is an authority */
	bool root;
	const struct key *key;
	time_t from, to;
};

/* ---- making certificates ------------------------------------------------------------------- */

/* Positive, without leading zeros, 126 bits of randomness (RFC 5280 section 4.1.2.2). */
static int set_serial(gnutls_x509_crt_t crt)
{
	uint8_t serial[SERIAL_SIZE];
	int rc = gnutls_rnd(GNUTLS_RND_NONCE, serial, sizeof(serial));

	if (rc < 0)
		return rc;
	serial[0] = (serial[0] & 0x7f) | 0x40;
	return gnutls_x509_crt_set_serial(crt, serial, sizeof(serial));
}

static int set_name(gnutls_x509_crt_t crt, const char *name)
{
	struct netaddr addr;

	if (netaddr_parse_ip(name, &addr))
		return gnutls_x509_crt_set_subject_alt_name(crt, GNUTLS_SAN_IPADDRESS, addr.ip,
		    addr.family == AF_INET ? 4 : 16, GNUTLS_FSAN_SET);
	return gnutls_x509_crt_set_subject_alt_name(
	    crt, GNUTLS_SAN_DNSNAME, name, (unsigned)strlen(name), GNUTLS_FSAN_SET);
}

static int set_usage(gnutls_x509_crt_t crt, const struct request *r)
{
	int rc;

	if (r->name == NULL) {
		rc = gnutls_x509_crt_set_basic_constraints(crt, 1, r->root ? 1 : 0);
		if (rc == 0)
			rc = gnutls_x509_crt_set_key_usage(
			    crt, GNUTLS_KEY_KEY_CERT_SIGN | GNUTLS_KEY_CRL_SIGN);
		return rc;
	}
	rc = gnutls_x509_crt_set_basic_constraints(crt, 0, -1);
	if (rc == 0)
		rc = gnutls_x509_crt_set_key_usage(crt, GNUTLS_KEY_DIGITAL_SIGNATURE);
	if (rc == 0)
		rc = gnutls_x509_crt_set_key_purpose_oid(crt, GNUTLS_KP_TLS_WWW_SERVER, 0);
	if (rc == 0)
		rc = gnutls_x509_crt_set_key_purpose_oid(crt, GNUTLS_KP_TLS_WWW_CLIENT, 0);
	/* Critical, for the subject is empty (RFC 5280 section 4.2.1.6); GnuTLS sees to that. */
	return rc == 0 ? set_name(crt, r->name) : rc;
}

/* Subject and authority key identifiers (RFC 5280 sections 4.2.1.1 and 4.2.1.2). */
static int set_key_ids(gnutls_x509_crt_t crt, const struct authority *issuer)
{
	uint8_t id[64];
	size_t n = sizeof(id);
	int rc = gnutls_x509_crt_get_key_id(crt, 0, id, &n);

	if (rc == 0)
		rc = gnutls_x509_crt_set_subject_key_id(crt, id, n);
	if (rc < 0 || issuer == NULL)
		return rc;
	n = sizeof(id);
	rc = gnutls_x509_crt_get_subject_key_id(issuer->crt, id, &n, NULL);
	return rc == 0 ? gnutls_x509_crt_set_authority_key_id(crt, id, n) : rc;
}

static int fill_in(gnutls_x509_crt_t crt, const struct request *r, const struct authority *issuer)
{
	gnutls_pubkey_t public = NULL;
	int rc = gnutls_x509_crt_set_version(crt, 3);

	if (rc == 0)
		rc = set_serial(crt);
	if (rc == 0)
		rc = gnutls_x509_crt_set_activation_time(crt, r->from);
	if (rc == 0)
		rc = gnutls_x509_crt_set_expiration_time(crt, r->to);
	if (rc == 0 && r->common_name != NULL)
		rc = gnutls_x509_crt_set_dn_by_oid(crt, GNUTLS_OID_X520_COMMON_NAME, 0,
		    r->common_name, (unsigned)strlen(r->common_name));
	if (rc == 0)
		rc = gnutls_pubkey_init(&public);
	if (rc == 0)
		rc = gnutls_pubkey_import_privkey(public, key_handle(r->key), 0, 0);
	if (rc == 0)
		rc = gnutls_x509_crt_set_pubkey(crt, public);
	if (public != NULL)
		gnutls_pubkey_deinit(public);
	if (rc == 0)
		rc = set_usage(crt, r);
	return rc == 0 ? set_key_ids(crt, issuer) : rc;
}

/* NULL with err. issuer NULL: signed by its own key. */
static gnutls_x509_crt_t sign(
    const struct request *r, const struct authority *issuer, struct error *err)
{
	gnutls_x509_crt_t crt = NULL;
	int rc = gnutls_x509_crt_init(&crt);

	if (rc == 0)
		rc = fill_in(crt, r, issuer);
	if (rc == 0)
		rc = gnutls_x509_crt_privkey_sign(crt, issuer != NULL ? issuer->crt : crt,
		    key_handle(issuer != NULL ? issuer->key : r->key), GNUTLS_DIG_SHA256, 0);
	if (rc == 0)
		return crt;
	if (crt != NULL)
		gnutls_x509_crt_deinit(crt);
	error_set(err, ERROR_INTERNAL, "cannot make a certificate for '%s': %s",
	    r->name != NULL ? r->name : r->common_name, gnutls_strerror(rc));
	return NULL;
}

static char *pem_of(gnutls_x509_crt_t crt)
{
	gnutls_datum_t pem;
	char *text;

	if (gnutls_x509_crt_export2(crt, GNUTLS_X509_FMT_PEM, &pem) < 0)
		return NULL;
	text = mem_strdup((const char *)pem.data);
	gnutls_free(pem.data);
	return text;
}

/* ---- authorities --------------------------------------------------------------------------- */

/* Takes crt and key. */
static struct authority *authority_new(gnutls_x509_crt_t crt, struct key *key, struct error *err)
{
	struct authority *a = mem_zalloc(sizeof(*a));

	a->crt = crt;
	a->key = key;
	a->not_before = gnutls_x509_crt_get_activation_time(crt);
	a->not_after = gnutls_x509_crt_get_expiration_time(crt);
	a->pem = pem_of(crt);
	if (a->pem != NULL)
		return a;
	error_set(err, ERROR_INTERNAL, "a certificate cannot be written");
	authority_free(a);
	return NULL;
}

struct authority *authority_make(const char *common_name, const struct authority *issuer,
    time_t now, int64_t lifetime, struct error *err)
{
	struct request r = {
	    .common_name = common_name,
	    .root = issuer == NULL,
	    .from = now - BACKDATE,
	    .to = now + lifetime,
	};
	struct key *key = key_generate(KEY_P256, err);
	gnutls_x509_crt_t crt;

	if (key == NULL)
		return NULL;
	if (issuer != NULL && r.to > issuer->not_after)
		r.to = issuer->not_after;
	r.key = key;
	crt = sign(&r, issuer, err);
	if (crt != NULL)
		return authority_new(crt, key, err);
	key_unref(key);
	return NULL;
}

void authority_free(struct authority *a)
{
	if (a == NULL)
		return;
	gnutls_x509_crt_deinit(a->crt);
	key_unref(a->key);
	free(a->pem);
	free(a);
}

int authority_store(
    const struct authority *a, struct state *state, const char *name, struct error *err)
{
	return key_store(a->key, state, name, span_str(a->pem), err);
}

/* The first certificate of a PEM text from file; NULL with err. */
static gnutls_x509_crt_t import_certificate(
    const struct buf *pem, const char *file, struct error *err)
{
	gnutls_datum_t data = {.data = pem->data + pem->start, .size = (unsigned)buf_len(pem)};
	gnutls_x509_crt_t crt = NULL;
	int rc = gnutls_x509_crt_init(&crt);

	if (rc == 0)
		rc = gnutls_x509_crt_import(crt, &data, GNUTLS_X509_FMT_PEM);
	if (rc == 0)
		return crt;
	if (crt != NULL)
		gnutls_x509_crt_deinit(crt);
	error_set(err, ERROR_INVALID, "the certificate in '%s' cannot be read: %s", file,
	    gnutls_strerror(rc));
	return NULL;
}

/* Takes crt and key; key NULL with err: it could not be had. */
static struct authority *join(
    gnutls_x509_crt_t crt, struct key *key, const char *file, struct error *err)
{
	if (key != NULL && !key_fits(key, crt)) {
		error_set(
		    err, ERROR_INVALID, "key and certificate in '%s' do not belong together", file);
		key_unref(key);
		key = NULL;
	}
	if (key != NULL)
		return authority_new(crt, key, err);
	gnutls_x509_crt_deinit(crt);
	return NULL;
}

struct authority *authority_load(struct state *state, const char *name, struct error *err)
{
	gnutls_x509_crt_t crt = NULL;
	struct authority *a = NULL;
	struct buf pem = {0}, file = {0};

	buf_printf(&file, "%s/%s", state_path(state), name);
	if (state_read(state, name, PEM_FILE_MAX, &pem, err) == 0)
		crt = import_certificate(&pem, buf_str(&file), err);
	pem_wipe(&pem);
	if (crt != NULL)
		a = join(crt, key_load_state(state, name, err), buf_str(&file), err);
	buf_fini(&file);
	return a;
}

struct authority *authority_load_files(const char *certificate, const char *key, struct error *err)
{
	gnutls_x509_crt_t crt = NULL;
	struct buf pem = {0};

	if (pem_read_file(certificate, &pem, err) == 0)
		crt = import_certificate(&pem, certificate, err);
	pem_wipe(&pem);
	if (crt == NULL)
		return NULL;
	if (key == NULL)
		return authority_new(crt, NULL, err);
	return join(crt, key_load_file(key, err), certificate, err);
}

bool authority_is_signed_by(const struct authority *a, const struct authority *issuer)
{
	unsigned status = 0;

	return gnutls_x509_crt_verify(
		   a->crt, &issuer->crt, 1, GNUTLS_VERIFY_DISABLE_TIME_CHECKS, &status) == 0 &&
	       status == 0;
}

/* ---- leaves -------------------------------------------------------------------------------- */

struct cert *authority_issue(const struct authority *a, const char *name, enum key_type type,
    time_t now, int64_t lifetime, struct error *err)
{
	struct request r = {.name = name, .from = now - BACKDATE, .to = now + lifetime};
	struct key *key = key_generate(type, err);
	gnutls_x509_crt_t crt;
	struct cert *cert = NULL;
	struct buf chain = {0};
	char *pem;

	if (key == NULL)
		return NULL;
	if (r.to > a->not_after)
		r.to = a->not_after;
	r.key = key;
	crt = sign(&r, a, err);
	if (crt != NULL) {
		pem = pem_of(crt);
		buf_append_str(&chain, pem != NULL ? pem : "");
		buf_append_str(&chain, a->pem);
		cert = cert_load_pem(buf_span(&chain), key, NULL, "internal", err);
		gnutls_x509_crt_deinit(crt);
		free(pem);
		buf_fini(&chain);
	}
	key_unref(key);
	return cert;
}
