/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "daemon/http/path.h"

void http_path_to_lower(uint8_t *p, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (p[i] >= 'A' && p[i] <= 'Z')
			p[i] |= 0x20;
}

struct span http_path_lower(struct arena *arena, struct span text)
{
	uint8_t *out = arena_alloc(arena, text.n + 1);

	if (text.n > 0)
		memcpy(out, text.p, text.n);
	http_path_to_lower(out, text.n);
	return span_of(out, text.n);
}

/* ---- cleaning ------------------------------------------------------------------------------ */

/* A path being put together from its parts. */
struct parts {
	uint8_t *out;
	size_t n, root; /* bytes, and those of them that are the slash at the front */
	size_t count;   /* parts */
};

static void push(struct parts *p, struct span part)
{
	if (p->count++ > 0)
		p->out[p->n++] = '/';
	if (part.n > 0)
		memcpy(p->out + p->n, part.p, part.n);
	p->n += part.n;
}

static void pop(struct parts *p)
{
	const uint8_t *slash = memrchr(p->out, '/', p->n);

	p->n = --p->count > 0 ? (size_t)(slash - p->out) : p->root;
}

/* ".." at the root leads nowhere; at the front of a relative path it must stay. */
static void parent(struct parts *p, struct span part)
{
	bool stays = p->root == 0 &&
		     (p->count == 0 || (p->n >= 2 && memcmp(p->out + p->n - 2, "..", 2) == 0 &&
					   (p->n == 2 || p->out[p->n - 3] == '/')));

	if (stays)
		push(p, part);
	else if (p->count > 0)
		pop(p);
}

struct span http_path_clean(struct arena *arena, struct span path, bool merge)
{
	struct parts p = {.out = arena_alloc(arena, path.n + 2)};
	bool slash_at_end = path.n > 0 && path.p[path.n - 1] == '/';
	struct span part;

	if (path.n > 0 && path.p[0] == '/') {
		p.out[p.n++] = '/';
		p.root = 1;
		span_skip(&path, 1);
	}
	while (path.n > 0) {
		const uint8_t *slash = memchr(path.p, '/', path.n);

		span_take(&path, slash != NULL ? (size_t)(slash - path.p) : path.n, &part);
		span_skip(&path, 1);
		if (span_eq_str(part, ".") || (merge && part.n == 0))
			continue;
		if (span_eq_str(part, ".."))
			parent(&p, part);
		else
			push(&p, part);
	}
	if (p.n == 0)
		p.out[p.n++] = '.';
	if (slash_at_end && (p.count > 0 || p.root == 0))
		p.out[p.n++] = '/';
	return span_of(p.out, p.n);
}

/* ---- patterns ------------------------------------------------------------------------------ */

/* The next character of a set, escaped or not. false: the pattern ends too early. */
static bool set_char(struct span *pattern, uint8_t *c)
{
	if (!span_u8(pattern, c) || *c == ']' || *c == '-')
		return false;
	return *c != '\\' || span_u8(pattern, c);
}

/* Takes a set behind its bracket: 1 where c is in it, 0 where not, -1 where it is malformed. */
static int take_set(struct span *pattern, uint8_t c)
{
	bool negated = pattern->n > 0 && pattern->p[0] == '^';
	bool found = false, any = false;
	uint8_t low, high;

	if (negated)
		span_skip(pattern, 1);
	while (pattern->n > 0 && (pattern->p[0] != ']' || !any)) {
		if (!set_char(pattern, &low))
			return -1;
		high = low;
		if (pattern->n > 0 && pattern->p[0] == '-') {
			span_skip(pattern, 1);
			if (!set_char(pattern, &high))
				return -1;
		}
		found = found || (low <= c && c <= high);
		any = true;
	}
	if (!span_skip(pattern, 1))
		return -1;
	return found != negated;
}

/* Takes one character of text by what the pattern has first (not '*'). */
static bool take_one(struct span *pattern, struct span *text)
{
	uint8_t want, c;

	if (!span_u8(pattern, &want) || !span_u8(text, &c))
		return false;
	switch (want) {
	case '?':
		while (text->n > 0 && c >= 0x80 && (text->p[0] & 0xc0) == 0x80)
			span_skip(text, 1); /* the rest of a character in UTF-8 */
		return c != '/';
	case '[':
		return take_set(pattern, c) == 1 && c != '/';
	case '\\':
		return span_u8(pattern, &want) && want == c;
	default:
		return want == c;
	}
}

/* Only the last '*' need be tried again: what an earlier one could give, a later one takes too. */
bool http_path_glob(struct span pattern, struct span text)
{
	struct span retry_pattern = {0}, retry_text = {0};
	bool starred = false;

	for (;;) {
		if (pattern.n > 0 && pattern.p[0] == '*') {
			span_skip(&pattern, 1);
			retry_pattern = pattern;
			retry_text = text;
			starred = true;
			continue;
		}
		if (pattern.n == 0 && text.n == 0)
			return true;
		if (pattern.n > 0 && text.n > 0 && take_one(&pattern, &text))
			continue;
		if (!starred || retry_text.n == 0 || retry_text.p[0] == '/')
			return false;
		span_skip(&retry_text, 1);
		pattern = retry_pattern;
		text = retry_text;
	}
}
