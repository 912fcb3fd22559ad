/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A change that is taken back unless somebody confirms it in time: who has cut himself off by it
 * gets back in. One waits at a time. It is in force, but kept nowhere: a daemon that restarts
 * meanwhile does not have it. Control thread.
 */
#ifndef DAEMON_CONFIG_CONFIRM_H
#define DAEMON_CONFIG_CONFIRM_H

#include <stdbool.h>
#include <stdint.h>
#include <jansson.h>

#include "common/error.h"

/* May there be another change? Returns 0, or -1 with err: ERROR_BUSY. */
int confirm_check(struct error *err);

/* By change_document(): before (kept by reference) is put in force again after that time. */
void confirm_begin(json_t *before, uint64_t revision, unsigned seconds);

/* It stays. revision 0: whichever waits. Returns 0, or -1 with err. */
int confirm_accept(uint64_t revision, struct error *err);

/* Something else is in force: nothing waits any more. */
void confirm_forget(void);

/* Which revision waits, and for how many seconds yet; 0: none. */
uint64_t confirm_waiting(double *left);

#endif
