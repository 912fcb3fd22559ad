/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One command as it was called: from its words to its exit code. The command line is one, and so is
 * each line of a script.
 */
#ifndef CTL_INVOCATION_H
#define CTL_INVOCATION_H

#include "ctl/command.h"

struct invocation {
	struct options options;
	const struct command *command; /* NULL: the version, or the overview, is asked for */
	int argc;                      /* of the command's arguments */
	char **argv;
};

/*
 * argv[0] is the program's name; argv is borrowed, and put in another order. base: what options
 * are unless they are given; NULL: their defaults. Returns 0, or -1 with fault; out has the
 * options even then, so that the fault is printed as asked for.
 */
int invocation_read(
    struct invocation *out, const struct options *base, int argc, char **argv, struct fault *fault);

/*
 * here: what is its standard input, if it is of a script; else NULL. Returns the exit code, or -1
 * with fault.
 */
int invocation_run(const struct invocation *in, const struct input_here *here, struct fault *fault);

/* The context to run it with; it has no session yet. */
struct context invocation_context(
    const struct invocation *in, const struct input_here *here, struct fault *fault);

#endif
