/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One object, as `OBJECT show` prints it; what a change has made of objects is printed so, too.
 */
#ifndef CTL_SHOW_H
#define CTL_SHOW_H

#include "ctl/command.h"

#define SHOWN_NAMES 2

struct shown {
	const char *method;
	const char *keys[SHOWN_NAMES]; /* the parameters that name it; the second may be NULL */
	const char *name;              /* the key that -o name prints */
	const struct column *lines;
	/* Prints all of it; NULL: it is no more than lines. 0 or -1. */
	int (*print)(struct context *c, const msgpack_object *result);
};

extern const struct shown shown_cert, shown_listener, shown_route, shown_server, shown_upstream;

/* names: the values of its keys. Returns a command's result. */
int show(struct context *c, const struct shown *shown, const char *const *names);

#endif
