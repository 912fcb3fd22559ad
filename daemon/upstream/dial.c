/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "daemon/upstream/dial.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "common/log.h"
#include "daemon/core/conn_tally.h"
#include "daemon/core/conn_trace.h"
#include "daemon/core/events.h"
#include "daemon/core/listener.h"
#include "daemon/core/replacer.h"
#include "daemon/core/tally.h"
#include "daemon/core/worker.h"
#include "daemon/net/resolver.h"
#include "daemon/net/sockets.h"
#include "daemon/tls/client.h"
#include "daemon/tls/stream.h"

#define TRY_INTERVAL_DEFAULT (250 * DURATION_MS)

/* What the client may say before anyone listens to it. */
#define AHEAD_MAX (16u << 10)
#define PEEK_SIZE (4u << 10)

/* What was tried in vain, for the log. */
#define PROBLEMS_MAX 256

struct dial {
	struct conn *conn;
	const struct pool *pool;
	const struct dial_options *options;
	void (*done)(struct conn *conn, struct endpoint *upstream, const void *arg);
	const void *arg;
	struct endpoint upstream; /* io.fd -1: none open */
	const struct upstream *chosen;
	size_t destination;                /* the next one of chosen to try */
	const struct destination *current; /* NULL: none */
	struct peer *peer;                 /* of current; counts us; NULL: none */
	struct peer *reached;              /* what it was when done() was called */
	const struct address *target;      /* current's address */
	struct address *expanded;          /* room for it where it is dynamic */
	const struct netaddr *addresses;   /* what current stands for */
	struct netaddr *resolved;          /* room for them where it is a name */
	size_t address, address_count;     /* the next one to try */
	struct resolver_query *query;
	struct tls_stream *tls; /* on upstream, while it handshakes */
	ev_tstamp since;        /* loop time of the beginning */
	ev_tstamp give_up;      /* loop time; try_duration */
	char *problems;         /* of this round; NULL: none */
	bool watching;          /* the client, since the first wait */
	bool tried[];           /* of the pool's upstreams */
};

static void run(struct dial *d);

/* ---- the client, meanwhile ------------------------------------------------------------------ */

/*
 * A reset means that nobody wants the upstream any more. An end alone does not: it may be one half,
 * with an answer expected.
 */
static void on_client(struct conn *conn, int events)
{
	struct stream *top = conn->client.top;
	ssize_t n = stream_peek(top, PEEK_SIZE);

	(void)events;
	if (n == -1 && errno != EAGAIN)
		conn_end(
		    conn, errno == EPROTO ? END_TLS_ERROR : END_CLIENT_RESET, "while dialling");
	else if (n == 0 || buf_len(&top->ahead) >= AHEAD_MAX)
		conn_wait(conn, 0, NULL);
}

static void watch_client(struct dial *d)
{
	if (d->watching || d->conn->flow != NULL) /* whose datagrams wait by themselves */
		return;
	d->watching = true;
	if (buf_len(&d->conn->client.top->ahead) < AHEAD_MAX)
		conn_wait_more(d->conn, on_client);
}

/* ---- ending --------------------------------------------------------------------------------- */

static void leave(void *peer)
{
	peer_leave(peer);
}

static void leave_dynamic(void *peer)
{
	peer_leave(peer);
	peer_unref(peer);
}

static void leave_current(struct dial *d)
{
	if (d->peer != NULL && d->current->host != NULL)
		leave_dynamic(d->peer);
	else if (d->peer != NULL)
		leave(d->peer);
	d->peer = NULL;
	d->current = NULL;
}

static void on_end(struct conn *conn)
{
	struct dial *d = conn->handler;

	if (d->query != NULL)
		resolver_cancel(d->query);
	endpoint_close(&d->upstream);
	leave_current(d);
}

static void on_retry(struct conn *conn)
{
	struct dial *d = conn->handler;

	memset(d->tried, 0, d->pool->count);
	if (d->problems != NULL)
		d->problems[0] = '\0';
	run(d);
}

/* Nothing more to try in this round. */
static void exhausted(struct dial *d)
{
	int64_t interval = d->options->try_interval;
	bool tried = d->problems != NULL && d->problems[0] != '\0';

	if (ev_now(d->conn->worker->loop) < d->give_up) {
		conn_timer(d->conn, interval > 0 ? interval : TRY_INTERVAL_DEFAULT, on_retry);
		watch_client(d);
		return;
	}
	conn_end(d->conn, tried ? END_DIAL_FAILED : END_NO_UPSTREAM, d->problems);
}

/* "name (address): problem", for the log; address may be NULL. */
static void note_problem(
    struct dial *d, const char *name, const struct netaddr *address, const char *problem)
{
	char text[NETADDR_TEXT_MAX];
	size_t used;

	if (d->problems == NULL)
		d->problems = arena_alloc(d->conn->arena, PROBLEMS_MAX);
	used = strlen(d->problems);
	if (address != NULL)
		snprintf(d->problems + used, PROBLEMS_MAX - used, "%s%s (%s): %s",
		    used > 0 ? "; " : "", name, netaddr_text(address, text), problem);
	else
		snprintf(d->problems + used, PROBLEMS_MAX - used, "%s%s: %s", used > 0 ? "; " : "",
		    name, problem);
}

static void tell_failing(
    const struct dial *d, const struct peer *peer, int64_t left_alone, const char *problem)
{
	struct event e = {.type = EVENT_UPSTREAM_FAILING};
	struct log_line line;

	log_begin(&line, LOG_WARN, "health", "the upstream fails and is left alone for a while");
	log_str(&line, "upstream", peer->address);
	log_seconds(&line, "for", left_alone);
	log_str(&line, "problem", problem);
	log_end(&line);
	if (!events_wanted(EVENT_UPSTREAM_FAILING))
		return;
	e.row.upstream = span_str(peer->address);
	e.row.age = duration_seconds(left_alone);
	e.problem = span_str(problem);
	events_note(d->conn->worker, &e);
}

/* Says so when that is one too many. */
static void count_failure(
    struct dial *d, struct peer *peer, enum dial_problem kind, const char *problem)
{
	struct worker *w = d->conn->worker;
	const struct health_passive *p = d->chosen->passive;
	bool before = p != NULL && peer_is_failing(peer, (size_t)p->max_fails, p->fail_duration);

	counter_add(&w->counters.dial_failures, 1);
	counter_add(&tallies_of(peer_tallies(peer), w->index)->dial_failures[kind], 1);
	peer_failed(peer);
	if (p != NULL && !before && peer_is_failing(peer, (size_t)p->max_fails, p->fail_duration))
		tell_failing(d, peer, p->fail_duration, problem);
}

/* At the current destination, or at one of its addresses where it is a name. */
static void attempt_failed(
    struct dial *d, const struct netaddr *address, enum dial_problem kind, const char *problem)
{
	count_failure(d, d->peer, kind, problem);
	if (d->conn->traced != 0)
		conn_trace_dial(d->conn, d->peer->address, problem);
	note_problem(d, strchr(d->peer->address, '/') + 1,
	    d->addresses == d->resolved ? address : NULL, problem);
}

/* ---- one address ---------------------------------------------------------------------------- */

/* Remembers it where the family that should come first does not answer, but this one does. */
static void note_family(struct dial *d)
{
	const struct netaddr *used = &d->addresses[d->address - 1];

	if (d->address > 1 && used->family != d->addresses[0].family)
		peer_set_detour(d->peer, used->family, ev_now(d->conn->worker->loop));
}

static void connected(struct dial *d)
{
	struct conn *conn = d->conn;

	arena_release(conn->arena, d->current->host != NULL ? leave_dynamic : leave, d->peer);
	conn->upstream = d->peer->address;
	conn_tally_upstream(conn, peer_tallies(d->peer), d->since);
	conn->upstream_bound = d->pool->active != NULL && d->pool->active->close_if_unhealthy;
	facts_set(&conn->facts, "l4.proxy.upstream", span_str(d->peer->address));
	if (conn->traced != 0)
		conn_trace_dial(conn, conn->upstream, NULL);
	d->reached = d->peer;
	d->peer = NULL;
	d->current = NULL;
	conn_timer_stop(conn);
	conn->on_end = NULL;
	d->done(conn, &d->upstream, d->arg);
}

/* The address that is being tried is none to use: run() goes on with the next one. */
static void give_up_address(struct dial *d, enum dial_problem kind, const char *problem)
{
	conn_timer_stop(d->conn);
	endpoint_close(&d->upstream);
	d->tls = NULL;
	attempt_failed(d, &d->addresses[d->address - 1], kind, problem);
}

/* ---- TLS with it ---------------------------------------------------------------------------- */

static void on_handshake_timeout(struct conn *conn)
{
	struct dial *d = conn->handler;

	give_up_address(d, DIAL_TLS, "no TLS session within handshake_timeout");
	run(d);
}

/* Returns whether run() has to go on: it has failed. */
static bool handshake(struct dial *d)
{
	const char *why = NULL;

	switch (tls_stream_handshake(d->tls, &why)) {
	case TLS_DONE:
		connected(d);
		return false;
	case TLS_AGAIN:
		endpoint_wait(&d->upstream, tls_stream_wants(d->tls));
		return false;
	case TLS_FAILED:
	case TLS_HTTP:
		break;
	}
	give_up_address(d, DIAL_TLS, why);
	return true;
}

static void on_handshake(struct endpoint *e, int events)
{
	struct dial *d = e->owner;

	(void)events;
	if (handshake(d))
		run(d);
}

/* The name to ask for and to verify: what the operator says, else the host that is dialled. */
static const char *server_name(struct dial *d)
{
	const struct template *template = d->chosen->tls->server_name;
	struct buf expanded = {0};
	const char *name = address_is_ip(d->target->network) ? d->target->host : "";
	size_t n;

	if (template != NULL) {
		template_expand(template, &d->conn->facts, &expanded);
		name = buf_len(&expanded) > 0 ? buf_str(&expanded) : "";
	}
	n = strlen(name);
	if (n > 0 && name[n - 1] == '.')
		n--;
	name = arena_strndup(d->conn->arena, name, n);
	buf_fini(&expanded);
	return name;
}

/* As handshake(). */
static bool start_tls(struct dial *d)
{
	struct conn *conn = d->conn;
	const struct tls_client *client = d->chosen->tls;
	const struct fact *proto = facts_get(&conn->facts, "l4.tls.proto");
	struct span alpn = span_of(NULL, 0);
	struct tls_area area = {.data = conn->worker->tls_ahead, .size = WORKER_SCRATCH};

	if (proto != NULL)
		alpn = span_of(proto->value, proto->length);
	d->tls = tls_stream_connect(conn->arena, &d->upstream, client, server_name(d), alpn, area);
	if (d->tls == NULL) {
		give_up_address(d, DIAL_TLS, "no TLS session can be made for this name");
		return true;
	}
	d->upstream.owner = d;
	d->upstream.on_event = on_handshake;
	if (client->timeout > 0)
		conn_timer(conn, client->timeout, on_handshake_timeout);
	watch_client(d);
	return handshake(d);
}

/* The socket is connected. As handshake(). */
static bool reached(struct dial *d)
{
	const struct tls_client *client = d->chosen->tls;

	note_family(d);
	if (client != NULL && tls_client_wants(client, d->target->port))
		return start_tls(d);
	connected(d);
	return false;
}

/* ---- connecting ----------------------------------------------------------------------------- */

static void on_connected(struct endpoint *e, int events)
{
	struct dial *d = e->owner;
	int problem = sockets_connected(e->io.fd);
	bool more = true;

	(void)events;
	conn_timer_stop(d->conn);
	if (problem == 0)
		more = reached(d);
	else
		give_up_address(d, dial_problem_of(problem), strerror(problem));
	if (more)
		run(d);
}

static void on_connect_timeout(struct conn *conn)
{
	struct dial *d = conn->handler;

	give_up_address(d, DIAL_TIMEOUT, "no answer within dial_timeout");
	run(d);
}

/* Returns whether to go on at once. */
static bool try_address(struct dial *d)
{
	struct worker *w = d->conn->worker;
	const struct netaddr *address = &d->addresses[d->address++], *local;
	struct netaddr source;
	bool done;
	int fd;

	counter_add(&w->counters.dials, 1);
	counter_add(&tallies_of(peer_tallies(d->peer), w->index)->dials, 1);
	atomic_fetch_add_explicit(&d->peer->dials, 1, memory_order_relaxed);
	local = sources_choose(&d->chosen->sources, &d->conn->facts, address->family, &source);
	fd = sockets_connect(address_socket_type(d->target->network), address, local, &done);
	if (fd == -1) {
		attempt_failed(d, address, dial_problem_of(errno), strerror(errno));
		return true;
	}
	endpoint_init(&d->upstream, w->loop, fd);
	if (done)
		return reached(d);
	d->upstream.owner = d;
	d->upstream.on_event = on_connected;
	endpoint_wait(&d->upstream, EV_WRITE);
	conn_timer(d->conn, d->options->timeout, on_connect_timeout);
	watch_client(d);
	return false;
}

/* ---- one destination ------------------------------------------------------------------------ */

static void take_address(struct dial *d, struct netaddr address)
{
	const char *refusal = NULL;

	address.port = d->target->port;
	if (d->current->host != NULL)
		refusal = destination_refusal(d->current, &address, d->conn->worker->listeners);
	if (refusal != NULL)
		note_problem(d, strchr(d->peer->address, '/') + 1, &address, refusal);
	else
		d->resolved[d->address_count++] = address;
}

static int first_family(const struct dial *d)
{
	int detour = peer_detour(d->peer, ev_now(d->conn->worker->loop));

	if (detour != AF_UNSPEC)
		return detour;
	return d->chosen->preference == PREFER_IPV4_FIRST   ? AF_INET
	       : d->chosen->preference == PREFER_IPV6_FIRST ? AF_INET6
							    : AF_UNSPEC;
}

/* Those of the family that is known to answer come first; else as the resolver has sorted them. */
static void take_addresses(struct dial *d, const struct resolver_answer *answer)
{
	int first = first_family(d);
	size_t i;
	int pass;

	if (d->resolved == NULL)
		d->resolved =
		    arena_array(d->conn->arena, RESOLVER_ADDRESSES_MAX, sizeof(*d->resolved));
	d->addresses = d->resolved;
	for (pass = 0; pass < 2; pass++)
		for (i = 0; i < answer->count; i++)
			if ((answer->items[i].family == first) == (pass == 0))
				take_address(d, answer->items[i]);
	if (answer->count == 0)
		attempt_failed(d, NULL, DIAL_RESOLVE, answer->problem);
}

static void on_resolved(void *arg, const struct resolver_answer *answer)
{
	struct dial *d = arg;

	d->query = NULL;
	conn_timer_stop(d->conn);
	take_addresses(d, answer);
	run(d);
}

static void on_resolve_timeout(struct conn *conn)
{
	struct dial *d = conn->handler;
	struct resolver_answer answer;

	resolver_give_up(d->query, &answer);
	d->query = NULL;
	take_addresses(d, &answer);
	run(d);
}

/* Returns whether to go on at once. */
static bool resolve(struct dial *d)
{
	struct worker *w = d->conn->worker;
	struct resolver_answer answer;
	int family = upstream_family(d->chosen, address_family(d->target));

	if (family == -1) {
		attempt_failed(
		    d, NULL, DIAL_RESOLVE, "not of the family that resolver_preference allows");
		return true;
	}
	if (w->resolver == NULL)
		w->resolver = resolver_new(w->loop);
	if (w->resolver == NULL) {
		attempt_failed(d, NULL, DIAL_RESOLVE, "names cannot be resolved here");
		return true;
	}
	d->query = resolver_ask(w->resolver, d->target->host, family, on_resolved, d, &answer);
	if (d->query == NULL) {
		take_addresses(d, &answer);
		return true;
	}
	conn_timer(d->conn, d->options->timeout, on_resolve_timeout);
	watch_client(d);
	return false;
}

/* A dynamic destination: what it is for this connection, and its peer. false: it cannot be. */
static bool expand(struct dial *d)
{
	char text[ADDRESS_TEXT_MAX];
	const char *problem;

	if (d->expanded == NULL)
		d->expanded = arena_alloc(d->conn->arena, sizeof(*d->expanded));
	problem =
	    destination_expand(d->current, &d->conn->facts, d->conn->listener->place, d->expanded);
	if (problem != NULL) {
		note_problem(d, "dial", NULL, problem);
		return false;
	}
	d->target = d->expanded;
	d->peer = peer_get_recent(address_text(d->expanded, text));
	if (d->chosen->passive != NULL)
		peer_remember(d->peer, (size_t)d->chosen->passive->max_fails);
	if (upstream_may_dial(d->chosen, d->peer) &&
	    peer_enter(d->peer, (uint64_t)d->chosen->max_connections))
		return true;
	peer_unref(d->peer);
	d->peer = NULL;
	return false;
}

/* Datagrams go to where datagrams are taken, and streams to where streams are. */
static bool is_of_kind(struct dial *d, const struct destination *destination)
{
	bool datagrams = address_socket_type(destination->address.network) == SOCK_DGRAM;

	if (datagrams == (d->conn->flow != NULL))
		return true;
	note_problem(d, address_network_name(destination->address.network), NULL,
	    datagrams ? "takes datagrams, and the client speaks over a stream"
		      : "takes a stream, and the client sends datagrams");
	return false;
}

/* Returns whether to go on at once. */
static bool next_destination(struct dial *d)
{
	const struct destination *next = &d->chosen->destinations[d->destination++];

	d->current = next;
	d->address = d->address_count = 0;
	if (!is_of_kind(d, next))
		return true;
	if (next->host != NULL)
		return expand(d) ? resolve(d) : true;
	if (!upstream_may_dial(d->chosen, next->peer) ||
	    !peer_enter(next->peer, (uint64_t)d->chosen->max_connections))
		return true;
	d->peer = next->peer;
	d->target = &next->address;
	if (next->fixed.family == AF_UNSPEC)
		return resolve(d);
	d->addresses = &next->fixed;
	d->address_count = 1;
	return true;
}

/* Goes on until something must be waited for, or an end is reached. */
static void run(struct dial *d)
{
	bool more = true;

	while (more) {
		if (d->peer != NULL && d->address < d->address_count) {
			more = try_address(d);
			continue;
		}
		leave_current(d);
		if (d->chosen != NULL && d->destination < d->chosen->dial.count) {
			more = next_destination(d);
			continue;
		}
		d->chosen = pool_select(d->pool, d->tried, &d->conn->facts.src);
		d->destination = 0;
		if (d->chosen == NULL) {
			exhausted(d);
			return;
		}
		d->tried[d->chosen - d->pool->items] = true;
	}
}

void dial_refused(struct endpoint *upstream, int problem)
{
	struct dial *d = (struct dial *)((char *)upstream - offsetof(struct dial, upstream));

	count_failure(d, d->reached, dial_problem_of(problem), strerror(problem));
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
	d->since = ev_now(conn->worker->loop);
	if (options->try_duration > 0)
		d->give_up = ev_now(conn->worker->loop) + duration_seconds(options->try_duration);
	conn->handler = d;
	conn->on_end = on_end;
	conn->state = "dialing";
	conn_wait(conn, 0, NULL);
	run(d);
}
