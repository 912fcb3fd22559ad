/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "daemon/core/conn.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "daemon/core/conn_event.h"
#include "daemon/core/conn_log.h"
#include "daemon/core/conn_table.h"
#include "daemon/core/conn_tally.h"
#include "daemon/core/conn_trace.h"
#include "daemon/core/flow.h"
#include "daemon/core/instance.h"
#include "daemon/core/listener.h"
#include "daemon/core/route.h"
#include "daemon/core/routing.h"
#include "daemon/core/worker.h"

/* What a relayed connection needs in its first chunk, so that it is one allocation. */
#define CONN_ARENA 1280
#define FLOW_ARENA 1280

/* ---- events -------------------------------------------------------------------------------- */

static void on_client_event(struct endpoint *e, int events)
{
	struct conn *conn = e->owner;

	if (conn->on_client != NULL)
		conn->on_client(conn, events);
}

void conn_wait(struct conn *conn, int want, void (*on_client)(struct conn *conn, int events))
{
	conn->on_client = on_client;
	if (conn->flow != NULL)
		conn->flow->wanted = (want & EV_READ) != 0;
	else
		endpoint_wait(&conn->client, want);
}

void conn_wait_more(struct conn *conn, void (*on_client)(struct conn *conn, int events))
{
	conn->on_client = on_client;
	if (conn->flow != NULL)
		conn->flow->wanted = true;
	else
		endpoint_wait_more(&conn->client);
}

static void on_timer(struct ev_loop *loop, ev_timer *w, int events)
{
	struct conn *conn = w->data;

	(void)loop;
	(void)events;
	conn->on_timer(conn);
}

void conn_timer(struct conn *conn, int64_t ns, void (*callback)(struct conn *conn))
{
	ev_timer_stop(conn->worker->loop, &conn->timer);
	ev_timer_set(&conn->timer, ns > 0 ? duration_seconds(ns) : 0., 0.);
	ev_timer_start(conn->worker->loop, &conn->timer);
	conn->on_timer = callback;
}

void conn_timer_stop(struct conn *conn)
{
	ev_timer_stop(conn->worker->loop, &conn->timer);
}

void conn_touch(struct conn *conn)
{
	conn->active = ev_now(conn->worker->loop);
}

/* ---- the beginning ------------------------------------------------------------------------- */

/* What all have; memory for more is in the first chunk of its arena. */
static struct conn *conn_new(struct listener *l, size_t size)
{
	struct worker *w = l->worker;
	struct arena *arena = arena_new(size);
	struct conn *conn = arena_alloc(arena, sizeof(*conn));

	conn->arena = arena;
	conn->worker = w;
	conn->listener = listener_ref(l);
	ev_timer_init(&conn->timer, on_timer, 0., 0.);
	conn->timer.data = conn;
	conn->active = ev_now(w->loop);
	conn->facts.start_ns = (int64_t)(conn->active * 1e9);
	conn->facts.local = l->local;
	conn->facts.fd = -1;
	conn->facts.arena = arena;
	return conn;
}

static void open_stream(struct conn *conn, int fd)
{
	endpoint_init(&conn->client, conn->worker->loop, fd);
	conn->client.on_event = on_client_event;
	conn->client.owner = conn;
}

static void announce(struct conn *conn)
{
	conn_table_add(conn);
	conn_tally_open(conn);
	conn_event_open(conn);
	conn_trace_open(conn);
}

void conn_start(struct conn *conn)
{
	announce(conn);
	routing_start(conn, conn->worker->instance, conn->listener->server);
}

void conn_accept(struct listener *l, int fd, const struct sockaddr *sa, socklen_t length)
{
	struct conn *conn = conn_new(l, CONN_ARENA);

	open_stream(conn, fd);
	conn->facts.remote = netaddr_from_sockaddr(sa, length);
	if (conn->facts.remote.family == AF_UNIX)
		conn->facts.remote.path = NULL; /* sa is the caller's; a client's is unnamed */
	conn->facts.src = conn->facts.remote;
	conn->facts.fd = fd;
	conn->facts.server = l->server->name;
	conn_start(conn);
}

static void copy_facts(struct facts *to, struct facts *from)
{
	const struct fact *fact;

	to->remote = from->remote;
	to->local = *facts_local(from);
	to->src = from->src;
	to->dst = from->dst;
	to->server = from->server;
	to->route = from->route;
	to->on_demand = from->on_demand;
	for (fact = from->named; fact != NULL; fact = fact->next)
		facts_set_copied(to, fact->name, span_of(fact->value, fact->length));
}

static void leave_route(void *route)
{
	route_unref(route);
}

struct conn *conn_branch(struct conn *parent, int fd)
{
	struct conn *conn = conn_new(parent->listener, CONN_ARENA);

	open_stream(conn, fd);
	conn->branch_of = parent->facts.id;
	copy_facts(&conn->facts, &parent->facts);
	if (parent->route != NULL) {
		conn->route = route_ref(parent->route);
		arena_release(conn->arena, leave_route, conn->route);
	}
	announce(conn);
	return conn;
}

struct conn *conn_new_flow(struct listener *l, const struct flow_key *key)
{
	struct conn *conn = conn_new(l, FLOW_ARENA);
	struct flow *flow = arena_alloc(conn->arena, sizeof(*flow));

	flow->conn = conn;
	flow->last = &flow->first;
	flow->entry.key = *key;
	if (key->client.family == AF_UNIX)
		flow->entry.key.client.path = arena_strdup(conn->arena, key->client.path);
	conn->flow = flow;
	conn->facts.remote = conn->facts.src = flow->entry.key.client;
	conn->facts.server = l->server->name;
	if (key->local.family != AF_UNSPEC) {
		conn->facts.local = key->local;
		conn->facts.local.port = l->local.port;
	}
	return conn;
}

/* ---- the end ------------------------------------------------------------------------------- */

static void end(struct conn *conn, enum end_reason reason, const char *detail, bool reset)
{
	struct worker *w = conn->worker;

	if (conn->ended)
		return;
	conn->ended = true;
	conn->reason = reason;
	conn->state = "closing";
	conn_timer_stop(conn);
	conn_log_end(conn, detail); /* while the socket can still be asked for its address */
	conn_event_close(conn, detail);
	if (conn->traced != 0)
		conn_trace_end(conn, detail);
	if (conn->on_end != NULL)
		conn->on_end(conn);
	if (conn->flow != NULL)
		flow_close(conn->flow);
	else if (reset)
		endpoint_reset(&conn->client);
	else
		endpoint_close(&conn->client);
	conn->facts.fd = -1;
	conn_tally_end(conn);
	routing_finish(conn);
	conn_table_remove(conn);
	conn->next_ended = w->ended;
	w->ended = conn;
}

void conn_end(struct conn *conn, enum end_reason reason, const char *detail)
{
	end(conn, reason, detail, false);
}

void conn_reset(struct conn *conn, enum end_reason reason, const char *detail)
{
	end(conn, reason, detail, true);
}

void conn_table_reap(struct worker *w)
{
	struct conn *conn;

	while ((conn = w->ended) != NULL) {
		w->ended = conn->next_ended;
		listener_unref(conn->listener);
		arena_free(conn->arena);
	}
}
