/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The option --echo: after a change, what it added or changed is asked for and printed as `show`
 * prints it.
 */
#ifndef CTL_ECHO_H
#define CTL_ECHO_H

#include <stdbool.h>
#include <jansson.h>

#include "ctl/show.h"

/* What is to be printed, once each. */
struct echo {
	struct context *c;
	json_t *targets; /* [[OBJECT, NAME, NAME], ...] */
};

void echo_init(struct echo *echo, struct context *c);
void echo_fini(struct echo *echo);

/*
 * The object of an operation ("op" and its arguments). name: what the daemon calls a route; NULL:
 * nothing does.
 */
void echo_add(struct echo *echo, const json_t *operation, const char *name);

/*
 * Prints them: one as it is, several as a list. The change has been made, so that it is no failure
 * where one cannot be shown (any more): that is said on stderr. Returns a command's result.
 */
int echo_print(struct echo *echo);

#endif
