/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "daemon/core/bucket.h"

#include <time.h>

#define TIME_MAX (INT64_MAX / 4) /* ns: no sum of two overflows */

static int64_t time_of(const struct bucket_rate *rate, size_t n)
{
	double ns = (double)n * rate->cost;

	return ns < (double)TIME_MAX ? (int64_t)ns : TIME_MAX;
}

struct bucket_rate bucket_rate(double bytes_per_second, size_t burst)
{
	struct bucket_rate rate = {.cost = 1e9 / bytes_per_second, .burst = burst};

	rate.depth = time_of(&rate, burst);
	return rate;
}

/* So far from zero that an unused bucket is full, even on a machine that has just been started. */
int64_t bucket_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return TIME_MAX + now.tv_sec * INT64_C(1000000000) + now.tv_nsec;
}

/* What was not used in time is lost beyond the burst. */
static int64_t used_up_to(int64_t spent, const struct bucket_rate *rate, int64_t now)
{
	return spent > now - rate->depth ? spent : now - rate->depth;
}

size_t bucket_take(struct bucket *b, const struct bucket_rate *rate, int64_t now, size_t want)
{
	int64_t spent = atomic_load_explicit(&b->spent, memory_order_relaxed), from;
	double there;
	size_t n;

	do {
		from = used_up_to(spent, rate, now);
		there = from < now ? (double)(now - from) / rate->cost : 0;
		/* One ns is lost where the burst is cut to whole ones. */
		n = from == now - rate->depth     ? rate->burst
		    : there < (double)rate->burst ? (size_t)there
						  : rate->burst;
		if (n > want)
			n = want;
		if (n == 0)
			return 0;
	} while (!atomic_compare_exchange_weak_explicit(&b->spent, &spent, from + time_of(rate, n),
	    memory_order_relaxed, memory_order_relaxed));
	return n;
}

void bucket_give(struct bucket *b, const struct bucket_rate *rate, size_t n)
{
	if (n > 0)
		atomic_fetch_sub_explicit(&b->spent, time_of(rate, n), memory_order_relaxed);
}

int64_t bucket_wait(const struct bucket *b, const struct bucket_rate *rate, int64_t now, size_t n)
{
	int64_t spent = atomic_load_explicit(&b->spent, memory_order_relaxed), ready;

	ready = used_up_to(spent, rate, now);
	ready += n < rate->burst ? time_of(rate, n) + 1 : rate->depth;
	return ready > now ? ready - now : 0;
}
