/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "daemon/upstream/health.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <ev.h>

#include "common/duration.h"
#include "common/log.h"
#include "daemon/core/conn.h"
#include "daemon/core/events.h"
#include "daemon/core/instance.h"
#include "daemon/core/worker.h"
#include "daemon/net/resolver.h"
#include "daemon/net/sockets.h"
#include "daemon/upstream/destination.h"

/* What is checked, and how. */
struct target {
	struct peer *peer; /* a reference */
	struct address address;
	struct netaddr fixed; /* AF_UNSPEC: a name */
	int family;           /* of the name's addresses */
	struct health_active options;
};

/* A handler's wish; of the document that its arena belongs to. */
struct want {
	struct want *next, **at;
	const struct arena *arena;
	struct target target;
};

struct check {
	struct check *next;
	struct target target;
	ev_timer timer; /* to the next one, or to the end of this one */
	ev_io io;       /* fd -1: none */
	ev_tstamp started;
	struct resolver_query *query;
	struct resolver_answer addresses;
	size_t tried;
	int64_t streak; /* results in a row that differ from what is thought */
	bool down;      /* counted in the peer */
	bool running, wanted;
};

/* Wishes come and go with arenas, on any thread. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct want *wants;

/* The control thread's. */
static struct check *checks;
static struct resolver *resolver;

/* ---- wishes --------------------------------------------------------------------------------- */

static void forget_want(void *object)
{
	struct want *want = object;

	pthread_mutex_lock(&lock);
	*want->at = want->next;
	if (want->next != NULL)
		want->next->at = want->at;
	pthread_mutex_unlock(&lock);
	peer_unref(want->target.peer);
	free(want);
}

void health_want(
    struct load *load, const struct destination *d, const struct health_active *options, int family)
{
	struct want *want;

	if (load->dry)
		return;
	want = mem_zalloc(sizeof(*want));
	want->arena = load->arena;
	want->target = (struct target){.peer = peer_get(d->peer->address),
	    .address = d->address,
	    .fixed = d->fixed,
	    .family = family,
	    .options = *options};
	if (options->port > 0) {
		want->target.address.port = (uint16_t)options->port;
		if (d->fixed.family == AF_INET || d->fixed.family == AF_INET6)
			want->target.fixed.port = (uint16_t)options->port;
	}
	pthread_mutex_lock(&lock);
	want->at = &wants;
	want->next = wants;
	if (wants != NULL)
		wants->at = &want->next;
	wants = want;
	pthread_mutex_unlock(&lock);
	arena_release(load->arena, forget_want, want);
}

/* ---- what follows from a result ------------------------------------------------------------- */

static void end_connections(struct worker *w, void *arg)
{
	const struct peer *peer = arg;
	struct conn *conn;
	uint64_t id = 0;

	while ((conn = worker_conn_next(w, id)) != NULL) {
		id = conn->facts.id;
		if (conn->upstream == peer->address && conn->upstream_bound)
			conn_end(conn, END_UPSTREAM_UNHEALTHY, NULL);
	}
}

static void end_done(void *arg)
{
	peer_unref(arg);
}

static void note_change(const struct check *c, const char *problem)
{
	struct event e = {.type = c->down ? EVENT_UPSTREAM_DOWN : EVENT_UPSTREAM_UP};
	struct log_line line;

	log_begin(&line, c->down ? LOG_WARN : LOG_INFO, "health",
	    c->down ? "the upstream is down" : "the upstream is up");
	log_str(&line, "upstream", c->target.peer->address);
	if (c->target.options.port > 0)
		log_u64(&line, "port", (uint64_t)c->target.options.port);
	if (problem != NULL)
		log_str(&line, "problem", problem);
	log_end(&line);
	e.row.upstream = span_str(c->target.peer->address);
	if (problem != NULL)
		e.problem = span_str(problem);
	events_publish(&e);
}

static void set_down(struct check *c, bool down)
{
	c->streak = 0;
	c->down = down;
	if (down)
		atomic_fetch_add(&c->target.peer->down, 1);
	else
		atomic_fetch_sub(&c->target.peer->down, 1);
}

/* problem NULL: it answers. */
static void judge(struct check *c, const char *problem)
{
	struct peer *peer = c->target.peer;
	const struct health_active *o = &c->target.options;

	atomic_fetch_add(&peer->checks, 1);
	if (problem != NULL)
		atomic_fetch_add(&peer->check_failures, 1);
	if ((problem != NULL) == c->down) {
		c->streak = 0;
		return;
	}
	if (++c->streak < (problem != NULL ? o->fall : o->rise))
		return;
	set_down(c, problem != NULL);
	note_change(c, problem);
	if (c->down && o->close_if_unhealthy)
		workers_visit(end_connections, end_done, peer_get(peer->address));
}

/* ---- one check ------------------------------------------------------------------------------ */

static void set_timer(struct check *c, double seconds)
{
	ev_timer_stop(control_loop(), &c->timer);
	ev_timer_set(&c->timer, seconds > 0 ? seconds : 0., 0.);
	ev_timer_start(control_loop(), &c->timer);
}

static void close_socket(struct check *c)
{
	ev_io_stop(control_loop(), &c->io);
	if (c->io.fd != -1)
		close(c->io.fd);
	ev_io_set(&c->io, -1, EV_WRITE);
}

static void halt(struct check *c)
{
	ev_timer_stop(control_loop(), &c->timer);
	close_socket(c);
	if (c->query != NULL)
		resolver_cancel(c->query);
	c->query = NULL;
	c->running = false;
}

static void finish(struct check *c, const char *problem)
{
	halt(c);
	judge(c, problem);
	set_timer(
	    c, c->started + duration_seconds(c->target.options.interval) - ev_now(control_loop()));
}

/*
 * Who takes datagrams need not answer one that says nothing, but where nobody does, the system
 * there refuses it. -1: it is known already.
 */
static int ask_datagrams(struct check *c)
{
	if (send(c->io.fd, "", 0, MSG_NOSIGNAL) == -1)
		return -1;
	ev_io_set(&c->io, c->io.fd, EV_READ);
	return 0;
}

/* Goes on with the next address; problem is that of the one before. */
static void try_next(struct check *c, const char *problem)
{
	int type = address_socket_type(c->target.address.network);
	bool done;
	int fd;

	while (c->tried < c->addresses.count) {
		struct netaddr address = c->addresses.items[c->tried++];

		if (c->target.fixed.family == AF_UNSPEC)
			address.port = c->target.address.port;
		fd = sockets_connect(type, &address, NULL, &done);
		if (fd == -1) {
			problem = strerror(errno);
			continue;
		}
		ev_io_set(&c->io, fd, EV_WRITE);
		if (type == SOCK_DGRAM && ask_datagrams(c) == -1) {
			problem = strerror(errno);
			close_socket(c);
			continue;
		}
		if (done && type != SOCK_DGRAM)
			finish(c, NULL);
		else
			ev_io_start(control_loop(), &c->io);
		return;
	}
	finish(c, problem);
}

static void on_connected(struct ev_loop *loop, ev_io *w, int events)
{
	struct check *c = w->data;
	int problem = sockets_connected(w->fd);

	(void)loop;
	(void)events;
	if (problem == 0) {
		finish(c, NULL);
		return;
	}
	close_socket(c);
	try_next(c, strerror(problem));
}

static void on_resolved(void *arg, const struct resolver_answer *answer)
{
	struct check *c = arg;

	c->query = NULL;
	c->addresses = *answer;
	try_next(c, answer->problem);
}

static void begin(struct check *c)
{
	c->running = true;
	ev_now_update(control_loop()); /* its time begins now, however long the loop was busy */
	c->started = ev_now(control_loop());
	c->tried = 0;
	set_timer(c, duration_seconds(c->target.options.timeout));
	if (c->target.fixed.family != AF_UNSPEC) {
		c->addresses.items[0] = c->target.fixed;
		c->addresses.count = 1;
		try_next(c, NULL);
		return;
	}
	if (resolver == NULL)
		resolver = resolver_new(control_loop());
	if (resolver == NULL) {
		finish(c, "names cannot be resolved here");
		return;
	}
	c->query = resolver_ask(
	    resolver, c->target.address.host, c->target.family, on_resolved, c, &c->addresses);
	if (c->query == NULL)
		try_next(c, c->addresses.problem);
}

/*
 * What has come in time counts, even if the thread could not look until now. Who takes datagrams
 * has not refused ours.
 */
static const char *problem_at_timeout(const struct check *c)
{
	struct pollfd socket = {.fd = c->io.fd, .events = POLLOUT};
	int problem;

	if (c->io.fd == -1 || poll(&socket, 1, 0) != 1)
		return "no answer within the timeout";
	problem = sockets_connected(c->io.fd);
	return problem == 0 ? NULL : strerror(problem);
}

static void on_timer(struct ev_loop *loop, ev_timer *w, int events)
{
	struct check *c = w->data;

	(void)loop;
	(void)events;
	if (c->running)
		finish(c, problem_at_timeout(c));
	else
		begin(c);
}

/* ---- the checks that there are -------------------------------------------------------------- */

static bool same_place(const struct target *a, const struct target *b)
{
	return a->peer == b->peer && a->options.port == b->options.port;
}

static bool same(const struct target *a, const struct target *b)
{
	const struct health_active *x = &a->options, *y = &b->options;

	return same_place(a, b) && a->family == b->family && x->interval == y->interval &&
	       x->timeout == y->timeout && x->rise == y->rise && x->fall == y->fall &&
	       x->close_if_unhealthy == y->close_if_unhealthy;
}

static struct check *find(
    const struct target *target, bool (*like)(const struct target *a, const struct target *b))
{
	struct check *c;

	for (c = checks; c != NULL && !like(&c->target, target); c = c->next)
		;
	return c;
}

static void add(const struct target *target)
{
	struct check *before = find(target, same_place), *c = mem_zalloc(sizeof(*c));

	c->target = *target;
	c->target.peer = peer_get(target->peer->address);
	c->wanted = true;
	ev_timer_init(&c->timer, on_timer, 0., 0.);
	ev_io_init(&c->io, on_connected, -1, EV_WRITE);
	c->timer.data = c->io.data = c;
	if (before != NULL && before->down)
		set_down(c, true);
	c->next = checks;
	checks = c;
	set_timer(c, 0);
}

static void drop(struct check *c)
{
	halt(c);
	if (c->down)
		set_down(c, false);
	peer_unref(c->target.peer);
	free(c);
}

/* The arenas of a document's parts: those that a wish may belong to. */
struct arenas {
	const struct arena **items;
	size_t count;
};

static int by_address(const void *a, const void *b)
{
	const struct arena *const *x = a, *const *y = b;

	return (*x > *y) - (*x < *y);
}

static void find_arenas(const struct instance *instance, struct arenas *out)
{
	size_t size = 1, i, j;

	for (i = 0; i < instance->table_count; i++)
		size += instance->tables[i]->routes->count;
	out->items = mem_alloc(size * sizeof(struct arena *));
	out->items[0] = instance->arena;
	out->count = 1;
	for (i = 0; i < instance->table_count; i++) {
		const struct route_list *routes = instance->tables[i]->routes;

		for (j = 0; j < routes->count; j++)
			if (routes->items[j]->arena != NULL)
				out->items[out->count++] = routes->items[j]->arena;
	}
	qsort(out->items, out->count, sizeof(*out->items), by_address);
}

static void take_wants(const struct instance *instance)
{
	struct arenas arenas;
	struct check *known;
	struct want *want;

	find_arenas(instance, &arenas);
	pthread_mutex_lock(&lock);
	for (want = wants; want != NULL; want = want->next) {
		if (bsearch(&want->arena, arenas.items, arenas.count, sizeof(*arenas.items),
			by_address) == NULL)
			continue;
		known = find(&want->target, same);
		if (known != NULL)
			known->wanted = true;
		else
			add(&want->target);
	}
	pthread_mutex_unlock(&lock);
	free(arenas.items);
}

static void drop_unwanted(void)
{
	struct check **at = &checks, *c;

	while ((c = *at) != NULL) {
		if (c->wanted) {
			at = &c->next;
			continue;
		}
		*at = c->next;
		drop(c);
	}
}

void health_published(const struct instance *instance)
{
	bool none;
	struct check *c;

	pthread_mutex_lock(&lock);
	none = wants == NULL;
	pthread_mutex_unlock(&lock);
	if (none && checks == NULL)
		return;
	for (c = checks; c != NULL; c = c->next)
		c->wanted = false;
	take_wants(instance);
	drop_unwanted();
}

void health_stop(void)
{
	struct check *c;

	for (c = checks; c != NULL; c = c->next)
		c->wanted = false;
	drop_unwanted();
	resolver_free(resolver);
	resolver = NULL;
}
