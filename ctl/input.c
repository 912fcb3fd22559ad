/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "ctl/input.h"

#include <errno.h>
#include <fcntl.h>
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
			return fault_set(fault, CONTROL_EXIT_USAGE, "cannot read %s: %s", in->name,
			    strerror(errno));
		buf_commit(&in->text, (size_t)n);
		if (buf_len(&in->text) > INPUT_MAX)
			return fault_set(fault, CONTROL_EXIT_LIMIT, "%s is larger than %u MiB",
			    in->name, INPUT_MAX >> 20);
	} while (n != 0);
	return 0;
}

int input_read(struct context *c, const char *argument, const char *what, struct input *out)
{
	const char *path = argument != NULL ? argument : c->options->file;
	int fd, rc;

	*out = (struct input){.name = path};
	if (argument != NULL && c->options->file != NULL)
		return fault_set(
		    c->fault, CONTROL_EXIT_USAGE, "name the file once: as an argument or with -f");
	if (path == NULL && isatty(STDIN_FILENO))
		return fault_set(c->fault, CONTROL_EXIT_USAGE,
		    "name a file with %s, or give it on standard input", what);
	if (path == NULL || strcmp(path, "-") == 0) {
		out->name = "standard input";
		return read_all(STDIN_FILENO, out, c->fault);
	}
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd == -1)
		return fault_set(
		    c->fault, CONTROL_EXIT_USAGE, "cannot open %s: %s", path, strerror(errno));
	rc = read_all(fd, out, c->fault);
	close(fd);
	return rc;
}

void input_fini(struct input *in)
{
	buf_fini(&in->text);
}

void input_name_fault(const struct input *in, const char *name, struct fault *fault)
{
	char rest[128]; /* lines are short */
	size_t n = strlen(name);

	if (strncmp(fault->path, name, n) != 0 || (fault->path[n] != ':' && fault->path[n] != '\0'))
		return;
	snprintf(rest, sizeof(rest), "%.*s", (int)sizeof(rest) - 1, fault->path + n);
	snprintf(fault->path, sizeof(fault->path), "%.*s%s",
	    (int)(sizeof(fault->path) - sizeof(rest)), in->name, rest);
}
