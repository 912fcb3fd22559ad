/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "daemon/core/tally.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <uthash.h>

#include "common/arena.h"
#include "daemon/core/worker.h"

const double histogram_durations[] = {.001, .01, .1, 1, 10, 60, 600, 3600, 86400};
const double histogram_delays[] = {.0005, .001, .005, .01, .05, .1, .5, 1, 5};

struct tallies {
	_Atomic unsigned refs;
	char *key; /* in the table; NULL: not there */
	UT_hash_handle hh;
	unsigned count;
	_Atomic(struct tally *) of[]; /* NULL: that worker has counted nothing */
};

/* Taken when a document is loaded or a listener goes: never on the way of a connection. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct tallies *table;

struct tallies *tallies_new(void)
{
	unsigned count = workers_count();
	struct tallies *t;

	if (count == 0) /* a document that is looked at only, by a program without workers */
		count = 1;
	t = mem_zalloc(sizeof(*t) + count * sizeof(t->of[0]));

	t->refs = 1;
	t->count = count;
	return t;
}

struct tallies *tallies_get(enum tallies_kind kind, const char *name)
{
	size_t length = strlen(name) + 1;
	char *key = mem_alloc(length + 1);
	struct tallies *t;

	key[0] = kind == TALLIES_LISTENER ? 'l' : 's';
	memcpy(key + 1, name, length);
	pthread_mutex_lock(&lock);
	HASH_FIND_STR(table, key, t);
	if (t != NULL) {
		tallies_ref(t);
		free(key);
	} else {
		t = tallies_new();
		t->key = key;
		HASH_ADD_KEYPTR(hh, table, t->key, length, t);
	}
	pthread_mutex_unlock(&lock);
	return t;
}

struct tallies *tallies_ref(struct tallies *t)
{
	atomic_fetch_add_explicit(&t->refs, 1, memory_order_relaxed);
	return t;
}

/* With the lock held, so that nobody finds what is going. */
static bool last_one(struct tallies *t)
{
	bool last;

	pthread_mutex_lock(&lock);
	last = atomic_fetch_sub(&t->refs, 1) == 1;
	if (last && t->key != NULL)
		HASH_DEL(table, t);
	pthread_mutex_unlock(&lock);
	return last;
}

void tallies_unref(struct tallies *t)
{
	unsigned i;

	if (t == NULL || !last_one(t))
		return;
	for (i = 0; i < t->count; i++)
		free(atomic_load(&t->of[i]));
	free(t->key);
	free(t);
}

struct tally *tallies_of(struct tallies *t, unsigned worker)
{
	struct tally *tally = atomic_load_explicit(&t->of[worker], memory_order_relaxed);

	if (tally == NULL) {
		tally = mem_zalloc(sizeof(*tally));
		atomic_store_explicit(&t->of[worker], tally, memory_order_release);
	}
	return tally;
}

/* ---- adding up ------------------------------------------------------------------------------ */

_Static_assert(sizeof(struct tally) % sizeof(uint64_t) == 0, "nothing but counters");

static void add(struct tally *sum, const struct tally *tally)
{
	const _Atomic uint64_t *from = (const _Atomic uint64_t *)tally;
	_Atomic uint64_t *to = (_Atomic uint64_t *)sum;
	size_t i;

	for (i = 0; i < sizeof(*tally) / sizeof(*from); i++)
		counter_add(&to[i], atomic_load_explicit(&from[i], memory_order_acquire));
}

void tallies_sum(const struct tallies *t, struct tally *sum)
{
	const struct tally *tally;
	unsigned i;

	memset(sum, 0, sizeof(*sum));
	for (i = 0; i < t->count; i++) {
		tally = atomic_load_explicit(&t->of[i], memory_order_acquire);
		if (tally != NULL)
			add(sum, tally);
	}
}

uint64_t tallies_counter(const struct tallies *t, size_t offset)
{
	const struct tally *tally;
	uint64_t sum = 0;
	unsigned i;

	for (i = 0; i < t->count; i++) {
		tally = atomic_load_explicit(&t->of[i], memory_order_acquire);
		if (tally != NULL)
			sum += counter_get(
			    (const _Atomic uint64_t *)((const uint8_t *)tally + offset));
	}
	return sum;
}

struct histogram_time histogram_time(const double *bounds, double seconds)
{
	struct histogram_time time = {0};

	if (seconds <= 0)
		return time;
	while (time.bucket < HISTOGRAM_BUCKETS - 1 && seconds > bounds[time.bucket])
		time.bucket++;
	time.us = (uint64_t)(seconds * 1e6);
	return time;
}

uint64_t tally_ended(const struct tally *sum)
{
	uint64_t ended = 0;
	int reason;

	for (reason = 0; reason < END_REASON_COUNT; reason++)
		ended += counter_get(&sum->ended[reason]);
	return ended;
}

uint64_t tally_active(const struct tally *sum)
{
	uint64_t gone = tally_ended(sum) + counter_get(&sum->passed);
	uint64_t opened = counter_get(&sum->opened);

	return opened > gone ? opened - gone : 0;
}

uint64_t tally_errors(const struct tally *sum)
{
	uint64_t errors = 0;
	int reason;

	for (reason = 0; reason < END_REASON_COUNT; reason++)
		if (end_reason_is_error((enum end_reason)reason))
			errors += counter_get(&sum->ended[reason]);
	return errors;
}
