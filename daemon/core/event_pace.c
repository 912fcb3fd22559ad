/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "daemon/core/event_pace.h"

#include "daemon/core/events.h"
#include "daemon/core/worker.h"

static void on_timer(struct ev_loop *loop, ev_timer *w, int events)
{
	struct event_pace *pace = w->data;
	struct event_ring *ring;

	(void)loop;
	(void)events;
	while ((ring = pace->awake) != NULL) {
		pace->awake = ring->next_awake;
		event_ring_rearm(ring);
	}
	pace->look();
}

static void on_wake(struct message *message, void *owner)
{
	struct event_ring *ring = (struct event_ring *)message;
	struct event_pace *pace = ring->pace;

	(void)owner;
	if (pace->awake == NULL) {
		ev_timer_init(&pace->timer, on_timer, EVENTS_PACE, 0.);
		pace->timer.data = pace;
		ev_timer_start(control_loop(), &pace->timer);
	}
	ring->next_awake = pace->awake;
	pace->awake = ring;
}

void event_pace_wake(struct event_pace *pace, struct event_ring *ring)
{
	ring->pace = pace;
	ring->wake.run = on_wake;
	control_post(&ring->wake);
}

void event_pace_stop(struct event_pace *pace)
{
	if (control_loop() != NULL)
		ev_timer_stop(control_loop(), &pace->timer);
	pace->awake = NULL;
}
