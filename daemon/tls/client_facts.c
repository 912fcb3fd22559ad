/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "daemon/tls/client_facts.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <gnutls/abstract.h>
#include <gnutls/crypto.h>
#include <gnutls/x509-ext.h>
#include <stdlib.h>
#include <string.h>

#include "common/buf.h"

#define FACT "l4.tls.client" /* has the certificate, DER */
#define ITEMS_MAX 32         /* of a list */
#define SERIAL_MAX 64

/* Appends item i of a list. Returns whether there is one. */
typedef bool item_fn(const void *list, unsigned i, struct buf *out);

static const char *after(const char *text, const char *prefix)
{
	size_t n = strlen(prefix);

	return strncmp(text, prefix, n) == 0 ? text + n : NULL;
}

static void put_hex(const void *bytes, size_t n, struct buf *out)
{
	size_t i;

	for (i = 0; i < n; i++)
		buf_printf(out, "%02x", ((const uint8_t *)bytes)[i]);
}

static void put_sha256(const void *bytes, size_t n, struct buf *out)
{
	uint8_t digest[32];

	if (gnutls_hash_fast(GNUTLS_DIG_SHA256, bytes, n, digest) == 0)
		put_hex(digest, sizeof(digest), out);
}

/* Appends what GnuTLS has allocated, if it has. */
static void put_datum(int result, gnutls_datum_t *datum, struct buf *out)
{
	if (result < 0)
		return;
	buf_append(out, datum->data, datum->size);
	gnutls_free(datum->data);
}

/* rest: "" for the whole list, as "[a b]", or ".2" for one of it; one that is not there is empty.
 */
static bool put_list(const void *list, item_fn *item, const char *rest, struct buf *out)
{
	struct buf value = {0};
	unsigned long wanted;
	unsigned i;

	if (*rest == '\0') {
		for (i = 0; i < ITEMS_MAX && item(list, i, &value); i++)
			buf_append_str(&value, " ");
		buf_append_str(out, "[");
		buf_append(out, buf_span(&value).p, i > 0 ? buf_len(&value) - 1 : 0);
		buf_append_str(out, "]");
		buf_fini(&value);
		return true;
	}
	if (*rest != '.' || !isdigit((unsigned char)rest[1]) || strlen(rest) > 6 ||
	    rest[1 + strspn(rest + 1, "0123456789")] != '\0')
		return false;
	wanted = strtoul(rest + 1, NULL, 10);
	if (wanted < ITEMS_MAX)
		item(list, (unsigned)wanted, out);
	return true;
}

/* ---- subject and issuer -------------------------------------------------------------------- */

typedef int get_attribute(
    gnutls_x509_crt_t crt, const char *oid, unsigned i, unsigned raw, void *value, size_t *n);

struct attribute {
	const char *name, *oid;
	bool single;
};

/* No name stands before one that it is the beginning of. */
static const struct attribute attributes[] = {
    {"common_name", GNUTLS_OID_X520_COMMON_NAME, true},
    {"serial", "2.5.4.5", true},
    {"organizational_unit", GNUTLS_OID_X520_ORGANIZATIONAL_UNIT_NAME, false},
    {"organization", GNUTLS_OID_X520_ORGANIZATION_NAME, false},
    {"country", GNUTLS_OID_X520_COUNTRY_NAME, false},
    {"locality", GNUTLS_OID_X520_LOCALITY_NAME, false},
    {"province", GNUTLS_OID_X520_STATE_OR_PROVINCE_NAME, false},
    {"street_address", "2.5.4.9", false},
    {"postal_code", "2.5.4.17", false},
};

/* The values of an attribute in a certificate. */
struct values {
	gnutls_x509_crt_t crt;
	get_attribute *get;
	const char *oid;
};

static bool value_item(const void *list, unsigned i, struct buf *out)
{
	const struct values *v = list;
	size_t n = 0;
	int result = v->get(v->crt, v->oid, i, 0, NULL, &n);

	if (result != GNUTLS_E_SHORT_MEMORY_BUFFER && result != 0)
		return false;
	if (v->get(v->crt, v->oid, i, 0, buf_reserve(out, n + 1), &n) < 0)
		return false;
	buf_commit(out, n);
	return true;
}

/* Where there are several of what should be one, the last counts, as in the reference. */
static void put_last(const struct values *v, struct buf *out)
{
	struct buf value = {0};
	unsigned i;

	for (i = 0; i < ITEMS_MAX; i++) {
		struct buf next = {0};

		if (!value_item(v, i, &next)) {
			buf_fini(&next);
			break;
		}
		buf_fini(&value);
		value = next;
	}
	buf_append(out, buf_span(&value).p, buf_len(&value));
	buf_fini(&value);
}

static bool put_attribute(
    gnutls_x509_crt_t crt, get_attribute *get, const char *field, struct buf *out)
{
	size_t i;

	for (i = 0; i < sizeof(attributes) / sizeof(*attributes); i++) {
		const struct attribute *a = &attributes[i];
		struct values values = {.crt = crt, .get = get, .oid = a->oid};
		const char *rest = after(field, a->name);

		if (rest == NULL)
			continue;
		if (!a->single)
			return put_list(&values, value_item, rest, out);
		if (*rest == '\0')
			put_last(&values, out);
		return *rest == '\0';
	}
	return false;
}

/* ---- other names --------------------------------------------------------------------------- */

static const struct {
	const char *name;
	unsigned type;
} alternatives[] = {
    {"dns_names", GNUTLS_SAN_DNSNAME},
    {"emails", GNUTLS_SAN_RFC822NAME},
    {"ips", GNUTLS_SAN_IPADDRESS},
    {"uris", GNUTLS_SAN_URI},
};

/* The alternative names of one type; names is NULL where the certificate has none. */
struct names {
	gnutls_subject_alt_names_t names;
	unsigned type;
};

static void put_name(unsigned type, const gnutls_datum_t *name, struct buf *out)
{
	char text[INET6_ADDRSTRLEN];

	if (type != GNUTLS_SAN_IPADDRESS)
		buf_append(out, name->data, name->size);
	else if ((name->size == 4 || name->size == 16) &&
		 inet_ntop(name->size == 4 ? AF_INET : AF_INET6, name->data, text, sizeof(text)))
		buf_append_str(out, text);
}

static bool name_item(const void *list, unsigned i, struct buf *out)
{
	const struct names *n = list;
	gnutls_datum_t name;
	unsigned type, at;

	for (at = 0; n->names != NULL; at++) {
		if (gnutls_subject_alt_names_get(n->names, at, &type, &name, NULL) < 0)
			return false;
		if (type == n->type && i-- == 0) {
			put_name(type, &name, out);
			return true;
		}
	}
	return false;
}

static gnutls_subject_alt_names_t read_names(gnutls_x509_crt_t crt)
{
	gnutls_subject_alt_names_t names = NULL;
	gnutls_datum_t der;

	if (gnutls_x509_crt_get_extension_by_oid2(crt, GNUTLS_X509EXT_OID_SAN, 0, &der, NULL) < 0)
		return NULL;
	if (gnutls_subject_alt_names_init(&names) == 0 &&
	    gnutls_x509_ext_import_subject_alt_names(&der, names, 0) < 0) {
		gnutls_subject_alt_names_deinit(names);
		names = NULL;
	}
	gnutls_free(der.data);
	return names;
}

static bool put_alternative(gnutls_x509_crt_t crt, const char *field, struct buf *out)
{
	bool found = false;
	size_t i;

	for (i = 0; i < sizeof(alternatives) / sizeof(*alternatives); i++) {
		struct names names = {.type = alternatives[i].type};
		const char *rest = after(field, alternatives[i].name);

		if (rest == NULL)
			continue;
		names.names = read_names(crt);
		found = put_list(&names, name_item, rest, out);
		if (names.names != NULL)
			gnutls_subject_alt_names_deinit(names.names);
		break;
	}
	return found;
}

/* ---- the certificate as a whole ------------------------------------------------------------ */

/* In decimal digits. */
static void put_serial(gnutls_x509_crt_t crt, struct buf *out)
{
	uint8_t number[SERIAL_MAX];
	char digits[SERIAL_MAX * 3 + 1];
	size_t n = sizeof(number), i, at = sizeof(digits) - 1;
	unsigned rest;
	bool more = true;

	if (gnutls_x509_crt_get_serial(crt, number, &n) < 0)
		return;
	digits[at] = '\0';
	while (more) {
		more = false;
		rest = 0;
		for (i = 0; i < n; i++) {
			rest = rest * 256 + number[i];
			number[i] = (uint8_t)(rest / 10);
			rest %= 10;
			more |= number[i] != 0;
		}
		digits[--at] = (char)('0' + rest);
	}
	buf_append_str(out, digits + at);
}

/* Takes the header of a DER element off s and returns its content. */
static bool take_element(struct span *s, uint8_t wanted, struct span *content)
{
	uint8_t tag, first, byte;
	size_t length = 0;
	unsigned i;

	if (!span_u8(s, &tag) || tag != wanted || !span_u8(s, &first))
		return false;
	if (first < 0x80)
		return span_take(s, first, content);
	for (i = 0; i < (first & 0x7fu); i++) {
		if (i == 3 || !span_u8(s, &byte))
			return false;
		length = length << 8 | byte;
	}
	return span_take(s, length, content);
}

/* The key alone: the bits in a SubjectPublicKeyInfo (RFC 5280 section 4.1). */
static bool key_bits(const gnutls_datum_t *info, struct span *bits)
{
	struct span all = span_of(info->data, info->size), content, algorithm;

	return take_element(&all, 0x30, &content) && take_element(&content, 0x30, &algorithm) &&
	       take_element(&content, 0x03, bits) && span_skip(bits, 1); /* the bits unused: 0 */
}

static void put_public_key(gnutls_x509_crt_t crt, bool hashed, struct buf *out)
{
	gnutls_datum_t info = {0};
	gnutls_pubkey_t key;
	struct span bits;

	if (gnutls_pubkey_init(&key) < 0)
		return;
	if (gnutls_pubkey_import_x509(key, crt, 0) == 0 &&
	    gnutls_pubkey_export2(key, GNUTLS_X509_FMT_DER, &info) == 0 && key_bits(&info, &bits))
		(hashed ? put_sha256 : put_hex)(bits.p, bits.n, out);
	gnutls_free(info.data);
	gnutls_pubkey_deinit(key);
}

static bool put_whole(
    gnutls_x509_crt_t crt, const gnutls_datum_t *der, const char *field, struct buf *out)
{
	gnutls_datum_t text;

	if (strcmp(field, "fingerprint") == 0)
		put_sha256(der->data, der->size, out);
	else if (strcmp(field, "public_key") == 0)
		put_public_key(crt, false, out);
	else if (strcmp(field, "public_key_sha256") == 0)
		put_public_key(crt, true, out);
	else if (strcmp(field, "serial") == 0)
		put_serial(crt, out);
	else if (strcmp(field, "subject") == 0)
		put_datum(gnutls_x509_crt_get_dn3(crt, &text, 0), &text, out);
	else if (strcmp(field, "issuer") == 0)
		put_datum(gnutls_x509_crt_get_issuer_dn3(crt, &text, 0), &text, out);
	else if (strcmp(field, "certificate_pem") == 0)
		put_datum(gnutls_pem_base64_encode2("CERTIFICATE", der, &text), &text, out);
	else if (strcmp(field, "certificate_der_base64") == 0)
		put_datum(gnutls_base64_encode2(der, &text), &text, out);
	else
		return false;
	return true;
}

static bool put_field(
    gnutls_x509_crt_t crt, const gnutls_datum_t *der, const char *field, struct buf *out)
{
	const char *rest;

	if ((rest = after(field, "san.")) != NULL)
		return put_alternative(crt, rest, out);
	if ((rest = after(field, "subject.")) != NULL)
		return put_attribute(crt, gnutls_x509_crt_get_dn_by_oid, rest, out);
	if ((rest = after(field, "issuer.")) != NULL)
		return put_attribute(crt, gnutls_x509_crt_get_issuer_dn_by_oid, rest, out);
	return put_whole(crt, der, field, out);
}

/* Neither is longer than any that people have. */
static bool names_are_short(gnutls_x509_crt_t crt)
{
	gnutls_datum_t subject = {0}, issuer = {0};
	bool ok = gnutls_x509_crt_get_raw_dn(crt, &subject) == 0 &&
		  gnutls_x509_crt_get_raw_issuer_dn(crt, &issuer) == 0 &&
		  subject.size <= CLIENT_FACTS_NAME_MAX && issuer.size <= CLIENT_FACTS_NAME_MAX;

	gnutls_free(subject.data);
	gnutls_free(issuer.data);
	return ok;
}

static bool put_fact(const struct facts *f, const char *name, struct buf *out)
{
	const struct fact *fact = facts_get(f, FACT);
	const char *field = after(name, FACT ".");
	gnutls_x509_crt_t crt;
	gnutls_datum_t der;
	bool found;

	if (fact == NULL || field == NULL || gnutls_x509_crt_init(&crt) < 0)
		return false;
	der =
	    (gnutls_datum_t){.data = (unsigned char *)fact->value, .size = (unsigned)fact->length};
	found = gnutls_x509_crt_import(crt, &der, GNUTLS_X509_FMT_DER) == 0 &&
		names_are_short(crt) && put_field(crt, &der, field, out);
	gnutls_x509_crt_deinit(crt);
	return found;
}

void client_facts_set(struct facts *f, struct span der)
{
	if (der.n > CLIENT_FACTS_CERT_MAX)
		return;
	facts_set(f, FACT, der);
	f->on_demand = put_fact;
}
