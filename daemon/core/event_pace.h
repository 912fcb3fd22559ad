/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * When the control thread looks into the rings of the workers: a little after something was put
 * into one. Not at once: a busy worker would wake us for each record, and most of the cost is the
 * waking.
 */
#ifndef DAEMON_CORE_EVENT_PACE_H
#define DAEMON_CORE_EVENT_PACE_H

#include <ev.h>

#include "daemon/core/event_ring.h"

struct event_pace {
	void (*look)(void); /* takes what the rings hold */
	/* Its own. */
	struct event_ring *awake; /* whose message has arrived and waits for the timer */
	ev_timer timer;           /* active while there is one */
};

/* By the thread that puts, where event_ring_put() says so. */
void event_pace_wake(struct event_pace *pace, struct event_ring *ring);

/* On the control thread, after the workers have ended. */
void event_pace_stop(struct event_pace *pace);

#endif
