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
	/* Of who puts. */
	uint8_t *next, *last;          /* room that it has in one piece */
	size_t limit;                  /* last, counted as below */
	bool news;                     /* to be published */
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
 * What stands before each record, at a multiple of its size: the record's length, or that what is
 * left before the end of the memory is not used.
 */
#define EVENT_RING_HEAD sizeof(uint64_t)
#define EVENT_RING_UNUSED UINT64_MAX

/* A record with its head. */
static inline size_t event_ring_space(size_t n)
{
	return EVENT_RING_HEAD + ((n + EVENT_RING_HEAD - 1) & ~(EVENT_RING_HEAD - 1));
}

/* What was kept so far ends here. */
static inline size_t event_ring_kept(const struct event_ring *ring)
{
	return ring->limit - (size_t)(ring->last - ring->next);
}

/* Room for a record where it is not straight on. */
void *event_ring_make_room(struct event_ring *ring, size_t n);

/*
 * By the thread that puts: room for a record of n bytes (less than half of the ring), aligned to 8.
 * NULL: there is none, and that is counted as lost. Follow with event_ring_keep().
 */
static inline void *event_ring_room(struct event_ring *ring, size_t n)
{
	if (event_ring_space(n) > (size_t)(ring->last - ring->next))
		return event_ring_make_room(ring, n);
	return ring->next + EVENT_RING_HEAD;
}

/* n bytes of it were written, to be seen once they are published. */
static inline void event_ring_keep(struct event_ring *ring, size_t n)
{
	*(uint64_t *)(void *)ring->next = n;
	ring->next += event_ring_space(n);
	ring->news = true;
}

/* So many more records were lost, as they had been part of one that was. */
void event_ring_lose(struct event_ring *ring, uint64_t more);
/* What was kept can be seen from now on, by those who look: nobody is woken. */
static inline void event_ring_publish(struct event_ring *ring)
{
	if (!ring->news)
		return;
	ring->news = false;
	atomic_store(&ring->written, event_ring_kept(ring));
}

/* All of it, for an event. Returns whether to send wake. */
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
