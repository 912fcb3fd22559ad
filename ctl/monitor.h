/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Events as they happen, until a signal, the end of whoever reads them, or that of the daemon.
 */
#ifndef CTL_MONITOR_H
#define CTL_MONITOR_H

#include "ctl/output.h"

struct context;

/* What JSON has of an event: those of all types have the first three. */
extern const struct column monitor_members[];

/* types as events.watch takes them, filter in its language; NULL: all. As a command's run(). */
int monitor_run(struct context *c, const char *types, const char *filter);

#endif
