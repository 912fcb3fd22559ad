/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "daemon/certs/acme_chain.h"

#include <string.h>
#include <gnutls/x509.h>

#include "daemon/certs/acme_jws.h"
#include "daemon/tls/cert.h"

bool acme_chains_matter(const struct acme_chains *wanted)
{
	return wanted->smallest || wanted->root_common_name.count > 0 ||
	       wanted->any_common_name.count > 0;
}

/* ---- reading ------------------------------------------------------------------------------- */

struct chain {
	gnutls_x509_crt_t *crts;
	unsigned count;
};

static int chain_read(struct span pem, struct chain *out)
{
	gnutls_datum_t data = {.data = (unsigned char *)pem.p, .size = (unsigned)pem.n};

	*out = (struct chain){0};
	return gnutls_x509_crt_list_import2(&out->crts, &out->count, &data, GNUTLS_X509_FMT_PEM, 0);
}

static void chain_fini(struct chain *chain)
{
	unsigned i;

	for (i = 0; i < chain->count; i++)
		gnutls_x509_crt_deinit(chain->crts[i]);
	gnutls_free(chain->crts);
}

/* Is one of names the common name of who issued the certificate? */
static bool issued_by(gnutls_x509_crt_t crt, const struct strings *names)
{
	char text[256];
	size_t n = sizeof(text), i;

	if (gnutls_x509_crt_get_issuer_dn_by_oid(crt, GNUTLS_OID_X520_COMMON_NAME, 0, 0, text, &n) <
	    0)
		return false;
	for (i = 0; i < names->count; i++)
		if (strcmp(names->items[i], text) == 0)
			return true;
	return false;
}

static bool fits(const struct acme_chains *wanted, struct span pem)
{
	struct chain chain;
	bool yes = false;
	unsigned i;

	if (chain_read(pem, &chain) < 0)
		return false;
	if (chain.count > 0)
		yes = issued_by(chain.crts[chain.count - 1], &wanted->root_common_name);
	for (i = 0; i < chain.count; i++)
		yes |= issued_by(chain.crts[i], &wanted->any_common_name);
	chain_fini(&chain);
	return yes;
}

/* ---- choosing ------------------------------------------------------------------------------ */

size_t acme_chain_choose(const struct acme_chains *wanted, const struct span *chains, size_t count)
{
	size_t i, best = 0;

	for (i = 0; i < count; i++) {
		if (wanted->smallest) {
			if (chains[i].n < chains[best].n)
				best = i;
		} else if (fits(wanted, chains[i])) {
			return i;
		}
	}
	return best;
}

/* ---- renewal information ------------------------------------------------------------------- */

int acme_certificate_id(struct span der, struct buf *out, struct error *err)
{
	gnutls_datum_t data = {.data = (unsigned char *)der.p, .size = (unsigned)der.n};
	gnutls_x509_crt_t crt = NULL;
	uint8_t key_id[64], serial[64];
	size_t n = sizeof(key_id), m = sizeof(serial);
	int rc = gnutls_x509_crt_init(&crt);

	if (rc == 0)
		rc = gnutls_x509_crt_import(crt, &data, GNUTLS_X509_FMT_DER);
	if (rc == 0)
		rc = gnutls_x509_crt_get_authority_key_id(crt, key_id, &n, NULL);
	if (rc == 0)
		rc = gnutls_x509_crt_get_serial(crt, serial, &m);
	if (crt != NULL)
		gnutls_x509_crt_deinit(crt);
	if (rc < 0)
		return error_set(err, ERROR_INVALID, "the certificate has no identifier: %s",
		    gnutls_strerror(rc));
	base64url_append(out, span_of(key_id, n));
	buf_append_str(out, ".");
	base64url_append(out, span_of(serial, m));
	return 0;
}
