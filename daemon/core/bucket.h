/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A rate in bytes per second with a burst (a token bucket, kept as the time up to which it is used
 * up). Zeroed memory is a full bucket. Any number of threads may take from one.
 */
#ifndef DAEMON_CORE_BUCKET_H
#define DAEMON_CORE_BUCKET_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

struct bucket_rate {
	double cost;   /* ns that a byte takes */
	int64_t depth; /* ns that the burst takes */
	size_t burst;
};

struct bucket {
	_Atomic int64_t spent; /* up to this time, as of bucket_now() */
};

/* rate is over 0, burst at least 1. */
struct bucket_rate bucket_rate(double bytes_per_second, size_t burst);

/* The monotonic clock in ns, for the others; where it begins is nobody's business. */
int64_t bucket_now(void);

/* Takes as many bytes as there are, want at the most; returns them. */
size_t bucket_take(struct bucket *b, const struct bucket_rate *rate, int64_t now, size_t want);
/* Gives back what was taken and not used. */
void bucket_give(struct bucket *b, const struct bucket_rate *rate, size_t n);
/* ns until n bytes (the burst, if that is less) will be there; 0: they are. */
int64_t bucket_wait(const struct bucket *b, const struct bucket_rate *rate, int64_t now, size_t n);

#endif
