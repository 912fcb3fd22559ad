/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "daemon/http/h2_stream.h"

#include <stdlib.h>
#include <string.h>

#include "daemon/http/access.h"
#include "daemon/wire/http1.h"

#define FIELD_COST 32       /* of a field, RFC 9113 section 6.5.2 */
#define EXCHANGE_ARENA 2048 /* for an ordinary request and its answer */

struct h2_stream *h2_stream_new(int32_t id, ev_tstamp now)
{
	struct h2_stream *t = mem_zalloc(sizeof(*t));

	t->id = id;
	t->arena = arena_new(EXCHANGE_ARENA);
	t->since = now;
	return t;
}

void h2_stream_free(struct h2_stream *t)
{
	http_response_fini(&t->exchange.response);
	arena_free(t->arena);
	free(t);
}

/* ---- the request --------------------------------------------------------------------------- */

static struct span copy(struct h2_stream *t, const uint8_t *p, size_t n)
{
	return span_of((const uint8_t *)arena_strndup(t->arena, (const char *)p, n), n);
}

static void add_pseudo(struct h2_stream *t, struct span name, struct span value)
{
	if (span_eq_str(name, ":method"))
		t->head.method = value;
	else if (span_eq_str(name, ":scheme"))
		t->head.scheme = value;
	else if (span_eq_str(name, ":authority"))
		t->head.authority = value;
	else if (span_eq_str(name, ":path"))
		t->head.path = value;
}

void h2_stream_add(struct h2_stream *t, struct span name, struct span value, size_t most)
{
	t->size += name.n + value.n + FIELD_COST;
	if (t->size > most || t->arena == NULL) {
		t->too_large = true;
		return;
	}
	value = copy(t, value.p, value.n);
	if (name.n > 0 && name.p[0] == ':')
		add_pseudo(t, name, value);
	else
		http_fields_add(&t->fields, t->arena, copy(t, name.p, name.n), value);
}

/* A client may send each of its cookies as a field (RFC 9113 section 8.2.3). */
static void join_cookies(struct h2_stream *t)
{
	struct http_field *first = NULL;
	struct buf all = {0};
	size_t i, kept = 0;

	for (i = 0; i < t->fields.count; i++) {
		struct http_field *field = &t->fields.items[i];

		if (!span_eq_str(field->name, "cookie")) {
			t->fields.items[kept++] = *field;
			continue;
		}
		if (buf_len(&all) > 0)
			buf_append_str(&all, "; ");
		buf_append(&all, field->value.p, field->value.n);
		if (first == NULL) {
			first = &t->fields.items[kept];
			t->fields.items[kept++] = *field;
		}
	}
	t->fields.count = kept;
	if (first != NULL)
		first->value = copy(t, buf_span(&all).p, buf_len(&all));
	buf_fini(&all);
}

/* ":authority" and Host say the same thing, once or twice. */
static bool settle_host(struct h2_stream *t)
{
	struct span host;
	bool named = http_fields_find(&t->fields, span_str("host"), &host);

	if (t->head.authority.n == 0 && named)
		t->head.authority = host;
	else if (named && !http1_equal(host, t->head.authority))
		return false;
	return http1_is_host(t->head.authority);
}

/* 0, or the status to refuse it with. */
static unsigned check_head(struct h2_stream *t)
{
	struct span path, query;
	bool has_query;

	if (t->too_large)
		return 431;
	if (!settle_host(t))
		return 400;
	if (span_eq_str(t->head.method, "CONNECT"))
		return 405;
	if (!span_eq_str(t->head.path, "*") &&
	    !http1_split_path(t->head.path, &path, &query, &has_query))
		return 400;
	return 0;
}

void h2_stream_run(struct h2_stream *t, const struct http_server *server, const struct facts *facts)
{
	struct http_exchange *x = &t->exchange;
	unsigned status = check_head(t);

	join_cookies(t);
	http_request_init2(&x->request, t->arena, &t->head, facts, server->tls);
	x->request.fields = t->fields;
	x->request.client = http_client_ip(&server->clients, &x->request);
	http_fields_add(&x->response.fields, t->arena, span_str("server"), span_str("pointsman"));
	if (status == 0)
		status = http_serve_check(server, &x->request);
	if (status != 0)
		http_response_error(&x->response, t->arena, status);
	else if (!span_eq_str(t->head.path, "*")) /* which asks nothing of any resource */
		http_exchange_run(&server->routes, x);
	http_access_write(server->access, x);
}

/* ---- the answer ---------------------------------------------------------------------------- */

static void put(struct h2_fields *h, struct span name, struct span value)
{
	if (h->count == H2_FIELDS_MAX)
		return;
	h->items[h->count++] = (nghttp2_nv){
	    .name = (uint8_t *)name.p,
	    .namelen = name.n,
	    .value = (uint8_t *)value.p,
	    .valuelen = value.n,
	};
}

/* Fields of a connection, which HTTP/2 does not have (RFC 9113 section 8.2.2). */
static bool is_of_connection(struct span name)
{
	static const char *const names[] = {"Keep-Alive", "Proxy-Connection", "Upgrade"};
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (http1_equal(name, span_str(names[i])))
			return true;
	return http_field_is_framing(name);
}

/* Status and fields; nghttp2 writes names in lower case. Returns whether there was a Date. */
static bool put_fields(
    struct h2_fields *h, struct arena *arena, unsigned status, const struct http_fields *fields)
{
	bool dated = false;
	size_t i;

	put(h, span_str(":status"), span_str(arena_printf(arena, "%03u", status)));
	for (i = 0; i < fields->count; i++) {
		const struct http_field *field = &fields->items[i];

		if (!http1_is_token(field->name) || is_of_connection(field->name))
			continue;
		dated = dated || http1_equal(field->name, span_str("Date"));
		put(h, field->name, http_field_value(arena, field->value));
	}
	return dated;
}

void h2_stream_interim(
    struct h2_stream *t, const struct http_interim *interim, struct h2_fields *out)
{
	out->count = 0;
	put_fields(out, t->arena, interim->status, &interim->fields);
}

void h2_stream_settle(struct h2_stream *t)
{
	arena_free(t->arena);
	t->arena = NULL;
}

bool h2_stream_answer(struct h2_stream *t, struct h2_fields *out)
{
	const struct http_response *r = &t->exchange.response;
	unsigned status = r->status != 0 ? r->status : 200;
	struct span body = http_response_body(r);

	out->count = 0;
	if (!put_fields(out, t->arena, status, &r->fields))
		put(out, span_str("date"), span_str(http_date()));
	if (!http_status_has_body(status))
		return false;
	put(out, span_str("content-length"), span_str(arena_printf(t->arena, "%zu", body.n)));
	if (body.n == 0 || span_eq_str(t->head.method, "HEAD"))
		return false;
	t->body = body;
	return true;
}
