/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * For tests of the control socket: a client on the same thread as the control loop, and
 * connections that exist only in the workers' tables.
 */
#ifndef TESTS_UNIT_CONTROL_SUPPORT_H
#define TESTS_UNIT_CONTROL_SUPPORT_H

#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <ev.h>

#include "common/arena.h"
#include "common/buf.h"
#include "common/log.h"
#include "common/pack.h"
#include "common/scanner.h"
#include "common/unpack.h"
#include "daemon/control/session.h"
#include "daemon/core/conn.h"
#include "daemon/core/conn_table.h"
#include "daemon/core/instance.h"
#include "daemon/core/listener.h"
#include "daemon/core/worker.h"

#define PATIENCE 10.0 /* seconds, before a test calls it stuck */

/* ---- the client ---------------------------------------------------------------------------- */

struct peer_client {
	int fd;
	struct buf in;
	msgpack_unpacked value; /* the message received last */
	struct buf bytes;       /* what it borrows from */
};

__attribute__((unused)) static void client_start(struct peer_client *c, enum level level)
{
	struct caller caller = {.uid = 1000, .pid = 1, .command = "test", .level = level};
	int pair[2];

	*c = (struct peer_client){0};
	ck_assert_int_eq(
	    socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, pair), 0);
	session_start(pair[0], &caller);
	c->fd = pair[1];
}

__attribute__((unused)) static void client_stop(struct peer_client *c)
{
	close(c->fd);
	msgpack_unpacked_destroy(&c->value);
	buf_fini(&c->in);
	buf_fini(&c->bytes);
}

/* One round of the loop, waiting no longer than some milliseconds. */
static void on_tick(struct ev_loop *loop, ev_timer *w, int events)
{
	(void)loop;
	(void)w;
	(void)events;
}

__attribute__((unused)) static void turn(void)
{
	ev_timer tick;

	ev_timer_init(&tick, on_tick, 0.002, 0.);
	ev_timer_start(control_loop(), &tick);
	ev_run(control_loop(), EVRUN_ONCE);
	ev_timer_stop(control_loop(), &tick);
}

__attribute__((unused)) static void turns(unsigned count)
{
	while (count-- > 0)
		turn();
}

/* false: nothing new, or the end. *ended tells. */
static bool client_read(struct peer_client *c, bool *ended)
{
	ssize_t n = recv(c->fd, buf_reserve(&c->in, 65536), 65536, 0);

	*ended = n == 0 || (n == -1 && errno == ECONNRESET);
	if (n <= 0)
		return false;
	buf_commit(&c->in, (size_t)n);
	return true;
}

/* Reads meanwhile, as a client that pipelines must. */
__attribute__((unused)) static void client_send(struct peer_client *c, const void *p, size_t n)
{
	ev_tstamp end = ev_time() + PATIENCE;
	const char *bytes = p;
	bool ended;

	while (n > 0) {
		ssize_t sent = send(c->fd, bytes, n, MSG_NOSIGNAL);

		if (sent == -1 && errno == EPIPE)
			return;
		ck_assert_msg(sent != -1 || errno == EAGAIN, "send: %s", strerror(errno));
		if (sent > 0) {
			bytes += sent;
			n -= (size_t)sent;
		}
		turn();
		client_read(c, &ended);
		ck_assert_msg(ev_time() < end, "stuck while sending");
	}
}

static bool client_take(struct peer_client *c)
{
	struct scanner scanner;
	struct error err;

	scanner_init(
	    &scanner, (struct scanner_limits){CONTROL_ANSWER_MAX, CONTROL_DEPTH_MAX, 1048576});
	if (scanner_run(&scanner, buf_span(&c->in)) != SCANNER_DONE)
		return false;
	msgpack_unpacked_destroy(&c->value);
	buf_clear(&c->bytes);
	buf_append(&c->bytes, buf_span(&c->in).p, scanner.at);
	buf_consume(&c->in, scanner.at);
	ck_assert_int_eq(unpack_value(&c->value, buf_span(&c->bytes), &err), 0);
	return true;
}

/* The next message, or NULL at the end of the stream. */
__attribute__((unused)) static const msgpack_object *client_message(struct peer_client *c)
{
	ev_tstamp until = ev_time() + PATIENCE;
	bool ended = false;

	while (!client_take(c)) {
		if (client_read(c, &ended))
			continue;
		if (ended)
			return NULL;
		turn();
		ck_assert_msg(ev_time() < until, "waited in vain for a message");
	}
	return &c->value.data;
}

__attribute__((unused)) static void client_expect_end(struct peer_client *c)
{
	const msgpack_object *message = client_message(c);

	ck_assert_msg(message == NULL, "a message instead of the end");
}

/* ---- requests ------------------------------------------------------------------------------ */

/* A request that is being made: request_begin(), fill map, request_send(). */
struct request {
	struct buf bytes;
	struct pack pack;
	struct pack_box map;
};

__attribute__((unused)) static struct pack_box *request_begin(
    struct request *r, uint32_t id, const char *method)
{
	*r = (struct request){0};
	pack_init(&r->pack, &r->bytes);
	pack_array_of(&r->pack, 4);
	pack_u64(&r->pack, CONTROL_REQUEST);
	pack_u64(&r->pack, id);
	pack_str(&r->pack, method);
	pack_array_of(&r->pack, 1);
	pack_map_open(&r->pack, &r->map);
	return &r->map;
}

__attribute__((unused)) static void request_send(struct request *r, struct peer_client *c)
{
	pack_close(&r->map);
	client_send(c, buf_span(&r->bytes).p, buf_len(&r->bytes));
	buf_fini(&r->bytes);
}

__attribute__((unused)) static void send_plain(
    struct peer_client *c, uint32_t id, const char *method)
{
	struct request r;

	request_begin(&r, id, method);
	request_send(&r, c);
}

/* The map of a message [2, name, [map]], or NULL. */
__attribute__((unused)) static const msgpack_object *notification(
    const msgpack_object *o, const char *name)
{
	struct span text;
	uint64_t type;

	if (o == NULL || !unpack_is_array(o) || o->via.array.size != 3 ||
	    !unpack_u64(&o->via.array.ptr[0], &type) || type != CONTROL_NOTIFICATION ||
	    !unpack_text(&o->via.array.ptr[1], &text) || !span_eq_str(text, name))
		return NULL;
	return &o->via.array.ptr[2].via.array.ptr[0];
}

/* The error or the result of the response to id, which must be the next message. */
static const msgpack_object *response(struct peer_client *c, uint32_t id, bool want_error)
{
	const msgpack_object *o = client_message(c), *error, *result;
	uint64_t type, theirs;

	ck_assert_msg(o != NULL, "the end instead of the response %u", id);
	ck_assert(unpack_is_array(o) && o->via.array.size == 4);
	ck_assert(unpack_u64(&o->via.array.ptr[0], &type) && type == CONTROL_RESPONSE);
	ck_assert(unpack_u64(&o->via.array.ptr[1], &theirs));
	ck_assert_uint_eq(theirs, id);
	error = &o->via.array.ptr[2];
	result = &o->via.array.ptr[3];
	ck_assert(unpack_is_nil(error) != unpack_is_nil(result));
	if (want_error != unpack_is_map(error)) {
		msgpack_object_print(stderr, *o);
		ck_abort_msg(want_error ? ": no error" : ": an error");
	}
	return want_error ? error : result;
}

__attribute__((unused)) static const msgpack_object *expect_result(
    struct peer_client *c, uint32_t id)
{
	return response(c, id, false);
}

__attribute__((unused)) static void expect_text(
    const msgpack_object *map, const char *key, const char *want)
{
	char have[1024];

	ck_assert_msg(unpack_copy(unpack_get(map, key), have, sizeof(have)), "no %s", key);
	ck_assert_str_eq(have, want);
}

/* path and hint: NULL for none. */
__attribute__((unused)) static void expect_error(
    struct peer_client *c, uint32_t id, const char *code, const char *path, const char *hint)
{
	const msgpack_object *error = response(c, id, true);

	expect_text(error, "code", code);
	ck_assert(unpack_get(error, "message") != NULL);
	if (path != NULL)
		expect_text(error, "path", path);
	else
		ck_assert(unpack_get(error, "path") == NULL);
	if (hint != NULL)
		expect_text(error, "hint", hint);
	else
		ck_assert(unpack_get(error, "hint") == NULL);
}

__attribute__((unused)) static uint64_t number_of(const msgpack_object *map, const char *key)
{
	uint64_t number;

	ck_assert_msg(unpack_u64(unpack_get(map, key), &number), "no number %s", key);
	return number;
}

__attribute__((unused)) static void expect_closing(struct peer_client *c, const char *code)
{
	const msgpack_object *map = notification(client_message(c), CONTROL_CLOSING);

	ck_assert(map != NULL);
	expect_text(map, "code", code);
	client_expect_end(c);
}

__attribute__((unused)) static void greet(struct peer_client *c)
{
	struct request r;

	pack_u64(pack_key(request_begin(&r, 1, CONTROL_HELLO), "protocol"), CONTROL_PROTOCOL);
	request_send(&r, c);
	expect_result(c, 1);
}

/* A greeted client. */
__attribute__((unused)) static void client_ready(struct peer_client *c, enum level level)
{
	client_start(c, level);
	greet(c);
}

/* "a,b,c": the keys of a map, in their order. */
__attribute__((unused)) static void expect_keys(const msgpack_object *map, const char *want)
{
	struct buf have = {0};
	struct span text;
	uint32_t i;

	ck_assert(unpack_is_map(map));
	for (i = 0; i < map->via.map.size; i++) {
		ck_assert(unpack_text(&map->via.map.ptr[i].key, &text));
		buf_printf(&have, "%s%.*s", i > 0 ? "," : "", (int)text.n, (const char *)text.p);
	}
	ck_assert_str_eq(buf_str(&have), want);
	buf_fini(&have);
}

/* ---- the daemon ---------------------------------------------------------------------------- */

#define TEST_WORKERS 2

__attribute__((unused)) static void daemon_start(void)
{
	struct error err;

	log_init(LOG_TEXT, LOG_ERROR, 2);
	ck_assert_int_eq(workers_start(TEST_WORKERS, &err), 0);
}

__attribute__((unused)) static void daemon_stop(void)
{
	session_close_all("the test ends");
	turns(5);
	workers_stop();
}

/* ---- connections --------------------------------------------------------------------------- */

static const struct server fake_server = {.name = "main"};

/* What a visit adds. */
struct fakes {
	unsigned each; /* to each worker */
	bool done;
};

static void add_fake(struct worker *w, struct listener *l, unsigned n)
{
	struct arena *arena = arena_new(1024);
	struct conn *conn = arena_alloc(arena, sizeof(*conn));
	struct netaddr ip;

	conn->arena = arena;
	conn->worker = w;
	conn->listener = listener_ref(l);
	endpoint_init(&conn->client, w->loop, dup(0));
	ev_timer_init(&conn->timer, NULL, 0., 0.);
	ck_assert(netaddr_parse_ip(n % 2 ? "10.1.2.3" : "192.0.2.7", &ip));
	ip.port = (uint16_t)(1000 + n);
	conn->facts.src = conn->facts.remote = conn->facts.dst = conn->facts.local = ip;
	conn->facts.start_ns = (int64_t)(ev_now(w->loop) * 1e9) - (int64_t)n * DURATION_S;
	conn->facts.fd = -1;
	conn->facts.arena = arena;
	conn->facts.server = "main";
	conn->facts.route = n % 3 ? "db" : NULL;
	conn->active = ev_now(w->loop);
	conn->bytes_in = n * 1000;
	conn->state = "relaying";
	facts_set(&conn->facts, "l4.tls.server_name", span_str("a.example.com"));
	conn_table_add(conn);
	counter_add(&w->counters.accepted, 1);
}

static void visit_add(struct worker *w, void *arg)
{
	const struct fakes *fakes = arg;
	struct listener *l = listener_new(w, -1, "tcp/127.0.0.1:993");
	unsigned i;

	l->server = &fake_server;
	for (i = 0; i < fakes->each; i++)
		add_fake(w, l, i);
	listener_unref(l);
}

static void visit_done(void *arg)
{
	((struct fakes *)arg)->done = true;
}

__attribute__((unused)) static void visit_wait(
    void (*visit)(struct worker *w, void *arg), struct fakes *fakes)
{
	ev_tstamp until = ev_time() + PATIENCE;

	fakes->done = false;
	workers_visit(visit, visit_done, fakes);
	while (!fakes->done) {
		turn();
		ck_assert(ev_time() < until);
	}
}

__attribute__((unused)) static void add_connections(unsigned each)
{
	struct fakes fakes = {.each = each};

	visit_wait(visit_add, &fakes);
}

#endif
