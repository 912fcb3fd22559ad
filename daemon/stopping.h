/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The end of the daemon: the listeners close, connections go on for a while, and then the control
 * thread's loop is broken. Control thread.
 */
#ifndef DAEMON_STOPPING_H
#define DAEMON_STOPPING_H

#include <stdbool.h>
#include <stdint.h>

#include "daemon/control/daemon_stop.h"

/* drain: ns at the most, -1: the document's grace_period. Once more: the bound is another one. */
struct stopping_facts stopping_begin(int64_t drain);
bool stopping_begun(void);

#endif
