/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What commands that only look have in common: the request has been begun, here it is sent, and
 * what comes is printed.
 */
#ifndef CTL_LISTING_H
#define CTL_LISTING_H

#include "ctl/command.h"

/* A list, in chunks of items. name: the key that -o name prints. Returns a command's result. */
int listing_items(struct context *c, const struct column *columns, const char *name);
/* The same with what else the answer says, in JSON. */
int listing_whole(struct context *c, const struct column *columns, const char *name);
/* The same for a method without parameters, connecting first. */
int listing_all(
    struct context *c, const char *method, const struct column *columns, const char *name);

/* An answer that says no more than that it was done: in JSON its revision, in text nothing. */
int listing_done(struct context *c);

/* An answer that print writes, which returns a command's result. */
int listing_answer(
    struct context *c, int (*print)(struct context *c, const msgpack_object *result));

/* One object. */
int listing_object(struct context *c, const struct column *lines, const char *name);

#endif
