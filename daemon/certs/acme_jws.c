/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "daemon/certs/acme_jws.h"

#include <stdlib.h>
#include <string.h>
#include <gnutls/crypto.h>

#define COORDINATE 32 /* bytes of a P-256 coordinate, and of each half of a signature */
#define MAC_SIZE 32
#define HASH_SIZE 32

/* ---- base64url ----------------------------------------------------------------------------- */

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

void base64url_append(struct buf *out, struct span bytes)
{
	uint8_t *to = buf_reserve(out, bytes.n / 3 * 4 + 4);
	size_t i, n = 0;

	for (i = 0; i < bytes.n; i += 3) {
		size_t left = bytes.n - i;
		uint32_t bits = (uint32_t)bytes.p[i] << 16;

		bits |= left > 1 ? (uint32_t)bytes.p[i + 1] << 8 : 0;
		bits |= left > 2 ? bytes.p[i + 2] : 0;
		to[n++] = (uint8_t)alphabet[bits >> 18];
		to[n++] = (uint8_t)alphabet[bits >> 12 & 63];
		if (left > 1)
			to[n++] = (uint8_t)alphabet[bits >> 6 & 63];
		if (left > 2)
			to[n++] = (uint8_t)alphabet[bits & 63];
	}
	buf_commit(out, n);
}

bool base64url_decode(struct span text, struct buf *out)
{
	uint8_t *to = buf_reserve(out, text.n / 4 * 3 + 3);
	uint32_t bits = 0;
	size_t i, n = 0;
	unsigned have = 0;

	if (text.n % 4 == 1)
		return false;
	for (i = 0; i < text.n; i++) {
		const char *at = text.p[i] != '\0' ? strchr(alphabet, text.p[i]) : NULL;

		if (at == NULL)
			return false;
		bits = bits << 6 | (uint32_t)(at - alphabet);
		have += 6;
		if (have >= 8) {
			have -= 8;
			to[n++] = (uint8_t)(bits >> have);
		}
	}
	/* Bits that belong to no byte must be zero: else two texts would mean the same. */
	if ((bits & ((1u << have) - 1)) != 0)
		return false;
	buf_commit(out, n);
	return true;
}

static json_t *base64url_json(struct span bytes)
{
	struct buf text = {0};
	json_t *json;

	base64url_append(&text, bytes);
	json = json_stringn((const char *)buf_span(&text).p, buf_len(&text));
	buf_fini(&text);
	return json;
}

/* ---- keys ---------------------------------------------------------------------------------- */

/* bytes right-aligned in COORDINATE bytes. false: it is longer. */
static bool pad(const gnutls_datum_t *bytes, uint8_t out[COORDINATE])
{
	const uint8_t *p = bytes->data;
	size_t n = bytes->size;

	for (; n > COORDINATE && *p == 0; p++)
		n--;
	if (n > COORDINATE)
		return false;
	memset(out, 0, COORDINATE);
	memcpy(out + COORDINATE - n, p, n);
	return true;
}

static json_t *ec_jwk(const gnutls_datum_t *x, const gnutls_datum_t *y)
{
	uint8_t padded_x[COORDINATE], padded_y[COORDINATE];

	if (!pad(x, padded_x) || !pad(y, padded_y))
		return NULL;
	return json_pack("{s:s, s:s, s:o, s:o}", "kty", "EC", "crv", "P-256", "x",
	    base64url_json(span_of(padded_x, COORDINATE)), "y",
	    base64url_json(span_of(padded_y, COORDINATE)));
}

json_t *jwk_of(const struct key *key, struct error *err)
{
	gnutls_datum_t x = {0}, y = {0};
	gnutls_ecc_curve_t curve = GNUTLS_ECC_CURVE_INVALID;
	gnutls_pubkey_t public = NULL;
	json_t *jwk = NULL;

	if (gnutls_pubkey_init(&public) == 0 &&
	    gnutls_pubkey_import_privkey(public, key_handle(key), 0, 0) == 0 &&
	    gnutls_pubkey_export_ecc_raw2(public, &curve, &x, &y, GNUTLS_EXPORT_FLAG_NO_LZ) == 0 &&
	    curve == GNUTLS_ECC_CURVE_SECP256R1)
		jwk = ec_jwk(&x, &y);
	if (public != NULL)
		gnutls_pubkey_deinit(public);
	gnutls_free(x.data);
	gnutls_free(y.data);
	if (jwk == NULL)
		error_set(err, ERROR_UNSUPPORTED, "an account's key must be ECDSA P-256");
	return jwk;
}

int jwk_thumbprint(const json_t *jwk, char out[JWK_THUMBPRINT_MAX])
{
	static const char *const ec[] = {"crv", "kty", "x", "y", NULL};
	static const char *const rsa[] = {"e", "kty", "n", NULL};
	const char *kty = json_string_value(json_object_get(jwk, "kty"));
	const char *const *members = kty != NULL && strcmp(kty, "RSA") == 0 ? rsa : ec;
	json_t *required = json_object();
	struct buf text = {0};
	uint8_t hash[HASH_SIZE];
	char *canonical;
	size_t i;

	for (i = 0; members[i] != NULL; i++)
		json_object_set(required, members[i], json_object_get(jwk, members[i]));
	canonical = json_dumps(required, JSON_COMPACT | JSON_SORT_KEYS);
	if (json_object_size(required) == i && canonical != NULL &&
	    gnutls_hash_fast(GNUTLS_DIG_SHA256, canonical, strlen(canonical), hash) == 0)
		base64url_append(&text, span_of(hash, sizeof(hash)));
	free(canonical);
	json_decref(required);
	if (buf_len(&text) != JWK_THUMBPRINT_MAX - 1) {
		buf_fini(&text);
		return -1;
	}
	memcpy(out, buf_str(&text), JWK_THUMBPRINT_MAX);
	buf_fini(&text);
	return 0;
}

/* ---- signing ------------------------------------------------------------------------------- */

/* "header.payload", each base64url. Takes jwk. */
static void signing_input(const char *algorithm, const struct jws_header *header, json_t *jwk,
    struct span payload, struct buf *out)
{
	json_t *json = json_pack("{s:s, s:s}", "alg", algorithm, "url", header->url);
	char *text;

	if (header->nonce != NULL)
		json_object_set_new(json, "nonce", json_string(header->nonce));
	if (header->kid != NULL)
		json_object_set_new(json, "kid", json_string(header->kid));
	if (jwk != NULL)
		json_object_set_new(json, "jwk", jwk);
	text = json_dumps(json, JSON_COMPACT);
	base64url_append(out, span_str(text != NULL ? text : "{}"));
	buf_append_str(out, ".");
	base64url_append(out, payload);
	free(text);
	json_decref(json);
}

/* Appends {"protected", "payload", "signature"}. */
static void flatten(struct buf *input, struct span signature, struct buf *out)
{
	struct span whole = buf_span(input);
	const uint8_t *dot = memchr(whole.p, '.', whole.n);
	int n = (int)(dot - whole.p);

	buf_printf(out, "{\"protected\":\"%.*s\",\"payload\":\"%.*s\",\"signature\":\"", n,
	    (const char *)whole.p, (int)whole.n - n - 1, (const char *)dot + 1);
	base64url_append(out, signature);
	buf_append_str(out, "\"}");
}

/* ECDSA's two numbers side by side (RFC 7518 section 3.4). */
static int sign_es256(const struct key *key, struct span input, uint8_t out[2 * COORDINATE])
{
	gnutls_datum_t data = {.data = (unsigned char *)input.p, .size = (unsigned)input.n};
	gnutls_datum_t der = {0}, r = {0}, s = {0};
	int rc;

	rc = gnutls_privkey_sign_data2(key_handle(key), GNUTLS_SIGN_ECDSA_SHA256, 0, &data, &der);
	if (rc == 0)
		rc = gnutls_decode_rs_value(&der, &r, &s);
	if (rc == 0 && (!pad(&r, out) || !pad(&s, out + COORDINATE)))
		rc = GNUTLS_E_PK_SIGN_FAILED;
	gnutls_free(der.data);
	gnutls_free(r.data);
	gnutls_free(s.data);
	return rc;
}

int jws_sign(const struct key *key, const struct jws_header *header, struct span payload,
    struct buf *out, struct error *err)
{
	uint8_t signature[2 * COORDINATE];
	struct buf input = {0};
	json_t *jwk = NULL;
	int rc;

	if (header->kid == NULL) {
		jwk = jwk_of(key, err);
		if (jwk == NULL)
			return -1;
	}
	signing_input("ES256", header, jwk, payload, &input);
	rc = sign_es256(key, buf_span(&input), signature);
	if (rc == 0)
		flatten(&input, span_of(signature, sizeof(signature)), out);
	else
		error_set(err, ERROR_INTERNAL, "cannot sign with the account's key: %s",
		    gnutls_strerror(rc));
	buf_fini(&input);
	return rc == 0 ? 0 : -1;
}

int jws_sign_mac(struct span mac_key, const struct jws_header *header, struct span payload,
    struct buf *out, struct error *err)
{
	uint8_t mac[MAC_SIZE];
	struct buf input = {0};
	int rc;

	signing_input("HS256", header, NULL, payload, &input);
	rc = gnutls_hmac_fast(
	    GNUTLS_MAC_SHA256, mac_key.p, mac_key.n, buf_span(&input).p, buf_len(&input), mac);
	if (rc == 0)
		flatten(&input, span_of(mac, sizeof(mac)), out);
	else
		error_set(err, ERROR_INTERNAL, "cannot sign with the external account's key: %s",
		    gnutls_strerror(rc));
	buf_fini(&input);
	return rc == 0 ? 0 : -1;
}
