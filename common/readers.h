/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Who reads what another thread may replace, without a lock: a reader never waits, whatever the
 * scheduler does to the others. Readers count themselves in before they take the pointer and out
 * when they have done with it; whoever has exchanged it waits for them before it frees the old one.
 */
#ifndef COMMON_READERS_H
#define COMMON_READERS_H

#include <stdatomic.h>

/* Zero is a good start. */
struct readers {
	_Atomic unsigned phase;    /* its lowest bit says where newcomers count in */
	_Atomic unsigned count[2]; /* since replacing must end, too, however many come */
};

/* For a moment only, without waiting for anything. Returns what readers_leave() wants. */
static inline unsigned readers_enter(struct readers *r)
{
	unsigned place = atomic_load(&r->phase) & 1;

	atomic_fetch_add(&r->count[place], 1);
	return place;
}

static inline void readers_leave(struct readers *r, unsigned place)
{
	atomic_fetch_sub_explicit(&r->count[place], 1, memory_order_release);
}

/*
 * Returns when nobody reads any more what had been there before the exchange. The pointer is
 * exchanged and read with sequential consistency; one thread at a time waits.
 */
void readers_wait(struct readers *r);

#endif
