/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "daemon/core/events.h"

#include <ev.h>

#include "daemon/core/event_pace.h"
#include "daemon/core/worker.h"

_Atomic uint32_t events_wanted_types;

/* The control thread's. */
static struct {
	struct event_subscriber *subscribers;
	uint64_t last;
} hub;

static void deliver(struct event *e)
{
	struct event_subscriber *s, *next;

	e->seq = ++hub.last;
	for (s = hub.subscribers; s != NULL; s = next) {
		next = s->next;
		s->take(s, e);
	}
}

/* ---- from the workers ---------------------------------------------------------------------- */

static int64_t now(void)
{
	return (int64_t)(ev_time() * 1e9);
}

static void deliver_lost(uint64_t count)
{
	struct event e = {
	    .type = EVENT_LOST,
	    .name = event_name(EVENT_LOST),
	    .time_ns = now(),
	    .reason = span_str(CONTROL_LOST_OVERFLOW),
	    .count = count,
	};

	deliver(&e);
}

static void drain_one(struct event_ring *ring)
{
	size_t end = event_ring_end(ring);
	uint8_t bytes[EVENT_SIZE_MAX];
	struct event e;
	uint64_t lost;

	while (event_ring_take(ring, end, bytes, &e))
		deliver(&e);
	lost = event_ring_lost(ring);
	if (lost > 0)
		deliver_lost(lost);
}

static void drain(void)
{
	unsigned i;

	for (i = 0; i < workers_count(); i++)
		drain_one(&worker_at(i)->events);
}

static struct event_pace pace = {.look = drain};

void events_note(struct worker *w, struct event *e)
{
	e->time_ns = (int64_t)(ev_now(w->loop) * 1e9);
	if (event_ring_put(&w->events, e))
		event_pace_wake(&pace, &w->events);
}

void events_stop(void)
{
	event_pace_stop(&pace);
}

/* ---- on the control thread ----------------------------------------------------------------- */

void events_publish(struct event *e)
{
	drain();
	e->name = event_name(e->type);
	if (e->time_ns == 0)
		e->time_ns = now();
	deliver(e);
}

uint64_t events_last(void)
{
	return hub.last;
}

static void update_wanted(void)
{
	const struct event_subscriber *s;
	uint32_t wanted = 0;

	for (s = hub.subscribers; s != NULL; s = s->next)
		wanted |= s->wants;
	atomic_store_explicit(&events_wanted_types, wanted, memory_order_relaxed);
}

void events_want(struct event_subscriber *subscriber, uint32_t types)
{
	subscriber->wants = types;
	update_wanted();
}

void events_subscribe(struct event_subscriber *subscriber)
{
	subscriber->next = hub.subscribers;
	hub.subscribers = subscriber;
	update_wanted();
}

void events_unsubscribe(struct event_subscriber *subscriber)
{
	struct event_subscriber **at = &hub.subscribers;

	while (*at != NULL && *at != subscriber)
		at = &(*at)->next;
	if (*at != NULL)
		*at = subscriber->next;
	update_wanted();
}
