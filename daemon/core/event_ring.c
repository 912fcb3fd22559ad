/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "daemon/core/event_ring.h"

#include <stdlib.h>
#include <string.h>

#include "common/arena.h"

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
	ring->at = ring->seen = ring->written = ring->taken = 0;
}

void event_ring_close(struct event_ring *ring)
{
	free(ring->bytes);
	ring->bytes = NULL;
}

void *event_ring_make_room(struct event_ring *ring, size_t needed)
{
	size_t straight = ring->size - (ring->at & (ring->size - 1));
	size_t skipped = needed > straight ? straight : 0;

	ring->seen = atomic_load_explicit(&ring->taken, memory_order_acquire);
	if (skipped + needed > ring->size - (ring->at - ring->seen)) {
		atomic_fetch_add_explicit(&ring->lost, 1, memory_order_relaxed);
		ring->news = true;
		return NULL;
	}
	if (skipped > 0)
		*event_ring_head(ring, ring->at) = EVENT_RING_UNUSED;
	ring->at += skipped;
	return event_ring_head(ring, ring->at) + 1;
}

bool event_ring_publish(struct event_ring *ring)
{
	if (!ring->news)
		return false;
	ring->news = false;
	atomic_store(&ring->written, ring->at);
	/*
	 * The counterpart of event_ring_rearm(): either its thread sees what was written, or we see
	 * that it has to be told. All these accesses are sequentially consistent for that.
	 */
	return !atomic_load(&ring->told) && !atomic_exchange(&ring->told, true);
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
	return event_ring_publish(ring);
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

	if (at != end && *event_ring_head(ring, at) == EVENT_RING_UNUSED) {
		at += ring->size - (at & (ring->size - 1));
		atomic_store_explicit(&ring->taken, at, memory_order_release);
	}
	if (at == end)
		return false;
	*out = span_of(event_ring_head(ring, at) + 1, *event_ring_head(ring, at));
	return true;
}

void event_ring_drop(struct event_ring *ring)
{
	size_t at = atomic_load_explicit(&ring->taken, memory_order_relaxed);

	atomic_store_explicit(
	    &ring->taken, at + event_ring_space(*event_ring_head(ring, at)), memory_order_release);
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
