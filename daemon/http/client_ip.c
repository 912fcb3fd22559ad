/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "daemon/http/client_ip.h"

#include <string.h>

#include "common/buf.h"

/* ---- loading ------------------------------------------------------------------------------- */

struct params {
	const char *source;
	struct strings ranges;
};

static const struct field fields[] = {
    FIELD_STRING(
	struct params, source, "source", FIELD_REQUIRED, "static: the ranges are those written"),
    FIELD_STRINGS(
	struct params, ranges, "ranges", FIELD_ENV, "IP addresses, CIDR ranges, or private_ranges"),
    FIELD_END,
};

const struct shape http_trusted_proxies_shape = {.type = SHAPE_OBJECT, .fields = fields};

int http_trusted_proxies_load(
    struct load *load, const struct jnode *node, void *target, struct error *err)
{
	struct jnode source = jnode_member(node, "source");
	struct params p = {0};

	if (fields_load(fields, load, node, NULL, load->arena, &p, err) == -1)
		return -1;
	if (strcmp(p.source, "static") != 0)
		return jnode_error(&source, err, ERROR_UNSUPPORTED,
		    "there is no source '%s': use static, and write the ranges down", p.source);
	return iprange_load(load, node, "ranges", &p.ranges, target, err);
}

/* ---- what a proxy says --------------------------------------------------------------------- */

static struct span trimmed(struct span s)
{
	while (s.n > 0 && (s.p[0] == ' ' || s.p[0] == '\t'))
		span_skip(&s, 1);
	while (s.n > 0 && (s.p[s.n - 1] == ' ' || s.p[s.n - 1] == '\t'))
		s.n--;
	return s;
}

/* An address, perhaps with a port ("1.2.3.4:5", "[::1]:5") or a zone, neither of which counts. */
static bool parse(struct span s, struct netaddr *out)
{
	const uint8_t *colon, *end;
	char text[64];

	s = trimmed(s);
	colon = s.n > 0 ? memrchr(s.p, ':', s.n) : NULL;
	if (colon != NULL && s.p[0] == '[' && colon > s.p + 1 && colon[-1] == ']')
		s = span_of(s.p + 1, (size_t)(colon - s.p) - 2);
	else if (colon != NULL && memchr(s.p, ':', s.n) == colon)
		s.n = (size_t)(colon - s.p);
	end = s.n > 0 ? memchr(s.p, '%', s.n) : NULL;
	s = trimmed(end != NULL ? span_of(s.p, (size_t)(end - s.p)) : s);
	if (s.n == 0 || s.n >= sizeof(text) || memchr(s.p, '\0', s.n) != NULL)
		return false;
	memcpy(text, s.p, s.n);
	text[s.n] = '\0';
	return netaddr_parse_ip(text, out);
}

/* The first of the list, from the left. */
static bool find_first(struct span list, struct netaddr *out)
{
	struct span part;

	while (list.n > 0) {
		const uint8_t *comma = memchr(list.p, ',', list.n);

		span_take(&list, comma != NULL ? (size_t)(comma - list.p) : list.n, &part);
		span_skip(&list, 1);
		if (parse(part, out))
			return true;
	}
	return false;
}

/* From the right, where proxies add themselves: the first one that is not trusted. */
static bool find_untrusted(struct span list, const struct iprange *trusted, struct netaddr *out)
{
	while (list.n > 0) {
		const uint8_t *comma = memrchr(list.p, ',', list.n);
		size_t start = comma != NULL ? (size_t)(comma - list.p) + 1 : 0;

		if (parse(span_of(list.p + start, list.n - start), out) &&
		    (trusted == NULL || !iprange_contains(trusted, out)))
			return true;
		list.n = comma != NULL ? start - 1 : 0;
	}
	return false;
}

static bool find(const struct http_client_ip *c, struct span list, struct netaddr *out)
{
	return c->strict != 0 ? find_untrusted(list, c->trusted, out) : find_first(list, out);
}

struct netaddr http_client_ip(const struct http_client_ip *c, const struct http_request *r)
{
	static const char *const usual[] = {"X-Forwarded-For"};
	const char *const *headers = c->headers.count > 0 ? c->headers.items : usual;
	size_t count = c->headers.count > 0 ? c->headers.count : 1, i;
	struct netaddr client = r->facts.src, named;
	struct buf list = {0};
	bool found = false;

	client.port = 0;
	if (client.family == AF_UNIX ? !c->unix_sockets
				     : c->trusted == NULL || !iprange_contains(c->trusted, &client))
		return client;
	for (i = 0; i < count && !found; i++) {
		buf_clear(&list);
		if (http_fields_join(&r->fields, span_str(headers[i]), &list))
			found = find(c, buf_span(&list), &named);
	}
	buf_fini(&list);
	return found ? named : client;
}
