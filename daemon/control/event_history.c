/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "daemon/control/event_history.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "common/arena.h"

/* An event is one piece, never cut in two by the end of the memory. */
struct event_slot {
	uint32_t at; /* written, then packed */
	uint16_t written, packed;
};

void event_history_init(struct event_history *h, size_t size, uint64_t next)
{
	*h = (struct event_history){
	    .bytes = mem_zalloc(size),
	    .size = size,
	    .first = next,
	    .next = next,
	    .slots = mem_zalloc(EVENT_HISTORY_SLOTS * sizeof(struct event_slot)),
	};
}

void event_history_fini(struct event_history *h)
{
	free(h->bytes);
	free(h->slots);
	*h = (struct event_history){0};
}

static struct event_slot *slot_of(const struct event_history *h, uint64_t seq)
{
	return &h->slots[seq % EVENT_HISTORY_SLOTS];
}

/* Forgets the oldest ones as long as they begin in [from, to). */
static void forget(struct event_history *h, size_t from, size_t to)
{
	while (
	    h->first < h->next && slot_of(h, h->first)->at >= from && slot_of(h, h->first)->at < to)
		h->first++;
}

void event_history_add(struct event_history *h, struct span written, struct span packed)
{
	size_t n = written.n + packed.n;
	struct event_slot *slot;

	assert(n <= h->size);
	if (h->next - h->first == EVENT_HISTORY_SLOTS)
		h->first++;
	if (n > h->size - h->end) {
		forget(h, h->end, h->size);
		h->end = 0;
	}
	forget(h, h->end, h->end + n);
	memcpy(h->bytes + h->end, written.p, written.n);
	memcpy(h->bytes + h->end + written.n, packed.p, packed.n);
	slot = slot_of(h, h->next++);
	slot->at = (uint32_t)h->end;
	slot->written = (uint16_t)written.n;
	slot->packed = (uint16_t)packed.n;
	h->end += n;
}

bool event_history_get(
    const struct event_history *h, uint64_t seq, const uint8_t **written, struct span *packed)
{
	const struct event_slot *slot;

	if (seq < h->first || seq >= h->next)
		return false;
	slot = slot_of(h, seq);
	*written = h->bytes + slot->at;
	*packed = span_of(h->bytes + slot->at + slot->written, slot->packed);
	return true;
}
