/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "daemon/core/conn_tally.h"

#include <stddef.h>

#include "daemon/core/conn.h"
#include "daemon/core/listener.h"
#include "daemon/core/route.h"
#include "daemon/core/tally.h"
#include "daemon/core/worker.h"

/* NULL: of a route that is not one of a document. */
static struct tally *tally_of(const struct conn *conn, const struct route *route)
{
	if (route->identity == NULL)
		return NULL;
	return tallies_of(route->identity->tallies, conn->worker->index);
}

/* To the counter that is offset bytes into the tally; NULL: there is none. */
static inline void add_to(struct tally *tally, size_t offset, uint64_t n)
{
	if (tally != NULL)
		counter_add((_Atomic uint64_t *)((uint8_t *)tally + offset), n);
}

/* The same of all tallies that the connection is in now: each read comes here. */
static void add(const struct conn *conn, size_t offset, uint64_t n)
{
	const struct listener *l = conn->listener;

	add_to(conn->upstream_tally, offset, n);
	if (conn->branch_of != 0)
		return;
	add_to(l->tally, offset, n);
	add_to(l->server_tally, offset, n);
	add_to(conn->route_tally, offset, n);
}

/* To the histogram that is offset bytes into them. */
static void add_time(const struct conn *conn, size_t offset, struct histogram_time time)
{
	add(conn, offset + offsetof(struct histogram, buckets) + time.bucket * sizeof(uint64_t), 1);
	add(conn, offset + offsetof(struct histogram, sum_us), time.us);
}

static struct histogram_time age(const struct conn *conn, const double *bounds)
{
	return histogram_time(
	    bounds, ev_now(conn->worker->loop) - (double)conn->facts.start_ns / 1e9);
}

void conn_tally_open(struct conn *conn)
{
	counter_add(&conn->worker->counters.accepted, 1);
	add(conn, offsetof(struct tally, opened), 1);
	if (conn->branch_of == 0)
		conn->listener->open++;
}

void conn_tally_end(struct conn *conn)
{
	counter_add(&conn->worker->counters.ended[conn->reason], 1);
	add(conn, offsetof(struct tally, ended) + conn->reason * sizeof(uint64_t), 1);
	add_time(conn, offsetof(struct tally, durations), age(conn, histogram_durations));
	if (conn->branch_of == 0)
		conn->listener->open--;
}

void conn_tally_route(struct conn *conn, const struct route *route)
{
	struct tally *from = conn->route_tally, *to = tally_of(conn, route);
	struct histogram_time time = age(conn, histogram_delays);

	if (conn->branch_of != 0)
		return;
	if (conn->route == NULL)
		add_time(conn, offsetof(struct tally, delays), time);
	if (from != NULL)
		counter_add(&from->passed, 1);
	if (to != NULL) {
		counter_add(&to->opened, 1);
		histogram_add(&to->delays, time);
	}
	conn->route_tally = to;
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
	conn->bytes_in += n;
	counter_add(&conn->worker->counters.bytes_in, n);
	add(conn, offsetof(struct tally, bytes_in), n);
}

void conn_count_out(struct conn *conn, size_t n)
{
	conn->bytes_out += n;
	counter_add(&conn->worker->counters.bytes_out, n);
	add(conn, offsetof(struct tally, bytes_out), n);
}

void conn_tally_handshake(struct conn *conn, enum handshake_result result)
{
	struct counters *c = &conn->worker->counters;

	if (result == HANDSHAKE_FAILED) {
		counter_add(&c->handshakes_failed, 1);
		add(conn, offsetof(struct tally, handshakes_failed), 1);
		return;
	}
	counter_add(&c->handshakes, 1);
	add(conn, offsetof(struct tally, handshakes), 1);
	if (result == HANDSHAKE_RESUMED) {
		counter_add(&c->handshakes_resumed, 1);
		add(conn, offsetof(struct tally, handshakes_resumed), 1);
	}
}
