/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Events as they happen, and other things that come one by one, until a signal, the end of whoever
 * reads them, or that of the daemon.
 */
#ifndef CTL_MONITOR_H
#define CTL_MONITOR_H

#include <msgpack/object.h>

#include "common/buf.h"
#include "ctl/output.h"

struct context;

/* How they are printed. */
struct monitor_items {
	void (*write)(struct buf *out, const msgpack_object *item); /* as lines of text */
	const char *name;  /* the key that -o name prints */
	const char *begun; /* on standard error, when the daemon has begun; NULL: nothing */
};

/* Sends the request that was begun and prints what comes. As a command's run(). */
int monitor_follow(struct context *c, const struct monitor_items *items);

/* What JSON has of an event: those of all types have the first three. */
extern const struct column monitor_members[];

/* types as events.watch takes them, filter in its language; NULL: all. As a command's run(). */
int monitor_run(struct context *c, const char *types, const char *filter);

#endif
