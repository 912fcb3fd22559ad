/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "daemon/tls/accept.h"

#include <errno.h>
#include <string.h>

#include "daemon/core/answers.h"
#include "daemon/core/conn_tally.h"
#include "daemon/core/worker.h"
#include "daemon/tls/challenge.h"
#include "daemon/tls/client_facts.h"
#include "daemon/tls/on_demand.h"
#include "daemon/tls/stream.h"
#include "daemon/wire/hello.h"

#define PEEK_STEP 2048
#define PEEK_MAX (HELLO_SIZE_MAX + 4096) /* with the records' headers */

/* A handshake on its way; conn->handler meanwhile. */
struct accepting {
	const struct tls_policies *policies;
	struct tls_stream *stream; /* NULL: the policy has not been chosen */
	int64_t timeout;
	const char *http_answer; /* NULL: none */
	bool timed;
	bool challenge; /* a CA that validates a name */
	bool asked;     /* for a certificate on demand */
};

static enum handle_result fail(struct conn *conn, const char *why)
{
	conn_tally_handshake(conn, HANDSHAKE_FAILED);
	conn_end(conn, END_TLS_HANDSHAKE, why);
	return HANDLE_FAIL;
}

/* below is where TLS would be spoken. */
static enum handle_result answer_http(
    struct conn *conn, const struct accepting *a, struct stream *below, const char *why)
{
	struct iovec iov = {.iov_base = (void *)a->http_answer};

	if (a->http_answer != NULL) {
		iov.iov_len = strlen(a->http_answer);
		(void)!stream_write(below, &iov, 1);
	}
	return fail(conn, why);
}

/* Nobody to speak TLS with: a plain alert, handshake_failure (RFC 8446 section 6). */
static enum handle_result refuse(struct conn *conn, const char *why)
{
	static const uint8_t alert[] = {21, 3, 3, 0, 2, 2, 40};
	struct iovec iov = {.iov_base = (void *)alert, .iov_len = sizeof(alert)};

	(void)!stream_write(conn->client.top, &iov, 1);
	return fail(conn, why);
}

/* ---- waiting ------------------------------------------------------------------------------- */

static enum handle_result go_on(struct conn *conn, struct accepting *a);

static void proceed(struct conn *conn)
{
	struct accepting *a = conn->handler;
	enum handle_result result = go_on(conn, a);

	if (result == HANDLE_WAIT)
		return;
	if (result == HANDLE_NEXT) {
		conn_wait(conn, 0, NULL);
		conn_timer_stop(conn);
	}
	conn_resume(conn, result);
}

static void on_client(struct conn *conn, int events)
{
	(void)events;
	conn_touch(conn);
	proceed(conn);
}

static void on_timeout(struct conn *conn)
{
	fail(conn, "timeout");
}

static void start_timeout(struct conn *conn, struct accepting *a)
{
	if (a->timeout > 0 && !a->timed) {
		a->timed = true;
		conn_timer(conn, a->timeout, on_timeout);
	}
}

static enum handle_result wait_for(struct conn *conn, struct accepting *a, int events)
{
	start_timeout(conn, a);
	conn_wait(conn, events, on_client);
	return HANDLE_WAIT;
}

/* A name that has no certificate yet may get one; true: the connection waits for that. */
static bool wait_for_certificate(
    struct conn *conn, struct accepting *a, const struct tls_policy *policy, struct span name)
{
	char text[256];

	if (a->asked || !on_demand_possible() || policy == NULL || policy->drop ||
	    policy->only != NULL || !on_demand_is_missing(name, text))
		return false;
	a->asked = true;
	start_timeout(conn, a);
	conn_wait(conn, 0, NULL);
	on_demand_ask(conn, text, proceed);
	return true;
}

/* ---- choosing the policy ------------------------------------------------------------------- */

/*
 * Looks at the hello, reading ahead as far as needed. HANDLE_NEXT: *policy is chosen, or NULL where
 * none matches.
 */
static enum handle_result choose_by_hello(
    struct conn *conn, struct accepting *a, const struct tls_policy **policy)
{
	struct stream *top = conn->client.top;
	struct buf assembled = {0};
	enum hello_result found;
	struct hello hello;
	bool waits;
	ssize_t n;

	for (;;) {
		found = hello_parse(buf_span(&top->ahead), &assembled, &hello);
		if (found != HELLO_MORE)
			break;
		if (buf_len(&top->ahead) >= PEEK_MAX) {
			buf_fini(&assembled);
			return refuse(conn, "the hello is too long");
		}
		n = stream_peek(top, PEEK_STEP);
		if (n > 0)
			continue;
		buf_fini(&assembled);
		if (n == -1 && errno == EAGAIN) {
			start_timeout(conn, a);
			conn_wait_more(conn, on_client);
			return HANDLE_WAIT;
		}
		return fail(conn, n == 0 ? "the client ended the connection" : strerror(errno));
	}
	*policy = found == HELLO_OK ? tls_challenge_policy(&hello, conn->arena) : NULL;
	a->challenge = *policy != NULL;
	if (!a->challenge)
		*policy = tls_policies_choose(
		    a->policies, found == HELLO_OK ? &hello : NULL, &conn->facts);
	waits = !a->challenge && found == HELLO_OK &&
		wait_for_certificate(conn, a, *policy, hello.server_name);
	buf_fini(&assembled);
	return waits ? HANDLE_WAIT : HANDLE_NEXT;
}

static enum handle_result push_stream(struct conn *conn, struct accepting *a)
{
	struct tls_area area = {.data = conn->worker->tls_ahead, .size = WORKER_SCRATCH};
	const struct tls_policy *policy = a->policies->items;
	enum handle_result result;

	if (a->policies->wants_hello || answers_pending(ANSWER_TLS_ALPN) || on_demand_possible()) {
		result = choose_by_hello(conn, a, &policy);
		if (result != HANDLE_NEXT)
			return result;
	}
	if (policy == NULL && tls_speaks_http(buf_span(&conn->client.top->ahead)))
		return answer_http(conn, a, conn->client.top, "the client speaks HTTP");
	if (policy == NULL)
		return refuse(conn, "no connection policy matches");
	if (policy->drop)
		return fail(conn, "dropped by the connection policy");
	a->stream =
	    tls_stream_push(conn->arena, &conn->client, policy, facts_dst(&conn->facts), area);
	return a->stream != NULL ? HANDLE_NEXT : fail(conn, "no memory for a session");
}

/* ---- the handshake ------------------------------------------------------------------------- */

static void set_facts(struct conn *conn, const struct tls_stream *stream)
{
	struct facts *f = &conn->facts;
	struct tls_info info;

	tls_stream_info(stream, &info);
	facts_set(f, "l4.tls.server_name", info.server_name);
	facts_set(f, "l4.tls.version", span_str(info.version));
	facts_set(f, "l4.tls.cipher_suite", span_str(info.cipher_suite));
	facts_set(f, "l4.tls.proto", info.alpn);
	facts_set(f, "l4.tls.proto_mutual", span_str("true"));
	facts_set(f, "l4.tls.resumed", span_str(info.resumed ? "true" : "false"));
	facts_set(f, "l4.tls.ech", span_str("false"));
	if (info.client.n > 0)
		client_facts_set(f, info.client);
	conn_tally_handshake(conn, info.resumed ? HANDSHAKE_RESUMED : HANDSHAKE_FULL);
}

static enum handle_result go_on(struct conn *conn, struct accepting *a)
{
	const char *why = NULL;
	enum handle_result result;

	if (a->stream == NULL) {
		result = push_stream(conn, a);
		if (result != HANDLE_NEXT)
			return result;
	}
	switch (tls_stream_handshake(a->stream, &why)) {
	case TLS_DONE:
		set_facts(conn, a->stream);
		if (!a->challenge)
			return HANDLE_NEXT;
		conn_end(conn, END_CHALLENGE, NULL);
		return HANDLE_FAIL;
	case TLS_AGAIN:
		return wait_for(conn, a, tls_stream_wants(a->stream));
	case TLS_HTTP:
		return answer_http(conn, a, conn->client.top->below, why);
	case TLS_FAILED:
		break;
	}
	return fail(conn, why);
}

enum handle_result tls_accept(struct conn *conn, const struct tls_policies *policies,
    int64_t timeout, const char *http_answer)
{
	struct accepting *a = arena_alloc(conn->arena, sizeof(*a));

	a->policies = policies;
	a->timeout = timeout;
	a->http_answer = http_answer;
	conn->handler = a;
	return go_on(conn, a);
}
