/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "daemon/certs/acme_jws.h"

#include <check.h>
#include <stdlib.h>
#include <gnutls/abstract.h>
#include <gnutls/crypto.h>
#include <gnutls/x509.h>

static struct error err;

/* ---- base64url ----------------------------------------------------------------------------- */

START_TEST(test_base64url)
{
	/* RFC 4648 section 10, without padding, and the two letters that are not base64's. */
	static const char *const pairs[][2] = {{"", ""}, {"f", "Zg"}, {"fo", "Zm8"},
	    {"foo", "Zm9v"}, {"foob", "Zm9vYg"}, {"fooba", "Zm9vYmE"}, {"foobar", "Zm9vYmFy"},
	    {"\xfb\xff\xbf", "-_-_"}};
	struct buf b = {0};
	size_t i;

	for (i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
		buf_clear(&b);
		base64url_append(&b, span_str(pairs[i][0]));
		ck_assert_str_eq(buf_str(&b), pairs[i][1]);
		buf_clear(&b);
		ck_assert(base64url_decode(span_str(pairs[i][1]), &b));
		ck_assert(span_eq_str(buf_span(&b), pairs[i][0]));
	}
	buf_fini(&b);
}
END_TEST

START_TEST(test_base64url_refusals)
{
	/* Cut, padded, of the other alphabet, with bits that are left over. */
	static const char *const bad[] = {
	    "Z", "Zg==", "Zm9v=", "+/+/", "Zm 9", "Zh", "Zm9", "Zm9vY"};
	struct buf b = {0};
	size_t i;

	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		ck_assert_msg(!base64url_decode(span_str(bad[i]), &b), "%s", bad[i]);
	ck_assert(!base64url_decode(span_of("Zg\0v", 4), &b));
	ck_assert_uint_eq(buf_len(&b), 0);
	buf_fini(&b);
}
END_TEST

/* ---- keys ---------------------------------------------------------------------------------- */

START_TEST(test_thumbprint)
{
	/* RFC 7638 section 3.1; what is not required does not count, nor does the order. */
	json_t *jwk = json_pack("{s:s, s:s, s:s, s:s, s:s}", "kid", "2011-04-29", "alg", "RS256",
	    "n",
	    "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc"
	    "_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQ"
	    "R0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bF"
	    "TWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw",
	    "e", "AQAB", "kty", "RSA");
	char out[JWK_THUMBPRINT_MAX];

	ck_assert_int_eq(jwk_thumbprint(jwk, out), 0);
	ck_assert_str_eq(out, "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs");
	json_object_del(jwk, "e");
	ck_assert_int_eq(jwk_thumbprint(jwk, out), -1);
	json_decref(jwk);
}
END_TEST

#define X "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU"
#define Y "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"
#define D "jpsQnnGQmL-YBIffH1136cspYG6-0iY7X1fCE9-E9LI"

static gnutls_datum_t decode(const char *text, struct buf *b)
{
	buf_clear(b);
	ck_assert(base64url_decode(span_str(text), b));
	return (gnutls_datum_t){.data = b->data + b->start, .size = (unsigned)buf_len(b)};
}

/* The key of RFC 7515 appendix A.3. */
static struct key *example_key(void)
{
	struct buf bx = {0}, by = {0}, bd = {0};
	gnutls_datum_t x = decode(X, &bx), y = decode(Y, &by), d = decode(D, &bd), pem;
	gnutls_x509_privkey_t private;
	struct key *key;

	gnutls_x509_privkey_init(&private);
	ck_assert_int_eq(
	    gnutls_x509_privkey_import_ecc_raw(private, GNUTLS_ECC_CURVE_SECP256R1, &x, &y, &d), 0);
	ck_assert_int_eq(gnutls_x509_privkey_export2(private, GNUTLS_X509_FMT_PEM, &pem), 0);
	key = key_load_pem(span_of(pem.data, pem.size), &err);
	ck_assert_msg(key != NULL, "%s", err.message);
	gnutls_free(pem.data);
	gnutls_x509_privkey_deinit(private);
	buf_fini(&bx);
	buf_fini(&by);
	buf_fini(&bd);
	return key;
}

START_TEST(test_jwk)
{
	struct key *key = example_key();
	json_t *jwk = jwk_of(key, &err);

	ck_assert_ptr_nonnull(jwk);
	ck_assert_uint_eq(json_object_size(jwk), 4);
	ck_assert_str_eq(json_string_value(json_object_get(jwk, "kty")), "EC");
	ck_assert_str_eq(json_string_value(json_object_get(jwk, "crv")), "P-256");
	ck_assert_str_eq(json_string_value(json_object_get(jwk, "x")), X);
	ck_assert_str_eq(json_string_value(json_object_get(jwk, "y")), Y);
	json_decref(jwk);
	key_unref(key);
	key = key_generate(KEY_ED25519, &err);
	ck_assert_ptr_null(jwk_of(key, &err));
	ck_assert_int_eq(err.code, ERROR_UNSUPPORTED);
	key_unref(key);
}
END_TEST

/* ---- signatures ---------------------------------------------------------------------------- */

static json_t *parse(const struct buf *b)
{
	json_t *json = json_loadb((const char *)buf_span(b).p, buf_len(b), 0, NULL);

	ck_assert_ptr_nonnull(json);
	ck_assert_uint_eq(json_object_size(json), 3);
	return json;
}

static const char *member(const json_t *json, const char *key)
{
	const char *text = json_string_value(json_object_get(json, key));

	ck_assert_ptr_nonnull(text);
	return text;
}

/* Does the key's public half take the signature over "protected.payload"? */
static void verify(const struct key *key, const json_t *jws)
{
	struct buf input = {0}, signature = {0};
	gnutls_datum_t data, der, r, s;
	gnutls_pubkey_t public;

	buf_printf(&input, "%s.%s", member(jws, "protected"), member(jws, "payload"));
	ck_assert(base64url_decode(span_str(member(jws, "signature")), &signature));
	ck_assert_uint_eq(buf_len(&signature), 64);
	r = (gnutls_datum_t){.data = signature.data, .size = 32};
	s = (gnutls_datum_t){.data = signature.data + 32, .size = 32};
	ck_assert_int_eq(gnutls_encode_rs_value(&der, &r, &s), 0);
	data = (gnutls_datum_t){.data = input.data, .size = (unsigned)buf_len(&input)};
	gnutls_pubkey_init(&public);
	gnutls_pubkey_import_privkey(public, key_handle(key), 0, 0);
	ck_assert_int_eq(
	    gnutls_pubkey_verify_data2(public, GNUTLS_SIGN_ECDSA_SHA256, 0, &data, &der), 0);
	gnutls_pubkey_deinit(public);
	gnutls_free(der.data);
	buf_fini(&input);
	buf_fini(&signature);
}

static json_t *header_of(const json_t *jws)
{
	struct buf b = {0};
	json_t *header;

	ck_assert(base64url_decode(span_str(member(jws, "protected")), &b));
	header = json_loadb((const char *)buf_span(&b).p, buf_len(&b), 0, NULL);
	buf_fini(&b);
	ck_assert_ptr_nonnull(header);
	return header;
}

START_TEST(test_sign)
{
	struct jws_header h = {
	    .url = "https://ca.example/new", .nonce = "n1", .kid = "https://ca/1"};
	struct key *key = example_key();
	struct buf out = {0};
	json_t *jws, *header;
	int i;

	/* Signatures differ, and sometimes one of their halves is short. */
	for (i = 0; i < 300; i++) {
		buf_clear(&out);
		ck_assert_int_eq(jws_sign(key, &h, span_str("{\"a\":1}"), &out, &err), 0);
		jws = parse(&out);
		ck_assert_str_eq(member(jws, "payload"), "eyJhIjoxfQ");
		verify(key, jws);
		json_decref(jws);
	}
	jws = parse(&out);
	header = header_of(jws);
	ck_assert_uint_eq(json_object_size(header), 4);
	ck_assert_str_eq(member(header, "alg"), "ES256");
	ck_assert_str_eq(member(header, "url"), h.url);
	ck_assert_str_eq(member(header, "nonce"), "n1");
	ck_assert_str_eq(member(header, "kid"), h.kid);
	json_decref(header);
	json_decref(jws);
	buf_fini(&out);
	key_unref(key);
}
END_TEST

START_TEST(test_sign_with_key)
{
	struct jws_header h = {.url = "https://ca.example/new"};
	struct key *key = example_key();
	struct buf out = {0};
	json_t *jws, *header;

	ck_assert_int_eq(jws_sign(key, &h, span_of(NULL, 0), &out, &err), 0);
	jws = parse(&out);
	header = header_of(jws);
	verify(key, jws);
	ck_assert_str_eq(member(jws, "payload"), "");
	ck_assert_str_eq(member(json_object_get(header, "jwk"), "x"), X);
	ck_assert_ptr_null(json_object_get(header, "kid"));
	ck_assert_ptr_null(json_object_get(header, "nonce"));
	json_decref(header);
	json_decref(jws);
	buf_fini(&out);
	key_unref(key);
}
END_TEST

START_TEST(test_sign_mac)
{
	struct jws_header h = {.url = "https://ca.example/account", .kid = "kid-1"};
	struct buf out = {0}, input = {0}, signature = {0};
	uint8_t mac[32];
	json_t *jws, *header;

	ck_assert_int_eq(jws_sign_mac(span_str("key"), &h, span_str("payload"), &out, &err), 0);
	jws = parse(&out);
	header = header_of(jws);
	ck_assert_str_eq(member(header, "alg"), "HS256");
	ck_assert_str_eq(member(header, "kid"), "kid-1");
	buf_printf(&input, "%s.%s", member(jws, "protected"), member(jws, "payload"));
	gnutls_hmac_fast(GNUTLS_MAC_SHA256, "key", 3, input.data, buf_len(&input), mac);
	ck_assert(base64url_decode(span_str(member(jws, "signature")), &signature));
	ck_assert(span_eq(buf_span(&signature), span_of(mac, sizeof(mac))));
	json_decref(header);
	json_decref(jws);
	buf_fini(&out);
	buf_fini(&input);
	buf_fini(&signature);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("acme_jws");
	TCase *tc = tcase_create("acme_jws");
	SRunner *runner;
	int failed;

	tcase_add_test(tc, test_base64url);
	tcase_add_test(tc, test_base64url_refusals);
	tcase_add_test(tc, test_thumbprint);
	tcase_add_test(tc, test_jwk);
	tcase_add_test(tc, test_sign);
	tcase_add_test(tc, test_sign_with_key);
	tcase_add_test(tc, test_sign_mac);
	suite_add_tcase(suite, tc);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}
