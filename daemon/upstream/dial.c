/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "daemon/upstream/dial.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "daemon/core/worker.h"
#include "daemon/net/resolver.h"
#include "daemon/net/sockets.h"

#define TRY_INTERVAL_DEFAULT (250 * DURATION_MS)

struct dial {
	struct conn *conn;
	const struct pool *pool;
	const struct dial_options *options;
	void (*done)(struct conn *conn, struct endpoint *upstream, const void *arg);
	const void *arg;
	struct endpoint upstream; /* io.fd -1: none open */
	const struct upstream *chosen;
	size_t destination;       /* the next one of chosen to try */
	const struct destination *current;
	const struct netaddr *addresses; /* what current stands for */
	size_t address, address_count;
	struct resolver_query *query;
	const struct address *target; /* current, expanded */
	ev_tstamp give_up;        /* loop time; try_duration */
	const char *problem;      /* of the last attempt, in the arena or constant */
	bool tried[];             /* of the pool's upstreams */
};

static void next_upstream(struct dial *d);
static void next_destination(struct dial *d);
static void next_address(struct dial *d);

/* ---- ending --------------------------------------------------------------------------------- */

static void on_end(struct conn *conn)
{
	struct dial *d = conn->handler;

	if (d->query != NULL)
		resolver_cancel(d->query);
	endpoint_close(&d->upstream);
}

static void on_retry(struct conn *conn)
{
	struct dial *d = conn->handler;

	memset(d->tried, 0, d->pool->count);
	next_upstream(d);
}

/* Nothing more to try in this round. */
static void exhausted(struct dial *d)
{
	int64_t interval = d->options->try_interval;

	if (ev_now(d->conn->worker->loop) < d->give_up) {
		conn_timer(d->conn, interval > 0 ? interval : TRY_INTERVAL_DEFAULT, on_retry);
		return;
	}
	conn_end(d->conn, d->problem != NULL ? END_DIAL_FAILED : END_NO_UPSTREAM, d->problem);
}

static void attempt_failed(struct dial *d, const char *problem)
{
	struct counters *c = &d->conn->worker->counters;
	char text[ADDRESS_TEXT_MAX];

	counter_add(&c->dial_failures, 1);
	atomic_fetch_add_explicit(&d->current->peer->failures, 1, memory_order_relaxed);
	d->problem = arena_printf(d->conn->arena, "%s: %s", address_text(d->target, text), problem);
	next_address(d);
}

/* ---- one address ---------------------------------------------------------------------------- */

static void leave_peer(void *peer)
{
	atomic_fetch_sub_explicit(&((struct peer *)peer)->connections, 1, memory_order_relaxed);
}

static void connected(struct dial *d)
{
	struct peer *peer = d->current->peer;
	struct conn *conn = d->conn;
	char text[NETADDR_TEXT_MAX];

	atomic_fetch_add_explicit(&peer->connections, 1, memory_order_relaxed);
	arena_release(conn->arena, leave_peer, peer);
	conn->upstream = peer->address;
	if (d->current->text != NULL)
		conn->upstream = arena_strdup(
		    conn->arena, netaddr_text(&d->addresses[d->address - 1], text));
	conn_timer_stop(conn);
	conn->on_end = NULL;
	d->done(conn, &d->upstream, d->arg);
}

static void on_connected(struct endpoint *e, int events)
{
	struct dial *d = e->owner;
	int problem = sockets_connected(e->io.fd);

	(void)events;
	if (problem == 0) {
		connected(d);
		return;
	}
	endpoint_close(e);
	conn_timer_stop(d->conn);
	attempt_failed(d, strerror(problem));
}

static void on_timeout(struct conn *conn)
{
	struct dial *d = conn->handler;

	endpoint_close(&d->upstream);
	attempt_failed(d, "no answer within dial_timeout");
}

static void next_address(struct dial *d)
{
	struct worker *w = d->conn->worker;
	const struct netaddr *addr;
	bool done;
	int fd;

	if (d->address == d->address_count) {
		next_destination(d);
		return;
	}
	addr = &d->addresses[d->address++];
	counter_add(&w->counters.dials, 1);
	atomic_fetch_add_explicit(&d->current->peer->dials, 1, memory_order_relaxed);
	fd = sockets_connect(addr, NULL, &done);
	if (fd == -1) {
		attempt_failed(d, strerror(errno));
		return;
	}
	endpoint_init(&d->upstream, w->loop, fd);
	if (done) {
		connected(d);
		return;
	}
	d->upstream.owner = d;
	d->upstream.on_event = on_connected;
	endpoint_wait(&d->upstream, EV_WRITE);
	conn_timer(d->conn, d->options->timeout, on_timeout);
}

/* ---- one destination ------------------------------------------------------------------------ */

static bool may_dial(const struct dial *d)
{
	const struct upstream *u = d->chosen;

	return u->max_connections == 0 ||
	       atomic_load_explicit(&d->current->peer->connections, memory_order_relaxed) <
		   (uint64_t)u->max_connections;
}

static void take_addresses(struct dial *d, const struct resolver_answer *answer)
{
	struct netaddr *list;
	size_t i;

	list = arena_array(d->conn->arena, answer->count, sizeof(*list));
	for (i = 0; i < answer->count; i++) {
		list[i] = answer->items[i];
		list[i].port = d->target->port;
	}
	d->addresses = list;
	d->address = 0;
	d->address_count = answer->count;
	if (answer->count == 0)
		attempt_failed(d, answer->problem != NULL ? answer->problem : "no address");
	else
		next_address(d);
}

static void on_resolved(void *arg, const struct resolver_answer *answer)
{
	struct dial *d = arg;

	d->query = NULL;
	take_addresses(d, answer);
}

static void resolve(struct dial *d)
{
	struct worker *w = d->conn->worker;
	struct resolver_answer answer;

	if (w->resolver == NULL)
		w->resolver = resolver_new(w->loop);
	d->query = resolver_ask(w->resolver, d->target->host, address_family(d->target),
	    on_resolved, d, &answer);
	if (d->query == NULL)
		take_addresses(d, &answer);
}

/* The address of a destination with placeholders, for this connection. */
static bool expand(struct dial *d)
{
	struct address_range range;
	struct address *target;
	struct buf text = {0};
	struct error err;
	bool ok;

	template_expand(d->current->text, &d->conn->facts, &text);
	ok = address_parse_dial(buf_str(&text), &range, &err) == 0;
	buf_fini(&text);
	if (!ok) {
		d->problem = arena_strdup(d->conn->arena, err.message);
		return false;
	}
	target = arena_alloc(d->conn->arena, sizeof(*target));
	*target = range.first;
	d->target = target;
	return true;
}

static void next_destination(struct dial *d)
{
	if (d->chosen == NULL || d->destination == d->chosen->dial.count) {
		next_upstream(d);
		return;
	}
	d->current = &d->chosen->destinations[d->destination++];
	d->target = &d->current->address;
	d->address = d->address_count = 0;
	if (!may_dial(d) || (d->current->text != NULL && !expand(d))) {
		next_destination(d);
	} else if (d->current->fixed.family != AF_UNSPEC) {
		d->addresses = &d->current->fixed;
		d->address_count = 1;
		next_address(d);
	} else {
		resolve(d);
	}
}

static void next_upstream(struct dial *d)
{
	d->chosen = pool_select(d->pool, d->tried, &d->conn->facts.src);
	if (d->chosen == NULL) {
		exhausted(d);
		return;
	}
	d->tried[d->chosen - d->pool->items] = true;
	d->destination = 0;
	next_destination(d);
}

void dial_start(struct conn *conn, const struct pool *pool, const struct dial_options *options,
    void (*done)(struct conn *conn, struct endpoint *upstream, const void *arg), const void *arg)
{
	struct dial *d = arena_alloc(conn->arena, sizeof(*d) + pool->count);

	d->conn = conn;
	d->pool = pool;
	d->options = options;
	d->done = done;
	d->arg = arg;
	d->upstream.io.fd = -1;
	if (options->try_duration > 0)
		d->give_up =
		    ev_now(conn->worker->loop) + duration_seconds(options->try_duration);
	conn->handler = d;
	conn->on_end = on_end;
	conn->state = "dialing";
	conn_wait(conn, 0, NULL);
	next_upstream(d);
}
