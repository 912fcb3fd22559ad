/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/buf.h"
#include "daemon/input/import_args.h"

/* "{args[999999]}" and some more, so that a long text full of braces costs no more than its length.
 */
#define PLACEHOLDER_MAX 32

#define WARNINGS_MAX 100

static void warn(json_t *warnings, const struct token *token, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static void warn(json_t *warnings, const struct token *token, const char *format, ...)
{
	struct buf text = {0};
	va_list args;

	if (!warnings || json_array_size(warnings) >= WARNINGS_MAX)
		return;
	buf_printf(&text, "%s:%u: ", token->file, token->line);
	va_start(args, format);
	buf_vprintf(&text, format, args);
	va_end(args);
	json_array_append_new(warnings, json_stringn((char *)text.data, buf_len(&text)));
	buf_fini(&text);
}

/* A decimal number without anything around it; an empty text is fallback. */
static bool number(struct span text, size_t fallback, size_t *out)
{
	*out = fallback;
	if (text.n == 0)
		return true;
	if (text.n > 6)
		return false;
	*out = 0;
	for (size_t i = 0; i < text.n; i++) {
		if (text.p[i] < '0' || text.p[i] > '9')
			return false;
		*out = *out * 10 + (size_t)(text.p[i] - '0');
	}
	return true;
}

/* The inside of prefix...suffix; false: text is not of that form. */
static bool inside_of(struct span text, const char *prefix, const char *suffix, struct span *out)
{
	size_t front = strlen(prefix), back = strlen(suffix);

	if (text.n <= front + back || !span_starts(text, span_str(prefix)) ||
	    memcmp(text.p + text.n - back, suffix, back) != 0)
		return false;
	*out = span_of(text.p + front, text.n - front - back);
	return true;
}

/* A token that is "{args[from:to]}" as a whole. */
static bool is_range(const struct import_args *args, const struct token *token, size_t *from,
    size_t *to, json_t *warnings)
{
	struct span inside, first, last;
	const uint8_t *colon;

	if (!inside_of(span_str(token->text), "{args[", "]}", &inside))
		return false;
	colon = memchr(inside.p, ':', inside.n);
	if (!colon)
		return false;
	first = span_of(inside.p, (size_t)(colon - inside.p));
	last = span_of(colon + 1, inside.n - first.n - 1);
	if (memchr(first.p, '}', first.n) || (last.n && memchr(last.p, '{', last.n)))
		return false;
	if (number(first, 0, from) && number(last, args->count, to) && *from <= *to &&
	    *to <= args->count)
		return true;
	warn(warnings, token, "%s: there are only %zu arguments", token->text, args->count);
	return false;
}

/* The argument that a placeholder's key names; NULL: none. */
static const char *lookup(
    const struct import_args *args, struct span key, const struct token *token, json_t *warnings)
{
	struct span index;
	size_t i;

	if (!inside_of(key, "args[", "]", &index) && !inside_of(key, "args.", "", &index))
		return NULL;
	if (number(index, args->count, &i) && i < args->count)
		return args->items[i];
	warn(warnings, token, "{%.*s}: there are only %zu arguments", (int)key.n,
	    (const char *)key.p, args->count);
	return NULL;
}

/*
 * Puts arguments into a text. As in the reference, a backslash before a brace goes, here already.
 */
static void substitute(
    const struct import_args *args, const struct token *token, struct buf *out, json_t *warnings)
{
	const char *text = token->text, *written = text;

	for (const char *p = text; *p; p++) {
		const char *close, *value;

		if (p > text && p[-1] == '\\' && (*p == '{' || *p == '}')) {
			buf_append(out, written, (size_t)(p - 1 - written));
			written = p;
			continue;
		}
		close = *p == '{' ? memchr(p, '}', strnlen(p, PLACEHOLDER_MAX)) : NULL;
		if (!close)
			continue;
		value = lookup(args, span_of(p + 1, (size_t)(close - p - 1)), token, warnings);
		if (!value)
			continue;
		buf_append(out, written, (size_t)(p - written));
		buf_append_str(out, value);
		p = close;
		written = close + 1;
	}
	buf_append_str(out, written);
}

/* The tokens of the entry called name in the block: its arguments, and its own block's inside. */
static void append_entry(const struct import_args *args, struct span name, struct tokens *out)
{
	struct dispenser d = dispenser_of(args->block.items, args->block.count);
	size_t start = out->count;

	while (dispenser_next(&d)) {
		bool wanted = span_eq_str(name, dispenser_text(&d));

		if (wanted)
			out->count = start;
		while (dispenser_next_arg(&d))
			if (wanted)
				tokens_add(out, &d.tokens[d.cursor]);
		for (int level = d.nesting; dispenser_next_block(&d, level);)
			if (wanted)
				tokens_add(out, &d.tokens[d.cursor]);
	}
}

void import_args_apply(const struct import_args *args, const struct token *token,
    struct arena *arena, size_t *work, json_t *warnings, struct tokens *out)
{
	struct token copy = *token;
	struct span name;
	size_t from, to;

	if (strcmp(token->text, "{block}") == 0) {
		for (size_t i = 0; i < args->block.count; i++)
			tokens_add(out, &args->block.items[i]);
	} else if (inside_of(span_str(token->text), "{blocks.", "}", &name)) {
		append_entry(args, name, out);
		*work += args->block.count;
	} else if (is_range(args, token, &from, &to, warnings)) {
		for (size_t i = from; i < to; i++) {
			copy.text = args->items[i];
			tokens_add(out, &copy);
		}
	} else if (strchr(token->text, '{') || strchr(token->text, '}')) {
		struct buf text = {0};

		substitute(args, token, &text, warnings);
		copy.text = arena_strndup(arena, (const char *)text.data, buf_len(&text));
		*work += buf_len(&text);
		buf_fini(&text);
		tokens_add(out, &copy);
	} else {
		tokens_add(out, &copy);
	}
}
