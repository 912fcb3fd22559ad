/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "daemon/http/text.h"

#include "daemon/core/replacer.h"

enum kind { KIND_TEXT, KIND_REQUEST, KIND_CORE };

struct segment {
	enum kind kind;
	struct span text; /* the text, or the placeholder's name */
	const struct template *template;
};

struct http_text {
	struct segment *segments;
	size_t count;
	enum http_text_unknown unknown;
};

/* What core's placeholders begin with. */
static const char *const core_prefixes[] = {"l4.", "env.", "system.", "time.", "tls.regexp.", NULL};

/* ---- reading ------------------------------------------------------------------------------- */

/* Could it stand between braces? What cannot, such as JSON, stays text (as in core's templates). */
static bool is_name_char(char c)
{
	return (unsigned char)c > ' ' && c != '"' && c != '{' && c != '\\';
}

/* The length of the name behind the brace at text; 0: it is none. */
static size_t name_length(const char *text)
{
	size_t n = 1;

	while (text[n] != '}' && is_name_char(text[n]))
		n++;
	return text[n] == '}' ? n - 1 : 0;
}

static bool is_core_name(struct span name)
{
	size_t i;

	for (i = 0; core_prefixes[i] != NULL; i++)
		if (span_starts(name, span_str(core_prefixes[i])))
			return true;
	return false;
}

/* ---- making -------------------------------------------------------------------------------- */

struct builder {
	struct arena *arena;
	struct http_text *text;
	struct buf held; /* text not yet made a segment of */
};

static struct segment *add_segment(struct builder *b, enum kind kind)
{
	struct segment *s = &b->text->segments[b->text->count++];

	s->kind = kind;
	return s;
}

static void end_text(struct builder *b)
{
	size_t n = buf_len(&b->held);

	if (n == 0)
		return;
	add_segment(b, KIND_TEXT)->text =
	    span_of(arena_strndup(b->arena, (const char *)buf_span(&b->held).p, n), n);
	buf_clear(&b->held);
}

static void add_core(struct builder *b, struct span name)
{
	const char *text = arena_printf(b->arena, "{%.*s}", (int)name.n, (const char *)name.p);
	const struct template *t = template_new(b->arena, text);

	if (template_constant(t)) {
		buf_append_str(&b->held, template_text(t));
		return;
	}
	end_text(b);
	add_segment(b, KIND_CORE)->template = t;
}

static void add_name(struct builder *b, struct span name)
{
	if (http_request_knows(name)) {
		end_text(b);
		add_segment(b, KIND_REQUEST)->text =
		    span_of(arena_strndup(b->arena, (const char *)name.p, name.n), name.n);
	} else if (is_core_name(name)) {
		add_core(b, name);
	} else if (b->text->unknown == HTTP_TEXT_KEEP) {
		buf_append(&b->held, "{", 1);
		buf_append(&b->held, name.p, name.n);
		buf_append(&b->held, "}", 1);
	}
}

/* No more segments than these can come out of text. */
static size_t segments_max(const char *text)
{
	size_t n = 1;

	for (; *text != '\0'; text++)
		n += *text == '{' ? 2 : 0;
	return n;
}

struct http_text *http_text_new(
    struct arena *arena, const char *text, enum http_text_unknown unknown)
{
	struct http_text *t = arena_alloc(arena, sizeof(*t));
	struct builder b = {.arena = arena, .text = t};
	size_t n;

	t->unknown = unknown;
	t->segments = arena_array(arena, segments_max(text), sizeof(*t->segments));
	while (*text != '\0') {
		n = *text == '{' ? name_length(text) : 0;
		if (n > 0) {
			add_name(&b, span_of(text + 1, n));
			text += n + 2;
			continue;
		}
		if (text[0] == '\\' && (text[1] == '{' || text[1] == '}'))
			text++;
		buf_append(&b.held, text++, 1);
	}
	end_text(&b);
	buf_fini(&b.held);
	return t;
}

/* ---- using --------------------------------------------------------------------------------- */

bool http_text_is_constant(const struct http_text *t)
{
	return t->count == 0 || (t->count == 1 && t->segments[0].kind == KIND_TEXT);
}

struct span http_text_constant(const struct http_text *t)
{
	return t->count == 0 ? span_of("", 0) : t->segments[0].text;
}

void http_text_expand(const struct http_text *t, struct http_request *r, struct buf *out)
{
	size_t i;

	for (i = 0; i < t->count; i++) {
		const struct segment *s = &t->segments[i];

		switch (s->kind) {
		case KIND_TEXT:
			buf_append(out, s->text.p, s->text.n);
			break;
		case KIND_CORE:
			template_expand(s->template, &r->facts, out);
			break;
		case KIND_REQUEST:
			if (http_request_put(r, s->text, out) || t->unknown == HTTP_TEXT_DROP)
				break;
			buf_append(out, "{", 1);
			buf_append(out, s->text.p, s->text.n);
			buf_append(out, "}", 1);
			break;
		}
	}
}

struct span http_text_of(const struct http_text *t, struct http_request *r)
{
	struct buf out = {0};
	struct span result;

	if (http_text_is_constant(t))
		return http_text_constant(t);
	http_text_expand(t, r, &out);
	result.n = buf_len(&out);
	result.p = (uint8_t *)arena_strndup(r->arena, buf_str(&out), result.n);
	buf_fini(&out);
	return result;
}
