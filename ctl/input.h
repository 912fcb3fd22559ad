/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What commands read: a file that an argument or -f names, or standard input.
 */
#ifndef CTL_INPUT_H
#define CTL_INPUT_H

#include "common/buf.h"
#include "ctl/command.h"

#define INPUT_MAX (8u << 20) /* bytes: what a document may have */

struct input {
	struct buf text;
	const char *name; /* for messages: the file's, or "standard input" */
};

/*
 * argument (NULL: none) or the option -f names the file; "-" and neither are standard input,
 * unless that is a terminal. what says in a usage fault what is missing. Returns 0, or -1 with the
 * context's fault; input_fini() in both cases.
 */
int input_read(struct context *c, const char *argument, const char *what, struct input *out);
void input_fini(struct input *input);

/*
 * The daemon knows the text under the name given here ("Caddyfile", "route", ...): a fault's path
 * that is it, perhaps with a line, gets the file's own name.
 */
void input_name_fault(const struct input *input, const char *name, struct fault *fault);

#endif
