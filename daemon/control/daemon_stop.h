/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How the program is ended, which lies below: it registers itself when it starts.
 */
#ifndef DAEMON_CONTROL_DAEMON_STOP_H
#define DAEMON_CONTROL_DAEMON_STOP_H

#include <stdint.h>

/* What has begun. */
struct stopping_facts {
	uint64_t connections; /* that are open */
	int64_t drain;        /* ns that they may go on at the most */
};

/* stop: as SIGTERM does, with that bound in ns, -1: its default; once more: with another bound. */
void control_stop_set(struct stopping_facts (*stop)(int64_t drain));

#endif
