/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A ring of written records, such as events, between two threads, one that puts and one that takes:
 * no lock, no allocation, and what does not fit is counted instead of waited for.
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
	uint8_t *bytes; /* EVENT_RING_SIZE of them; pages are the system's until they are used */
	_Atomic size_t written, taken; /* counted on and on; their difference is what is held */
	_Atomic uint64_t lost;
	_Atomic bool told;             /* wake was sent and event_ring_rearm() not called since */
	struct event_ring *next_awake; /* for event_pace.h, as is what follows */
	struct event_pace *pace;
};

void event_ring_init(struct event_ring *ring);
void event_ring_fini(struct event_ring *ring);

/*
 * By the thread that puts: true where it must send wake. An event that finds no room is counted as
 * lost.
 */
bool event_ring_put(struct event_ring *ring, const struct event *e);
/* The same of any record, of EVENT_SIZE_MAX bytes at the most. */
bool event_ring_put_bytes(struct event_ring *ring, struct span record);

/* By the thread that takes, after wake has arrived: what is put from now on sends it again. */
void event_ring_rearm(struct event_ring *ring);
/* What is held now ends here. */
size_t event_ring_end(struct event_ring *ring);
/* The next event before end, in bytes, from which *out borrows. false: none. */
bool event_ring_take(
    struct event_ring *ring, size_t end, uint8_t bytes[EVENT_SIZE_MAX], struct event *out);
/* The same of any record. */
bool event_ring_take_bytes(
    struct event_ring *ring, size_t end, uint8_t bytes[EVENT_SIZE_MAX], struct span *out);
/* How many were lost since it was asked last. */
uint64_t event_ring_lost(struct event_ring *ring);

#endif
