/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What commands read: a file that an argument or -f names, or standard input. A command of a script
 * has a here-document instead of the latter.
 */
#ifndef CTL_INPUT_H
#define CTL_INPUT_H

#include <jansson.h>

#include "common/buf.h"
#include "ctl/command.h"

#define INPUT_MAX (8u << 20) /* bytes: what a document may have */

/* A text, or a place in it, for messages. */
struct input_place {
	const char *name;      /* the file's, or "standard input"; borrowed */
	unsigned line, column; /* of a text within the file: its first line; 0: the file itself */
};

/* What a command of a script has for standard input. */
struct input_here {
	bool given;
	struct span text;
	struct input_place place;
};

struct input {
	struct buf text;
	struct input_place place;
};

/*
 * argument (NULL: none) or the option -f names the file; "-" and neither are standard input,
 * unless that is a terminal. what says in a usage fault what is missing. Returns 0, or -1 with the
 * context's fault; input_fini() in both cases.
 */
int input_read(struct context *c, const char *argument, const char *what, struct input *out);
void input_fini(struct input *input);

/* The same for a JSON object, which -f names: NULL with the context's fault. */
json_t *input_object(struct context *c, const char *what);

/*
 * The daemon knows the text under the name given here ("Caddyfile", "route", ...): a fault's path
 * that is it, perhaps with a line, gets the file's own name and line. Returns whether it was.
 */
bool input_name_fault(const struct input_place *place, const char *name, struct fault *fault);

/* The same for each "NAME:LINE" within a text; appends it to out. */
void input_name_lines(
    const struct input_place *place, const char *name, struct span text, struct buf *out);

#endif
