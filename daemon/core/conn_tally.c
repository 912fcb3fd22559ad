/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "daemon/core/conn_tally.h"

#include "daemon/core/conn.h"
#include "daemon/core/listener.h"
#include "daemon/core/route.h"
#include "daemon/core/tally.h"
#include "daemon/core/worker.h"

#define HOLDERS_MAX 4

/* NULL: of a route that is not one of a document. */
static struct tally *route_tally(const struct conn *conn, const struct route *route)
{
	if (route == NULL || route->identity == NULL)
		return NULL;
	return tallies_of(route->identity->tallies, conn->worker->index);
}

/* The tallies that the connection is in now. Returns how many. */
static size_t holders(const struct conn *conn, struct tally *out[HOLDERS_MAX])
{
	const struct listener *l = conn->listener;
	struct tally *route = route_tally(conn, conn->route);
	size_t n = 0;

	if (conn->upstream_tally != NULL)
		out[n++] = conn->upstream_tally;
	if (conn->branch_of != 0)
		return n;
	out[n++] = l->tally;
	if (l->server_tally != NULL)
		out[n++] = l->server_tally;
	if (route != NULL)
		out[n++] = route;
	return n;
}

static struct histogram_time age(const struct conn *conn, const double *bounds)
{
	return histogram_time(
	    bounds, ev_now(conn->worker->loop) - (double)conn->facts.start_ns / 1e9);
}

void conn_tally_open(struct conn *conn)
{
	struct tally *in[HOLDERS_MAX];
	size_t i, n = holders(conn, in);

	counter_add(&conn->worker->counters.accepted, 1);
	for (i = 0; i < n; i++)
		counter_add(&in[i]->opened, 1);
	if (conn->branch_of == 0)
		conn->listener->open++;
}

void conn_tally_end(struct conn *conn)
{
	struct tally *in[HOLDERS_MAX];
	size_t i, n = holders(conn, in);
	struct histogram_time time = age(conn, histogram_durations);

	counter_add(&conn->worker->counters.ended[conn->reason], 1);
	for (i = 0; i < n; i++) {
		counter_add(&in[i]->ended[conn->reason], 1);
		histogram_add(&in[i]->durations, time);
	}
	if (conn->branch_of == 0)
		conn->listener->open--;
}

void conn_tally_route(struct conn *conn, const struct route *route)
{
	struct tally *in[HOLDERS_MAX], *to = route_tally(conn, route);
	struct tally *from = route_tally(conn, conn->route);
	size_t i, n = holders(conn, in);
	struct histogram_time time = age(conn, histogram_delays);

	if (from != NULL)
		counter_add(&from->passed, 1);
	if (to != NULL) {
		counter_add(&to->opened, 1);
		histogram_add(&to->delays, time);
	}
	for (i = 0; conn->route == NULL && i < n; i++)
		histogram_add(&in[i]->delays, time);
}

void conn_tally_upstream(struct conn *conn, struct tallies *upstream, ev_tstamp since)
{
	struct tally *tally = tallies_of(upstream, conn->worker->index);

	conn->upstream_tally = tally;
	counter_add(&tally->opened, 1);
	histogram_add(
	    &tally->delays, histogram_time(histogram_delays, ev_now(conn->worker->loop) - since));
}

void conn_count_in(struct conn *conn, size_t n)
{
	struct tally *in[HOLDERS_MAX];
	size_t i, count = holders(conn, in);

	conn->bytes_in += n;
	counter_add(&conn->worker->counters.bytes_in, n);
	for (i = 0; i < count; i++)
		counter_add(&in[i]->bytes_in, n);
}

void conn_count_out(struct conn *conn, size_t n)
{
	struct tally *in[HOLDERS_MAX];
	size_t i, count = holders(conn, in);

	conn->bytes_out += n;
	counter_add(&conn->worker->counters.bytes_out, n);
	for (i = 0; i < count; i++)
		counter_add(&in[i]->bytes_out, n);
}

static void add_handshake(_Atomic uint64_t *all, _Atomic uint64_t *resumed,
    _Atomic uint64_t *failed, enum handshake_result result)
{
	if (result == HANDSHAKE_FAILED) {
		counter_add(failed, 1);
		return;
	}
	counter_add(all, 1);
	if (result == HANDSHAKE_RESUMED)
		counter_add(resumed, 1);
}

void conn_tally_handshake(struct conn *conn, enum handshake_result result)
{
	struct counters *c = &conn->worker->counters;
	struct tally *in[HOLDERS_MAX];
	size_t i, n = holders(conn, in);

	add_handshake(&c->handshakes, &c->handshakes_resumed, &c->handshakes_failed, result);
	for (i = 0; i < n; i++)
		add_handshake(&in[i]->handshakes, &in[i]->handshakes_resumed,
		    &in[i]->handshakes_failed, result);
}
