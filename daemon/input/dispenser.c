/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "common/duration.h"
#include "daemon/input/dispenser.h"
#include "daemon/input/places.h"

struct dispenser dispenser_of(const struct token *tokens, size_t count)
{
	return (struct dispenser){.tokens = tokens, .count = count, .cursor = -1};
}

bool token_is(const struct token *token, const char *text)
{
	return !token->quote && strcmp(token->text, text) == 0;
}

bool token_starts_line(const struct token *previous, const struct token *token)
{
	return previous->file != token->file || previous->imported_by != token->imported_by ||
	       previous->line + previous->line_breaks < token->line;
}

static const struct token *current(const struct dispenser *d)
{
	return d->cursor >= 0 && (size_t)d->cursor < d->count ? &d->tokens[d->cursor] : NULL;
}

static bool at(const struct dispenser *d, const char *brace)
{
	return current(d) && token_is(current(d), brace);
}

bool dispenser_next(struct dispenser *d)
{
	if ((size_t)(d->cursor + 1) >= d->count)
		return false;
	d->cursor++;
	return true;
}

/* Before the first token anything counts as the same line, so that a segment's name is found. */
static bool next_is(const struct dispenser *d, bool new_line)
{
	if ((size_t)(d->cursor + 1) >= d->count)
		return false;
	return d->cursor < 0 ||
	       token_starts_line(&d->tokens[d->cursor], &d->tokens[d->cursor + 1]) == new_line;
}

static bool next_on_line(struct dispenser *d)
{
	if (!next_is(d, false))
		return false;
	d->cursor++;
	return true;
}

bool dispenser_next_arg(struct dispenser *d)
{
	if (!next_is(d, false) || token_is(&d->tokens[d->cursor + 1], "{"))
		return false;
	d->cursor++;
	return true;
}

bool dispenser_next_line(struct dispenser *d)
{
	if (!next_is(d, true))
		return false;
	d->cursor++;
	return true;
}

bool dispenser_next_block(struct dispenser *d, int level)
{
	if (d->nesting > level) {
		if (!dispenser_next(d))
			return false;
		if (at(d, "}") && !next_on_line(d))
			d->nesting--;
		else if (at(d, "{") && !next_on_line(d))
			d->nesting++;
		return d->nesting > level;
	}
	if (!next_is(d, false) || !token_is(&d->tokens[d->cursor + 1], "{"))
		return false;
	d->cursor++;
	if (!dispenser_next(d) || at(d, "}"))
		return false;
	d->nesting++;
	return true;
}

const char *dispenser_text(const struct dispenser *d)
{
	return current(d) ? current(d)->text : "";
}

bool dispenser_quoted(const struct dispenser *d)
{
	return current(d) && current(d)->quote;
}

size_t dispenser_args_left(const struct dispenser *d)
{
	struct dispenser copy = *d;
	size_t count = 0;

	while (dispenser_next_arg(&copy))
		count++;
	return count;
}

const char *dispenser_arg(struct dispenser *d)
{
	return dispenser_next_arg(d) ? dispenser_text(d) : NULL;
}

struct dispenser dispenser_segment(struct dispenser *d)
{
	long first = d->cursor < 0 ? 0 : d->cursor, end;
	int level = d->nesting;
	struct dispenser segment;
	bool block = false;

	while (dispenser_next_arg(d))
		;
	end = d->cursor + 1;
	while (dispenser_next_block(d, level))
		block = true;
	if (block)
		end = d->cursor + 1;
	segment = dispenser_of(d->tokens + first, (size_t)(end - first));
	segment.depth = d->depth + 1;
	return segment;
}

const char *token_place(const struct token *token, char *out, size_t size)
{
	size_t used = (size_t)snprintf(out, size, "%s:%u", token->file, token->line);

	for (const struct token *t = token->imported_by; t && used < size; t = t->imported_by)
		used += (size_t)snprintf(out + used, size - used, "%s%s:%u",
		    t == token->imported_by ? " (imported at " : ", ", t->file, t->line);
	if (token->imported_by && used < size)
		snprintf(out + used, size - used, ")");
	return out;
}

int token_error(
    const struct token *token, struct error *err, enum error_code code, const char *format, ...)
{
	char text[sizeof err->message];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof text, format, args);
	va_end(args);
	error_set(err, code, "%s", text);
	token_place(token, err->path, sizeof err->path);
	return -1;
}

int dispenser_error(
    const struct dispenser *d, struct error *err, enum error_code code, const char *format, ...)
{
	const struct token *token = current(d);
	char text[sizeof err->message];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof text, format, args);
	va_end(args);
	if (!token && d->count > 0)
		token = &d->tokens[d->cursor < 0 ? 0 : d->count - 1];
	error_set(err, code, "%s", text);
	if (token)
		token_place(token, err->path, sizeof err->path);
	return -1;
}

int dispenser_arg_error(const struct dispenser *d, struct error *err)
{
	if (at(d, "{"))
		return dispenser_error(
		    d, err, ERROR_INVALID, "unexpected '{', expected an argument");
	return dispenser_error(
	    d, err, ERROR_INVALID, "too few or too many arguments at '%s'", dispenser_text(d));
}

int dispenser_unknown(
    const struct dispenser *d, const char *what, const char *const *known, struct error *err)
{
	const char *near = known ? error_suggest(dispenser_text(d), known) : NULL;

	if (near)
		return dispenser_error(d, err, ERROR_INVALID,
		    "unrecognized %s '%s', did you mean '%s'?", what, dispenser_text(d), near);
	return dispenser_error(
	    d, err, ERROR_INVALID, "unrecognized %s '%s'", what, dispenser_text(d));
}

int dispenser_one(struct dispenser *d, const char **out, struct error *err)
{
	if (dispenser_args_left(d) != 1)
		return dispenser_arg_error(d, err);
	*out = dispenser_arg(d);
	return 0;
}

int dispenser_none(struct dispenser *d, struct error *err)
{
	return dispenser_args_left(d) > 0 ? dispenser_arg_error(d, err) : 0;
}

int dispenser_strings(struct dispenser *d, json_t **out, struct error *err)
{
	const char *text;

	if (dispenser_args_left(d) == 0)
		return dispenser_arg_error(d, err);
	if (!*out)
		*out = json_array();
	while ((text = dispenser_arg(d))) {
		json_array_append_new(*out, json_string(text));
		places_note_at(json_array_get(*out, json_array_size(*out) - 1), d);
	}
	return 0;
}

int dispenser_int(struct dispenser *d, json_t **out, struct error *err)
{
	const char *text;
	char *end;
	long long value;

	if (dispenser_one(d, &text, err) == -1)
		return -1;
	errno = 0;
	value = strtoll(text, &end, 10);
	if (*text == '\0' || *text == ' ' || *end != '\0' || errno != 0)
		return dispenser_error(d, err, ERROR_INVALID, "'%s' is not a whole number", text);
	*out = json_integer(value);
	return 0;
}

int dispenser_duration(struct dispenser *d, json_t **out, struct error *err)
{
	const char *text;
	int64_t ns;

	if (dispenser_one(d, &text, err) == -1)
		return -1;
	if (!duration_parse(text, &ns))
		return dispenser_error(
		    d, err, ERROR_INVALID, "'%s' is not a duration such as 30s or 1m30s", text);
	if (ns < 0)
		return dispenser_error(d, err, ERROR_INVALID, "a duration cannot be negative");
	*out = json_integer(ns);
	return 0;
}

/* The factor of a unit of bytes, in any case; 0: no such unit. */
static double unit(const char *text)
{
	static const struct {
		const char *name;
		double factor;
	} units[] = {{"", 1}, {"b", 1}, {"k", 1e3}, {"kb", 1e3}, {"ki", 1024}, {"kib", 1024},
	    {"m", 1e6}, {"mb", 1e6}, {"mi", 1048576}, {"mib", 1048576}, {"g", 1e9}, {"gb", 1e9},
	    {"gi", 1073741824}, {"gib", 1073741824}};

	for (size_t i = 0; i < sizeof units / sizeof units[0]; i++)
		if (strcasecmp(text, units[i].name) == 0)
			return units[i].factor;
	return 0;
}

int dispenser_bytes(struct dispenser *d, json_t **out, struct error *err)
{
	const char *text;
	double value = 0;
	char *end = NULL;

	if (dispenser_one(d, &text, err) == -1)
		return -1;
	if (*text >= '0' && *text <= '9')
		value = strtod(text, &end);
	if (end != text + strspn(text, "0123456789."))
		end = NULL;
	if (end)
		value *= unit(end + strspn(end, " "));
	if (!end || unit(end + strspn(end, " ")) == 0 || value > 1e15)
		return dispenser_error(d, err, ERROR_INVALID,
		    "'%s' is not a number of bytes such as 4096 or 16KiB", text);
	*out = json_integer((json_int_t)value);
	return 0;
}

int dispenser_set(
    const struct dispenser *d, json_t *object, const char *key, json_t *value, struct error *err)
{
	if (json_object_get(object, key)) {
		json_decref(value);
		return dispenser_error(d, err, ERROR_INVALID, "duplicate option '%s'", key);
	}
	json_object_set_new(object, key, value);
	places_note_at(value, d);
	return 0;
}
