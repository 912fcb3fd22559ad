/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * JSON Web Signatures as ACME uses them (RFC 8555 section 6.2, RFC 7515): what is sent is signed by
 * the account's key, which is ECDSA P-256 (ES256), or by the MAC key of an external account
 * (HS256).
 */
#ifndef DAEMON_CERTS_ACME_JWS_H
#define DAEMON_CERTS_ACME_JWS_H

#include <stdbool.h>
#include <jansson.h>

#include "common/buf.h"
#include "common/error.h"
#include "common/span.h"
#include "daemon/tls/key.h"

/* base64url without padding (RFC 7515 section 2), appended to out. */
void base64url_append(struct buf *out, struct span bytes);
/* Appends the decoded bytes to out. false: not base64url; a '=' at the end is not either. */
bool base64url_decode(struct span text, struct buf *out);

/* The public part of an ECDSA P-256 key as a JWK, a new reference; NULL with err. */
json_t *jwk_of(const struct key *key, struct error *err);

#define JWK_THUMBPRINT_MAX 44
/* SHA-256 over a key's required members (RFC 7638), base64url, for kty EC and RSA. 0 or -1. */
int jwk_thumbprint(const json_t *jwk, char out[JWK_THUMBPRINT_MAX]);

/* What the protected header says. */
struct jws_header {
	const char *url;
	const char *nonce; /* NULL: none */
	const char *kid;   /* NULL: the key itself is in the header, as "jwk" */
};

/*
 * Appends the flattened JSON form of payload signed by key to out. payload may be empty
 * (POST-as-GET). Returns 0, or -1 with err.
 */
int jws_sign(const struct key *key, const struct jws_header *header, struct span payload,
    struct buf *out, struct error *err);

/* The same signed with a MAC key (HS256), for an account binding. header->kid is required. */
int jws_sign_mac(struct span mac_key, const struct jws_header *header, struct span payload,
    struct buf *out, struct error *err);

#endif
