/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "daemon/http/fields.h"

#include "daemon/wire/http1.h"

void http_fields_add(
    struct http_fields *f, struct arena *arena, struct span name, struct span value)
{
	if (f->count == f->size) {
		size_t size = f->size == 0 ? 8 : f->size * 2;
		struct http_field *more = arena_array(arena, size, sizeof(*more));

		if (f->count > 0)
			memcpy(more, f->items, f->count * sizeof(*more));
		f->items = more;
		f->size = size;
	}
	f->items[f->count++] = (struct http_field){name, value};
}

void http_fields_set(
    struct http_fields *f, struct arena *arena, struct span name, struct span value)
{
	size_t i, kept = 0;

	for (i = 0; i < f->count; i++)
		if (!http1_equal(f->items[i].name, name))
			f->items[kept++] = f->items[i];
	f->count = kept;
	http_fields_add(f, arena, name, value);
}

void http_fields_remove(struct http_fields *f, struct span name)
{
	size_t i, kept = 0;

	for (i = 0; i < f->count; i++)
		if (!http_wildcard(name, f->items[i].name, true))
			f->items[kept++] = f->items[i];
	f->count = kept;
}

bool http_fields_find(const struct http_fields *f, struct span name, struct span *value)
{
	size_t i;

	for (i = 0; i < f->count; i++) {
		if (http1_equal(f->items[i].name, name)) {
			*value = f->items[i].value;
			return true;
		}
	}
	return false;
}

bool http_fields_join(const struct http_fields *f, struct span name, struct buf *out)
{
	bool found = false;
	size_t i;

	for (i = 0; i < f->count; i++) {
		if (!http1_equal(f->items[i].name, name))
			continue;
		if (found)
			buf_append(out, ",", 1);
		buf_append(out, f->items[i].value.p, f->items[i].value.n);
		found = true;
	}
	return found;
}

static bool equal(struct span a, struct span b, bool any_case)
{
	return any_case ? http1_equal(a, b) : span_eq(a, b);
}

static bool contains(struct span text, struct span part, bool any_case)
{
	for (; text.n >= part.n; text.p++, text.n--) {
		if (equal(span_of(text.p, part.n), part, any_case))
			return true;
		if (text.n == 0)
			break;
	}
	return false;
}

bool http_wildcard(struct span pattern, struct span text, bool any_case)
{
	bool front = pattern.n > 0 && pattern.p[0] == '*';
	bool back = pattern.n > 1 && pattern.p[pattern.n - 1] == '*';

	if (front)
		span_skip(&pattern, 1);
	if (back)
		pattern.n--;
	if (front && back)
		return contains(text, pattern, any_case);
	if (text.n < pattern.n)
		return false;
	if (front)
		text = span_of(text.p + (text.n - pattern.n), pattern.n);
	else if (back)
		text.n = pattern.n;
	return equal(text, pattern, any_case);
}
