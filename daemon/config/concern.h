/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which connections a transaction's operations concern, and what is to happen to them: they are
 * counted before it, and kept, drained or killed after it. A route's connections are those on any
 * form that it had up to then; one that came after the change holds the new form and is not
 * concerned. Control thread.
 */
#ifndef DAEMON_CONFIG_CONCERN_H
#define DAEMON_CONFIG_CONCERN_H

#include <stddef.h>
#include <stdint.h>

#include "daemon/config/edit.h"
#include "daemon/config/operation.h"
#include "daemon/core/instance.h"

struct concerns;

/*
 * The concerns of the operations against base, the instance before the change. References to its
 * routes are held; texts of the operations must live as long, and base until all are looked at.
 */
struct concerns *concerns_new(
    const struct instance *base, const struct operation *operations, size_t count);
/*
 * Those of a whole document that takes the place of base: on routes and from listeners that it does
 * not have any more, or not as they were. What stays is spared by concerns_spare(), once it is
 * compiled.
 */
struct concerns *concerns_new_whole(
    const struct instance *base, enum existing existing, int64_t drain);
void concerns_spare(struct concerns *concerns, const struct instance *next);
/*
 * What the nth operation concerns: before it is carried out, for earlier ones may have given new
 * names to what was there.
 */
void concerns_look(struct concerns *concerns, size_t nth, struct edit *edit);
void concerns_free(struct concerns *concerns);

/* Calls done(arg) once all have been counted. */
void concerns_count(struct concerns *concerns, void (*done)(void *arg), void *arg);
/* How many connections the nth operation concerns, as counted. */
uint64_t concerns_counted(const struct concerns *concerns, size_t nth);
/* How many connections at least one of them concerns. */
uint64_t concerns_touched(const struct concerns *concerns);

/*
 * After the change: ends those to be killed, and after their time those to be drained, few at a
 * time. by (copied) is for their log lines. Calls done(arg) at the very end.
 */
void concerns_carry_out(
    struct concerns *concerns, const char *by, void (*done)(void *arg), void *arg);
/*
 * The document of that revision is in force again: what has not yet been ended for later changes
 * goes on. The same holds for a route or an upstream that is enabled again.
 */
void concerns_call_off(uint64_t revision);
/* At the end of the program: what was to be ended later is not any more. */
void concerns_forget(void);

#endif
