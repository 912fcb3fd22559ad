/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Long connections are told of while they last: each whenever its age passes a multiple of its
 * server's log_interval. A connection keeps nothing for that: its worker looks at all of them now
 * and then, some at a time. On the worker's thread.
 */
#ifndef DAEMON_CORE_CONN_PROGRESS_H
#define DAEMON_CORE_CONN_PROGRESS_H

#include <stdint.h>
#include <ev.h>

struct worker;

struct conn_progress {
	struct worker *worker;
	ev_timer timer;
	double pause;        /* seconds from one look to the next; 0: no server wants it */
	ev_tstamp last, now; /* when the look before began, and this one */
	uint64_t after;      /* the connection that was looked at last; 0: no look is on its way */
};

void conn_progress_init(struct worker *w);
void conn_progress_stop(struct worker *w);

/* The worker's listeners have other servers now. */
void conn_progress_plan(struct worker *w);

#endif
