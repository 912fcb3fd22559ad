/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "ctl/script.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "common/arena.h"

#define NONE (-1) /* no byte: the text's end */

/* Of one command. */
struct reader {
	struct script *s;
	struct script_command *out;
	struct fault *fault;
	bool typed; /* by somebody who has not finished: nothing is wrong yet */
	size_t at;
	struct buf word;
	size_t room;      /* for words */
	size_t last_end;  /* of the last one */
	size_t continued; /* where the line begins that goes on the one before; 0: none does */
	const char *end;  /* the line that ends the here-document; NULL: there is none */
	size_t end_at;
	enum script_result result;
};

void script_init(struct script *s, const char *name, struct span text, struct arena *arena)
{
	*s = (struct script){.name = name, .text = text, .line = 1, .arena = arena};
}

/* ---- places and faults ----------------------------------------------------------------------- */

/* Columns count characters, as an editor does. */
static struct input_place place_of(const struct script *s, size_t from, unsigned line, size_t at)
{
	struct input_place place = {.name = s->name, .line = line, .column = 1};

	for (; from < at && from < s->text.n; from++) {
		if (s->text.p[from] == '\n') {
			place.line++;
			place.column = 1;
		} else if ((s->text.p[from] & 0xc0) != 0x80) {
			place.column++;
		}
	}
	return place;
}

static bool stop(struct reader *r, enum script_result result, size_t at, enum control_exit exit,
    const char *format, ...) __attribute__((format(printf, 5, 6)));

/* Ends the reading, unless somebody is still typing. Returns false. */
static bool stop(struct reader *r, enum script_result result, size_t at, enum control_exit exit,
    const char *format, ...)
{
	struct input_place place = place_of(r->s, r->s->at, r->s->line, at);
	char text[128];
	va_list args;

	r->result = result;
	if (r->typed)
		return false;
	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	fault_set(r->fault, exit, "%s", text);
	fault_place(r->fault, place.name, place.line, place.column);
	return false;
}

/* ---- bytes ----------------------------------------------------------------------------------- */

static int byte_at(const struct reader *r, size_t at)
{
	return at < r->s->text.n ? r->s->text.p[at] : NONE;
}

static int byte(const struct reader *r)
{
	return byte_at(r, r->at);
}

/* The length of the line's end that stands there; 0: none does. */
static size_t newline_at(const struct reader *r, size_t at)
{
	if (byte_at(r, at) == '\n')
		return 1;
	return byte_at(r, at) == '\r' && byte_at(r, at + 1) == '\n' ? 2 : 0;
}

static bool is_blank(int c)
{
	return c == ' ' || c == '\t';
}

static void skip_line(struct reader *r)
{
	while (byte(r) != NONE && newline_at(r, r->at) == 0)
		r->at++;
}

/* Blanks, and where a line goes on in the next one. */
static void skip_blanks(struct reader *r)
{
	for (;;) {
		size_t n = byte(r) == '\\' ? newline_at(r, r->at + 1) : 0;

		if (n > 0)
			r->continued = r->at += 1 + n;
		else if (is_blank(byte(r)))
			r->at++;
		else
			return;
	}
}

/* ---- words ----------------------------------------------------------------------------------- */

static void append(struct reader *r, int c)
{
	char one = (char)c;

	buf_append(&r->word, &one, 1);
}

static bool read_single(struct reader *r)
{
	size_t open = r->at++;

	for (; byte(r) != '\''; r->at++) {
		if (byte(r) == NONE)
			return stop(r, SCRIPT_OPEN, open, CONTROL_EXIT_USAGE,
			    "no second ' ends what begins here");
		append(r, byte(r));
	}
	r->at++;
	return true;
}

static bool stop_short(struct reader *r, size_t at)
{
	return stop(r, SCRIPT_OPEN, at, CONTROL_EXIT_USAGE,
	    "the text ends where its last line should go on");
}

/* A backslash that is not quoted, or in double quotes. */
static bool read_escape(struct reader *r, bool quoted)
{
	size_t n = newline_at(r, r->at + 1);
	int next = byte_at(r, r->at + 1);

	if (next == NONE)
		return stop_short(r, r->at++);
	if (n > 0) {
		r->continued = r->at += 1 + n;
		return true;
	}
	if (quoted && strchr("\"\\$`", next) == NULL)
		append(r, '\\');
	append(r, next);
	r->at += 2;
	return true;
}

/* Whether it may go on. */
static bool refuse(struct reader *r)
{
	stop(r, SCRIPT_BAD, r->at, CONTROL_EXIT_USAGE,
	    "'%c' does nothing here: put it in single quotes", byte(r));
	return r->typed;
}

static bool read_double(struct reader *r)
{
	size_t open = r->at++;

	while (byte(r) != '"') {
		if (byte(r) == NONE)
			return stop(r, SCRIPT_OPEN, open, CONTROL_EXIT_USAGE,
			    "no second \" ends what begins here");
		if (byte(r) == '\\') {
			if (!read_escape(r, true))
				return false;
			continue;
		}
		if ((byte(r) == '$' || byte(r) == '`') && !refuse(r))
			return false;
		append(r, byte(r));
		r->at++;
	}
	r->at++;
	return true;
}

/* Bytes up to the word's end, without their quotes. */
static bool read_bytes(struct reader *r)
{
	bool ok = true;

	while (ok) {
		int c = byte(r);

		if (c == NONE || is_blank(c) || newline_at(r, r->at) > 0)
			return true;
		if (c == '\'')
			ok = read_single(r);
		else if (c == '"')
			ok = read_double(r);
		else if (c == '\\')
			ok = read_escape(r, false);
		else if (c != 0 && strchr("$`;&|<>()", c) != NULL && !refuse(r))
			ok = false;
		else {
			append(r, c);
			r->at++;
		}
	}
	return false;
}

/* The bytes of the next word, until another one is read. */
static const char *read_text(struct reader *r)
{
	size_t start = r->at;

	buf_clear(&r->word);
	if (!read_bytes(r) && !r->typed)
		return NULL;
	if (memchr(buf_str(&r->word), 0, buf_len(&r->word)) == NULL)
		return buf_str(&r->word);
	stop(r, SCRIPT_BAD, start, CONTROL_EXIT_USAGE, "no word can have a NUL");
	return r->typed ? buf_str(&r->word) : NULL;
}

static bool add_word(struct reader *r, size_t start, const char *text)
{
	struct script_command *out = r->out;
	struct arena *arena = r->s->arena;
	char **words = out->words;
	size_t *starts = out->starts, n = (size_t)out->argc;

	if (n > SCRIPT_WORDS_MAX)
		return stop(r, SCRIPT_BAD, start, CONTROL_EXIT_LIMIT,
		    "more than %d words in one command", SCRIPT_WORDS_MAX);
	if (n + 1 >= r->room) {
		r->room = 2 * r->room + 16;
		out->words = arena_array(arena, r->room, sizeof(*words));
		out->starts = arena_array(arena, r->room, sizeof(*starts));
		if (n > 0) {
			memcpy(out->words, words, n * sizeof(*words));
			memcpy(out->starts, starts, n * sizeof(*starts));
		}
	}
	out->words[n] = arena_strdup(arena, text);
	out->starts[n] = start;
	out->argc++;
	r->last_end = r->at;
	return true;
}

/* ---- commands -------------------------------------------------------------------------------- */

/* "<<END" */
static bool read_here_end(struct reader *r)
{
	const char *text;

	if (r->end != NULL)
		return stop(r, SCRIPT_BAD, r->at, CONTROL_EXIT_USAGE,
		    "a command has one here-document, not two");
	r->end_at = r->at;
	r->at += 2;
	skip_blanks(r);
	text = byte(r) == '-' ? "" : read_text(r);
	if (text == NULL)
		return false;
	if (text[0] == '\0')
		return stop(r, SCRIPT_BAD, r->end_at, CONTROL_EXIT_USAGE,
		    "say which line ends the here-document: <<END");
	r->end = arena_strdup(r->s->arena, text);
	return true;
}

/* A comment, and not the handle of a route. */
static bool is_comment(const struct reader *r)
{
	size_t at = r->at + 1;

	if (byte(r) != '#' || r->out->argc <= 1)
		return byte(r) == '#';
	while (byte_at(r, at) != NONE && isdigit(byte_at(r, at)))
		at++;
	if (at == r->at + 1)
		return true;
	return byte_at(r, at) != NONE && !is_blank(byte_at(r, at)) && newline_at(r, at) == 0;
}

/* All words up to the end of the line. */
static bool read_words(struct reader *r)
{
	size_t start = r->at;
	const char *text;

	for (;;) {
		skip_blanks(r);
		if (r->at - start > SCRIPT_COMMAND_MAX)
			return stop(r, SCRIPT_BAD, start, CONTROL_EXIT_LIMIT,
			    "a command of more than %u bytes", SCRIPT_COMMAND_MAX);
		if (byte(r) == NONE && r->continued == r->at)
			return stop_short(r, r->at);
		if (byte(r) == NONE || newline_at(r, r->at) > 0)
			return true;
		if (is_comment(r)) {
			skip_line(r);
		} else if (byte(r) == '<' && byte_at(r, r->at + 1) == '<') {
			if (!read_here_end(r))
				return false;
		} else {
			size_t at = r->at;

			text = read_text(r);
			if (text == NULL || !add_word(r, at, text))
				return false;
		}
	}
}

/* The lines behind the command, up to the one that ends them. */
static bool read_here(struct reader *r)
{
	size_t body = r->at, line = body;

	while (byte_at(r, line) != NONE) {
		r->at = line;
		skip_line(r);
		if (span_eq_str(span_of(r->s->text.p + line, r->at - line), r->end)) {
			r->out->here = (struct input_here){
			    .given = true,
			    .text = span_of(r->s->text.p + body, line - body),
			    .place = place_of(r->s, r->s->at, r->s->line, body),
			};
			return true;
		}
		line = r->at + newline_at(r, r->at);
	}
	r->out->open_until = r->end;
	return stop(r, SCRIPT_OPEN, r->end_at, CONTROL_EXIT_USAGE,
	    "no line '%.64s' ends the here-document", r->end);
}

static void skip_to_command(struct reader *r)
{
	for (;;) {
		skip_blanks(r);
		if (byte(r) == '#')
			skip_line(r);
		if (newline_at(r, r->at) == 0)
			return;
		r->at += newline_at(r, r->at);
	}
}

/* What was read before belongs to the command no more. */
static void advance(struct reader *r)
{
	r->s->line = place_of(r->s, r->s->at, r->s->line, r->at).line;
	r->s->at = r->at;
}

static void begin(struct reader *r)
{
	*r->out = (struct script_command){.script = r->s};
	skip_to_command(r);
	r->out->place = place_of(r->s, r->s->at, r->s->line, r->at);
	add_word(r, r->at, "pointsctl");
}

static void finish(struct reader *r)
{
	struct script_command *out = r->out;

	out->argv = arena_array(r->s->arena, (size_t)out->argc + 1, sizeof(*out->argv));
	memcpy(out->argv, out->words, (size_t)out->argc * sizeof(*out->argv));
	buf_fini(&r->word);
}

enum script_result script_next(struct script *s, struct script_command *out, struct fault *fault)
{
	struct reader r = {.s = s, .out = out, .fault = fault, .at = s->at};

	begin(&r);
	if (byte(&r) == NONE)
		r.result = SCRIPT_END;
	else if (read_words(&r)) {
		r.at += newline_at(&r, r.at);
		if (r.end != NULL && read_here(&r))
			r.at += newline_at(&r, r.at);
	}
	finish(&r);
	if (r.result == SCRIPT_COMMAND)
		advance(&r);
	return r.result;
}

void script_typed(struct script *s, struct script_command *out, size_t *start)
{
	struct reader r = {.s = s, .out = out, .typed = true, .at = s->at};

	begin(&r);
	read_words(&r);
	if (r.at < s->text.n || r.end != NULL)
		out->argc = 0;
	else if (out->argc == 1 || r.last_end < r.at)
		add_word(&r, r.at, "");
	*start = out->argc > 0 ? out->starts[out->argc - 1] : s->text.n;
	finish(&r);
}

void script_fault(const struct script_command *command, struct fault *fault)
{
	struct input_place place = command->place;
	size_t n = strlen(place.name);
	int i;

	/* In a here-document it has one already. */
	if (strncmp(fault->path, place.name, n) == 0 && fault->path[n] == ':')
		return;
	for (i = 1; fault->word != NULL && i < command->argc; i++)
		if (fault->word >= command->words[i] &&
		    fault->word <= command->words[i] + strlen(command->words[i])) {
			place = place_of(
			    command->script, command->starts[1], place.line, command->starts[i]);
			if (place.line == command->place.line)
				place.column += command->place.column - 1;
		}
	fault_place(fault, place.name, place.line, place.column);
}

void script_quote(struct buf *out, const char *word)
{
	static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
				    "0123456789-_./:,=@%+#{}[]*?!~^";
	const char *next;

	const char *rest = word + (word[0] == '#');
	bool handle = rest > word && rest[0] != '\0' && rest[strspn(rest, "0123456789")] == '\0';

	if (handle || (rest == word && word[0] != '\0' && word[strspn(word, plain)] == '\0')) {
		buf_append_str(out, word);
		return;
	}
	buf_append_str(out, "'");
	for (; (next = strchr(word, '\'')) != NULL; word = next + 1) {
		buf_append(out, word, (size_t)(next - word));
		buf_append_str(out, "'\\''");
	}
	buf_append_str(out, word);
	buf_append_str(out, "'");
}
