/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "daemon/http/matcher.h"
#include "daemon/http/path.h"

struct params {
	struct http_texts patterns;
	struct span *lower; /* of the constant ones; p NULL for others */
};

static int load_params(struct load *load, const struct jnode *node, void *params, struct error *err)
{
	struct params *p = params;
	size_t i;

	if (http_texts_load(load, node, &p->patterns, err) == -1)
		return -1;
	p->lower = arena_array(load->arena, p->patterns.count, sizeof(*p->lower));
	for (i = 0; i < p->patterns.count; i++)
		if (http_text_is_constant(p->patterns.items[i]))
			p->lower[i] =
			    http_path_lower(load->arena, http_text_constant(p->patterns.items[i]));
	return 0;
}

static size_t count_stars(struct span s)
{
	size_t n = 0, i;

	for (i = 0; i < s.n; i++)
		n += s.p[i] == '*';
	return n;
}

static bool has(struct span s, const char *part)
{
	return s.n > 0 && memmem(s.p, s.n, part, strlen(part)) != NULL;
}

static void put_decoded(struct span text, struct buf *out)
{
	if (text.n > 0)
		buf_commit(out, http_unescape_to(buf_reserve(out, text.n), text, false));
}

/*
 * Where the pattern has an escape, "%2f", that place of the path is compared as it was sent; "%*"
 * is a '*' that takes the path as it was sent. Everywhere else the path is decoded. Appends to out
 * what of the path stands for the pattern; false: it cannot fit.
 */
static bool decode_by(struct span pattern, struct span path, struct buf *out)
{
	struct span taken;
	const uint8_t *end;
	size_t n;

	while (pattern.n > 0 && path.n > 0) {
		bool escape = path.p[0] == '%' && path.n >= 3;
		bool raw = pattern.p[0] == '%';

		if (pattern.p[0] == '*' || (raw && pattern.n >= 2 && pattern.p[1] == '*')) {
			span_skip(&pattern, raw ? 2 : 1);
			end =
			    pattern.n > 0 ? memchr(path.p, pattern.p[0], path.n) : path.p + path.n;
			if (end == NULL)
				return false;
			span_take(&path, (size_t)(end - path.p), &taken);
		} else {
			n = raw && pattern.n >= 3 ? 3 : 1;
			span_skip(&pattern, n);
			span_take(&path, escape ? 3 : 1, &taken);
		}
		if (raw)
			buf_append(out, taken.p, taken.n);
		else
			put_decoded(taken, out);
	}
	put_decoded(path, out);
	return true;
}

/* "%*" -> "*" */
static struct span plain_stars(struct arena *arena, struct span pattern)
{
	uint8_t *out = arena_alloc(arena, pattern.n + 1);
	size_t n = 0, i;

	for (i = 0; i < pattern.n; i++)
		if (pattern.p[i] != '%' || i + 1 == pattern.n || pattern.p[i + 1] != '*')
			out[n++] = pattern.p[i];
	return span_of(out, n);
}

static bool fits_escaped(struct span pattern, struct http_request *r)
{
	struct span path =
	    http_request_path(r, has(pattern, "//") ? HTTP_PATH_RAW : HTTP_PATH_RAW_MERGED);
	struct buf decoded = {0};
	bool result = decode_by(pattern, path, &decoded);

	if (result && buf_len(&decoded) > 0)
		http_path_to_lower(decoded.data + decoded.start, buf_len(&decoded));
	result = result && http_path_glob(plain_stars(r->arena, pattern), buf_span(&decoded));
	buf_fini(&decoded);
	return result;
}

/* A lone '*' at an end crosses slashes; elsewhere it does not. */
static bool fits(struct span pattern, struct http_request *r)
{
	size_t stars = count_stars(pattern);
	struct span path;

	if (span_eq_str(pattern, "*"))
		return true;
	if (has(pattern, "%"))
		return fits_escaped(pattern, r);
	path = http_request_path(r, has(pattern, "//") ? HTTP_PATH_LOWER : HTTP_PATH_MERGED);
	if ((stars == 1 && (pattern.p[0] == '*' || pattern.p[pattern.n - 1] == '*')) ||
	    (stars == 2 && pattern.p[0] == '*' && pattern.p[pattern.n - 1] == '*'))
		return http_wildcard(pattern, path, false);
	return http_path_glob(pattern, path);
}

/* Case does not matter: what is behind may not tell it apart either. */
static bool match(const void *params, struct http_request *r)
{
	const struct params *p = params;
	struct span pattern;
	size_t i;

	for (i = 0; i < p->patterns.count; i++) {
		pattern = p->lower[i];
		if (pattern.p == NULL)
			pattern = http_path_lower(r->arena, http_text_of(p->patterns.items[i], r));
		if (fits(pattern, r))
			return true;
	}
	return false;
}

const struct http_matcher_type http_matcher_path = {
    .name = "path",
    .help = "the path fits a pattern, in any case; '*' at an end also crosses slashes",
    .shape = &shape_texts,
    .params_size = sizeof(struct params),
    .load = load_params,
    .match = match,
};
