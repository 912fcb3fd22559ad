/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "daemon/core/event_ring.h"

#include <stdlib.h>
#include <string.h>

#include "common/arena.h"

void event_ring_init(struct event_ring *ring)
{
	*ring = (struct event_ring){.bytes = mem_zalloc(EVENT_RING_SIZE)};
}

void event_ring_fini(struct event_ring *ring)
{
	free(ring->bytes);
	ring->bytes = NULL;
}

static void copy_in(struct event_ring *ring, size_t at, const void *from, size_t n)
{
	size_t place = at % EVENT_RING_SIZE, straight = EVENT_RING_SIZE - place;

	if (straight > n)
		straight = n;
	memcpy(ring->bytes + place, from, straight);
	memcpy(ring->bytes, (const uint8_t *)from + straight, n - straight);
}

static void copy_out(const struct event_ring *ring, size_t at, void *to, size_t n)
{
	size_t place = at % EVENT_RING_SIZE, straight = EVENT_RING_SIZE - place;

	if (straight > n)
		straight = n;
	memcpy(to, ring->bytes + place, straight);
	memcpy((uint8_t *)to + straight, ring->bytes, n - straight);
}

bool event_ring_put_bytes(struct event_ring *ring, struct span record)
{
	size_t at = atomic_load_explicit(&ring->written, memory_order_relaxed);
	size_t taken = atomic_load_explicit(&ring->taken, memory_order_acquire);
	uint16_t n = (uint16_t)record.n;

	if (sizeof(n) + n > EVENT_RING_SIZE - (at - taken)) {
		atomic_fetch_add_explicit(&ring->lost, 1, memory_order_relaxed);
	} else {
		copy_in(ring, at, &n, sizeof(n));
		copy_in(ring, at + sizeof(n), record.p, n);
		atomic_store(&ring->written, at + sizeof(n) + n);
	}
	/*
	 * The counterpart of event_ring_rearm(): either its thread sees what was written, or we see
	 * that it has to be told. All four accesses are sequentially consistent for that.
	 */
	return !atomic_exchange(&ring->told, true);
}

bool event_ring_put(struct event_ring *ring, const struct event *e)
{
	uint8_t bytes[EVENT_SIZE_MAX];

	return event_ring_put_bytes(ring, span_of(bytes, event_write(e, bytes)));
}

void event_ring_rearm(struct event_ring *ring)
{
	atomic_exchange(&ring->told, false);
}

size_t event_ring_end(struct event_ring *ring)
{
	return atomic_load(&ring->written);
}

bool event_ring_take_bytes(
    struct event_ring *ring, size_t end, uint8_t bytes[EVENT_SIZE_MAX], struct span *out)
{
	size_t at = atomic_load_explicit(&ring->taken, memory_order_relaxed);
	uint16_t n;

	if (at == end)
		return false;
	copy_out(ring, at, &n, sizeof(n));
	copy_out(ring, at + sizeof(n), bytes, n);
	atomic_store_explicit(&ring->taken, at + sizeof(n) + n, memory_order_release);
	*out = span_of(bytes, n);
	return true;
}

bool event_ring_take(
    struct event_ring *ring, size_t end, uint8_t bytes[EVENT_SIZE_MAX], struct event *out)
{
	struct span record;

	if (!event_ring_take_bytes(ring, end, bytes, &record))
		return false;
	event_read(record.p, out);
	return true;
}

uint64_t event_ring_lost(struct event_ring *ring)
{
	return atomic_exchange_explicit(&ring->lost, 0, memory_order_relaxed);
}
