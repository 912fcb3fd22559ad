/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "daemon/certs/acme_external.h"

#include <ctype.h>
#include <string.h>
#include <gnutls/crypto.h>

#include "daemon/certs/acme_jws.h"
#include "daemon/certs/acme_message.h"
#include "daemon/core/answers.h"
#include "daemon/core/subject.h"
#include "daemon/tls/challenge.h"

#define VALUE_MAX 512

static int type_of(const char *text, enum answer_type *out, struct error *err)
{
	if (strcmp(text, "http-01") == 0)
		*out = ANSWER_HTTP;
	else if (strcmp(text, "tls-alpn-01") == 0)
		*out = ANSWER_TLS_ALPN;
	else
		return error_set(err, ERROR_INVALID,
		    "a challenge is answered by http-01 or tls-alpn-01, not '%.32s'", text);
	return 0;
}

/* "token.thumbprint" */
static bool is_authorization(const char *value)
{
	static const char letters[] =
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
	size_t n = strspn(value, letters);

	return n > 0 && value[n] == '.' && value[n + 1] != '\0' &&
	       value[n + 1 + strspn(value + n + 1, letters)] == '\0' && strlen(value) < VALUE_MAX;
}

static int digest_of(const char *value, uint8_t out[TLS_CHALLENGE_DIGEST], struct error *err)
{
	struct buf digest = {0};
	int rc = 0;

	if (is_authorization(value)) {
		gnutls_hash_fast(GNUTLS_DIG_SHA256, value, strlen(value), out);
		return 0;
	}
	if (strlen(value) < VALUE_MAX && base64url_decode(span_str(value), &digest) &&
	    buf_len(&digest) == TLS_CHALLENGE_DIGEST)
		memcpy(out, buf_span(&digest).p, TLS_CHALLENGE_DIGEST);
	else
		rc = error_set(err, ERROR_INVALID,
		    "the value is a key authorization, or the base64url SHA-256 of one");
	buf_fini(&digest);
	return rc;
}

static bool lower(const char *name, char out[SUBJECT_MAX + 1])
{
	return subject_qualifies(name) && strchr(name, '*') == NULL &&
	       subject_wildcard(name, 0, out);
}

int acme_external_add(const char *type, const char *name, const char *value, struct error *err)
{
	uint8_t digest[TLS_CHALLENGE_DIGEST];
	char key[SUBJECT_MAX + 1];
	enum answer_type kind;

	if (type_of(type, &kind, err) == -1)
		return -1;
	if (kind == ANSWER_HTTP) {
		if (!is_authorization(value) || strncmp(value, name, strlen(name)) != 0 ||
		    value[strlen(name)] != '.')
			return error_set(err, ERROR_INVALID,
			    "the value is the token, a dot and the account's thumbprint");
		return answers_add(kind, name, "", value, NULL, NULL, err);
	}
	if (!lower(name, key))
		return error_set(err, ERROR_INVALID, "'%.64s' is not a DNS name", name);
	if (digest_of(value, digest, err) == -1)
		return -1;
	return tls_challenge_add(key, digest, err);
}

int acme_external_remove(const char *type, const char *name, struct error *err)
{
	char key[SUBJECT_MAX + 1];
	enum answer_type kind;

	if (type_of(type, &kind, err) == -1)
		return -1;
	if (kind == ANSWER_TLS_ALPN && lower(name, key))
		name = key;
	if (answers_remove(kind, name))
		return 0;
	return error_set(err, ERROR_NOT_FOUND, "there is no answer for '%.64s'", name);
}
