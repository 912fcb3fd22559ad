/* SPDX-License-Identifier: BSD-2-Clause */
/* CONNECT: a TCP connection to the target, whose addresses are tried in order. */
#include <config.h>

#include <errno.h>
#include <string.h>

#include "daemon/core/conn_tally.h"
#include "daemon/core/tally.h"
#include "daemon/core/conn_trace.h"
#include "daemon/core/worker.h"
#include "daemon/handlers/socks5.h"
#include "daemon/net/sockets.h"
#include "daemon/upstream/peer.h"

#define CONNECT_TIMEOUT (5 * DURATION_S) /* of one address */
#define CONNECT_TOTAL (30 * DURATION_S)

static void try_next(struct socks5 *s);

static enum socks5_reply reply_of(int problem)
{
	switch (problem) {
	case ECONNREFUSED:
		return SOCKS5_REFUSED;
	case ENETUNREACH:
		return SOCKS5_NETWORK_UNREACHABLE;
	case EMFILE:
	case ENFILE:
		return SOCKS5_FAILED;
	default:
		return SOCKS5_HOST_UNREACHABLE;
	}
}

static void set_upstream(struct socks5 *s, const struct netaddr *address)
{
	char text[NETADDR_TEXT_MAX];

	s->conn->upstream = arena_printf(s->conn->arena, "tcp/%s", netaddr_text(address, text));
	facts_set(&s->conn->facts, "l4.proxy.upstream", span_str(s->conn->upstream));
}

static void connected(struct socks5 *s)
{
	struct netaddr local = sockets_name(s->upstream.io.fd);

	if (s->conn->traced != 0)
		conn_trace_dial(s->conn, s->conn->upstream, NULL);
	conn_timer_stop(s->conn);
	conn_tally_upstream(s->conn, peers_unnamed(), s->give_up - duration_seconds(CONNECT_TOTAL));
	endpoint_wait(&s->upstream, 0);
	socks5_answer(s, SOCKS5_SUCCEEDED, &local, socks5_relay);
}

/* The last one's problem is what the client is told. */
static void attempt_failed(struct socks5 *s, int problem)
{
	struct worker *w = s->conn->worker;

	counter_add(&w->counters.dial_failures, 1);
	counter_add(
	    &tallies_of(peers_unnamed(), w->index)->dial_failures[dial_problem_of(problem)], 1);
	if (s->conn->traced != 0)
		conn_trace_dial(s->conn, s->conn->upstream, strerror(problem));
	endpoint_close(&s->upstream);
	conn_timer_stop(s->conn);
	if (s->address < s->address_count && ev_now(s->conn->worker->loop) < s->give_up)
		try_next(s);
	else
		socks5_refuse(s, reply_of(problem), strerror(problem));
}

static void on_connect_timeout(struct conn *conn)
{
	attempt_failed(conn->handler, ETIMEDOUT);
}

static void on_connected(struct endpoint *e, int events)
{
	int problem = sockets_connected(e->io.fd);

	(void)events;
	if (problem == 0)
		connected(e->owner);
	else
		attempt_failed(e->owner, problem);
}

static void try_next(struct socks5 *s)
{
	struct conn *conn = s->conn;
	const struct netaddr *address = &s->addresses[s->address++];
	bool done;
	int fd;

	counter_add(&conn->worker->counters.dials, 1);
	counter_add(&tallies_of(peers_unnamed(), conn->worker->index)->dials, 1);
	set_upstream(s, address);
	fd = sockets_connect(SOCK_STREAM, address, NULL, &done);
	if (fd == -1) {
		attempt_failed(s, errno);
		return;
	}
	endpoint_init(&s->upstream, conn->worker->loop, fd);
	s->upstream.owner = s;
	s->upstream.on_event = on_connected;
	if (done) {
		connected(s);
		return;
	}
	endpoint_wait(&s->upstream, EV_WRITE);
	conn_timer(conn, CONNECT_TIMEOUT, on_connect_timeout);
	socks5_watch_client(s);
}

void socks5_connect(struct socks5 *s)
{
	s->conn->state = "dialing";
	s->give_up = ev_now(s->conn->worker->loop) + duration_seconds(CONNECT_TOTAL);
	socks5_resolve(s, try_next);
}
