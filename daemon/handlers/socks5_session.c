/* SPDX-License-Identifier: BSD-2-Clause */
/* A client's session up to its command: greeting, password, request (RFC 1928, RFC 1929). */
#include <config.h>

#include <errno.h>

#include "daemon/core/conn_tally.h"
#include "daemon/core/iprange.h"
#include "daemon/core/worker.h"
#include "daemon/handlers/socks5.h"

#define HANDSHAKE_TIMEOUT (10 * DURATION_S)
#define RESOLVE_TIMEOUT (5 * DURATION_S)
/* Closing with bytes unread makes a reset, which may destroy the answer on its way. */
#define LINGER (1 * DURATION_S)
#define READ_SIZE 1024
#define AHEAD_MAX (16u << 10)

static const struct relay_options relay_options = {.fin_timeout = 5 * 60 * DURATION_S};

static void on_client(struct conn *conn, int events);

/* ---- ending -------------------------------------------------------------------------------- */

static void on_end(struct conn *conn)
{
	struct socks5 *s = conn->handler;

	if (s->query != NULL)
		resolver_cancel(s->query);
	endpoint_close(&s->upstream);
}

static void broken(struct conn *conn)
{
	conn_end(conn, errno == EPROTO ? END_TLS_ERROR : END_CLIENT_RESET, NULL);
}

static void on_handshake_timeout(struct conn *conn)
{
	conn_end(conn, END_PROTOCOL, "a SOCKS 5 client that is too slow");
}

static enum end_reason refusal_reason(enum socks5_reply reply)
{
	switch (reply) {
	case SOCKS5_NETWORK_UNREACHABLE:
	case SOCKS5_HOST_UNREACHABLE:
	case SOCKS5_REFUSED:
		return END_DIAL_FAILED;
	case SOCKS5_EXPIRED:
		return END_IDLE_TIMEOUT;
	default:
		return END_PROTOCOL;
	}
}

static void end_refused(struct conn *conn)
{
	struct socks5 *s = conn->handler;

	conn_end(conn, refusal_reason(s->reply), s->why);
}

/* Forgets what the client says until it ends, for a short while. */
static void on_linger(struct conn *conn, int events)
{
	ssize_t n;

	(void)events;
	do
		n = stream_read(conn->client.top, conn->worker->scratch, READ_SIZE);
	while (n > 0);
	if (n == 0 || errno != EAGAIN)
		end_refused(conn);
	else
		conn_wait(conn, EV_READ, on_linger);
}

static void shut(struct socks5 *s)
{
	stream_shutdown(s->conn->client.top);
	conn_timer(s->conn, LINGER, end_refused);
	on_linger(s->conn, 0);
}

void socks5_refuse(struct socks5 *s, enum socks5_reply reply, const char *why)
{
	s->reply = reply;
	s->why = why;
	endpoint_close(&s->upstream);
	socks5_answer(s, reply, NULL, shut);
}

/* ---- sending ------------------------------------------------------------------------------- */

static void on_writable(struct conn *conn, int events);

/* Sends what is left of the answer; then comes the next step. */
static void push_out(struct socks5 *s)
{
	struct conn *conn = s->conn;
	struct stream *top = conn->client.top;

	while (s->out_sent < s->out_length) {
		struct iovec iov = {s->out + s->out_sent, s->out_length - s->out_sent};
		ssize_t n = stream_write(top, &iov, 1);

		if (n == -1)
			break;
		s->out_sent += (size_t)n;
		conn_count_out(conn, (size_t)n);
	}
	if (s->out_sent == s->out_length && stream_flush(top) == 0) {
		conn_wait(conn, 0, NULL);
		s->step(s);
	} else if (errno == EAGAIN) {
		conn_timer(conn, HANDSHAKE_TIMEOUT, on_handshake_timeout);
		conn_wait(conn, EV_WRITE, on_writable);
	} else {
		broken(conn);
	}
}

static void on_writable(struct conn *conn, int events)
{
	(void)events;
	push_out(conn->handler);
}

static void send_out(struct socks5 *s, void (*step)(struct socks5 *s))
{
	s->out_sent = 0;
	s->step = step;
	push_out(s);
}

void socks5_answer(struct socks5 *s, enum socks5_reply reply, const struct netaddr *address,
    void (*step)(struct socks5 *s))
{
	struct netaddr none = {.family = AF_UNSPEC};

	s->out_length = socks5_reply_write(s->out, reply, address != NULL ? address : &none);
	send_out(s, step);
}

/* The two bytes that answer a greeting or a password. */
static void send_pair(
    struct socks5 *s, uint8_t version, uint8_t what, void (*step)(struct socks5 *s))
{
	s->out[0] = version;
	s->out[1] = what;
	s->out_length = 2;
	send_out(s, step);
}

/* ---- receiving ----------------------------------------------------------------------------- */

static struct span ahead(const struct socks5 *s)
{
	return buf_span(&s->conn->client.top->ahead);
}

static void forget(struct socks5 *s, size_t n)
{
	struct buf *ahead = &s->conn->client.top->ahead;

	buf_consume(ahead, n);
	conn_count_in(s->conn, n);
	if (buf_len(ahead) == 0)
		buf_fini(ahead);
}

/* The step is asked again with more bytes. */
static void want_more(struct socks5 *s, void (*step)(struct socks5 *s))
{
	struct conn *conn = s->conn;
	ssize_t n = stream_peek(conn->client.top, READ_SIZE);

	s->step = step;
	if (n > 0)
		step(s);
	else if (n == 0)
		conn_end(conn, END_PROTOCOL, "the client ended before its SOCKS 5 request");
	else if (errno == EAGAIN)
		conn_wait_more(conn, on_client);
	else
		broken(conn);
}

static void on_client(struct conn *conn, int events)
{
	struct socks5 *s = conn->handler;

	(void)events;
	conn_wait(conn, 0, NULL);
	want_more(s, s->step);
}

/* ---- request ------------------------------------------------------------------------------- */

static void run_command(struct socks5 *s)
{
	enum socks5_command command = s->request.command;

	if (s->request.command < SOCKS5_CONNECT || s->request.command > SOCKS5_ASSOCIATE) {
		socks5_refuse(s, SOCKS5_COMMAND_UNKNOWN, "an unknown SOCKS 5 command");
		return;
	}
	if (s->request.problem != SOCKS5_SUCCEEDED) {
		socks5_refuse(s, s->request.problem, "an address that cannot be understood");
		return;
	}
	if (!s->params->allowed[command]) {
		socks5_refuse(s, SOCKS5_NOT_ALLOWED, "a SOCKS 5 command that is not allowed");
		return;
	}
	if (command == SOCKS5_CONNECT)
		socks5_connect(s);
	else if (command == SOCKS5_BIND)
		socks5_bind(s);
	else
		socks5_associate(s);
}

static void step_request(struct socks5 *s)
{
	size_t length;

	switch (socks5_request_parse(ahead(s), &s->request, &length)) {
	case WIRE_MORE:
		want_more(s, step_request);
		return;
	case WIRE_NO:
		conn_end(s->conn, END_PROTOCOL, "not a SOCKS 5 request");
		return;
	case WIRE_YES:
		break;
	}
	if (s->request.problem == SOCKS5_SUCCEEDED && s->request.target.name.n > 0)
		memcpy(s->name, s->request.target.name.p, s->request.target.name.n);
	forget(s, length);
	conn_timer_stop(s->conn);
	run_command(s);
}

/* ---- password ------------------------------------------------------------------------------ */

static void step_password(struct socks5 *s)
{
	struct span user, password;
	size_t length;
	bool known;

	switch (socks5_password_parse(ahead(s), &user, &password, &length)) {
	case WIRE_MORE:
		want_more(s, step_password);
		return;
	case WIRE_NO:
		conn_end(s->conn, END_PROTOCOL, "not a SOCKS 5 password");
		return;
	case WIRE_YES:
		break;
	}
	known = socks5_is_known(s->params, user, password);
	forget(s, length);
	s->reply = SOCKS5_NOT_ALLOWED;
	s->why = "a wrong user name or password";
	send_pair(s, SOCKS5_PASSWORD_VERSION, known ? 0 : 1, known ? step_request : shut);
}

/* ---- greeting ------------------------------------------------------------------------------ */

static void step_greeting(struct socks5 *s)
{
	uint8_t method = s->params->password ? SOCKS5_METHOD_PASSWORD : SOCKS5_METHOD_NONE;
	struct span methods;
	bool offered;

	switch (socks5_greeting_parse(ahead(s), &methods)) {
	case WIRE_MORE:
		want_more(s, step_greeting);
		return;
	case WIRE_NO:
		conn_end(s->conn, END_PROTOCOL, "not a SOCKS 5 greeting");
		return;
	case WIRE_YES:
		break;
	}
	offered = memchr(methods.p, method, methods.n) != NULL;
	forget(s, 2 + methods.n);
	if (offered) {
		send_pair(s, 5, method, s->params->password ? step_password : step_request);
		return;
	}
	s->reply = SOCKS5_NOT_ALLOWED;
	s->why = s->params->password ? "a client without a password"
				     : "a client that insists on a password";
	send_pair(s, 5, SOCKS5_METHOD_REFUSED, shut);
}

void socks5_start(struct conn *conn, const struct socks5_params *params)
{
	struct socks5 *s = arena_alloc(conn->arena, sizeof(*s));

	s->conn = conn;
	s->params = params;
	endpoint_init(&s->upstream, conn->worker->loop, -1);
	conn->handler = s;
	conn->on_end = on_end;
	conn_timer(conn, HANDSHAKE_TIMEOUT, on_handshake_timeout);
	step_greeting(s);
}

/* ---- for the commands ---------------------------------------------------------------------- */

bool socks5_may_reach(const struct socks5_params *params, const struct netaddr *addr)
{
	return !iprange_contains(params->refused, addr);
}

struct resolver *socks5_resolver(struct conn *conn)
{
	struct worker *w = conn->worker;

	if (w->resolver == NULL)
		w->resolver = resolver_new(w->loop);
	return w->resolver;
}

static void take_addresses(struct socks5 *s, const struct resolver_answer *answer)
{
	struct netaddr address;
	size_t i;

	conn_timer_stop(s->conn);
	for (i = 0; i < answer->count; i++) {
		address = answer->items[i];
		address.port = s->request.target.address.port;
		if (socks5_may_reach(s->params, &address))
			s->addresses[s->address_count++] = address;
	}
	if (s->address_count > 0)
		s->step(s);
	else if (answer->count > 0)
		socks5_refuse(s, SOCKS5_NOT_ALLOWED, "an address that clients may not reach");
	else
		socks5_refuse(s, SOCKS5_HOST_UNREACHABLE, answer->problem);
}

static void on_resolved(void *arg, const struct resolver_answer *answer)
{
	struct socks5 *s = arg;

	s->query = NULL;
	take_addresses(s, answer);
}

static void on_resolve_timeout(struct conn *conn)
{
	struct socks5 *s = conn->handler;
	struct resolver_answer answer;

	resolver_give_up(s->query, &answer);
	s->query = NULL;
	take_addresses(s, &answer);
}

void socks5_resolve(struct socks5 *s, void (*step)(struct socks5 *s))
{
	struct resolver *resolver = socks5_resolver(s->conn);
	struct resolver_answer answer = {.count = 0, .problem = "names cannot be resolved here"};

	s->step = step;
	if (s->name[0] == '\0') {
		answer.count = 1;
		answer.items[0] = s->request.target.address;
	} else if (resolver != NULL) {
		s->query = resolver_ask(resolver, s->name, AF_UNSPEC, on_resolved, s, &answer);
	}
	if (s->query == NULL) {
		take_addresses(s, &answer);
		return;
	}
	conn_timer(s->conn, RESOLVE_TIMEOUT, on_resolve_timeout);
	socks5_watch_client(s);
}

/* A reset means that nobody wants it any more; an end may be that of one half. */
static void on_waiting(struct conn *conn, int events)
{
	struct stream *top = conn->client.top;
	ssize_t n = stream_peek(top, READ_SIZE);

	(void)events;
	if (n == -1 && errno != EAGAIN)
		broken(conn);
	else if (n == 0 || buf_len(&top->ahead) >= AHEAD_MAX)
		conn_wait(conn, 0, NULL);
}

void socks5_watch_client(struct socks5 *s)
{
	if (buf_len(&s->conn->client.top->ahead) < AHEAD_MAX && !s->conn->client.top->ended)
		conn_wait_more(s->conn, on_waiting);
}

struct netaddr socks5_bind_address(struct socks5 *s)
{
	struct netaddr address = *facts_local(&s->conn->facts);

	if (s->params->bind_ip.family != AF_UNSPEC)
		return s->params->bind_ip;
	if (address.family != AF_INET && address.family != AF_INET6)
		address.family = AF_UNSPEC;
	address.port = 0;
	return address;
}

void socks5_relay(struct socks5 *s)
{
	s->conn->on_end = NULL;
	relay_start(s->conn, &s->upstream, span_of(NULL, 0), &relay_options);
}
