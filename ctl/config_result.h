/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What whole documents have in common: a document that is read and sent, and what became of it.
 */
#ifndef CTL_CONFIG_RESULT_H
#define CTL_CONFIG_RESULT_H

#include "ctl/command.h"
#include "ctl/input.h"

/* What the daemon answers about a document. */
extern const struct column config_members[];

/*
 * Begins the request with the document that argument or -f names. *params is for more of it.
 * Returns 0, or -1 with the context's fault.
 */
int config_begin(struct context *c, const char *method, const char *argument, struct input *in,
    struct pack_box **params);

/* --existing, of what a document takes away. */
void config_existing(const struct context *c, struct pack_box *params);

/* Prints what a document has changed, or (dry) would. 0 or -1, as output functions return. */
int config_result_print(struct context *c, const msgpack_object *result, bool dry);
/* The fault of a request with this document, by the name of its file. */
void config_result_fault(struct context *c, const struct input *in);

/*
 * Sends the request that was begun and prints the result: what has changed, or (dry) would, with
 * the values. in, if not NULL, is what was sent. Returns a command's result.
 */
int config_result(struct context *c, bool dry, const struct input *in);

#endif
