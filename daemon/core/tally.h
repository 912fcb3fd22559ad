/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What is counted of one listener, server, route or upstream. Each worker has a tally of its own,
 * which it alone writes; whoever shows them adds them up. They belong to the thing, not to an
 * instance that names it, so a change elsewhere never begins them anew.
 */
#ifndef DAEMON_CORE_TALLY_H
#define DAEMON_CORE_TALLY_H

#include <stddef.h>

#include "daemon/core/counters.h"

#define HISTOGRAM_BUCKETS 10

/* Times: bucket i has those up to bound i in seconds, the last one all that are longer. */
struct histogram {
	_Atomic uint64_t buckets[HISTOGRAM_BUCKETS];
	_Atomic uint64_t sum_us;
};

extern const double histogram_durations[HISTOGRAM_BUCKETS - 1]; /* of connections */
extern const double histogram_delays[HISTOGRAM_BUCKETS - 1];    /* until one is matched */

/*
 * Counters only, read and added up as an array. What has ended stands before what was opened, so
 * that a reader meanwhile never finds more ends than beginnings.
 */
struct tally {
	_Atomic uint64_t ended[END_REASON_COUNT];
	_Atomic uint64_t passed; /* went on to another route, or with their listener to a server */
	_Atomic uint64_t opened; /* connections that came */
	_Atomic uint64_t bytes_in, bytes_out; /* as of struct conn */
	struct histogram durations;           /* of those that ended here */
	struct histogram delays; /* until they were matched; of an upstream: until connected */
	_Atomic uint64_t said_no, said_more; /* a route, when it was asked */
	_Atomic uint64_t handshakes, handshakes_resumed, handshakes_failed; /* of TLS; all, ... */
	_Atomic uint64_t dials, dial_failures[DIAL_PROBLEM_COUNT];
};

struct tallies;

/* With one reference. Any thread. */
struct tallies *tallies_new(void);

/* What listeners and servers are found by again. */
enum tallies_kind { TALLIES_LISTENER, TALLIES_SERVER };

/* A reference to those of that name, made where there are none. Any thread; takes a lock. */
struct tallies *tallies_get(enum tallies_kind kind, const char *name);

struct tallies *tallies_ref(struct tallies *tallies);
void tallies_unref(struct tallies *tallies); /* NULL is allowed */

/* The tally of the worker, on its thread. Lives as long as the tallies. */
struct tally *tallies_of(struct tallies *tallies, unsigned worker);

/* Adds up all workers' into *sum, which is zeroed first. Any thread. */
void tallies_sum(const struct tallies *tallies, struct tally *sum);

/* The same of the one counter that is offset bytes into a tally. */
uint64_t tallies_counter(const struct tallies *tallies, size_t offset);

/* A time as histograms count it. */
struct histogram_time {
	size_t bucket;
	uint64_t us;
};

/* Seconds; below 0 (the clock was set) is 0. */
struct histogram_time histogram_time(const double *bounds, double seconds);

static inline void histogram_add(struct histogram *histogram, struct histogram_time time)
{
	counter_add(&histogram->buckets[time.bucket], 1);
	counter_add(&histogram->sum_us, time.us);
}

/* Of a sum: how many there are now, how many have ended, and how many of these were errors. */
uint64_t tally_active(const struct tally *sum);
uint64_t tally_ended(const struct tally *sum);
uint64_t tally_errors(const struct tally *sum);

#endif
