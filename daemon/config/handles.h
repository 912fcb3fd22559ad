/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The handles of routes over the restarts of the program: which route of the saved document has
 * which, and how far the numbers have got. Numbers are reserved on disk in blocks before they are
 * given, so that few changes wait for the disk, and none comes again after a crash. Control thread.
 */
#ifndef DAEMON_CONFIG_HANDLES_H
#define DAEMON_CONFIG_HANDLES_H

#include <stdbool.h>
#include <jansson.h>

#include "common/error.h"
#include "daemon/core/instance.h"

#define HANDLES_BLOCK 1000

/*
 * Begins with what handles_json() once returned (borrowed; NULL: the first start), and gives
 * numbers to the loader from now on. reserve() must have handles_json() on disk when it returns 0;
 * NULL: nothing is kept.
 */
void handles_start(const json_t *kept, int (*reserve)(struct error *err));
/* Where what was kept is lost: numbers go on from the clock, which is far above all given ones. */
void handles_start_anew(int (*reserve)(struct error *err));
void handles_stop(void);

/* Gives back what is reserved and was not given; was there any? To be written then. */
bool handles_settle(void);

/* What is to be kept: {"last", "servers": {LIST: {KEY: HANDLE}}}. A new reference. */
json_t *handles_json(void);

/*
 * From now on the handles of saved's routes are kept: what they are in instance, or, of a route
 * that is not in it, what they were. Has anything changed?
 */
bool handles_keep(const struct instance *instance, json_t *saved);
/* Keeps those of before (what handles_json() returned) again: what came since was not written. */
void handles_restore(const json_t *before);

#endif
