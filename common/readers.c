/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "common/readers.h"

#include <sched.h>

/*
 * A reader that took the old pointer had counted in before, in one place or the other. So it has
 * left when each of them has been empty once; newcomers count where nobody is waited for.
 */
void readers_wait(struct readers *r)
{
	unsigned place;
	int i;

	for (i = 0; i < 2; i++) {
		place = atomic_fetch_add(&r->phase, 1) & 1;
		while (atomic_load(&r->count[place]) > 0)
			sched_yield();
	}
}
