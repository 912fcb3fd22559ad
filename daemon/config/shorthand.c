/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include <stdbool.h>
#include <string.h>

#include "common/buf.h"
#include "daemon/config/shorthand.h"

struct pair {
	const char *brief, *whole;
};

/* Without braces. */
static const struct pair names[] = {
    {"host", "http.request.host"},
    {"hostport", "http.request.hostport"},
    {"port", "http.request.port"},
    {"orig_method", "http.request.orig_method"},
    {"orig_uri", "http.request.orig_uri"},
    {"orig_path", "http.request.orig_uri.path"},
    {"orig_dir", "http.request.orig_uri.path.dir"},
    {"orig_file", "http.request.orig_uri.path.file"},
    {"orig_query", "http.request.orig_uri.query"},
    {"orig_?query", "http.request.orig_uri.prefixed_query"},
    {"method", "http.request.method"},
    {"uri", "http.request.uri"},
    {"%uri", "http.request.uri_escaped"},
    {"path", "http.request.uri.path"},
    {"%path", "http.request.uri.path_escaped"},
    {"dir", "http.request.uri.path.dir"},
    {"file", "http.request.uri.path.file"},
    {"query", "http.request.uri.query"},
    {"%query", "http.request.uri.query_escaped"},
    {"?query", "http.request.uri.prefixed_query"},
    {"remote", "http.request.remote"},
    {"remote_host", "http.request.remote.host"},
    {"remote_port", "http.request.remote.port"},
    {"scheme", "http.request.scheme"},
    {"uuid", "http.request.uuid"},
    {"tls_cipher", "http.request.tls.cipher_suite"},
    {"tls_version", "http.request.tls.version"},
    {"tls_client_fingerprint", "http.request.tls.client.fingerprint"},
    {"tls_client_issuer", "http.request.tls.client.issuer"},
    {"tls_client_serial", "http.request.tls.client.serial"},
    {"tls_client_subject", "http.request.tls.client.subject"},
    {"tls_client_certificate_pem", "http.request.tls.client.certificate_pem"},
    {"tls_client_certificate_der_base64", "http.request.tls.client.certificate_der_base64"},
    {"upstream_hostport", "http.reverse_proxy.upstream.hostport"},
    {"client_ip", "http.vars.client_ip"},
};

/* The rest of the key is the user's: letters, digits, '_' and '-', or also dots. */
static const struct {
	struct pair pair;
	bool dots;
} families[] = {
    {{"header.", "http.request.header."}, false},
    {{"cookie.", "http.request.cookie."}, false},
    {{"labels.", "http.request.host.labels."}, false},
    {{"path.", "http.request.uri.path."}, false},
    {{"file.", "http.request.uri.path.file."}, false},
    {{"query.", "http.request.uri.query."}, false},
    {{"re.", "http.regexp."}, true},
    {{"vars.", "http.vars."}, false},
    {{"rp.", "http.reverse_proxy."}, true},
    {{"resp.", "http.intercept."}, true},
    {{"err.", "http.error."}, true},
    {{"file_match.", "http.matchers.file."}, false},
};

#define KEY_MAX 256

static bool is_word(struct span text, bool dots)
{
	for (size_t i = 0; i < text.n; i++) {
		uint8_t c = text.p[i];

		if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
			c == '_' || c == '-' || (dots && c == '.')))
			return false;
	}
	return true;
}

/* Appends what key is short for. false: it is not. */
static bool append_whole(struct span key, struct buf *out)
{
	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
		if (span_eq_str(key, names[i].brief)) {
			buf_printf(out, "{%s}", names[i].whole);
			return true;
		}
	for (size_t i = 0; i < sizeof families / sizeof families[0]; i++) {
		struct span rest = key, front = span_str(families[i].pair.brief);

		if (!span_starts(key, front))
			continue;
		span_skip(&rest, front.n);
		if (!is_word(rest, families[i].dots))
			return false;
		buf_printf(
		    out, "{%s%.*s}", families[i].pair.whole, (int)rest.n, (const char *)rest.p);
		return true;
	}
	return false;
}

const char *shorthand_expand(struct arena *arena, const char *text)
{
	struct buf out = {0};

	if (!strchr(text, '{'))
		return text;
	while (*text) {
		const char *close = *text == '{' ? memchr(text, '}', strnlen(text, KEY_MAX)) : NULL;

		if (close && append_whole(span_of(text + 1, (size_t)(close - text - 1)), &out)) {
			text = close + 1;
		} else {
			buf_append(&out, text, 1);
			text++;
		}
	}
	text = arena_strndup(arena, (const char *)out.data, buf_len(&out));
	buf_fini(&out);
	return text;
}
