/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A timing wheel for very many items of which few are ever due: adding and removing cost the same
 * however many there are. Whoever turns it decides what a tick is.
 */
#ifndef DAEMON_NET_WHEEL_H
#define DAEMON_NET_WHEEL_H

#include <stddef.h>
#include <stdint.h>

#define WHEEL_SLOTS 512

/* Embedded in what is to be due. Zeroed memory is an item that is on no wheel. */
struct wheel_item {
	struct wheel_item *next, **at;
};

/* Zeroed memory is an empty one. */
struct wheel {
	struct wheel_item *slots[WHEEL_SLOTS];
	struct wheel_item *due; /* of the turn that is being made */
	size_t now;             /* the slot that was turned last */
	size_t count;
};

/*
 * Makes item due after ticks, at least one. What is farther away than a turn is due after
 * WHEEL_SLOTS - 1 and to be added again: an item's owner looks at the clock in any case.
 */
void wheel_add(struct wheel *w, struct wheel_item *item, uint64_t ticks);
/* Takes item off; again is a no-op. */
void wheel_remove(struct wheel *w, struct wheel_item *item);
/* One tick: takes off what is due and calls due() for each, which may add and remove any. */
void wheel_turn(struct wheel *w, void (*due)(struct wheel_item *item));

#endif
