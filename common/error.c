/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "common/error.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Longer words are not looked up: a field's name is short, and what a user sends may not be. */
#define WORD_MAX 64
#define EDITS_MAX 2

static const char *const code_names[] = {
    [ERROR_NONE] = "none",
    [ERROR_INVALID] = "invalid",
    [ERROR_NOT_FOUND] = "not_found",
    [ERROR_EXISTS] = "exists",
    [ERROR_CONFLICT] = "conflict",
    [ERROR_IN_USE] = "in_use",
    [ERROR_DENIED] = "denied",
    [ERROR_UNSUPPORTED] = "unsupported",
    [ERROR_LIMIT] = "limit",
    [ERROR_TIMEOUT] = "timeout",
    [ERROR_BUSY] = "busy",
    [ERROR_INTERNAL] = "internal",
};

int error_set(struct error *err, enum error_code code, const char *format, ...)
{
	char message[sizeof(err->message)]; /* the arguments may lie in err */
	va_list args;

	va_start(args, format);
	vsnprintf(message, sizeof(message), format, args);
	va_end(args);
	err->code = code;
	err->path[0] = '\0';
	memcpy(err->message, message, sizeof(message));
	return -1;
}

int error_errno(struct error *err, enum error_code code, const char *format, ...)
{
	int saved = errno;
	char message[sizeof(err->message)], reason[128];
	va_list args;

	va_start(args, format);
	vsnprintf(message, sizeof(message), format, args);
	va_end(args);
	error_set(err, code, "%s: %s", message, strerror_r(saved, reason, sizeof(reason)));
	errno = saved;
	return -1;
}

/* As much of text as there is room for. */
static void append(char *out, size_t size, const char *text)
{
	size_t used = strlen(out), length = strnlen(text, size - used - 1);

	memcpy(out + used, text, length);
	out[used + length] = '\0';
}

int error_at(struct error *err, const char *format, ...)
{
	char path[sizeof(err->path)];
	va_list args;

	va_start(args, format);
	vsnprintf(path, sizeof(path), format, args);
	va_end(args);
	if (path[0] != '\0' && err->path[0] != '\0' && err->path[0] != '[')
		append(path, sizeof(path), ".");
	append(path, sizeof(path), err->path);
	memcpy(err->path, path, sizeof(path));
	return -1;
}

const char *error_text(const struct error *err, char *out, size_t size)
{
	snprintf(out, size, "%s%s%s", err->path, err->path[0] != '\0' ? ": " : "", err->message);
	return out;
}

const char *error_code_name(enum error_code code)
{
	size_t count = sizeof(code_names) / sizeof(code_names[0]);

	return (size_t)code < count ? code_names[code] : "internal";
}

static unsigned least(unsigned a, unsigned b)
{
	return a < b ? a : b;
}

/*
 * Edits (insert, delete, replace, swap of two neighbours) that lead from one word to the other.
 * Both are at most WORD_MAX long.
 */
static unsigned edits(const char *a, size_t a_length, const char *b, size_t b_length)
{
	unsigned rows[3][WORD_MAX + 1];
	unsigned *before = rows[0], *last = rows[1], *row = rows[2], *spare;
	size_t i, j;

	for (j = 0; j <= b_length; j++)
		last[j] = (unsigned)j;
	for (i = 1; i <= a_length; i++) {
		row[0] = (unsigned)i;
		for (j = 1; j <= b_length; j++) {
			row[j] = last[j - 1] + (a[i - 1] != b[j - 1]);
			row[j] = least(row[j], least(last[j], row[j - 1]) + 1);
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
				row[j] = least(row[j], before[j - 2] + 1);
		}
		spare = before;
		before = last;
		last = row;
		row = spare;
	}
	return last[b_length];
}

const char *error_suggest(const char *word, const char *const *names)
{
	size_t length = strnlen(word, WORD_MAX + 1), name_length;
	unsigned found, best = EDITS_MAX + 1;
	const char *nearest = NULL;

	if (length > WORD_MAX)
		return NULL;
	for (; *names != NULL; names++) {
		name_length = strlen(*names);
		if (name_length > WORD_MAX)
			continue;
		found = edits(word, length, *names, name_length);
		if (found < best && found * 3 <= length) {
			best = found;
			nearest = *names;
		}
	}
	return nearest;
}

const char *error_choices(const char *word, const char *const *names, char *out, size_t size)
{
	const char *near = error_suggest(word, names);
	char text[4 * WORD_MAX];
	size_t i;

	out[0] = '\0';
	for (i = 0; names[i] != NULL; i++) {
		if (i > 0)
			append(out, size, names[i + 1] != NULL ? ", " : " or ");
		append(out, size, names[i]);
	}
	snprintf(text, sizeof(text), ", not '%.*s'", WORD_MAX, word);
	append(out, size, text);
	if (near != NULL) {
		snprintf(text, sizeof(text), ", did you mean '%s'?", near);
		append(out, size, text);
	}
	return out;
}

int error_choice(struct error *err, const char *word, const char *const *names)
{
	char text[sizeof(err->message) / 2];

	return error_set(
	    err, ERROR_INVALID, "must be %s", error_choices(word, names, text, sizeof(text)));
}
