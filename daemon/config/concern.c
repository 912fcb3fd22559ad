/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "daemon/config/concern.h"

#include <math.h>
#include <ev.h>
#include <utlist.h>

#include "common/arena.h"
#include "common/duration.h"
#include "daemon/config/concern_item.h"
#include "daemon/core/conn.h"
#include "daemon/core/routing.h"
#include "daemon/core/worker.h"

#define LOOK_AGAIN 0.1 /* seconds, then each time after twice as long, up to ... */
#define LOOK_AGAIN_MAX 1.
#define KILLS_PER_VISIT 16 /* closing sockets takes its time, and others wait */

struct concerns {
	struct concerns *prev, *next; /* among those with connections still to be ended */
	struct arena *arena;
	const struct instance *base; /* borrowed, see concerns_look() */
	struct concern *items;
	size_t count;
	uint64_t revision; /* of the document before the change */
	int64_t until;     /* connections that began later are not concerned; as facts.start_ns */
	_Atomic uint64_t touched;
	const char *by;
	ev_timer timer;
	ev_tstamp start;
	_Atomic bool more;      /* the last visit has left some */
	_Atomic bool undecided; /* ... and some that may still take a route as it was */
	void (*done)(void *arg);
	void *arg;
};

static struct concerns *pending;

void concerns_look(struct concerns *all, size_t nth, struct edit *edit)
{
	concern_look(&all->items[nth], all->base, edit);
}

static struct concerns *new_concerns(const struct instance *base, size_t count)
{
	struct arena *arena = arena_new(1024);
	struct concerns *all = arena_alloc(arena, sizeof(*all));
	size_t i;

	all->arena = arena;
	all->base = base;
	all->count = count;
	all->revision = base->revision;
	all->until = INT64_MAX;
	all->items = arena_array(arena, count, sizeof(*all->items));
	for (i = 0; i < count; i++)
		all->items[i].arena = arena;
	return all;
}

struct concerns *concerns_new(
    const struct instance *base, const struct operation *operations, size_t count)
{
	struct concerns *all = new_concerns(base, count);
	size_t i;

	for (i = 0; i < count; i++)
		all->items[i].op = &operations[i];
	return all;
}

struct concerns *concerns_new_whole(
    const struct instance *base, enum existing existing, int64_t drain)
{
	static const struct operation_type whole = {.name = "document"};
	struct concerns *all = new_concerns(base, 2);
	struct operation *op = arena_alloc(all->arena, sizeof(*op));

	*op = (struct operation){.type = &whole, .existing = (int)existing, .drain = drain};
	all->items[0].op = all->items[1].op = op;
	concern_look_at_routes(&all->items[0], base);
	concern_look_at_listeners(&all->items[1], base);
	return all;
}

void concerns_spare(struct concerns *all, const struct instance *next)
{
	size_t i;

	for (i = 0; i < all->count; i++)
		concern_spare(&all->items[i], next);
}

void concerns_free(struct concerns *all)
{
	size_t i;

	for (i = 0; i < all->count; i++)
		concern_fini(&all->items[i]);
	arena_free(all->arena);
}

/* ---- on the workers ------------------------------------------------------------------------- */

static bool concerns_conn(
    const struct concerns *all, const struct concern *c, const struct conn *conn)
{
	return conn->facts.start_ns <= all->until && concern_has(c, conn, all->revision);
}

static void count_on(struct worker *w, void *arg)
{
	struct concerns *all = arg;
	struct conn *conn;
	uint64_t id = 0;
	bool touched;
	size_t i;

	while ((conn = worker_conn_next(w, id)) != NULL) {
		id = conn->facts.id;
		touched = false;
		for (i = 0; i < all->count; i++) {
			if (!concerns_conn(all, &all->items[i], conn))
				continue;
			touched = true;
			atomic_fetch_add_explicit(&all->items[i].count, 1, memory_order_relaxed);
		}
		if (touched)
			atomic_fetch_add_explicit(&all->touched, 1, memory_order_relaxed);
	}
}

/* May it still take a route by the rules before the change? It may be on another by then. */
static bool is_undecided(const struct concerns *all, const struct conn *conn)
{
	return conn->matching != NULL && conn->matching->instance->revision <= all->revision;
}

static const struct concern *due_concern(const struct concerns *all, const struct conn *conn)
{
	size_t i;

	for (i = 0; i < all->count; i++)
		if (all->items[i].due && concerns_conn(all, &all->items[i], conn))
			return &all->items[i];
	return NULL;
}

static void end_on(struct worker *w, void *arg)
{
	struct concerns *all = arg;
	const struct concern *c;
	struct conn *conn;
	uint64_t id = 0;
	int ended = 0;

	while ((conn = worker_conn_next(w, id)) != NULL) {
		id = conn->facts.id;
		c = due_concern(all, conn);
		if (c == NULL) {
			if (is_undecided(all, conn))
				atomic_store_explicit(&all->undecided, true, memory_order_relaxed);
			continue;
		}
		if (ended++ == KILLS_PER_VISIT) {
			atomic_store_explicit(&all->more, true, memory_order_relaxed);
			return;
		}
		conn_end(conn, c->reason, all->by);
	}
}

/* ---- on the control thread ------------------------------------------------------------------ */

static void counted(void *arg)
{
	struct concerns *all = arg;

	all->done(all->arg);
}

void concerns_count(struct concerns *all, void (*done)(void *arg), void *arg)
{
	all->done = done;
	all->arg = arg;
	workers_visit(count_on, counted, all);
}

uint64_t concerns_counted(const struct concerns *all, size_t nth)
{
	return atomic_load_explicit(&all->items[nth].count, memory_order_relaxed);
}

uint64_t concerns_touched(const struct concerns *all)
{
	return atomic_load_explicit(&all->touched, memory_order_relaxed);
}

static void next_round(struct concerns *all);

static void wait_for(struct concerns *all, double seconds)
{
	ev_timer_set(&all->timer, seconds, 0.);
	ev_timer_start(control_loop(), &all->timer);
}

/* Those that are due stay so until nobody can come to them any more. */
static void visited(void *arg)
{
	struct concerns *all = arg;
	double age = ev_now(control_loop()) - all->start;
	size_t i;

	if (atomic_exchange(&all->more, false)) {
		workers_visit(end_on, visited, all);
		return;
	}
	if (atomic_exchange(&all->undecided, false)) {
		wait_for(all, fmin(fmax(age, LOOK_AGAIN), LOOK_AGAIN_MAX));
		return;
	}
	for (i = 0; i < all->count; i++)
		all->items[i].due = false;
	next_round(all);
}

static void on_timer(struct ev_loop *loop, ev_timer *timer, int events)
{
	(void)loop;
	(void)events;
	next_round(timer->data);
}

/* Seconds after the change at which the connections of c are ended; below 0: never, or done. */
static double due_after(const struct concern *c)
{
	if (c->op == NULL || concern_is_empty(c))
		return -1;
	switch (c->op->existing) {
	case EXISTING_KILL:
		return 0;
	case EXISTING_DRAIN:
		return duration_seconds(c->op->drain);
	default:
		return -1;
	}
}

static void finish(struct concerns *all)
{
	DL_DELETE(pending, all);
	all->done(all->arg);
}

/* Ends those whose time has come, and waits for the next ones; at the end it is over. */
static void next_round(struct concerns *all)
{
	double age = ev_now(control_loop()) - all->start, wait = -1;
	bool due = false;
	size_t i;

	for (i = 0; i < all->count; i++) {
		struct concern *c = &all->items[i];
		double at = due_after(c);

		due = due || c->due;
		if (at < 0)
			continue;
		if (at <= age) {
			c->due = due = true;
			c->reason = c->op->existing == EXISTING_KILL ? END_KILLED : END_DRAINED;
			c->op = NULL; /* once */
		} else if (wait < 0 || at - age < wait) {
			wait = at - age;
		}
	}
	if (due) {
		workers_visit(end_on, visited, all);
	} else if (wait >= 0) {
		wait_for(all, wait);
	} else {
		finish(all);
	}
}

/* ---- calling it off -------------------------------------------------------------------------- */

void concerns_call_off(uint64_t revision)
{
	struct concerns *all;
	size_t i;

	DL_FOREACH (pending, all)
		for (i = 0; all->revision >= revision && i < all->count; i++)
			all->items[i].op = NULL;
}

static void call_off_drains(const struct concern *c)
{
	struct concerns *all;
	size_t i;

	DL_FOREACH (pending, all)
		for (i = 0; i < all->count; i++)
			if (concern_undoes(c, &all->items[i]))
				all->items[i].op = NULL;
}

void concerns_carry_out(struct concerns *all, const char *by, void (*done)(void *arg), void *arg)
{
	size_t i;

	for (i = 0; i < all->count; i++)
		if (all->items[i].calls_off != NULL)
			call_off_drains(&all->items[i]);
	DL_APPEND(pending, all);
	all->by = arena_strdup(all->arena, by);
	all->done = done;
	all->arg = arg;
	ev_now_update(control_loop());
	all->start = ev_now(control_loop());
	all->until = (int64_t)(all->start * 1e9); /* the address may be listened on again */
	ev_timer_init(&all->timer, on_timer, 0., 0.);
	all->timer.data = all;
	next_round(all);
}

void concerns_forget(void)
{
	struct concerns *all, *next;

	DL_FOREACH_SAFE(pending, all, next)
	{
		ev_timer_stop(control_loop(), &all->timer);
		finish(all);
	}
}
