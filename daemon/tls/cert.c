/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "daemon/tls/cert.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <gnutls/x509.h>

#include "common/netaddr.h"
#include "daemon/tls/pem.h"
#include "daemon/tls/staple.h"

#define NAMES_MAX 4096 /* in one certificate */
#define ACCESS_MAX 8   /* entries of the extension that says where to ask that are looked at */
#define URL_LENGTH_MAX 1024

static _Atomic uint64_t generations;

/* ---- what a certificate says --------------------------------------------------------------- */

static void add_string(struct arena *arena, struct strings *list, const char *text)
{
	const char **items;
	size_t i;

	for (i = 0; i < list->count; i++)
		if (strcmp(list->items[i], text) == 0)
			return;
	/* Doubling; what the arena keeps of the smaller ones does not matter here. */
	if ((list->count & (list->count - 1)) == 0) {
		items = arena_array(arena, list->count > 0 ? list->count * 2 : 1, sizeof(*items));
		if (list->count > 0)
			memcpy(items, list->items, list->count * sizeof(*items));
		list->items = items;
	}
	list->items[list->count++] = text;
}

static void add_dns_name(struct cert *cert, const char *text, size_t n)
{
	char *name = arena_strndup(cert->arena, text, n), *p;

	for (p = name; *p != '\0'; p++)
		*p = (char)tolower((unsigned char)*p);
	if (strlen(name) == n && n > 0)
		add_string(cert->arena, &cert->names, name);
}

static void add_ip_name(struct cert *cert, const uint8_t *ip, size_t n)
{
	struct netaddr addr = {.family = n == 4 ? AF_INET : AF_INET6};
	char text[NETADDR_TEXT_MAX];

	if (n != 4 && n != 16)
		return;
	memcpy(addr.ip, ip, n);
	netaddr_ip_text(&addr, text);
	add_string(cert->arena, &cert->names, arena_strdup(cert->arena, text));
}

static void read_names(struct cert *cert, gnutls_x509_crt_t crt)
{
	char text[256];
	unsigned i;
	size_t n;
	int rc;

	for (i = 0; i < NAMES_MAX; i++) {
		n = sizeof(text);
		rc = gnutls_x509_crt_get_subject_alt_name(crt, i, text, &n, NULL);
		if (rc == GNUTLS_E_SHORT_MEMORY_BUFFER)
			continue;
		if (rc < 0)
			break;
		if (rc == GNUTLS_SAN_DNSNAME)
			add_dns_name(cert, text, n);
		else if (rc == GNUTLS_SAN_IPADDRESS)
			add_ip_name(cert, (const uint8_t *)text, n);
	}
	if (cert->names.count > 0)
		return;
	/* An old certificate without alternative names: the common name is the name. */
	n = sizeof(text);
	if (gnutls_x509_crt_get_dn_by_oid(crt, GNUTLS_OID_X520_COMMON_NAME, 0, 0, text, &n) == 0)
		add_dns_name(cert, text, n);
}

static void read_organizations(struct cert *cert, gnutls_x509_crt_t crt)
{
	char text[256];
	unsigned i;
	size_t n;

	for (i = 0; i < 16; i++) {
		n = sizeof(text);
		if (gnutls_x509_crt_get_dn_by_oid(
			crt, GNUTLS_OID_X520_ORGANIZATION_NAME, i, 0, text, &n) < 0)
			return;
		add_string(cert->arena, &cert->organizations, arena_strndup(cert->arena, text, n));
	}
}

/* Divides the big-endian number by ten; returns the remainder. */
static unsigned divide_by_ten(uint8_t *number, size_t n)
{
	unsigned rest = 0;
	size_t i;

	for (i = 0; i < n; i++) {
		rest = rest << 8 | number[i];
		number[i] = (uint8_t)(rest / 10);
		rest %= 10;
	}
	return rest;
}

static void read_serial(struct cert *cert, gnutls_x509_crt_t crt)
{
	uint8_t number[64];
	char text[sizeof(number) * 3];
	size_t n = sizeof(number), at = sizeof(text), skip = 0;

	if (gnutls_x509_crt_get_serial(crt, number, &n) < 0)
		n = 0;
	text[--at] = '\0';
	do {
		text[--at] = (char)('0' + divide_by_ten(number + skip, n - skip));
		while (skip < n && number[skip] == 0)
			skip++;
	} while (skip < n);
	cert->serial = arena_strdup(cert->arena, text + at);
}

static void read_issuer(struct cert *cert, gnutls_x509_crt_t crt)
{
	char text[512];
	size_t n = sizeof(text);

	if (gnutls_x509_crt_get_issuer_dn_by_oid(crt, GNUTLS_OID_X520_COMMON_NAME, 0, 0, text, &n) <
	    0) {
		n = sizeof(text);
		if (gnutls_x509_crt_get_issuer_dn(crt, text, &n) < 0)
			n = 0;
	}
	cert->issuer = arena_strndup(cert->arena, text, n < sizeof(text) ? n : 0);
}

static bool is_url(const gnutls_datum_t *text)
{
	size_t i;

	if (text->size > URL_LENGTH_MAX ||
	    !((text->size > 7 && memcmp(text->data, "http://", 7) == 0) ||
		(text->size > 8 && memcmp(text->data, "https://", 8) == 0)))
		return false;
	for (i = 0; i < text->size; i++)
		if (text->data[i] <= ' ' || text->data[i] >= 0x7f)
			return false;
	return true;
}

static void read_responder(struct cert *cert, gnutls_x509_crt_t crt)
{
	gnutls_datum_t text;
	unsigned i;
	int rc;

	for (i = 0; i < ACCESS_MAX && cert->responder == NULL; i++) {
		rc = gnutls_x509_crt_get_authority_info_access(
		    crt, i, GNUTLS_IA_OCSP_URI, &text, NULL);
		if (rc == GNUTLS_E_REQUESTED_DATA_NOT_AVAILABLE)
			break;
		if (rc < 0)
			continue; /* an entry of another kind */
		if (is_url(&text))
			cert->responder =
			    arena_strndup(cert->arena, (const char *)text.data, text.size);
		gnutls_free(text.data);
	}
}

static int read_kind(struct cert *cert, gnutls_x509_crt_t crt, struct error *err)
{
	switch (gnutls_x509_crt_get_pk_algorithm(crt, NULL)) {
	case GNUTLS_PK_RSA:
	case GNUTLS_PK_RSA_PSS:
		cert->kind = CERT_RSA;
		return 0;
	case GNUTLS_PK_ECDSA:
		cert->kind = CERT_ECDSA;
		return 0;
	case GNUTLS_PK_EDDSA_ED25519:
	case GNUTLS_PK_EDDSA_ED448:
		cert->kind = CERT_EDDSA;
		return 0;
	default:
		return error_set(err, ERROR_UNSUPPORTED,
		    "the certificate's key is neither RSA nor elliptic-curve");
	}
}

static int read_leaf(struct cert *cert, gnutls_x509_crt_t crt, struct error *err)
{
	size_t n = sizeof(cert->fingerprint);

	if (read_kind(cert, crt, err) == -1)
		return -1;
	if (!key_fits(cert->key, crt))
		return error_set(
		    err, ERROR_INVALID, "the private key does not belong to the first certificate");
	read_names(cert, crt);
	read_organizations(cert, crt);
	read_serial(cert, crt);
	read_issuer(cert, crt);
	read_responder(cert, crt);
	cert->not_before = gnutls_x509_crt_get_activation_time(crt);
	cert->not_after = gnutls_x509_crt_get_expiration_time(crt);
	if (gnutls_x509_crt_get_fingerprint(crt, GNUTLS_DIG_SHA256, cert->fingerprint, &n) < 0)
		return error_set(err, ERROR_INVALID, "the certificate cannot be read");
	return 0;
}

/* ---- loading ------------------------------------------------------------------------------- */

/* Takes over the certificates; the array stays the caller's. */
static int read_chain(struct cert *cert, gnutls_x509_crt_t *crts, unsigned count, struct error *err)
{
	int rc;

	cert->chain = arena_array(cert->arena, count, sizeof(*cert->chain));
	for (; cert->count < count; cert->count++) {
		rc = gnutls_pcert_import_x509(&cert->chain[cert->count], crts[cert->count], 0);
		if (rc < 0)
			return error_set(err, ERROR_INVALID, "certificate %u of the chain: %s",
			    cert->count + 1, gnutls_strerror(rc));
	}
	return read_leaf(cert, crts[0], err);
}

struct cert *cert_load_pem(struct span chain, struct key *key, const struct strings *tags,
    const char *source, struct error *err)
{
	gnutls_datum_t data = {.data = (unsigned char *)chain.p, .size = (unsigned)chain.n};
	gnutls_x509_crt_t *crts = NULL;
	struct cert *cert = NULL;
	unsigned count = 0, i;
	size_t t;
	int rc;

	rc = gnutls_x509_crt_list_import2(&crts, &count, &data, GNUTLS_X509_FMT_PEM, 0);
	if (rc < 0 || count == 0) {
		error_set(err, ERROR_INVALID, "there is no readable certificate in PEM form: %s",
		    gnutls_strerror(rc));
		return NULL;
	}
	if (count > CERT_CHAIN_MAX) {
		error_set(err, ERROR_LIMIT, "%u certificates in one chain, at most %d are allowed",
		    count, CERT_CHAIN_MAX);
		goto out;
	}
	cert = mem_zalloc(sizeof(*cert));
	cert->refs = 1;
	cert->arena = arena_new(512);
	cert->key = key_ref(key);
	cert->source = source;
	cert->generation = atomic_fetch_add(&generations, 1) + 1;
	for (t = 0; tags != NULL && t < tags->count; t++)
		add_string(cert->arena, &cert->tags, arena_strdup(cert->arena, tags->items[t]));
	if (read_chain(cert, crts, count, err) == -1) {
		cert_unref(cert);
		cert = NULL;
	}
out:
	for (i = 0; i < count; i++)
		gnutls_x509_crt_deinit(crts[i]);
	gnutls_free(crts);
	return cert;
}

struct cert *cert_load_files(
    const char *chain, const char *key, const struct strings *tags, struct error *err)
{
	struct key *k = key_load_file(key, err);
	struct cert *cert = NULL;
	struct buf b = {0};

	if (k == NULL)
		return NULL;
	if (pem_read_file(chain, &b, err) == 0) {
		cert = cert_load_pem(buf_span(&b), k, tags, "file", err);
		if (cert == NULL)
			error_at(err, "%s", chain);
	}
	/* An operator may have put the key in there as well. */
	pem_wipe(&b);
	key_unref(k);
	return cert;
}

struct cert *cert_load_bundle(const char *path, struct error *err)
{
	struct cert *cert = cert_load_files(path, path, NULL, err);

	if (cert != NULL)
		cert->source = "folder";
	return cert;
}

/* ---- the rest ------------------------------------------------------------------------------ */

struct cert *cert_ref(struct cert *cert)
{
	atomic_fetch_add_explicit(&cert->refs, 1, memory_order_relaxed);
	return cert;
}

void cert_unref(struct cert *cert)
{
	unsigned i;

	if (cert == NULL || atomic_fetch_sub_explicit(&cert->refs, 1, memory_order_acq_rel) != 1)
		return;
	for (i = 0; i < cert->count; i++)
		gnutls_pcert_deinit(&cert->chain[i]);
	staple_unref(cert->staple);
	key_unref(cert->key);
	arena_free(cert->arena);
	free(cert);
}

bool cert_covers(const struct cert *cert, const char *name)
{
	const char *dot = strchr(name, '.');
	size_t i;

	for (i = 0; i < cert->names.count; i++) {
		if (strcmp(cert->names.items[i], name) == 0)
			return true;
		if (dot != NULL && cert->names.items[i][0] == '*' &&
		    strcmp(cert->names.items[i] + 1, dot) == 0)
			return true;
	}
	return false;
}
