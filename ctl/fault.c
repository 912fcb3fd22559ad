/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "ctl/fault.h"

#include <stdarg.h>
#include <string.h>

#include "common/buf.h"
#include "common/error.h"
#include "common/unpack.h"
#include "ctl/human.h"
#include "ctl/json_text.h"

#define CHOICES_MAX 16
#define CHOICES_SIZE 256

/* Of faults that are found here. */
static const struct {
	enum control_exit exit;
	const char *code;
} own_codes[] = {
    {CONTROL_EXIT_NO, "no"},
    {CONTROL_EXIT_USAGE, "usage"},
    {CONTROL_EXIT_UNREACHABLE, "unreachable"},
    {CONTROL_EXIT_DENIED, "denied"},
    {CONTROL_EXIT_NOT_FOUND, "not_found"},
    {CONTROL_EXIT_INVALID, "invalid"},
    {CONTROL_EXIT_TIMEOUT, "timeout"},
    {CONTROL_EXIT_PROTOCOL, "protocol"},
    {CONTROL_EXIT_LIMIT, "limit"},
};

static const struct {
	const char *code;
	enum control_exit exit;
} daemon_codes[] = {
#define FAULT_CODE(code, exit, help) {code, (enum control_exit)exit},
    CONTROL_ERRORS(FAULT_CODE)
#undef FAULT_CODE
};

int fault_set(struct fault *fault, enum control_exit exit, const char *format, ...)
{
	const char *code = "internal";
	va_list args;
	size_t i;

	for (i = 0; i < sizeof(own_codes) / sizeof(own_codes[0]); i++)
		if (own_codes[i].exit == exit)
			code = own_codes[i].code;
	*fault = (struct fault){.exit = exit};
	snprintf(fault->code, sizeof(fault->code), "%s", code);
	va_start(args, format);
	vsnprintf(fault->message, sizeof(fault->message), format, args);
	va_end(args);
	return -1;
}

/* Takes "a|b|c" apart, in place. */
static void split(char *choices, const char *names[CHOICES_MAX + 1])
{
	size_t n = 0;
	char *rest = choices;

	while (n < CHOICES_MAX && rest != NULL)
		names[n++] = strsep(&rest, "|");
	names[n] = NULL;
}

int fault_choice(struct fault *fault, const char *what, const char *choices, const char *word)
{
	const char *names[CHOICES_MAX + 1], *near;
	char parts[CHOICES_SIZE], text[sizeof(fault->message) / 2];

	snprintf(parts, sizeof(parts), "%s", choices);
	split(parts, names);
	fault_set(fault, CONTROL_EXIT_USAGE, "%s %s", what,
	    error_choices(word, names, text, sizeof(text)));
	near = error_suggest(word, names);
	snprintf(fault->hint, sizeof(fault->hint), "%s", near != NULL ? near : "");
	fault->word = word;
	return -1;
}

static void take_others(struct fault *fault, const msgpack_object *list)
{
	struct fault_other *other;
	uint32_t i;

	if (!unpack_is_array(list))
		return;
	for (i = 0; i < list->via.array.size && fault->other_count < FAULT_OTHERS; i++) {
		other = &fault->others[fault->other_count++];
		unpack_copy(
		    unpack_get(&list->via.array.ptr[i], "code"), other->code, sizeof(other->code));
		unpack_copy(unpack_get(&list->via.array.ptr[i], "message"), other->message,
		    sizeof(other->message));
		unpack_copy(
		    unpack_get(&list->via.array.ptr[i], "path"), other->path, sizeof(other->path));
	}
}

int fault_from(struct fault *fault, const msgpack_object *error)
{
	size_t i;

	*fault = (struct fault){.exit = CONTROL_EXIT_INTERNAL};
	if (!unpack_copy(unpack_get(error, "code"), fault->code, sizeof(fault->code)))
		snprintf(fault->code, sizeof(fault->code), "internal");
	if (!unpack_copy(unpack_get(error, "message"), fault->message, sizeof(fault->message)))
		snprintf(fault->message, sizeof(fault->message), "the daemon gave no reason");
	unpack_copy(unpack_get(error, "path"), fault->path, sizeof(fault->path));
	unpack_copy(unpack_get(error, "hint"), fault->hint, sizeof(fault->hint));
	take_others(fault, unpack_get(error, "others"));
	for (i = 0; i < sizeof(daemon_codes) / sizeof(daemon_codes[0]); i++)
		if (strcmp(fault->code, daemon_codes[i].code) == 0)
			fault->exit = daemon_codes[i].exit;
	return -1;
}

static void put_error(struct buf *out, const char *code, const char *message, const char *path)
{
	buf_append_str(out, "{\"code\":");
	json_text_string(out, span_str(code));
	buf_append_str(out, ",\"message\":");
	json_text_string(out, span_str(message));
	if (path[0] != '\0') {
		buf_append_str(out, ",\"path\":");
		json_text_string(out, span_str(path));
	}
}

void fault_place(struct fault *fault, const char *name, unsigned line, unsigned column)
{
	struct buf path = {0};

	buf_printf(&path, "%.*s:%u", (int)sizeof(fault->path) / 2, name, line);
	if (column > 0)
		buf_printf(&path, ":%u", column);
	if (fault->path[0] != '\0')
		buf_printf(&path, ": %s", fault->path);
	snprintf(fault->path, sizeof(fault->path), "%s", buf_str(&path));
	buf_fini(&path);
}

static void print_json(const struct fault *fault, FILE *to)
{
	struct buf out = {0};
	size_t i;

	put_error(&out, fault->code, fault->message, fault->path);
	if (fault->hint[0] != '\0') {
		buf_append_str(&out, ",\"hint\":");
		json_text_string(&out, span_str(fault->hint));
	}
	for (i = 0; i < fault->other_count; i++) {
		const struct fault_other *other = &fault->others[i];

		buf_append_str(&out, i == 0 ? ",\"others\":[" : ",");
		put_error(&out, other->code, other->message, other->path);
		buf_append_str(&out, i + 1 == fault->other_count ? "}]" : "}");
	}
	buf_printf(&out, ",\"exit\":%d}\n", fault->exit);
	fputs(buf_str(&out), to);
	buf_fini(&out);
}

/* The daemon repeats what others sent: nothing in it may steer the terminal. */
static void print_line(const char *path, const char *message, FILE *to)
{
	fputs("pointsctl: ", to);
	if (path[0] != '\0') {
		human_print(span_str(path), to);
		fputs(": ", to);
	}
	human_print(span_str(message), to);
}

void fault_print(const struct fault *fault, bool json, FILE *to)
{
	size_t i;

	if (json) {
		print_json(fault, to);
		return;
	}
	print_line(fault->path, fault->message, to);
	/* Messages of the daemon often have the hint in their words already. */
	if (fault->hint[0] != '\0' && strstr(fault->message, fault->hint) == NULL) {
		fputs(", did you mean '", to);
		human_print(span_str(fault->hint), to);
		fputs("'?", to);
	}
	fputc('\n', to);
	for (i = 0; i < fault->other_count; i++) {
		print_line(fault->others[i].path, fault->others[i].message, to);
		fputc('\n', to);
	}
}
