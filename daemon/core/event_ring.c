/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "daemon/core/event_ring.h"

#include <stdlib.h>
#include <string.h>

#include "common/arena.h"

/*
 * What stands before each record, at a multiple of its size: the record's length, or that what is
 * left before the end of the memory is not used.
 */
#define HEAD sizeof(uint64_t)
#define UNUSED UINT64_MAX

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
}

void event_ring_close(struct event_ring *ring)
{
	free(ring->bytes);
	ring->bytes = NULL;
}

/* A record with its head. */
static size_t space(size_t n)
{
	return HEAD + (n + HEAD - 1) / HEAD * HEAD;
}

static uint64_t *head_at(const struct event_ring *ring, size_t at)
{
	return (uint64_t *)(void *)(ring->bytes + (at & (ring->size - 1)));
}

void *event_ring_room(struct event_ring *ring, size_t n)
{
	size_t at = atomic_load_explicit(&ring->written, memory_order_relaxed);
	size_t taken = atomic_load_explicit(&ring->taken, memory_order_acquire);
	size_t straight = ring->size - (at & (ring->size - 1)), needed = space(n), skipped;

	skipped = needed > straight ? straight : 0;
	if (skipped + needed > ring->size - (at - taken)) {
		atomic_fetch_add(&ring->lost, 1);
		return NULL;
	}
	if (skipped > 0)
		*head_at(ring, at) = UNUSED;
	ring->at = at + skipped;
	return head_at(ring, ring->at) + 1;
}

bool event_ring_commit(struct event_ring *ring, size_t n)
{
	if (n > 0) {
		*head_at(ring, ring->at) = n;
		atomic_store(&ring->written, ring->at + space(n));
	}
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

	if (room != NULL)
		memcpy(room, bytes, n);
	return event_ring_commit(ring, room != NULL ? n : 0);
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

	if (at == end)
		return false;
	if (*head_at(ring, at) == UNUSED) {
		at += ring->size - (at & (ring->size - 1));
		atomic_store_explicit(&ring->taken, at, memory_order_release);
	}
	*out = span_of(head_at(ring, at) + 1, *head_at(ring, at));
	return true;
}

void event_ring_drop(struct event_ring *ring)
{
	size_t at = atomic_load_explicit(&ring->taken, memory_order_relaxed);

	atomic_store_explicit(&ring->taken, at + space(*head_at(ring, at)), memory_order_release);
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
	return atomic_exchange(&ring->lost, 0);
}
