/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "daemon/upstream/datagram_relay.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include "daemon/core/conn_tally.h"
#include "daemon/core/flow.h"
#include "daemon/core/worker.h"
#include "daemon/upstream/dial.h"

/* Read of one upstream in a turn of the loop, once it has shown that it sends many. */
#define READS_PER_EVENT 32

struct relay {
	struct conn *conn;
	struct endpoint *upstream;
	struct span prefix;
	unsigned turn; /* of the loop, in which the upstream was read last */
	bool heard;    /* the upstream has answered */
};

/* ---- ending -------------------------------------------------------------------------------- */

static void on_end(struct conn *conn)
{
	struct relay *r = conn->handler;

	endpoint_close(r->upstream);
}

static void on_max_age(struct conn *conn)
{
	conn_end(conn, END_MAX_AGE, NULL);
}

/* The upstream's machine says, by ICMP, that nobody is there, or the system has no way to it. */
static void refused(struct relay *r)
{
	int problem = errno;

	if (r->heard) {
		conn_end(r->conn, END_UPSTREAM_RESET, strerror(problem));
		return;
	}
	dial_refused(r->upstream, problem);
	conn_end(r->conn, END_DIAL_FAILED, strerror(problem));
}

/* ---- to the upstream ------------------------------------------------------------------------ */

static int send_one(struct relay *r, struct span datagram)
{
	return send(r->upstream->io.fd, datagram.p, datagram.n, MSG_NOSIGNAL) == -1 ? -1 : 1;
}

/* Sends datagrams, each behind the prefix. Returns how many, or -1 with errno. */
static int send_some(struct relay *r, const struct span *datagrams, size_t count)
{
	struct mmsghdr messages[DATAGRAM_BATCH];
	struct iovec iov[DATAGRAM_BATCH][2];
	size_t i;

	if (count == 1 && r->prefix.n == 0)
		return send_one(r, datagrams[0]);
	memset(messages, 0, count * sizeof(messages[0]));
	for (i = 0; i < count; i++) {
		iov[i][0] = (struct iovec){(void *)r->prefix.p, r->prefix.n};
		iov[i][1] = (struct iovec){(void *)datagrams[i].p, datagrams[i].n};
		messages[i].msg_hdr.msg_iov = iov[i];
		messages[i].msg_hdr.msg_iovlen = 2;
	}
	return sendmmsg(r->upstream->io.fd, messages, (unsigned)count, MSG_NOSIGNAL);
}

static void took(struct relay *r, const struct span *datagrams, size_t count)
{
	size_t i;

	for (i = 0; i < count; i++)
		conn_count_in(r->conn, datagrams[i].n);
	flow_take(r->conn->flow, count);
}

/* The first one could not be sent: it alone, or none will be. Returns whether to go on. */
static bool lose_one(struct relay *r)
{
	if (errno != EMSGSIZE && errno != ENOBUFS) {
		refused(r);
		return false;
	}
	flow_take(r->conn->flow, 1);
	flow_lost(r->conn->flow);
	return true;
}

/* Sends what waits. Returns whether all went; if not, it was not taken, or the flow has ended. */
static bool pump_up(struct relay *r)
{
	struct span datagrams[DATAGRAM_BATCH];
	size_t count;

	while ((count = flow_look(r->conn->flow, 0, datagrams, DATAGRAM_BATCH)) > 0) {
		int n = send_some(r, datagrams, count);

		if (n >= 0)
			took(r, datagrams, (size_t)n);
		else if (errno == EAGAIN)
			return false;
		else if (!lose_one(r))
			return false;
	}
	return true;
}

static void on_client(struct conn *conn, int events);

static void settle(struct relay *r, bool sent)
{
	if (r->conn->ended)
		return;
	conn_wait(r->conn, sent ? EV_READ : 0, on_client);
	endpoint_wait(r->upstream, sent ? EV_READ : EV_READ | EV_WRITE);
}

static void on_client(struct conn *conn, int events)
{
	struct relay *r = conn->handler;

	(void)events;
	if (!pump_up(r))
		settle(r, false);
}

/* ---- to the client -------------------------------------------------------------------------- */

/* Reads one datagram. Returns whether another may be there. */
static bool pump_down(struct relay *r)
{
	struct flow *flow = r->conn->flow;
	ssize_t n = recv(r->upstream->io.fd, flow_room(flow), DATAGRAM_MAX, MSG_TRUNC);

	if (n == -1) {
		if (errno != EAGAIN)
			refused(r);
		return false;
	}
	r->heard = true;
	conn_touch(r->conn);
	if (n > DATAGRAM_MAX) {
		flow_lost(flow);
		return true;
	}
	flow_send_room(flow, (size_t)n);
	conn_count_out(r->conn, (size_t)n);
	return true;
}

/*
 * A lone answer is one system call, without another one to learn that it was alone. An upstream
 * that has more to say in each turn of the loop is read until there is no more.
 */
static void on_upstream(struct endpoint *e, int events)
{
	struct relay *r = e->owner;
	unsigned turn = ev_iteration(e->loop);
	int reads = turn == r->turn + 1 ? READS_PER_EVENT : 1;

	r->turn = turn;
	if ((events & EV_READ) != 0)
		while (reads-- > 0 && pump_down(r))
			;
	if ((events & EV_WRITE) != 0 && !r->conn->ended)
		settle(r, pump_up(r));
}

void datagram_relay_start(
    struct conn *conn, struct endpoint *upstream, struct span prefix, int64_t max_age)
{
	struct relay *r = arena_alloc(conn->arena, sizeof(*r));

	r->conn = conn;
	r->upstream = upstream;
	if (prefix.n > 0)
		r->prefix =
		    span_of(arena_strndup(conn->arena, (const char *)prefix.p, prefix.n), prefix.n);
	conn->handler = r;
	conn->on_end = on_end;
	conn->state = "relaying";
	if (max_age > 0)
		conn_timer(conn, max_age, on_max_age);
	upstream->on_event = on_upstream;
	upstream->owner = r;
	settle(r, pump_up(r));
}
