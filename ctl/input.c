/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "ctl/input.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define READ_SIZE 65536

static int read_all(int fd, struct input *in, struct fault *fault)
{
	ssize_t n;

	do {
		n = read(fd, buf_reserve(&in->text, READ_SIZE), READ_SIZE);
		if (n == -1 && errno == EINTR)
			continue;
		if (n == -1)
			return fault_set(fault, CONTROL_EXIT_USAGE, "cannot read %s: %s",
			    in->place.name, strerror(errno));
		buf_commit(&in->text, (size_t)n);
		if (buf_len(&in->text) > INPUT_MAX)
			return fault_set(fault, CONTROL_EXIT_LIMIT, "%s is larger than %u MiB",
			    in->place.name, INPUT_MAX >> 20);
	} while (n != 0);
	return 0;
}

/* Standard input, or what a script has in its place. */
static int read_standard(struct context *c, const char *what, bool named, struct input *out)
{
	const struct input_here *here = c->here;

	out->place.name = "standard input";
	if (here == NULL && !named && isatty(STDIN_FILENO))
		return fault_set(c->fault, CONTROL_EXIT_USAGE,
		    "name a file with %s, or give it on standard input", what);
	if (here == NULL)
		return read_all(STDIN_FILENO, out, c->fault);
	if (!here->given)
		return fault_set(c->fault, CONTROL_EXIT_USAGE,
		    "name a file with %s, or give it in the lines that follow: <<END", what);
	out->place = here->place;
	buf_append(&out->text, here->text.p, here->text.n);
	return 0;
}

int input_read(struct context *c, const char *argument, const char *what, struct input *out)
{
	const char *path = argument != NULL ? argument : c->options->file;
	int fd, rc;

	*out = (struct input){.place = {.name = path}};
	if (argument != NULL && c->options->file != NULL)
		return fault_set(
		    c->fault, CONTROL_EXIT_USAGE, "name the file once: as an argument or with -f");
	if (path == NULL || strcmp(path, "-") == 0)
		return read_standard(c, what, path != NULL, out);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd == -1) {
		fault_set(
		    c->fault, CONTROL_EXIT_USAGE, "cannot open %s: %s", path, strerror(errno));
		c->fault->word = path;
		return -1;
	}
	rc = read_all(fd, out, c->fault);
	close(fd);
	return rc;
}

void input_fini(struct input *in)
{
	buf_fini(&in->text);
}

/* A line of the text, in the file that has it. */
static unsigned long line_of(const struct input_place *place, unsigned long line)
{
	return place->line > 0 ? line + place->line - 1 : line;
}

void input_name_lines(
    const struct input_place *place, const char *name, struct span text, struct buf *out)
{
	size_t i = 0, n = strlen(name);
	unsigned long line;

	while (i < text.n) {
		const char *at = (const char *)text.p + i;

		if (text.n - i <= n + 1 || memcmp(at, name, n) != 0 || at[n] != ':' ||
		    !isdigit((unsigned char)at[n + 1])) {
			buf_append(out, at, 1);
			i++;
			continue;
		}
		for (line = 0, i += n + 1; i < text.n && isdigit(text.p[i]); i++)
			line = 10 * line + (unsigned long)(text.p[i] - '0');
		buf_printf(out, "%s:%lu", place->name, line_of(place, line));
	}
}

bool input_name_fault(const struct input_place *place, const char *name, struct fault *fault)
{
	const char *end = fault->path + strlen(name);
	unsigned long line = 0;
	struct buf path = {0};

	if (strncmp(fault->path, name, strlen(name)) != 0 || (*end != ':' && *end != '\0'))
		return false;
	if (*end == ':')
		line = strtoul(end + 1, (char **)&end, 10);
	line = line_of(place, line > 0 || place->line == 0 ? line : 1);
	buf_printf(&path, "%.*s", (int)sizeof(fault->path) / 2, place->name);
	if (line > 0)
		buf_printf(&path, ":%lu", line);
	buf_append_str(&path, end);
	snprintf(fault->path, sizeof(fault->path), "%s", buf_str(&path));
	buf_fini(&path);
	return true;
}

static void object_fault(
    struct context *c, const struct input *in, int line, int column, const char *message)
{
	fault_set(c->fault, CONTROL_EXIT_INVALID, "%s", message);
	snprintf(c->fault->path, sizeof(c->fault->path), "file:%d:%d", line, column);
	input_name_fault(&in->place, "file", c->fault);
}

json_t *input_object(struct context *c, const char *what)
{
	char message[JSON_ERROR_TEXT_LENGTH + 16];
	json_error_t error;
	json_t *object = NULL;
	struct input in;

	if (input_read(c, NULL, what, &in) == 0) {
		object = json_loads(buf_str(&in.text), JSON_REJECT_DUPLICATES, &error);
		if (object == NULL) {
			snprintf(message, sizeof(message), "not JSON: %s", error.text);
			object_fault(c, &in, error.line, error.column, message);
		} else if (!json_is_object(object)) {
			object_fault(c, &in, 1, 1, "must be a JSON object");
			json_decref(object);
			object = NULL;
		}
	}
	input_fini(&in);
	return object;
}
