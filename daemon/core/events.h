/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Events on their way from where they happen to who wants them. Subscribers stand in a table here
 * and are called on the control thread, in the order of the numbers that are given there. Nothing
 * waits for them: a worker puts what it has to tell into a ring of its own, and what does not fit
 * is lost, counted and told (event.lost).
 */
#ifndef DAEMON_CORE_EVENTS_H
#define DAEMON_CORE_EVENTS_H

#include <stdatomic.h>
#include <stdbool.h>

#include "daemon/core/event.h"

struct worker;

/* From any thread: does anyone want events of this type? A load, nothing else. */
extern _Atomic uint32_t events_wanted_types;
static inline bool events_wanted(enum event_type type)
{
	return (atomic_load_explicit(&events_wanted_types, memory_order_relaxed) &
		   EVENT_BIT(type)) != 0;
}

/* On w's thread: sets the time of e; numbered it is within EVENTS_PACE. */
#define EVENTS_PACE 0.01 /* seconds between two looks into the rings */
void events_note(struct worker *w, struct event *e);

/*
 * On the control thread: gives e its name, number and, where time_ns is 0, its time, and hands it
 * on at once. What workers noted before comes before it.
 */
void events_publish(struct event *e);

/* The number of the last one; 0: none yet. Control thread, as all that follows. */
uint64_t events_last(void);

/*
 * Gets every event that is produced, so at least those that it wants. e and what it borrows are
 * valid during the call.
 */
struct event_subscriber {
	struct event_subscriber *next;
	uint32_t wants; /* EVENT_BITs */
	void (*take)(struct event_subscriber *subscriber, const struct event *e);
};

void events_subscribe(struct event_subscriber *subscriber);
void events_unsubscribe(struct event_subscriber *subscriber);
void events_want(struct event_subscriber *subscriber, uint32_t types);

/* For workers_stop(): what is still in the rings is forgotten. */
void events_stop(void);

#endif
