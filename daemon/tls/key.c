/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "daemon/tls/key.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <gnutls/x509.h>

#include "common/arena.h"
#include "common/buf.h"
#include "daemon/state/state.h"
#include "daemon/tls/pem.h"

struct key {
	_Atomic unsigned refs;
	gnutls_privkey_t handle;
};

const char *const key_type_names[] = {"p256", "p384", "ed25519", "rsa2048", "rsa4096", NULL};

static const struct {
	gnutls_pk_algorithm_t algorithm;
	unsigned bits;
} types[] = {
    [KEY_P256] = {GNUTLS_PK_ECDSA, GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP256R1)},
    [KEY_P384] = {GNUTLS_PK_ECDSA, GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP384R1)},
    [KEY_ED25519] = {GNUTLS_PK_EDDSA_ED25519, GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_ED25519)},
    [KEY_RSA2048] = {GNUTLS_PK_RSA, 2048},
    [KEY_RSA4096] = {GNUTLS_PK_RSA, 4096},
};

static struct key *key_new(gnutls_privkey_t handle)
{
	struct key *key = mem_zalloc(sizeof(*key));

	key->refs = 1;
	key->handle = handle;
	return key;
}

struct key *key_generate(enum key_type type, struct error *err)
{
	gnutls_privkey_t handle;
	int rc;

	rc = gnutls_privkey_init(&handle);
	if (rc == 0) {
		rc = gnutls_privkey_generate(handle, types[type].algorithm, types[type].bits, 0);
		if (rc == 0)
			return key_new(handle);
		gnutls_privkey_deinit(handle);
	}
	error_set(err, ERROR_INTERNAL, "cannot make a private key: %s", gnutls_strerror(rc));
	return NULL;
}

/* Is there a PEM block whose label ends in this? */
static bool has_block(struct span pem, const char *label_end)
{
	return memmem(pem.p, pem.n, label_end, strlen(label_end)) != NULL;
}

struct key *key_load_pem(struct span pem, struct error *err)
{
	gnutls_datum_t data = {.data = (unsigned char *)pem.p, .size = (unsigned)pem.n};
	gnutls_x509_privkey_t bytes;
	gnutls_privkey_t handle;
	int rc;

	if (!has_block(pem, "PRIVATE KEY-----")) {
		error_set(err, ERROR_INVALID, "there is no private key in PEM form");
		return NULL;
	}
	if (has_block(pem, "ENCRYPTED PRIVATE KEY-----") ||
	    has_block(pem, "Proc-Type: 4,ENCRYPTED")) {
		error_set(err, ERROR_UNSUPPORTED,
		    "the private key is encrypted: decrypt it first (openssl pkey -in ...)");
		return NULL;
	}
	rc = gnutls_x509_privkey_init(&bytes);
	if (rc < 0)
		goto out;
	rc =
	    gnutls_x509_privkey_import2(bytes, &data, GNUTLS_X509_FMT_PEM, NULL, GNUTLS_PKCS_PLAIN);
	if (rc == 0)
		rc = gnutls_privkey_init(&handle);
	if (rc < 0) {
		gnutls_x509_privkey_deinit(bytes);
		goto out;
	}
	rc = gnutls_privkey_import_x509(handle, bytes, GNUTLS_PRIVKEY_IMPORT_AUTO_RELEASE);
	if (rc == 0)
		return key_new(handle);
	gnutls_privkey_deinit(handle);
	gnutls_x509_privkey_deinit(bytes);
out:
	error_set(err, ERROR_INVALID, "the private key cannot be read: %s", gnutls_strerror(rc));
	return NULL;
}

struct key *key_load_file(const char *path, struct error *err)
{
	struct buf b = {0};
	struct key *key = NULL;

	if (pem_read_file(path, &b, err) == 0) {
		key = key_load_pem(buf_span(&b), err);
		if (key == NULL)
			error_at(err, "%s", path);
	}
	pem_wipe(&b);
	return key;
}

struct key *key_load_state(struct state *state, const char *name, struct error *err)
{
	struct buf b = {0};
	struct key *key = NULL;

	if (state_read(state, name, PEM_FILE_MAX, &b, err) == 0) {
		key = key_load_pem(buf_span(&b), err);
		if (key == NULL)
			error_at(err, "%s/%s", state_path(state), name);
	}
	pem_wipe(&b);
	return key;
}

int key_store(const struct key *key, struct state *state, const char *name, struct span more,
    struct error *err)
{
	gnutls_x509_privkey_t bytes = NULL;
	gnutls_datum_t pem = {0};
	struct buf b = {0};
	int rc;

	rc = gnutls_privkey_export_x509(key->handle, &bytes);
	if (rc == 0)
		rc = gnutls_x509_privkey_export2_pkcs8(
		    bytes, GNUTLS_X509_FMT_PEM, NULL, GNUTLS_PKCS_PLAIN, &pem);
	if (rc < 0) {
		error_set(
		    err, ERROR_INTERNAL, "cannot write a private key: %s", gnutls_strerror(rc));
	} else {
		buf_reserve(&b, pem.size + more.n);
		buf_append(&b, pem.data, pem.size);
		buf_append(&b, more.p, more.n);
		rc = state_write(state, name, buf_span(&b), err);
		explicit_bzero(pem.data, pem.size);
		gnutls_free(pem.data);
	}
	gnutls_x509_privkey_deinit(bytes);
	pem_wipe(&b);
	return rc < 0 ? -1 : 0;
}

struct key *key_ref(struct key *key)
{
	atomic_fetch_add_explicit(&key->refs, 1, memory_order_relaxed);
	return key;
}

void key_unref(struct key *key)
{
	if (key == NULL || atomic_fetch_sub_explicit(&key->refs, 1, memory_order_acq_rel) != 1)
		return;
	gnutls_privkey_deinit(key->handle);
	free(key);
}

gnutls_privkey_t key_handle(const struct key *key)
{
	return key->handle;
}

bool key_fits(const struct key *key, gnutls_x509_crt_t certificate)
{
	uint8_t ours[32], theirs[32];
	size_t n = sizeof(ours), m = sizeof(theirs);
	gnutls_pubkey_t public;
	bool fits;

	if (gnutls_pubkey_init(&public) < 0)
		return false;
	fits = gnutls_pubkey_import_privkey(public, key->handle, 0, 0) == 0 &&
	       gnutls_pubkey_get_key_id(public, GNUTLS_KEYID_USE_SHA256, ours, &n) == 0 &&
	       gnutls_x509_crt_get_key_id(certificate, GNUTLS_KEYID_USE_SHA256, theirs, &m) == 0 &&
	       n == m && memcmp(ours, theirs, n) == 0;
	gnutls_pubkey_deinit(public);
	return fits;
}
