/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Does a renewal of many certificates delay the choice of one? Two threads choose all the while as
 * workers do; once nothing is written, once a thread renews 1,000 of 10,000 certificates, each with
 * a commit of its own. Where a look-up had to wait for another thread, all of its time counts; else
 * its CPU time, for what the scheduler took away from it meanwhile is not the store's.
 */
#include <config.h>

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#include "common/arena.h"
#include "daemon/tls/staple.h"
#include "daemon/tls/store.h"

#define CERTS 10000
#define RENEWED 1000
#define WORKERS 2
#define LIMIT_NS 1e6

static struct cert *certs[CERTS];
static _Atomic bool stopped;

struct worker {
	pthread_t thread;
	unsigned seed;
	unsigned long count, waits; /* look-ups, and those that waited */
	double cpu, most,
	    longest; /* ns: of CPU in all and of one look-up, and of one that waited */
};

static double clock_ns(clockid_t clock)
{
	struct timespec ts;

	clock_gettime(clock, &ts);
	return (double)ts.tv_sec * 1e9 + (double)ts.tv_nsec;
}

/* How often this thread has waited for something. */
static long waits(void)
{
	struct rusage usage;

	getrusage(RUSAGE_THREAD, &usage);
	return usage.ru_nvcsw;
}

/* The store looks at names, times, kinds and fingerprints alone. */
static struct cert *stand_in(size_t i)
{
	struct cert *cert = mem_zalloc(sizeof(*cert));

	cert->refs = 1;
	cert->arena = arena_new(256);
	cert->names.items = arena_array(cert->arena, 1, sizeof(char *));
	cert->names.items[0] = arena_printf(cert->arena, "h%zu.example.net", i);
	cert->names.count = 1;
	cert->not_after = INT32_MAX;
	cert->source = "bench";
	memcpy(cert->fingerprint, &i, sizeof(i));
	staple_put(cert, staple_new(span_str("an answer"), INT32_MAX));
	return cert;
}

static double greater(double a, double b)
{
	return a > b ? a : b;
}

static void look_up(struct worker *w)
{
	char name[64];
	int n = snprintf(name, sizeof(name), "h%d.example.net", rand_r(&w->seed) % CERTS);
	struct store_query query = {.now = 1, .server_name = span_of(name, (size_t)n)};
	struct store_found found;
	double cpu, wall;
	long waited = waits();

	wall = clock_ns(CLOCK_MONOTONIC);
	cpu = clock_ns(CLOCK_THREAD_CPUTIME_ID);
	if (!store_find(&query, &found))
		abort();
	staple_unref(staple_of(found.cert[0]));
	store_release(&found);
	cpu = clock_ns(CLOCK_THREAD_CPUTIME_ID) - cpu;
	wall = clock_ns(CLOCK_MONOTONIC) - wall;
	waited = waits() - waited;
	w->count++;
	w->waits += waited > 0;
	w->cpu += cpu;
	w->most = greater(w->most, cpu);
	if (waited > 0)
		w->longest = greater(w->longest, wall);
}

static void *work(void *arg)
{
	while (!atomic_load_explicit(&stopped, memory_order_relaxed))
		look_up(arg);
	return NULL;
}

/* In another order than they came in. Returns the CPU time of it all, in ns. */
static double renew(struct store_set *set)
{
	double start = clock_ns(CLOCK_THREAD_CPUTIME_ID);
	struct cert *cert;
	size_t i, k;

	for (i = 0; i < RENEWED; i++) {
		k = i * 7919 % CERTS;
		cert = stand_in(k);
		store_set_replace(set, certs[k], cert);
		store_commit();
		cert_unref(certs[k]);
		certs[k] = cert;
	}
	return clock_ns(CLOCK_THREAD_CPUTIME_ID) - start;
}

/* The longest wait of a look-up while set's certificates are renewed; NULL: while nothing is. */
static double run(const char *title, struct store_set *set)
{
	struct worker workers[WORKERS] = {0}, sum = {0};
	const struct timespec second = {.tv_sec = 1};
	double writer = 0;
	int i;

	atomic_store(&stopped, false);
	for (i = 0; i < WORKERS; i++) {
		workers[i].seed = (unsigned)i + 1;
		if (pthread_create(&workers[i].thread, NULL, work, &workers[i]) != 0)
			abort();
	}
	if (set != NULL)
		writer = renew(set);
	else
		nanosleep(&second, NULL);
	atomic_store(&stopped, true);
	for (i = 0; i < WORKERS; i++) {
		pthread_join(workers[i].thread, NULL);
		sum.count += workers[i].count;
		sum.waits += workers[i].waits;
		sum.cpu += workers[i].cpu;
		sum.most = greater(sum.most, workers[i].most);
		sum.longest = greater(sum.longest, workers[i].longest);
	}
	printf("%s: %lu look-ups\n", title, sum.count);
	printf("    CPU time each %21.2f us, at most %.0f us\n", sum.cpu / (double)sum.count / 1e3,
	    sum.most / 1e3);
	printf("    longest wait %22.0f us (%lu waited)\n", sum.longest / 1e3, sum.waits);
	if (set != NULL)
		printf("    CPU time of a renewal %13.0f us\n", writer / RENEWED / 1e3);
	return sum.longest;
}

int main(void)
{
	struct store_set *set = store_set_new(STORE_MANAGED);
	double longest;
	size_t i;

	for (i = 0; i < CERTS; i++) {
		certs[i] = stand_in(i);
		store_set_add(set, certs[i]);
	}
	store_commit();
	run("10,000 certificates, none renewed", NULL);
	longest = run("10,000 certificates, 1,000 renewed", set);
	for (i = 0; i < CERTS; i++)
		cert_unref(certs[i]);
	store_set_free(set);
	return longest > LIMIT_NS;
}
