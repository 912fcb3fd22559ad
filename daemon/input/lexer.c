/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "common/buf.h"
#include "daemon/input/lexer.h"
#include "daemon/input/rune.h"

/* Where a heredoc ends is looked for at each of its characters, so the marker must be short. */
#define MARKER_MAX 255

struct lexer {
	struct span in;
	const char *file;
	struct arena *arena;
	struct buf value;
	unsigned line;
	unsigned skipped; /* line ends that were escaped: counted with the next real one */
};

enum lex_result { LEX_TOKEN, LEX_END, LEX_ERROR };

void tokens_add(struct tokens *list, const struct token *token)
{
	if (list->count == list->size) {
		list->size = list->size ? 2 * list->size : 64;
		list->items = mem_realloc(list->items, list->size * sizeof *list->items);
	}
	list->items[list->count++] = *token;
}

void tokens_fini(struct tokens *list)
{
	free(list->items);
	*list = (struct tokens){0};
}

static enum lex_result fail(
    const struct lexer *l, unsigned line, struct error *err, const char *what)
{
	error_set(err, ERROR_INVALID, "%s", what);
	error_at(err, "%s:%u", l->file, line);
	return LEX_ERROR;
}

static enum lex_result bad_text(const struct lexer *l, struct error *err)
{
	return fail(l, l->line + l->skipped, err, "not UTF-8, or a NUL byte");
}

static void count_line(struct lexer *l)
{
	l->line += 1 + l->skipped;
	l->skipped = 0;
}

static enum lex_result make(struct lexer *l, char quote, struct token *out)
{
	out->text = arena_strndup(l->arena, (const char *)l->value.data, buf_len(&l->value));
	out->quote = quote;
	if (quote)
		out->line_breaks = l->line - out->line;
	return LEX_TOKEN;
}

static void take(struct lexer *l, size_t size)
{
	buf_append(&l->value, l->in.p, size);
	span_skip(&l->in, size);
}

/* Behind the opening quote. A backslash before it (escaped) stays in the text. */
static enum lex_result quoted(
    struct lexer *l, char quote, bool escaped, struct token *out, struct error *err)
{
	unsigned opened = l->line + l->skipped;
	uint32_t rune;
	size_t size;

	while ((rune = rune_at(l->in, &size)) != RUNE_NONE) {
		if (rune == RUNE_BAD)
			return bad_text(l, err);
		if (quote == '"' && !escaped && rune == '\\') {
			escaped = true;
			span_skip(&l->in, size);
			continue;
		}
		if (quote == '"' && escaped) {
			if (rune != '"')
				buf_append_str(&l->value, "\\");
			escaped = false;
		} else if (rune == (uint8_t)quote) {
			span_skip(&l->in, size);
			return make(l, quote, out);
		}
		if (rune == '\n')
			count_line(l);
		take(l, size);
	}
	return fail(l, opened, err, "this quote is never closed");
}

static bool marker_char(uint8_t c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       c == '-' || c == '_';
}

/* Is what was read so far, "<<" and a line, the start of a heredoc? */
static enum lex_result check_marker(const struct lexer *l, struct error *err)
{
	struct span marker = buf_span(&l->value);

	span_skip(&marker, 2);
	if (marker.n == 0)
		return fail(l, l->line, err, "a heredoc needs a marker, for example <<END");
	if (marker.p[0] == '<')
		return fail(l, l->line, err, "too many '<' for a heredoc, write for example <<END");
	if (marker.n > MARKER_MAX)
		return fail(l, l->line, err, "the heredoc's marker is too long");
	for (size_t i = 0; i < marker.n; i++)
		if (!marker_char(marker.p[i]))
			return fail(l, l->line, err,
			    "a heredoc's marker has letters, digits, '-' and '_' only");
	return LEX_TOKEN;
}

/*
 * Takes the closing marker's indentation away from each line of value, in place, with the carriage
 * returns and the last line feed. value ends with the indentation.
 */
static enum lex_result unindent(struct lexer *l, struct error *err)
{
	uint8_t *text = l->value.data;
	size_t length = buf_len(&l->value), body = length, used = 0;
	struct span rest, padding;
	unsigned line = l->line;

	while (body > 0 && text[body - 1] != '\n')
		body--;
	rest = span_of(text, body);
	padding = span_of(text + body, length - body);
	while (rest.n > 0) {
		size_t n = (size_t)((const uint8_t *)memchr(rest.p, '\n', rest.n) - rest.p);
		struct span row = span_of(rest.p, n);

		line++;
		span_skip(&rest, n + 1);
		if (row.n > 0 && !span_eq_str(row, "\r")) {
			if (!span_starts(row, padding))
				return fail(l, line, err,
				    "this line of the heredoc is not indented as its closing "
				    "marker");
			span_skip(&row, padding.n);
		}
		for (size_t i = 0; i < row.n; i++)
			if (row.p[i] != '\r')
				text[used++] = row.p[i];
		text[used++] = '\n';
	}
	l->value.end = l->value.start + (used > 0 ? used - 1 : 0);
	return LEX_TOKEN;
}

/* Behind the line with the marker. */
static enum lex_result heredoc(
    struct lexer *l, struct span marker, struct token *out, struct error *err)
{
	unsigned opened = l->line;
	uint32_t rune;
	size_t size;

	l->skipped++;
	while ((rune = rune_at(l->in, &size)) != RUNE_NONE) {
		if (rune == RUNE_BAD)
			return bad_text(l, err);
		if (rune == '\n')
			l->skipped++;
		take(l, size);
		if (buf_len(&l->value) >= marker.n &&
		    memcmp(l->value.data + l->value.end - marker.n, marker.p, marker.n) == 0) {
			l->value.end -= marker.n;
			if (unindent(l, err) != LEX_TOKEN)
				return LEX_ERROR;
			l->line += l->skipped;
			l->skipped = 0;
			return make(l, '<', out);
		}
	}
	return fail(l, opened, err, "this heredoc's closing marker is missing");
}

/* Behind an unescaped "<<": a heredoc if the line ends with the marker, else a plain word. */
static enum lex_result after_angles(struct lexer *l, struct token *out, struct error *err)
{
	uint32_t rune;
	size_t size;

	while ((rune = rune_at(l->in, &size)) != RUNE_NONE) {
		if (rune == RUNE_BAD)
			return bad_text(l, err);
		if (rune == ' ') {
			span_skip(&l->in, size);
			return make(l, 0, out);
		}
		if (rune == '\n') {
			char marker[MARKER_MAX + 1];
			size_t length;

			if (check_marker(l, err) != LEX_TOKEN)
				return LEX_ERROR;
			length = buf_len(&l->value) - 2;
			memcpy(marker, l->value.data + 2, length);
			buf_clear(&l->value);
			span_skip(&l->in, size);
			return heredoc(l, span_of(marker, length), out, err);
		}
		if (rune == '\r')
			span_skip(&l->in, size);
		else
			take(l, size);
	}
	return make(l, 0, out);
}

/* A line end outside of quotes; one that is escaped joins the next line to this one. */
static void line_end(struct lexer *l, bool *escaped)
{
	if (*escaped)
		l->skipped++;
	else
		count_line(l);
	*escaped = false;
}

/*
 * From '#' to the end of the line, which it leaves. A backslash at the end of a comment joins the
 * next line to this one: in the reference any backslash in a comment does.
 */
static void comment(struct lexer *l, bool *escaped)
{
	for (; l->in.n > 0 && l->in.p[0] != '\n'; span_skip(&l->in, 1))
		if (l->in.p[0] != '\r')
			*escaped = l->in.p[0] == '\\';
}

/* The rest of a word without quotes, from its first character. */
static enum lex_result word(struct lexer *l, bool escaped, struct token *out, struct error *err)
{
	bool angles = true; /* may "<<" still start a heredoc? */
	uint32_t rune;
	size_t size;

	while ((rune = rune_at(l->in, &size)) != RUNE_NONE) {
		if (rune == RUNE_BAD)
			return bad_text(l, err);
		if (angles && buf_len(&l->value) == 2 && memcmp(l->value.data, "<<", 2) == 0)
			return after_angles(l, out, err);
		if (!escaped && rune == '\\') {
			escaped = true;
			span_skip(&l->in, size);
			continue;
		}
		if (rune == '\r') {
			span_skip(&l->in, size);
			continue;
		}
		if (rune_is_space(rune)) {
			if (rune == '\n')
				line_end(l, &escaped);
			span_skip(&l->in, size);
			break;
		}
		if (escaped && rune == '<')
			angles = false;
		else if (escaped)
			buf_append_str(&l->value, "\\");
		escaped = false;
		take(l, size);
	}
	return make(l, 0, out);
}

static enum lex_result next(struct lexer *l, struct token *out, struct error *err)
{
	bool escaped = false;
	uint32_t rune;
	size_t size;

	buf_clear(&l->value);
	while ((rune = rune_at(l->in, &size)) != RUNE_NONE) {
		if (rune == RUNE_BAD)
			return bad_text(l, err);
		if (rune == '#') {
			comment(l, &escaped);
			continue;
		}
		if (rune == '\\' && !escaped)
			escaped = true;
		else if (rune == '\n')
			line_end(l, &escaped);
		else if (!rune_is_space(rune))
			break;
		span_skip(&l->in, size);
	}
	if (rune == RUNE_NONE)
		return LEX_END;
	*out = (struct token){.file = l->file, .line = l->line};
	if (rune == '"' || rune == '`') {
		span_skip(&l->in, size);
		return quoted(l, (char)rune, escaped, out, err);
	}
	return word(l, escaped, out, err);
}

int lexer_run(
    struct span text, const char *file, struct arena *arena, struct tokens *out, struct error *err)
{
	struct lexer l = {.in = text, .file = file, .arena = arena, .line = 1};
	enum lex_result result;
	struct token token;

	if (span_starts(text, span_str("\xef\xbb\xbf")))
		span_skip(&l.in, 3);
	while ((result = next(&l, &token, err)) == LEX_TOKEN) {
		if (out->count >= TOKENS_MAX) {
			result = fail(&l, token.line, err, "too many words in the configuration");
			err->code = ERROR_LIMIT;
			break;
		}
		tokens_add(out, &token);
	}
	buf_fini(&l.value);
	return result == LEX_ERROR ? -1 : 0;
}
