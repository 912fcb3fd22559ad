/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "daemon/certs/csr.h"

#include <string.h>
#include <sys/socket.h>
#include <gnutls/x509.h>

#include "common/netaddr.h"

static int add_name(gnutls_x509_crq_t crq, const char *name)
{
	struct netaddr addr;

	if (netaddr_parse_ip(name, &addr))
		return gnutls_x509_crq_set_subject_alt_name(crq, GNUTLS_SAN_IPADDRESS, addr.ip,
		    addr.family == AF_INET ? 4 : 16, GNUTLS_FSAN_APPEND);
	return gnutls_x509_crq_set_subject_alt_name(
	    crq, GNUTLS_SAN_DNSNAME, name, (unsigned)strlen(name), GNUTLS_FSAN_APPEND);
}

/* Sets the public key; *hash is what signatures of such a key are best made with. */
static int set_key(gnutls_x509_crq_t crq, const struct key *key, gnutls_digest_algorithm_t *hash)
{
	gnutls_pubkey_t public;
	int rc = gnutls_pubkey_init(&public);

	if (rc < 0)
		return rc;
	rc = gnutls_pubkey_import_privkey(public, key_handle(key), 0, 0);
	if (rc == 0)
		rc = gnutls_x509_crq_set_pubkey(crq, public);
	if (rc == 0)
		rc = gnutls_pubkey_get_preferred_hash_algorithm(public, hash, NULL);
	gnutls_pubkey_deinit(public);
	return rc;
}

static int fill_in(gnutls_x509_crq_t crq, const struct key *key, const struct strings *names)
{
	gnutls_digest_algorithm_t hash = GNUTLS_DIG_SHA256;
	int rc = gnutls_x509_crq_set_version(crq, 1);
	size_t i;

	for (i = 0; rc == 0 && i < names->count; i++)
		rc = add_name(crq, names->items[i]);
	if (rc == 0)
		rc = set_key(crq, key, &hash);
	return rc == 0 ? gnutls_x509_crq_privkey_sign(crq, key_handle(key), hash, 0) : rc;
}

int csr_make(const struct key *key, const struct strings *names, struct buf *out, struct error *err)
{
	gnutls_x509_crq_t crq = NULL;
	gnutls_datum_t der = {0};
	int rc = gnutls_x509_crq_init(&crq);

	if (rc == 0)
		rc = fill_in(crq, key, names);
	if (rc == 0)
		rc = gnutls_x509_crq_export2(crq, GNUTLS_X509_FMT_DER, &der);
	if (rc == 0)
		buf_append(out, der.data, der.size);
	gnutls_free(der.data);
	if (crq != NULL)
		gnutls_x509_crq_deinit(crq);
	if (rc == 0)
		return 0;
	return error_set(err, ERROR_INTERNAL, "cannot make a signing request for '%s': %s",
	    names->count > 0 ? names->items[0] : "", gnutls_strerror(rc));
}
