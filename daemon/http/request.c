/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "daemon/http/request.h"

#include "daemon/http/path.h"

static int hex_value(uint8_t c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

size_t http_unescape_to(uint8_t *out, struct span text, bool form)
{
	size_t n = 0, i;

	for (i = 0; i < text.n; i++) {
		uint8_t c = text.p[i];
		int high = -1, low = -1;

		if (c == '%' && text.n - i >= 3) {
			high = hex_value(text.p[i + 1]);
			low = hex_value(text.p[i + 2]);
		}
		if (high >= 0 && low >= 0) {
			c = (uint8_t)(high << 4 | low);
			i += 2;
		} else if (c == '+' && form) {
			c = ' ';
		}
		out[n++] = c;
	}
	return n;
}

struct span http_unescape(struct arena *arena, struct span text, bool form)
{
	uint8_t *out;

	if (text.n == 0 ||
	    (memchr(text.p, '%', text.n) == NULL && !(form && memchr(text.p, '+', text.n) != NULL)))
		return text;
	out = arena_alloc(arena, text.n);
	return span_of(out, http_unescape_to(out, text, form));
}

bool http_query_valid(struct span query)
{
	size_t i;

	for (i = 0; i < query.n; i++) {
		if (query.p[i] == ';')
			return false;
		if (query.p[i] == '%' && (query.n - i < 3 || hex_value(query.p[i + 1]) < 0 ||
					     hex_value(query.p[i + 2]) < 0))
			return false;
	}
	return true;
}

bool http_next_param(struct arena *arena, struct span *query, struct span *name, struct span *value)
{
	while (query->n > 0) {
		const uint8_t *end = memchr(query->p, '&', query->n), *equals;
		struct span pair;

		span_take(query, end != NULL ? (size_t)(end - query->p) : query->n, &pair);
		span_skip(query, 1);
		if (pair.n == 0 || !http_query_valid(pair))
			continue;
		equals = memchr(pair.p, '=', pair.n);
		span_take(&pair, equals != NULL ? (size_t)(equals - pair.p) : pair.n, name);
		span_skip(&pair, 1);
		*name = http_unescape(arena, *name, true);
		*value = http_unescape(arena, pair, true);
		return true;
	}
	return false;
}

static void init(struct http_request *r, struct arena *arena, const struct facts *facts, bool tls)
{
	memset(r, 0, sizeof(*r));
	r->arena = arena;
	r->facts = *facts;
	r->facts.arena = arena;
	r->client = facts->src;
	r->tls = tls;
}

static void set_host(struct http_request *r, struct span host)
{
	r->host_port = host;
	http1_split_host(host, &r->host, &r->port);
}

static void set_path(struct http_request *r, struct span path, struct span query)
{
	r->raw_path = path;
	r->path = http_unescape(r->arena, path, false);
	r->query = query;
}

void http_request_init(struct http_request *r, struct arena *arena, const struct http1_head *head,
    const struct facts *facts, bool tls)
{
	struct span list = head->headers, name, value;

	init(r, arena, facts, tls);
	r->method = head->method;
	r->target = head->target;
	r->major = 1;
	r->minor = head->minor;
	r->has_query = head->has_query;
	set_path(r, head->path, head->query);
	set_host(r, head->host);
	while (http1_next_header(&list, &name, &value))
		http_fields_add(&r->fields, arena, name, value);
}

void http_request_init2(struct http_request *r, struct arena *arena, const struct http2_head *head,
    const struct facts *facts, bool tls)
{
	struct span list = head->fields, path, query, name, value;

	init(r, arena, facts, tls);
	http1_split_path(head->path, &path, &query, &r->has_query);
	r->method = head->method;
	r->target = head->path;
	r->major = 2;
	set_path(r, path, query);
	set_host(r, head->authority);
	while (http2_next_field(&list, &name, &value))
		http_fields_add(&r->fields, arena, name, value);
}

struct span http_request_lower_host(struct http_request *r)
{
	if (r->lower_host.p == NULL)
		r->lower_host = http_path_lower(r->arena, r->host);
	return r->lower_host;
}

static struct span make_path(struct http_request *r, enum http_path_form form)
{
	switch (form) {
	case HTTP_PATH_CLEAN:
		return http_path_clean(r->arena, r->path, true);
	case HTTP_PATH_LOWER:
		return http_path_clean(r->arena, http_path_lower(r->arena, r->path), false);
	case HTTP_PATH_MERGED:
		return http_path_clean(r->arena, http_path_lower(r->arena, r->path), true);
	case HTTP_PATH_RAW:
		return http_path_clean(r->arena, http_path_lower(r->arena, r->raw_path), false);
	default:
		return http_path_clean(r->arena, http_path_lower(r->arena, r->raw_path), true);
	}
}

struct span http_request_path(struct http_request *r, enum http_path_form form)
{
	if (r->paths[form].p == NULL)
		r->paths[form] = make_path(r, form);
	return r->paths[form];
}
