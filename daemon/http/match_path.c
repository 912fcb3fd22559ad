/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "daemon/http/matcher.h"
#include "daemon/http/path.h"

struct params {
	struct http_texts patterns;
};

static int load_params(struct load *load, const struct jnode *node, void *params, struct error *err)
{
	struct params *p = params;

	return http_texts_load(load, node, &p->patterns, err);
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

/*
 * Where the pattern has an escape, "%2f", that place of the path is compared as it was sent; "%*"
 * is a '*' that takes the path as it was sent. Everywhere else the path is decoded. Appends to out
 * what of the path stands for the pattern; false: it cannot fit.
 */
static bool decode_by(struct arena *arena, struct span pattern, struct span path, struct buf *out)
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
		if (!raw)
			taken = http_unescape(arena, taken, false);
		buf_append(out, taken.p, taken.n);
	}
	taken = http_unescape(arena, path, false);
	buf_append(out, taken.p, taken.n);
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
	    http_path_lower(r->arena, http_path_clean(r->arena, r->raw_path, !has(pattern, "//")));
	struct buf decoded = {0};
	bool result = decode_by(r->arena, pattern, path, &decoded);

	if (result)
		result = http_path_glob(
		    plain_stars(r->arena, pattern), http_path_lower(r->arena, buf_span(&decoded)));
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
	path = http_path_clean(r->arena, http_path_lower(r->arena, r->path), !has(pattern, "//"));
	if ((stars == 1 && (pattern.p[0] == '*' || pattern.p[pattern.n - 1] == '*')) ||
	    (stars == 2 && pattern.p[0] == '*' && pattern.p[pattern.n - 1] == '*'))
		return http_wildcard(pattern, path, false);
	return http_path_glob(pattern, path);
}

/* Case does not matter: what is behind may not tell it apart either. */
static bool match(const void *params, struct http_request *r)
{
	const struct params *p = params;
	size_t i;

	for (i = 0; i < p->patterns.count; i++)
		if (fits(http_path_lower(r->arena, http_text_of(p->patterns.items[i], r)), r))
			return true;
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
