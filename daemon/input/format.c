/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include <string.h>

#include "daemon/input/format.h"
#include "daemon/input/rune.h"

/* Deeper levels are written at this one, so that "{{{{…" does not grow with its square. */
#define INDENT_MAX 32

#define BOM "\xef\xbb\xbf"

/* What stands between white space: as the lexer takes it apart, but with its quotes. */
enum piece_kind {
	PIECE_END,
	PIECE_WORD,
	PIECE_COMMENT,
	PIECE_OPEN,  /* a brace of its own */
	PIECE_CLOSE, /* likewise */
	PIECE_JOIN,  /* a backslash and a line end: the line goes on */
};

struct piece {
	enum piece_kind kind;
	struct span text;
	unsigned breaks; /* line ends before it */
	bool glued;      /* nothing at all between the last one and it */
	bool plain;      /* a word without quotes */
	bool quoted;
	bool angles; /* a plain word that begins with "<<" */
};

struct formatter {
	struct span in;
	struct buf *out;
	struct piece last, next;
	unsigned nesting;
	bool escaped;     /* the last piece is a backslash that belongs to the next one */
	bool import_line; /* the last line begins with "import", outside of every block */
};

static uint8_t at(struct span s, size_t i)
{
	return i < s.n ? s.p[i] : 0;
}

/* How many bytes of white space are at the front of s; a line feed is none of them. */
static size_t blank(struct span s)
{
	size_t size;
	uint32_t rune = rune_at(s, &size);

	return rune != RUNE_BAD && rune != '\n' && rune_is_space(rune) ? size : 0;
}

/*
 * The length of the quoted text at the front, to the end if it is never closed. With a backslash
 * before it, its first character is escaped.
 */
static size_t quoted_length(struct span s, bool escaped)
{
	uint8_t quote = s.p[0];

	for (size_t i = escaped && quote == '"' ? 2 : 1; i < s.n; i++)
		if (s.p[i] == quote)
			return i + 1;
		else if (quote == '"' && s.p[i] == '\\')
			i++;
	return s.n;
}

static bool is_marker(struct span s)
{
	for (size_t i = 0; i < s.n; i++)
		if (!((s.p[i] | 0x20) >= 'a' && (s.p[i] | 0x20) <= 'z') &&
		    !(s.p[i] >= '0' && s.p[i] <= '9') && s.p[i] != '-' && s.p[i] != '_')
			return false;
	return s.n > 0;
}

/*
 * The length of what begins with "<<": a heredoc, or else (*plain) a word that goes on to the next
 * space or line end.
 */
static size_t angles_length(struct span s, bool *plain)
{
	size_t line = 2, marker;
	const uint8_t *end;

	while (line < s.n && s.p[line] != '\n' && s.p[line] != ' ')
		line++;
	marker = line - 2;
	while (marker > 0 && s.p[marker + 1] == '\r')
		marker--;
	*plain = at(s, line) != '\n' || !is_marker(span_of(s.p + 2, marker));
	if (*plain)
		return line;
	end = memmem(s.p + line + 1, s.n - line - 1, s.p + 2, marker);
	return end ? (size_t)(end - s.p) + marker : s.n;
}

/* Does a word end at i? Carriage returns inside of it are as if they were not there. */
static bool ends_word(struct span s, size_t i)
{
	return i >= s.n || s.p[i] == '\n' ||
	       (s.p[i] != '\r' && blank(span_of(s.p + i, s.n - i)) > 0);
}

/*
 * The length of "{$NAME:default}" at the front, which is replaced before words are told apart and
 * may have spaces in it; 0: there is none.
 */
static size_t environment_length(struct span s)
{
	const uint8_t *end;

	if (at(s, 0) != '{' || at(s, 1) != '$')
		return 0;
	end = memchr(s.p, '}', s.n);
	return end && !memchr(s.p, '\n', (size_t)(end - s.p)) ? (size_t)(end - s.p) + 1 : 0;
}

/* The length of a word without quotes, which a backslash does not end with. */
static size_t word_length(struct span s, bool escaped)
{
	size_t i = escaped;

	while (!ends_word(s, i)) {
		size_t environment = environment_length(span_of(s.p + i, s.n - i));
		size_t next = i + (environment > 0 ? environment : 1);

		if (s.p[i] == '\\') {
			while (at(s, next) == '\r')
				next++;
			if (ends_word(s, next))
				break;
			next++;
		}
		i = next;
	}
	return i;
}

/*
 * The length without braces that are written to a word but belong to a block: "name{" before white
 * space, "word}" without an opening one, and "}word", where the rest is a word, too.
 */
static size_t without_braces(struct span s, size_t length)
{
	if (length > 1 && s.p[0] == '}' && !strchr("\"`#<\\", s.p[1]))
		return 1;
	if (length > 1 && s.p[length - 1] == '{' && s.p[length - 2] != '\\' &&
	    !memchr(s.p, '{', length - 1) && !memchr(s.p, '}', length - 1))
		return length - 1;
	if (!memchr(s.p, '{', length))
		while (length > 1 && s.p[length - 1] == '}' && s.p[length - 2] != '\\')
			length--;
	return length;
}

static void set(struct formatter *f, enum piece_kind kind, size_t length)
{
	f->next.kind = kind;
	f->next.text = span_of(f->in.p, length);
	span_skip(&f->in, length);
}

static void scan_word(struct formatter *f, bool escaped)
{
	struct span s = f->in;
	bool braces = false;
	size_t length = 0;

	if (!escaped && at(s, 0) == '\\' && (at(s, 1) == '"' || at(s, 1) == '`')) {
		span_skip(&s, 1);
		f->next.quoted = true;
		set(f, PIECE_WORD, 1 + quoted_length(s, true));
		return;
	}
	if (s.p[0] == '"' || s.p[0] == '`') {
		f->next.quoted = true;
		set(f, PIECE_WORD, quoted_length(s, escaped));
		return;
	}
	f->next.plain = true;
	f->next.angles = !escaped && span_starts(s, span_str("<<"));
	if (f->next.angles)
		length = angles_length(s, &f->next.plain);
	else if (!escaped && s.p[0] != '\\')
		braces = true;
	f->next.angles = f->next.angles && f->next.plain && at(s, length) == ' ';
	if (length == 0)
		length = word_length(s, escaped);
	while (length > 1 && s.p[length - 1] == '\r')
		length--; /* "{" before CRLF is a brace of its own */
	if (braces)
		length = without_braces(s, length);
	if (!escaped && length == 1 && s.p[0] == '{')
		set(f, PIECE_OPEN, 1);
	else if (!escaped && length == 1 && s.p[0] == '}')
		set(f, PIECE_CLOSE, 1);
	else
		set(f, PIECE_WORD, length);
}

/*
 * A backslash before white space. At a line's end it joins two lines; before a word it belongs to
 * the word; behind one, or before a comment, it says nothing and goes.
 */
static bool scan_backslash(struct formatter *f)
{
	bool behind = f->next.glued && f->last.plain;
	struct span s = f->in;
	size_t size;

	if (at(s, 0) != '\\' ||
	    (s.n > 1 && s.p[1] != '\n' && blank(span_of(s.p + 1, s.n - 1)) == 0))
		return false;
	span_skip(&s, 1);
	while ((size = blank(s)) > 0 && (!behind || s.p[0] == '\r'))
		span_skip(&s, size);
	if (at(s, 0) == '\n') {
		f->next.kind = PIECE_JOIN;
		span_skip(&s, 1);
	} else if (!behind && s.n > 0 && s.p[0] != '#') {
		f->next.kind = PIECE_WORD;
		f->next.text = span_of(f->in.p, 1);
		f->escaped = true;
	}
	f->in = s;
	return true;
}

static void scan_comment(struct formatter *f)
{
	size_t length = 0;

	while (length < f->in.n && f->in.p[length] != '\n')
		length++;
	set(f, PIECE_COMMENT, length);
}

/* A comment whose last character joins the next line to it. */
static bool joins(const struct piece *piece)
{
	size_t n = piece->text.n;

	while (n > 0 && piece->text.p[n - 1] == '\r')
		n--;
	return piece->kind == PIECE_COMMENT && n > 0 && piece->text.p[n - 1] == '\\';
}

/* The next piece into f->next. */
static void scan(struct formatter *f)
{
	bool escaped = f->escaped;

	f->escaped = false;
	f->next = (struct piece){.kind = PIECE_END, .glued = true};
	if (joins(&f->last) && f->in.n > 0)
		span_skip(&f->in, 1); /* the line end that it escapes */
	while (f->in.n > 0 && f->next.kind == PIECE_END) {
		size_t size = blank(f->in);

		if (f->in.p[0] == '\n') {
			f->next.breaks++;
			size = 1;
		}
		span_skip(&f->in, size);
		if (size > 0) {
			f->next.glued = false;
			continue;
		}
		if (!escaped && at(f->in, 0) == '\\' && at(f->in, 1) == '#')
			span_skip(&f->in, 1); /* a comment all the same */
		if (f->in.p[0] == '#')
			scan_comment(f);
		else if (escaped || !scan_backslash(f))
			scan_word(f, escaped);
	}
}

/* A carriage return means something in quotes alone. */
static void write_piece(struct formatter *f)
{
	struct span text = f->next.text;

	if (f->next.kind == PIECE_JOIN)
		text = span_str("\\\n");
	for (size_t i = 0; i < text.n; i++)
		if (f->next.quoted || text.p[i] != '\r')
			buf_append(f->out, &text.p[i], 1);
}

/* A word "<<x" at a line's end would be a heredoc without a space behind it. */
static void end_line(struct formatter *f)
{
	if (f->last.angles)
		buf_append_str(f->out, " ");
	buf_append_str(f->out, "\n");
}

static void new_line(struct formatter *f, bool blank_line)
{
	end_line(f);
	if (blank_line)
		buf_append_str(f->out, "\n");
	for (unsigned i = 0; i < f->nesting && i < INDENT_MAX; i++)
		buf_append_str(f->out, "\t");
}

/* Where the next piece stands, after the last one. */
static void place(struct formatter *f)
{
	const struct piece *last = &f->last, *next = &f->next;
	bool own_line = last->kind == PIECE_COMMENT || last->kind == PIECE_OPEN ||
			last->kind == PIECE_CLOSE || next->kind == PIECE_CLOSE || next->breaks > 0;

	if (next->kind == PIECE_OPEN && last->kind == PIECE_WORD && !f->import_line)
		own_line = false;
	if (last->kind == PIECE_END)
		return;
	if (joins(last) && next->kind != PIECE_CLOSE) {
		new_line(f, next->breaks > 0);
	} else if (!own_line) {
		if (!next->glued || next->kind != PIECE_WORD)
			buf_append_str(f->out, " ");
	} else if (last->kind == PIECE_CLOSE && next->breaks == 0 && f->nesting == 0) {
		new_line(f, next->kind != PIECE_CLOSE);
	} else {
		new_line(
		    f, next->breaks > 1 && last->kind != PIECE_OPEN && next->kind != PIECE_CLOSE);
	}
	if (own_line)
		f->import_line = f->nesting == 0 && span_eq_str(next->text, "import");
}

void caddyfile_format(struct span in, struct buf *out)
{
	struct formatter f = {.in = in, .out = out};
	size_t start = buf_len(out);

	if (span_starts(in, span_str(BOM)) && span_skip(&f.in, strlen(BOM)))
		buf_append_str(out, BOM);
	for (scan(&f); f.next.kind != PIECE_END; scan(&f)) {
		if (f.next.kind == PIECE_CLOSE && f.nesting > 0)
			f.nesting--;
		if (f.last.kind == PIECE_END)
			f.import_line = span_eq_str(f.next.text, "import");
		place(&f);
		write_piece(&f);
		if (f.next.kind == PIECE_OPEN)
			f.nesting++;
		f.last = f.next;
	}
	if (buf_len(out) == start || out->data[out->end - 1] != '\n')
		end_line(&f);
}
