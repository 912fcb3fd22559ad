/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "daemon/core/event_ring.h"

#include <stdlib.h>
#include <string.h>

#include "common/arena.h"

static uint64_t *head_at(const struct event_ring *ring, size_t at)
{
	return (uint64_t *)(void *)(ring->bytes + (at & (ring->size - 1)));
}

void event_ring_init(struct event_ring *ring, size_t size)
{
	*ring = (struct event_ring){0};
	event_ring_open(ring, size);
}

void event_ring_fini(struct event_ring *ring)
{
	event_ring_close(ring);
}

void event_ring_open(struct event_ring *ring, size_t size)
{
	ring->bytes = mem_zalloc(size);
	ring->size = size;
	ring->written = ring->taken = 0;
	ring->next = ring->bytes;
	ring->last = ring->bytes + size;
	ring->limit = size;
}

void event_ring_close(struct event_ring *ring)
{
	free(ring->bytes);
	ring->bytes = ring->next = ring->last = NULL;
}

/* What is left of the memory from at on. */
static size_t straight_on(const struct event_ring *ring, size_t at)
{
	return ring->size - (at & (ring->size - 1));
}

static void give_piece(struct event_ring *ring, size_t at, size_t length)
{
	if (length > straight_on(ring, at))
		length = straight_on(ring, at);
	ring->next = (uint8_t *)head_at(ring, at);
	ring->last = ring->next + length;
	ring->limit = at + length;
}

void *event_ring_make_room(struct event_ring *ring, size_t n)
{
	size_t needed = event_ring_space(n), at = event_ring_kept(ring), skipped = 0, room;

	room = ring->size - (at - atomic_load_explicit(&ring->taken, memory_order_acquire));
	if (needed > straight_on(ring, at))
		skipped = straight_on(ring, at);
	if (skipped + needed > room) {
		event_ring_lose(ring, 1);
		return NULL;
	}
	if (skipped > 0)
		*head_at(ring, at) = EVENT_RING_UNUSED;
	give_piece(ring, at + skipped, room - skipped);
	return event_ring_room(ring, n);
}

void event_ring_lose(struct event_ring *ring, uint64_t more)
{
	atomic_fetch_add(&ring->lost, more);
}

bool event_ring_put(struct event_ring *ring, const struct event *e)
{
	uint8_t bytes[EVENT_SIZE_MAX];
	size_t n = event_write(e, bytes);
	void *room = event_ring_room(ring, n);

	if (room != NULL) {
		memcpy(room, bytes, n);
		event_ring_keep(ring, n);
	}
	event_ring_publish(ring);
	/*
	 * The counterpart of event_ring_rearm(): either its thread sees what was written, or we see
	 * that it has to be told. All these accesses are sequentially consistent for that.
	 */
	return !atomic_load(&ring->told) && !atomic_exchange(&ring->told, true);
}

void event_ring_rearm(struct event_ring *ring)
{
	atomic_exchange(&ring->told, false);
}

size_t event_ring_end(struct event_ring *ring)
{
	return atomic_load(&ring->written);
}

bool event_ring_look(struct event_ring *ring, size_t end, struct span *out)
{
	size_t at = atomic_load_explicit(&ring->taken, memory_order_relaxed);

	if (at != end && *head_at(ring, at) == EVENT_RING_UNUSED) {
		at += straight_on(ring, at);
		atomic_store_explicit(&ring->taken, at, memory_order_release);
	}
	if (at == end)
		return false;
	*out = span_of(head_at(ring, at) + 1, *head_at(ring, at));
	return true;
}

void event_ring_drop(struct event_ring *ring)
{
	size_t at = atomic_load_explicit(&ring->taken, memory_order_relaxed);

	atomic_store_explicit(
	    &ring->taken, at + event_ring_space(*head_at(ring, at)), memory_order_release);
}

bool event_ring_take(
    struct event_ring *ring, size_t end, uint8_t bytes[EVENT_SIZE_MAX], struct event *out)
{
	struct span record;

	if (!event_ring_look(ring, end, &record))
		return false;
	memcpy(bytes, record.p, record.n);
	event_ring_drop(ring);
	event_read(bytes, out);
	return true;
}

uint64_t event_ring_lost(struct event_ring *ring)
{
	return atomic_exchange_explicit(&ring->lost, 0, memory_order_relaxed);
}
