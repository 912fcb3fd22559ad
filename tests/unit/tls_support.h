/* SPDX-License-Identifier: BSD-2-Clause */
/* Certificates made on the spot, for the tests of daemon/tls. */
#ifndef TESTS_UNIT_TLS_SUPPORT_H
#define TESTS_UNIT_TLS_SUPPORT_H

#include <arpa/inet.h>
#include <check.h>
#include <string.h>
#include <time.h>
#include <gnutls/abstract.h>
#include <gnutls/x509.h>

#include "common/buf.h"
#include "daemon/tls/cert.h"
#include "daemon/tls/store.h"

struct make {
	const char *names[4]; /* DNS names and addresses */
	enum key_type type;
	time_t from, to; /* 0: an hour around now */
	const char *organization;
	const char *serial; /* bytes; NULL: 1 */
	const struct strings *tags;
};

static inline void make_subject(gnutls_x509_crt_t crt, const struct make *m)
{
	uint8_t ip[16];
	size_t i;

	for (i = 0; i < 4 && m->names[i] != NULL; i++) {
		if (inet_pton(AF_INET, m->names[i], ip) == 1)
			gnutls_x509_crt_set_subject_alt_name(
			    crt, GNUTLS_SAN_IPADDRESS, ip, 4, GNUTLS_FSAN_APPEND);
		else if (inet_pton(AF_INET6, m->names[i], ip) == 1)
			gnutls_x509_crt_set_subject_alt_name(
			    crt, GNUTLS_SAN_IPADDRESS, ip, 16, GNUTLS_FSAN_APPEND);
		else
			gnutls_x509_crt_set_subject_alt_name(crt, GNUTLS_SAN_DNSNAME, m->names[i],
			    (unsigned)strlen(m->names[i]), GNUTLS_FSAN_APPEND);
	}
	gnutls_x509_crt_set_dn_by_oid(crt, GNUTLS_OID_X520_COMMON_NAME, 0, "made", 4);
	if (m->organization != NULL)
		gnutls_x509_crt_set_dn_by_oid(crt, GNUTLS_OID_X520_ORGANIZATION_NAME, 0,
		    m->organization, (unsigned)strlen(m->organization));
}

/* A self-signed certificate as PEM text; *key is its key. */
static inline void make_pem(const struct make *m, struct key **key, struct buf *out)
{
	const char *serial = m->serial != NULL ? m->serial : "\001";
	gnutls_datum_t pem;
	gnutls_x509_crt_t crt;
	gnutls_pubkey_t public;
	struct error err;

	*key = key_generate(m->type, &err);
	ck_assert_ptr_nonnull(*key);
	gnutls_pubkey_init(&public);
	gnutls_pubkey_import_privkey(public, key_handle(*key), 0, 0);
	gnutls_x509_crt_init(&crt);
	gnutls_x509_crt_set_version(crt, 3);
	gnutls_x509_crt_set_serial(crt, serial, strlen(serial));
	gnutls_x509_crt_set_activation_time(crt, m->from != 0 ? m->from : time(NULL) - 3600);
	gnutls_x509_crt_set_expiration_time(crt, m->to != 0 ? m->to : time(NULL) + 3600);
	gnutls_x509_crt_set_pubkey(crt, public);
	make_subject(crt, m);
	ck_assert_int_eq(gnutls_x509_crt_privkey_sign(crt, crt, key_handle(*key),
			     m->type == KEY_ED25519 ? GNUTLS_DIG_SHA512 : GNUTLS_DIG_SHA256, 0),
	    0);
	ck_assert_int_eq(gnutls_x509_crt_export2(crt, GNUTLS_X509_FMT_PEM, &pem), 0);
	buf_append(out, pem.data, pem.size);
	gnutls_free(pem.data);
	gnutls_pubkey_deinit(public);
	gnutls_x509_crt_deinit(crt);
}

static inline struct cert *make_cert(const struct make *m)
{
	struct buf pem = {0};
	struct error err;
	struct cert *cert;
	struct key *key;

	make_pem(m, &key, &pem);
	cert = cert_load_pem(buf_span(&pem), key, m->tags, "pem", &err);
	ck_assert_msg(cert != NULL, "%s", err.message);
	key_unref(key);
	buf_fini(&pem);
	return cert;
}

/* Makes one and puts it into the store. */
static inline void make_stored(struct store_set *set, const struct make *m)
{
	struct cert *cert = make_cert(m);

	store_set_add(set, cert);
	store_commit();
	cert_unref(cert);
}

#endif
