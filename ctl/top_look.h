/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A look at what the daemon counts, and what runs.
 */
#ifndef CTL_TOP_LOOK_H
#define CTL_TOP_LOOK_H

#include "ctl/command.h"
#include "ctl/rates.h"

/* Seconds of a clock that is never set. */
double top_look_clock(void);

/* Asks the daemon on the session that there is. 0, or -1 with the context's fault and no look. */
int top_look(struct context *c, struct snapshot *out);

#endif
