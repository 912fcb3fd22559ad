/* SPDX-License-Identifier: BSD-2-Clause */
/* What the placeholders "http.request.*" of a request stand for, and what its matchers captured. */
#include <config.h>

#include <ctype.h>
#include <stdio.h>
#include <sys/random.h>

#include "daemon/http/request.h"

/* A name, or the beginning of one where prefix is true; then rest is what follows. */
struct placeholder {
	const char *name;
	bool prefix;
	bool (*put)(const struct http_request *r, struct span rest, struct buf *out);
};

static bool put_span(struct span s, struct buf *out)
{
	buf_append(out, s.p, s.n);
	return true;
}

/* ---- the request line ---------------------------------------------------------------------- */

static bool put_method(const struct http_request *r, struct span rest, struct buf *out)
{
	(void)rest;
	return put_span(r->method, out);
}

static bool put_proto(const struct http_request *r, struct span rest, struct buf *out)
{
	(void)rest;
	buf_printf(out, "HTTP/%u.%u", r->major, r->minor);
	return true;
}

/* Without the ".0" that nobody says from HTTP/2 on. */
static bool put_proto_name(const struct http_request *r, struct span rest, struct buf *out)
{
	if (r->major < 2)
		return put_proto(r, rest, out);
	buf_printf(out, "HTTP/%u", r->major);
	return true;
}

/* RFC 9562 version 4: made when it is asked for, and the same as long as the request lives. */
static bool put_uuid(const struct http_request *r, struct span rest, struct buf *out)
{
	uint8_t *u = ((struct http_request *)r)->uuid;
	size_t i;

	(void)rest;
	if (u[6] == 0) { /* it has its version there, once it is made */
		if (getrandom(u, sizeof(r->uuid), 0) != sizeof(r->uuid))
			return false;
		u[6] = (uint8_t)((u[6] & 0x0f) | 0x40);
		u[8] = (uint8_t)((u[8] & 0x3f) | 0x80);
	}
	for (i = 0; i < sizeof(r->uuid); i++)
		buf_printf(out, i == 4 || i == 6 || i == 8 || i == 10 ? "-%02x" : "%02x", u[i]);
	return true;
}

static bool put_scheme(const struct http_request *r, struct span rest, struct buf *out)
{
	(void)rest;
	buf_append_str(out, r->tls ? "https" : "http");
	return true;
}

static bool put_host(const struct http_request *r, struct span rest, struct buf *out)
{
	(void)rest;
	/* Without a port the brackets of an IPv6 address stay: it is a host in a URL then. */
	return put_span(r->port.n > 0 ? r->host : r->host_port, out);
}

static bool put_port(const struct http_request *r, struct span rest, struct buf *out)
{
	(void)rest;
	return put_span(r->port, out);
}

static bool put_host_port(const struct http_request *r, struct span rest, struct buf *out)
{
	(void)rest;
	return put_span(r->host_port, out);
}

/* rest as a number that counts from 0. */
static bool parse_index(struct span rest, size_t *out)
{
	size_t i;

	*out = 0;
	for (i = 0; i < rest.n; i++) {
		if (rest.p[i] < '0' || rest.p[i] > '9')
			return false;
		*out = *out * 10 + (size_t)(rest.p[i] - '0');
	}
	return rest.n > 0 && rest.n < 5;
}

/* Labels are counted from the right. */
static bool put_label(const struct http_request *r, struct span rest, struct buf *out)
{
	struct span host = r->host;
	const uint8_t *dot;
	size_t index, i;

	if (!parse_index(rest, &index))
		return false;
	for (;; index--) {
		dot = host.n > 0 ? memrchr(host.p, '.', host.n) : NULL;
		if (index == 0)
			break;
		if (dot == NULL)
			return true;
		host.n = (size_t)(dot - host.p);
	}
	i = dot != NULL ? (size_t)(dot - host.p) + 1 : 0;
	for (; i < host.n; i++)
		buf_append(out, (char[]){(char)tolower(host.p[i])}, 1);
	return true;
}

/* ---- the target ---------------------------------------------------------------------------- */

/* A path as a URL may have it: what clients should have escaped is. */
static void put_escaped_path(struct span path, struct buf *out)
{
	size_t i;

	for (i = 0; i < path.n; i++) {
		uint8_t c = path.p[i];

		if (isalnum(c) || (c != 0 && strchr("-._~!$&'()*+,;=:@[]/%", c) != NULL))
			buf_append(out, &c, 1);
		else
			buf_printf(out, "%%%02X", c);
	}
}

static bool put_uri(const struct http_request *r, struct span rest, struct buf *out)
{
	(void)rest;
	if (r->raw_path.n == 0)
		buf_append(out, "/", 1);
	put_escaped_path(r->raw_path, out);
	if (r->has_query) {
		buf_append(out, "?", 1);
		put_span(r->query, out);
	}
	return true;
}

static bool put_target(const struct http_request *r, struct span rest, struct buf *out)
{
	(void)rest;
	return put_span(r->target, out);
}

static bool put_path(const struct http_request *r, struct span rest, struct buf *out)
{
	(void)rest;
	return put_span(r->path, out);
}

/* Where the last part of the path begins. */
static size_t file_at(struct span path)
{
	const uint8_t *slash = path.n > 0 ? memrchr(path.p, '/', path.n) : NULL;

	return slash != NULL ? (size_t)(slash - path.p) + 1 : 0;
}

static bool put_file(const struct http_request *r, struct span rest, struct buf *out)
{
	size_t at = file_at(r->path);

	(void)rest;
	return put_span(span_of(r->path.p + at, r->path.n - at), out);
}

static bool put_dir(const struct http_request *r, struct span rest, struct buf *out)
{
	(void)rest;
	return put_span(span_of(r->path.p, file_at(r->path)), out);
}

/* The last dot of the path's last part, or NULL. */
static const uint8_t *extension(struct span path)
{
	size_t at = file_at(path);

	return path.n > at ? memrchr(path.p + at, '.', path.n - at) : NULL;
}

static bool put_file_ext(const struct http_request *r, struct span rest, struct buf *out)
{
	const uint8_t *dot = extension(r->path);

	(void)rest;
	return dot == NULL || put_span(span_of(dot, (size_t)(r->path.p + r->path.n - dot)), out);
}

/* Without the extension; of a path that ends with '/' what stands before that. */
static bool put_file_base(const struct http_request *r, struct span rest, struct buf *out)
{
	const uint8_t *dot = extension(r->path);
	struct span path = r->path;
	size_t at;

	(void)rest;
	if (dot != NULL)
		path.n = (size_t)(dot - path.p);
	while (dot == NULL && path.n > 1 && path.p[path.n - 1] == '/')
		path.n--;
	at = dot == NULL && path.n == 1 ? 0 : file_at(path);
	return put_span(span_of(path.p + at, path.n - at), out);
}

/* Parts between slashes, counted from the left. */
static bool put_part(const struct http_request *r, struct span rest, struct buf *out)
{
	struct span path = r->path, part;
	size_t index;

	if (!parse_index(rest, &index))
		return false;
	if (path.n > 0 && path.p[0] == '/')
		span_skip(&path, 1);
	for (;; index--) {
		const uint8_t *slash = path.n > 0 ? memchr(path.p, '/', path.n) : NULL;

		span_take(&path, slash != NULL ? (size_t)(slash - path.p) : path.n, &part);
		if (index == 0)
			return put_span(part, out);
		if (!span_skip(&path, 1))
			return true;
	}
}

static bool put_query(const struct http_request *r, struct span rest, struct buf *out)
{
	(void)rest;
	return put_span(r->query, out);
}

static bool put_prefixed_query(const struct http_request *r, struct span rest, struct buf *out)
{
	if (r->query.n > 0)
		buf_append(out, "?", 1);
	return put_query(r, rest, out);
}

/* What put says, as a value in a query has to be written. */
static bool put_escaped(const struct http_request *r,
    bool (*put)(const struct http_request *r, struct span rest, struct buf *out), struct buf *out)
{
	struct buf plain = {0};
	struct span text;
	size_t i;

	put(r, span_of(NULL, 0), &plain);
	text = buf_span(&plain);
	for (i = 0; i < text.n; i++) {
		uint8_t c = text.p[i];

		if (isalnum(c) || (c != 0 && strchr("-._~", c) != NULL))
			buf_append(out, &c, 1);
		else
			buf_printf(out, c == ' ' ? "+" : "%%%02X", c);
	}
	buf_fini(&plain);
	return true;
}

static bool put_escaped_uri(const struct http_request *r, struct span rest, struct buf *out)
{
	(void)rest;
	return put_escaped(r, put_uri, out);
}

static bool put_query_path(const struct http_request *r, struct span rest, struct buf *out)
{
	(void)rest;
	return put_escaped(r, put_path, out);
}

static bool put_escaped_query(const struct http_request *r, struct span rest, struct buf *out)
{
	(void)rest;
	return put_escaped(r, put_query, out);
}

static bool put_param(const struct http_request *r, struct span rest, struct buf *out)
{
	struct span query = r->query, name, value;
	bool found = false;

	while (http_next_param(r->arena, &query, &name, &value)) {
		if (!span_eq(name, rest))
			continue;
		if (found)
			buf_append(out, ",", 1);
		put_span(value, out);
		found = true;
	}
	return true;
}

/* ---- fields -------------------------------------------------------------------------------- */

static bool put_header(const struct http_request *r, struct span rest, struct buf *out)
{
	http_fields_join(&r->fields, rest, out);
	return true;
}

/* RFC 6265 section 4.2.1 */
static bool put_cookie(const struct http_request *r, struct span rest, struct buf *out)
{
	struct span list, pair;

	if (!http_fields_find(&r->fields, span_str("Cookie"), &list))
		return false;
	while (list.n > 0) {
		const uint8_t *end = memchr(list.p, ';', list.n);

		span_take(&list, end != NULL ? (size_t)(end - list.p) : list.n, &pair);
		span_skip(&list, 1);
		while (pair.n > 0 && pair.p[0] == ' ')
			span_skip(&pair, 1);
		if (pair.n > rest.n && pair.p[rest.n] == '=' &&
		    http1_equal(span_of(pair.p, rest.n), rest)) {
			span_skip(&pair, rest.n + 1);
			return put_span(pair, out);
		}
	}
	return false;
}

/* ---- the connection ------------------------------------------------------------------------ */

/* The facts remember what they had to ask the system for. */
static struct facts *facts_of(const struct http_request *r)
{
	return (struct facts *)&r->facts;
}

static bool put_remote(const struct http_request *r, struct span rest, struct buf *out)
{
	char text[NETADDR_TEXT_MAX];

	(void)rest;
	buf_append_str(out, netaddr_text(&r->facts.src, text));
	return true;
}

static bool put_remote_host(const struct http_request *r, struct span rest, struct buf *out)
{
	char text[NETADDR_TEXT_MAX];

	(void)rest;
	buf_append_str(out, netaddr_ip_text(&r->facts.src, text));
	return true;
}

/* ".../24" or ".../24,64": the network of the client, of as many bits, for IPv4 and IPv6. */
static bool put_remote_network(const struct http_request *r, struct span rest, struct buf *out)
{
	const uint8_t *comma = rest.n > 0 ? memchr(rest.p, ',', rest.n) : NULL;
	size_t first = comma != NULL ? (size_t)(comma - rest.p) : rest.n;
	char ip[NETADDR_TEXT_MAX], text[NETADDR_TEXT_MAX + 8];
	struct cidr range;

	if (comma != NULL && r->facts.src.family == AF_INET6)
		span_skip(&rest, first + 1);
	else
		rest.n = first;
	snprintf(text, sizeof(text), "%s/%.*s", netaddr_ip_text(&r->facts.src, ip),
	    rest.n > 3 ? 3 : (int)rest.n, rest.n > 0 ? (const char *)rest.p : "");
	if (cidr_parse(text, &range))
		buf_printf(out, "%s/%u", netaddr_ip_text(&range.net, ip), range.bits);
	return true;
}

static bool put_remote_port(const struct http_request *r, struct span rest, struct buf *out)
{
	(void)rest;
	buf_printf(out, "%u", r->facts.src.port);
	return true;
}

static bool put_local(const struct http_request *r, struct span rest, struct buf *out)
{
	char text[NETADDR_TEXT_MAX];

	(void)rest;
	buf_append_str(out, netaddr_text(facts_dst(facts_of(r)), text));
	return true;
}

static bool put_local_host(const struct http_request *r, struct span rest, struct buf *out)
{
	char text[NETADDR_TEXT_MAX];

	(void)rest;
	buf_append_str(out, netaddr_ip_text(facts_dst(facts_of(r)), text));
	return true;
}

static bool put_local_port(const struct http_request *r, struct span rest, struct buf *out)
{
	(void)rest;
	buf_printf(out, "%u", facts_dst(facts_of(r))->port);
	return true;
}

static bool put_client_ip(const struct http_request *r, struct span rest, struct buf *out)
{
	char text[NETADDR_TEXT_MAX];

	(void)rest;
	buf_append_str(out, netaddr_ip_text(&r->client, text));
	return true;
}

/* Nothing sets a variable of a request but the server itself. */
static bool put_no_variable(const struct http_request *r, struct span rest, struct buf *out)
{
	(void)r;
	(void)rest;
	(void)out;
	return true;
}

/* What the TLS session below is known by in layer 4: "http.request.tls.x" is its "l4.tls.x". */
static bool put_tls(const struct http_request *r, struct span rest, struct buf *out)
{
	char name[128];

	if (!r->tls || rest.n > 64)
		return false;
	snprintf(name, sizeof(name), "l4.tls.%.*s", (int)rest.n, (const char *)rest.p);
	return facts_put(&r->facts, name, out);
}

static bool put_regexp(const struct http_request *r, struct span rest, struct buf *out)
{
	char name[256];

	if (rest.n > 200)
		return false;
	snprintf(name, sizeof(name), "http.regexp.%.*s", (int)rest.n, (const char *)rest.p);
	return facts_put(&r->facts, name, out);
}

/* ---- the table ----------------------------------------------------------------------------- */

static const struct placeholder placeholders[] = {
    {"http.request.method", false, put_method},
    {"http.request.orig_method", false, put_method},
    {"http.request.proto", false, put_proto},
    {"http.request.proto_name", false, put_proto_name},
    {"http.request.scheme", false, put_scheme},
    {"http.request.uuid", false, put_uuid},
    {"http.request.host", false, put_host},
    {"http.request.host.labels.", true, put_label},
    {"http.request.port", false, put_port},
    {"http.request.hostport", false, put_host_port},
    {"http.request.uri", false, put_uri},
    {"http.request.uri_escaped", false, put_escaped_uri},
    {"http.request.uri.path_escaped", false, put_query_path},
    {"http.request.uri.query_escaped", false, put_escaped_query},
    {"http.request.orig_uri", false, put_target},
    {"http.request.uri.path", false, put_path},
    {"http.request.orig_uri.path", false, put_path},
    {"http.request.uri.path.file", false, put_file},
    {"http.request.orig_uri.path.file", false, put_file},
    {"http.request.uri.path.dir", false, put_dir},
    {"http.request.orig_uri.path.dir", false, put_dir},
    {"http.request.uri.path.file.base", false, put_file_base},
    {"http.request.uri.path.file.ext", false, put_file_ext},
    {"http.request.uri.path.", true, put_part},
    {"http.request.orig_uri.path.", true, put_part},
    {"http.request.uri.query", false, put_query},
    {"http.request.orig_uri.query", false, put_query},
    {"http.request.uri.prefixed_query", false, put_prefixed_query},
    {"http.request.orig_uri.prefixed_query", false, put_prefixed_query},
    {"http.request.uri.query.", true, put_param},
    {"http.request.header.", true, put_header},
    {"http.request.cookie.", true, put_cookie},
    {"http.request.remote", false, put_remote},
    {"http.request.remote.host", false, put_remote_host},
    {"http.request.remote.host/", true, put_remote_network},
    {"http.request.remote.port", false, put_remote_port},
    {"http.request.local", false, put_local},
    {"http.request.local.host", false, put_local_host},
    {"http.request.local.port", false, put_local_port},
    {"http.request.tls.", true, put_tls},
    {"http.regexp.", true, put_regexp},
    {"http.vars.client_ip", false, put_client_ip},
    {"http.vars.", true, put_no_variable},
    {NULL, false, NULL},
};

static const struct placeholder *find(struct span name)
{
	const struct placeholder *p;

	for (p = placeholders; p->name != NULL; p++) {
		if (p->prefix ? name.n > strlen(p->name) && span_starts(name, span_str(p->name))
			      : span_eq_str(name, p->name))
			return p;
	}
	return NULL;
}

bool http_request_knows(struct span name)
{
	return find(name) != NULL;
}

bool http_request_put(const struct http_request *r, struct span name, struct buf *out)
{
	const struct placeholder *p = find(name);

	if (p == NULL)
		return false;
	if (p->prefix)
		span_skip(&name, strlen(p->name));
	return p->put(r, name, out);
}
