/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A ring of written records, such as events, between two threads, one that puts and one that takes:
 * no lock, no allocation, and what does not fit is counted instead of waited for. A record lies in
 * one piece, so it can be written, and read, where it is.
 */
#ifndef DAEMON_CORE_EVENT_RING_H
#define DAEMON_CORE_EVENT_RING_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/span.h"
#include "daemon/core/event.h"
#include "daemon/net/mailbox.h"

#define EVENT_RING_SIZE (128u << 10) /* about 700 ends of connections */

struct event_pace;

struct event_ring {
	struct message wake; /* to the thread that takes, where event_ring_put() says so */
	uint8_t *bytes;      /* size of them; pages are the system's until they are used */
	size_t size;         /* a power of two */
	size_t at;           /* where the room is that was given last */
	_Atomic size_t written, taken; /* counted on and on; their difference is what is held */
	_Atomic uint64_t lost;
	_Atomic bool told;             /* wake was sent and event_ring_rearm() not called since */
	struct event_ring *next_awake; /* for event_pace.h, as is what follows */
	struct event_pace *pace;
};

void event_ring_init(struct event_ring *ring, size_t size);
void event_ring_fini(struct event_ring *ring);
/*
 * While nobody puts and nothing is held: its memory, which zeroed memory does not have, comes and
 * goes. A message that is on its way finds the ring.
 */
void event_ring_open(struct event_ring *ring, size_t size);
void event_ring_close(struct event_ring *ring);

/*
 * By the thread that puts: room for a record of n bytes (less than half of the ring), aligned to 8.
 * NULL: there is none, and that is counted as lost. Follow with event_ring_commit().
 */
void *event_ring_room(struct event_ring *ring, size_t n);
/* n bytes of it were written; 0: none. Returns whether to send wake. */
bool event_ring_commit(struct event_ring *ring, size_t n);
/* Both, for an event. */
bool event_ring_put(struct event_ring *ring, const struct event *e);

/* By the thread that takes, after wake has arrived: what is put from now on sends it again. */
void event_ring_rearm(struct event_ring *ring);
/* What is held now ends here. */
size_t event_ring_end(struct event_ring *ring);
/* The next record before end, to be read before it is dropped. false: none. */
bool event_ring_look(struct event_ring *ring, size_t end, struct span *out);
void event_ring_drop(struct event_ring *ring);
/* Both, for an event: in bytes, from which *out borrows. */
bool event_ring_take(
    struct event_ring *ring, size_t end, uint8_t bytes[EVENT_SIZE_MAX], struct event *out);
/* How many were lost since it was asked last. */
uint64_t event_ring_lost(struct event_ring *ring);

#endif
