/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "daemon/net/wheel.h"

static void link_to(struct wheel_item **list, struct wheel_item *item)
{
	item->next = *list;
	item->at = list;
	if (item->next != NULL)
		item->next->at = &item->next;
	*list = item;
}

void wheel_add(struct wheel *w, struct wheel_item *item, uint64_t ticks)
{
	if (ticks < 1)
		ticks = 1;
	if (ticks > WHEEL_SLOTS - 1)
		ticks = WHEEL_SLOTS - 1;
	link_to(&w->slots[(w->now + ticks) % WHEEL_SLOTS], item);
	w->count++;
}

void wheel_remove(struct wheel *w, struct wheel_item *item)
{
	if (item->at == NULL)
		return;
	*item->at = item->next;
	if (item->next != NULL)
		item->next->at = item->at;
	item->next = NULL;
	item->at = NULL;
	w->count--;
}

void wheel_turn(struct wheel *w, void (*due)(struct wheel_item *item))
{
	struct wheel_item *item;

	w->now = (w->now + 1) % WHEEL_SLOTS;
	w->due = w->slots[w->now];
	w->slots[w->now] = NULL;
	if (w->due != NULL)
		w->due->at = &w->due;
	while ((item = w->due) != NULL) {
		wheel_remove(w, item);
		due(item);
	}
}
