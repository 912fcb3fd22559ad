/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Texts for requests: in the request where it has room, else uploaded before it.
 */
#ifndef CTL_STAGE_H
#define CTL_STAGE_H

#include "ctl/command.h"

/*
 * Begins the request method with text as its parameter key, uploaded before where it is long. The
 * context has its session. Returns 0 with *params for more of them, or -1 with the context's fault.
 */
int stage_begin(struct context *c, const char *method, const char *key, struct span text,
    struct pack_box **params);

#endif
