/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The last events, as many as fit into a fixed number of bytes, by their numbers. Each is kept
 * twice: written down, for filters, and packed, as all readers get it.
 */
#ifndef DAEMON_CONTROL_EVENT_HISTORY_H
#define DAEMON_CONTROL_EVENT_HISTORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/span.h"

#define EVENT_HISTORY_SLOTS 8192 /* events at the most, however small */

struct event_history {
	uint8_t *bytes;       /* pages are the system's until they are used */
	size_t size, end;     /* the next one goes there, if it is not too long for the rest */
	uint64_t first, next; /* numbers: first <= those that are held < next */
	struct event_slot *slots;
};

/* The first event will have the number next. */
void event_history_init(struct event_history *h, size_t size, uint64_t next);
void event_history_fini(struct event_history *h);

/* Adds the event of number h->next, which takes the place of old ones. */
void event_history_add(struct event_history *h, struct span written, struct span packed);

/* What is borrowed is valid until the next event_history_add(). false: not held. */
bool event_history_get(
    const struct event_history *h, uint64_t seq, const uint8_t **written, struct span *packed);

#endif
