/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The commands of pointsmand. Each gets its own name as argv[0] and returns the exit status:
 * 0 done, 1 refused, 2 usage.
 */
#ifndef DAEMON_COMMANDS_H
#define DAEMON_COMMANDS_H

#include <stdbool.h>
#include <jansson.h>

#include "common/errors.h"
#include "daemon/config/document.h"

int command_run(int argc, char **argv);
int command_adapt(int argc, char **argv);
int command_validate(int argc, char **argv);
int command_fmt(int argc, char **argv);
int command_modules(int argc, char **argv);
int command_schema(int argc, char **argv);
int command_version(int argc, char **argv);

/* What `adapt` and `validate` are about. */
struct command_input {
	bool advises;                   /* takes --json and --strict */
	void (*warn)(const char *text); /* of reading the file */
	bool json, strict;              /* they were given */
	json_t *document;               /* a new reference */
};

/* Reads the options and the file that they name. Returns an exit status. */
int command_read(int argc, char **argv, struct command_input *in);

/* Prints "pointsmand: error: PATH: MESSAGE", or a line for each of errors (may be empty).
 * Returns 1. */
int command_failed(const struct error *err, const struct errors *errors);
/* Prints a warning of reading a configuration. */
void command_warn(const char *text);

#endif
