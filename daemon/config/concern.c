/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "daemon/config/concern.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <ev.h>
#include <utlist.h>

#include "common/arena.h"
#include "common/duration.h"
#include "daemon/config/edit_way.h"
#include "daemon/core/conn.h"
#include "daemon/core/listener.h"
#include "daemon/core/routing.h"
#include "daemon/core/worker.h"
#include "daemon/net/address.h"

#define LOOK_AGAIN 0.1 /* seconds, then each time after twice as long, up to ... */
#define LOOK_AGAIN_MAX 1.
#define KILLS_PER_VISIT 16 /* closing sockets takes its time, and others wait */

/*
 * The connections of one operation: on these routes, or from these listeners. A route is known by
 * its identity, so that those on an earlier form of it are found too.
 */
struct concern {
	const struct operation *op;
	struct route **routes; /* of the instance before, references, sorted by identity */
	size_t route_count;
	bool by_peer; /* only those to these upstreams */
	const char **peers;
	size_t peer_count;
	const char **listeners; /* "tcp/:993", sorted */
	size_t listener_count;
	_Atomic uint64_t count;
	const char *calls_off;  /* the operation whose drain this one ends; NULL: it ends none */
	bool due;               /* to be ended now ... */
	enum end_reason reason; /* ... with this */
};

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

/* ---- what is concerned ---------------------------------------------------------------------- */

static int compare_routes(const void *a, const void *b)
{
	const struct route *const *x = a, *const *y = b;

	if ((*x)->identity == (*y)->identity)
		return 0;
	return (*x)->identity < (*y)->identity ? -1 : 1;
}

static int compare_texts(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void add_routes(struct concerns *all, struct concern *c, struct route **routes, size_t count)
{
	size_t i;

	c->routes = arena_array(all->arena, count, sizeof(*c->routes));
	for (i = 0; i < count; i++)
		c->routes[i] = route_ref(routes[i]);
	c->route_count = count;
	qsort(c->routes, count, sizeof(*c->routes), compare_routes);
}

/* What way's top-level route is in base; NULL: it was not there. */
static struct route *base_route(const struct instance *base, struct edit *e, const struct way *way)
{
	const struct server *server = instance_server(base, way->steps[3].key);
	const json_t *list = instance_routes_json(base, way->steps[3].key), *route;
	struct way top;
	size_t i;

	if (server == NULL)
		return NULL;
	way_servers(e, &top);
	for (i = top.count; i < 5; i++)
		way_key(&top, way->steps[i].key);
	way_index(&top, way->steps[5].index);
	route = edit_origin(e, top.value);
	for (i = 0; i < server->routes.count; i++)
		if (json_array_get(list, i) == route)
			return server->routes.items[i];
	return NULL;
}

/* The top-level route that has the one called name in it. */
static void add_route(struct concerns *all, struct concern *c, struct edit *e)
{
	const char *name = c->op->proxy != NULL ? c->op->proxy : c->op->id;
	size_t length = c->op->proxy != NULL ? edit_proxy_route(name) : strlen(name);
	struct route *route;
	struct error none;
	struct way way;

	name = arena_strndup(all->arena, name, length);
	if (way_route(e, name, &way, &none) == -1)
		return;
	route = base_route(all->base, e, &way);
	if (route != NULL)
		add_routes(all, c, &route, 1);
}

struct peers {
	struct concerns *all;
	struct concern *concern;
};

/* As connections have it, however it was written; what is expanded at use stays as it is. */
static const char *peer_text(const char *dial, char out[ADDRESS_TEXT_MAX])
{
	struct address_range range;
	struct error none;

	return address_parse_dial(dial, &range, &none) == 0 ? address_text(&range.first, out)
							    : dial;
}

/* A destination that goes; not one that a swap names again. */
static void add_peer(void *arg, const char *dial)
{
	struct peers *p = arg;
	struct concern *c = p->concern;
	char text[ADDRESS_TEXT_MAX], other[ADDRESS_TEXT_MAX];
	const char **more;
	size_t i;

	dial = peer_text(dial, text);
	for (i = 0; i < c->op->dial.count; i++)
		if (strcmp(peer_text(c->op->dial.items[i], other), dial) == 0)
			return;
	more = arena_array(p->all->arena, c->peer_count + 1, sizeof(*more));
	for (i = 0; i < c->peer_count; i++)
		more[i] = c->peers[i];
	more[c->peer_count++] = arena_strdup(p->all->arena, dial);
	c->peers = more;
}

static void add_listeners(struct concerns *all, struct concern *c, const char *listen)
{
	struct address_range range;
	struct address address;
	char text[ADDRESS_TEXT_MAX];
	struct error none;
	unsigned i;

	if (address_parse_listen(listen, &range, &none) == -1)
		return;
	c->listener_count = address_range_count(&range);
	c->listeners = arena_array(all->arena, c->listener_count, sizeof(*c->listeners));
	for (i = 0; i < c->listener_count; i++) {
		address = address_range_at(&range, i);
		c->listeners[i] = arena_strdup(all->arena, address_text(&address, text));
	}
	qsort(c->listeners, c->listener_count, sizeof(*c->listeners), compare_texts);
}

static bool is_of_route(const char *operation)
{
	static const char *const names[] = {
	    "route.disable", "route.replace", "route.rm", "route.set"};
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strcmp(operation, names[i]) == 0)
			return true;
	return false;
}

void concerns_look(struct concerns *all, size_t nth, struct edit *e)
{
	struct concern *c = &all->items[nth];
	const char *name = c->op->type->name;
	struct peers peers = {all, c};
	const struct server *server;
	struct error none;

	if (is_of_route(name)) {
		add_route(all, c, e);
	} else if (strcmp(name, "route.enable") == 0) {
		c->calls_off = "route.disable";
		add_route(all, c, e);
	} else if (strcmp(name, "upstream.enable") == 0) {
		c->calls_off = "upstream.disable";
		add_route(all, c, e);
		edit_upstream_dials(e, c->op->proxy, c->op->id, add_peer, &peers, &none);
	} else if (strcmp(name, "upstream.rm") == 0 || strcmp(name, "upstream.swap") == 0 ||
		   strcmp(name, "upstream.disable") == 0) {
		add_route(all, c, e);
		c->by_peer = true;
		edit_upstream_dials(e, c->op->proxy, c->op->id, add_peer, &peers, &none);
	} else if (strcmp(name, "server.rm") == 0) {
		server = instance_server(all->base, c->op->name);
		if (server != NULL)
			add_routes(all, c, server->routes.items, server->routes.count);
	} else if (strcmp(name, "listener.rm") == 0) {
		add_listeners(all, c, c->op->address);
	}
}

struct concerns *concerns_new(
    const struct instance *base, const struct operation *operations, size_t count)
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
		all->items[i].op = &operations[i];
	return all;
}

void concerns_free(struct concerns *all)
{
	size_t i, j;

	for (i = 0; i < all->count; i++)
		for (j = 0; j < all->items[i].route_count; j++)
			route_unref(all->items[i].routes[j]);
	arena_free(all->arena);
}

/* ---- on the workers ------------------------------------------------------------------------- */

static bool has_peer(const struct concern *c, const struct conn *conn)
{
	size_t i;

	for (i = 0; conn->upstream != NULL && i < c->peer_count; i++)
		if (strcmp(c->peers[i], conn->upstream) == 0)
			return true;
	return false;
}

static bool is_on_route(const struct concern *c, const struct conn *conn)
{
	const struct route *route = conn->route;

	return route != NULL && c->route_count > 0 &&
	       bsearch(&route, c->routes, c->route_count, sizeof(route), compare_routes) != NULL;
}

static bool concerns_conn(
    const struct concerns *all, const struct concern *c, const struct conn *conn)
{
	const char *address = conn->listener->address;

	if (conn->facts.start_ns > all->until || c->calls_off != NULL)
		return false;
	if (c->listener_count > 0)
		return bsearch(&address, c->listeners, c->listener_count, sizeof(address),
			   compare_texts) != NULL;
	if (!is_on_route(c, conn) || conn->route->revision > all->revision)
		return false;
	return !c->by_peer || has_peer(c, conn);
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

/* Is it being matched by the rules before the change? */
static bool is_undecided(const struct concerns *all, const struct conn *conn)
{
	return conn->route == NULL && conn->matching != NULL &&
	       conn->matching->instance->revision <= all->revision;
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
	if (c->op == NULL || (c->route_count == 0 && c->listener_count == 0))
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
		DL_DELETE(pending, all);
		all->done(all->arg);
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

static bool is_inverse(const struct concern *c, const struct concern *drain)
{
	size_t i;

	if (drain->op == NULL || strcmp(drain->op->type->name, c->calls_off) != 0 ||
	    c->route_count == 0 || drain->route_count == 0 ||
	    compare_routes(c->routes, drain->routes) != 0 || c->peer_count != drain->peer_count)
		return false;
	if (c->peer_count == 0) /* one of several routes in it, perhaps */
		return strcmp(c->op->id, drain->op->id) == 0;
	for (i = 0; i < c->peer_count; i++)
		if (strcmp(c->peers[i], drain->peers[i]) != 0)
			return false;
	return true;
}

static void call_off_drains(const struct concern *c)
{
	struct concerns *all;
	size_t i;

	DL_FOREACH (pending, all)
		for (i = 0; i < all->count; i++)
			if (is_inverse(c, &all->items[i]))
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
