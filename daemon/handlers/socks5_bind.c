/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * BIND: a TCP connection from the target to us, as an FTP server makes it. The client is answered
 * twice: where we listen, and who has come.
 */
#include <config.h>

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "daemon/core/conn_trace.h"
#include "daemon/core/worker.h"
#include "daemon/handlers/socks5.h"
#include "daemon/net/sockets.h"

#define WAIT (3 * 60 * DURATION_S) /* for the connection to come */
#define ACCEPTS_PER_EVENT 16       /* of strangers, who are turned away */

/* Who may come: the target, or anyone where the client does not name one. */
static bool is_expected(const struct socks5 *s, const struct netaddr *from)
{
	size_t i;

	for (i = 0; i < s->address_count; i++) {
		if (netaddr_equal_ip(&s->addresses[i], from))
			return true;
	}
	return s->address_count == 0 && socks5_may_reach(s->params, from);
}

static void accepted(struct socks5 *s, int fd, const struct netaddr *from)
{
	struct conn *conn = s->conn;
	char text[NETADDR_TEXT_MAX];

	endpoint_close(&s->upstream);
	endpoint_init(&s->upstream, conn->worker->loop, fd);
	conn_timer_stop(conn);
	conn_wait(conn, 0, NULL);
	conn->upstream = arena_printf(conn->arena, "tcp/%s", netaddr_text(from, text));
	facts_set(&conn->facts, "l4.proxy.upstream", span_str(conn->upstream));
	if (conn->traced != 0)
		conn_trace_dial(conn, conn->upstream, NULL);
	socks5_answer(s, SOCKS5_SUCCEEDED, from, socks5_relay);
}

static void on_incoming(struct endpoint *e, int events)
{
	struct socks5 *s = e->owner;
	struct netaddr from;
	int fd, i;

	(void)events;
	for (i = 0; i < ACCEPTS_PER_EVENT; i++) {
		fd = sockets_accept(e->io.fd, &from);
		if (fd == -1)
			return;
		if (is_expected(s, &from)) {
			accepted(s, fd, &from);
			return;
		}
		close(fd);
	}
}

static void on_nobody(struct conn *conn)
{
	socks5_refuse(conn->handler, SOCKS5_EXPIRED, "nobody came for BIND");
}

static void wait_for_target(struct socks5 *s)
{
	s->conn->state = "dialing";
	s->upstream.owner = s;
	s->upstream.on_event = on_incoming;
	endpoint_wait(&s->upstream, EV_READ);
	conn_timer(s->conn, WAIT, on_nobody);
	socks5_watch_client(s);
}

/* Where the target reaches this machine, unless the operator says where. */
static struct netaddr listen_address(struct socks5 *s)
{
	struct netaddr address = socks5_bind_address(s), source;

	if (s->params->bind_ip.family == AF_UNSPEC && s->address_count > 0 &&
	    sockets_source(&s->addresses[0], &source) == 0)
		return source;
	return address;
}

static void listen_for_target(struct socks5 *s)
{
	struct netaddr address = listen_address(s), bound;
	int fd = sockets_open(SOCK_STREAM, &address, &bound);

	if (fd == -1) {
		socks5_refuse(s, SOCKS5_FAILED, strerror(errno));
		return;
	}
	endpoint_init(&s->upstream, s->conn->worker->loop, fd);
	if (netaddr_is_any(&bound)) { /* bind_ip says so: the client needs one that leads here */
		address = *facts_local(&s->conn->facts);
		address.port = bound.port;
		bound = address;
	}
	socks5_answer(s, SOCKS5_SUCCEEDED, &bound, wait_for_target);
}

void socks5_bind(struct socks5 *s)
{
	if (s->name[0] == '\0' && netaddr_is_any(&s->request.target.address))
		listen_for_target(s);
	else
		socks5_resolve(s, listen_for_target);
}
