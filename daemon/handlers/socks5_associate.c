/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ASSOCIATE: relays datagrams as long as the client's TCP connection lasts. The client sends its
 * own, with the target before each, to a socket that is bound next to the connection; they leave
 * from a socket for each family, and what comes back there is handed to the client.
 */
#include <config.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/siphash.h"
#include "daemon/core/conn_tally.h"
#include "daemon/core/worker.h"
#include "daemon/handlers/socks5.h"
#include "daemon/net/sockets.h"

#define IDLE_TIMEOUT (5 * 60 * DURATION_S)
#define DATAGRAM_MAX 65536
#define DATAGRAMS_PER_EVENT 32

/* Those that have been written to may answer; the oldest of a row are forgotten. */
#define PEER_ROWS 128
#define PEERS_IN_ROW 4

/* Datagrams that wait for a name. */
#define LOOKUPS_MAX 8
#define LOOKUP_BYTES_MAX (128u << 10)
#define LOOKUP_TIMEOUT 5. /* seconds */

struct peer_row {
	struct netaddr peers[PEERS_IN_ROW];
	uint8_t next;
};

struct lookup {
	struct lookup *next;
	struct association *association;
	struct resolver_query *query;
	ev_tstamp give_up;
	uint16_t port;
	struct buf payload;
};

struct association {
	struct socks5 *s;
	struct ev_loop *loop;
	ev_io inner;           /* the client's side */
	ev_io outer[2];        /* IPv4, IPv6; fd -1: none open */
	struct netaddr client; /* port 0: not known yet */
	struct lookup *lookups;
	size_t lookup_count, lookup_bytes;
	struct peer_row rows[PEER_ROWS];
};

/* ---- peers --------------------------------------------------------------------------------- */

static struct peer_row *row_of(struct association *a, const struct netaddr *addr)
{
	uint8_t key[18] = {(uint8_t)(addr->port >> 8), (uint8_t)addr->port};
	size_t n = addr->family == AF_INET6 ? 16 : 4;

	memcpy(key + 2, addr->ip, n);
	return &a->rows[siphash(key, 2 + n) % PEER_ROWS];
}

static bool is_peer(struct association *a, const struct netaddr *addr)
{
	const struct peer_row *row = row_of(a, addr);
	size_t i;

	for (i = 0; i < PEERS_IN_ROW; i++) {
		if (netaddr_equal(&row->peers[i], addr))
			return true;
	}
	return false;
}

static void note_peer(struct association *a, const struct netaddr *addr)
{
	struct peer_row *row = row_of(a, addr);

	if (is_peer(a, addr))
		return;
	row->peers[row->next] = *addr;
	row->next = (uint8_t)((row->next + 1) % PEERS_IN_ROW);
}

/* ---- from outside to the client ------------------------------------------------------------ */

/* Sends a datagram, or drops it as a network would. */
static void send_datagram(int fd, struct span bytes, const struct netaddr *to)
{
	struct sockaddr_storage sa;
	socklen_t length = netaddr_to_sockaddr(to, &sa);

	(void)!sendto(fd, bytes.p, bytes.n, MSG_NOSIGNAL, (struct sockaddr *)&sa, length);
}

/* Returns the length, or -1 where there is nothing to read. */
static ssize_t receive_datagram(int fd, uint8_t *to, struct netaddr *from)
{
	struct sockaddr_storage sa;
	socklen_t length = sizeof(sa);
	ssize_t n = recvfrom(fd, to, DATAGRAM_MAX, 0, (struct sockaddr *)&sa, &length);

	if (n != -1)
		*from = netaddr_from_sockaddr((struct sockaddr *)&sa, length);
	return n;
}

static void hand_in(struct association *a, uint8_t *bytes, size_t n, const struct netaddr *from)
{
	uint8_t head[SOCKS5_DATAGRAM_HEAD_MAX];
	size_t length = socks5_datagram_head_write(head, from);
	struct conn *conn = a->s->conn;

	memcpy(bytes - length, head, length);
	send_datagram(a->inner.fd, span_of(bytes - length, n + length), &a->client);
	conn_count_out(conn, n);
	conn_touch(conn);
}

static void on_outer(struct ev_loop *loop, ev_io *io, int events)
{
	struct association *a = io->data;
	uint8_t *bytes = a->s->conn->worker->scratch + SOCKS5_DATAGRAM_HEAD_MAX;
	struct netaddr from;
	ssize_t n;
	int i;

	(void)loop;
	(void)events;
	_Static_assert(WORKER_SCRATCH > DATAGRAM_MAX + SOCKS5_DATAGRAM_HEAD_MAX, "room for one");
	for (i = 0; i < DATAGRAMS_PER_EVENT; i++) {
		n = receive_datagram(io->fd, bytes, &from);
		if (n == -1)
			return;
		if (is_peer(a, &from))
			hand_in(a, bytes, (size_t)n, &from);
	}
}

/* ---- from the client to the outside -------------------------------------------------------- */

/* The socket for family; -1: it cannot be opened. */
static int outer_socket(struct association *a, int family)
{
	ev_io *io = &a->outer[family == AF_INET6];
	struct netaddr any = {.family = (uint8_t)family}, bound;
	int fd;

	if (io->fd != -1)
		return io->fd;
	fd = sockets_open(SOCK_DGRAM, &any, &bound);
	if (fd == -1)
		return -1;
	ev_io_set(io, fd, EV_READ);
	ev_io_start(a->loop, io);
	return fd;
}

static void hand_out(struct association *a, struct span payload, const struct netaddr *to)
{
	struct conn *conn = a->s->conn;
	int fd;

	if (to->port == 0 || !socks5_may_reach(a->s->params, to))
		return;
	fd = outer_socket(a, to->family);
	if (fd == -1)
		return;
	note_peer(a, to);
	send_datagram(fd, payload, to);
	conn_count_in(conn, payload.n);
}

/* ---- names --------------------------------------------------------------------------------- */

static void lookup_free(struct lookup *l)
{
	struct association *a = l->association;
	struct lookup **at;

	for (at = &a->lookups; *at != l; at = &(*at)->next)
		;
	*at = l->next;
	a->lookup_count--;
	a->lookup_bytes -= buf_len(&l->payload);
	buf_fini(&l->payload);
	free(l);
}

static void send_resolved(
    struct association *a, struct span payload, uint16_t port, const struct resolver_answer *answer)
{
	struct netaddr to;

	if (answer->count == 0)
		return;
	to = answer->items[0];
	to.port = port;
	hand_out(a, payload, &to);
}

static void on_resolved(void *arg, const struct resolver_answer *answer)
{
	struct lookup *l = arg;

	send_resolved(l->association, buf_span(&l->payload), l->port, answer);
	lookup_free(l);
}

/* The oldest are at the end of the list. */
static void drop_late_lookups(struct association *a)
{
	struct lookup *l = a->lookups, *next;

	for (; l != NULL; l = next) {
		next = l->next;
		if (ev_now(a->loop) >= l->give_up) {
			resolver_cancel(l->query);
			lookup_free(l);
		}
	}
}

static void look_up(struct association *a, const struct socks5_target *target, struct span payload)
{
	struct resolver *resolver = socks5_resolver(a->s->conn);
	char name[SOCKS5_NAME_MAX + 1] = "";
	struct resolver_answer answer;
	struct lookup *l;

	drop_late_lookups(a);
	if (resolver == NULL || a->lookup_count == LOOKUPS_MAX ||
	    a->lookup_bytes + payload.n > LOOKUP_BYTES_MAX)
		return;
	memcpy(name, target->name.p, target->name.n);
	l = mem_zalloc(sizeof(*l));
	l->association = a;
	l->port = target->address.port;
	l->give_up = ev_now(a->loop) + LOOKUP_TIMEOUT;
	l->query = resolver_ask(resolver, name, AF_UNSPEC, on_resolved, l, &answer);
	if (l->query == NULL) {
		free(l);
		send_resolved(a, payload, target->address.port, &answer);
		return;
	}
	buf_append(&l->payload, payload.p, payload.n);
	l->next = a->lookups;
	a->lookups = l;
	a->lookup_count++;
	a->lookup_bytes += payload.n;
}

/* ---- the client's side --------------------------------------------------------------------- */

/* The first port that comes from the client's address is the client's, where it named none. */
static bool is_client(struct association *a, const struct netaddr *from)
{
	if (!netaddr_equal_ip(from, &a->client))
		return false;
	if (a->client.port == 0)
		a->client.port = from->port;
	return a->client.port == from->port;
}

static void on_inner(struct ev_loop *loop, ev_io *io, int events)
{
	struct association *a = io->data;
	struct conn *conn = a->s->conn;
	struct socks5_target target;
	struct netaddr from;
	struct span payload;
	ssize_t n;
	int i;

	(void)loop;
	(void)events;
	for (i = 0; i < DATAGRAMS_PER_EVENT; i++) {
		n = receive_datagram(io->fd, conn->worker->scratch, &from);
		if (n == -1)
			return;
		if (!is_client(a, &from) ||
		    !socks5_datagram_parse(
			span_of(conn->worker->scratch, (size_t)n), &target, &payload))
			continue;
		conn_touch(conn);
		if (target.name.n > 0)
			look_up(a, &target, payload);
		else
			hand_out(a, payload, &target.address);
	}
}

/* ---- beginning and end --------------------------------------------------------------------- */

static void close_watched(struct association *a, ev_io *io)
{
	if (io->fd == -1)
		return;
	ev_io_stop(a->loop, io);
	close(io->fd);
	io->fd = -1;
}

static void on_end(struct conn *conn)
{
	struct association *a = ((struct socks5 *)conn->handler)->command;

	while (a->lookups != NULL) {
		resolver_cancel(a->lookups->query);
		lookup_free(a->lookups);
	}
	close_watched(a, &a->inner);
	close_watched(a, &a->outer[0]);
	close_watched(a, &a->outer[1]);
}

/* The connection carries nothing more; its end is the association's. */
static void on_client(struct conn *conn, int events)
{
	ssize_t n;

	(void)events;
	do
		n = stream_read(conn->client.top, conn->worker->scratch, DATAGRAM_MAX);
	while (n > 0);
	if (n == 0)
		conn_end(conn, END_CLIENT_CLOSED, NULL);
	else if (errno == EAGAIN)
		conn_wait(conn, EV_READ, on_client);
	else
		conn_end(conn, errno == EPROTO ? END_TLS_ERROR : END_CLIENT_RESET, NULL);
}

static void on_idle(struct conn *conn)
{
	double left = conn->active + duration_seconds(IDLE_TIMEOUT) - ev_now(conn->worker->loop);

	if (left <= 0)
		conn_end(conn, END_IDLE_TIMEOUT, NULL);
	else
		conn_timer(conn, (int64_t)(left * 1e9), on_idle);
}

static void serve(struct socks5 *s)
{
	struct association *a = s->command;

	s->conn->state = "relaying";
	ev_io_start(a->loop, &a->inner);
	conn_touch(s->conn);
	conn_timer(s->conn, IDLE_TIMEOUT, on_idle);
	on_client(s->conn, 0);
}

/* A port that the client names counts, unless a NAT is between: then its address is not its own. */
static struct netaddr client_address(const struct socks5 *s)
{
	const struct netaddr *named = &s->request.target.address;
	struct netaddr client = s->conn->facts.src;

	client.port = 0;
	if (s->name[0] == '\0' && (netaddr_is_any(named) || netaddr_equal_ip(named, &client)))
		client.port = named->port;
	return client;
}

static struct association *association_new(struct socks5 *s, int fd)
{
	struct association *a = arena_alloc(s->conn->arena, sizeof(*a));
	size_t i;

	a->s = s;
	a->loop = s->conn->worker->loop;
	a->client = client_address(s);
	ev_io_init(&a->inner, on_inner, fd, EV_READ);
	a->inner.data = a;
	for (i = 0; i < 2; i++) {
		ev_io_init(&a->outer[i], on_outer, -1, EV_READ);
		a->outer[i].data = a;
	}
	return a;
}

void socks5_associate(struct socks5 *s)
{
	struct netaddr address = socks5_bind_address(s), bound;
	int fd = sockets_open(SOCK_DGRAM, &address, &bound);

	if (fd == -1) {
		socks5_refuse(s, SOCKS5_FAILED, strerror(errno));
		return;
	}
	s->command = association_new(s, fd);
	s->conn->on_end = on_end;
	if (netaddr_is_any(&bound)) { /* bind_ip says so: the client needs one that leads here */
		address = *facts_local(&s->conn->facts);
		address.port = bound.port;
		bound = address;
	}
	socks5_answer(s, SOCKS5_SUCCEEDED, &bound, serve);
}
