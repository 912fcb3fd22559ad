/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Events as they happen, until a signal, the end of whoever reads them, or that of the daemon.
 */
#ifndef CTL_MONITOR_H
#define CTL_MONITOR_H

struct context;

/* types as events.watch takes them, filter in its language; NULL: all. As a command's run(). */
int monitor_run(struct context *c, const char *types, const char *filter);

#endif
