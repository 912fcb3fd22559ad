/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "daemon/control/admin_client.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>
#include <utlist.h>

#include "common/arena.h"
#include "daemon/control/metrics.h"
#include "daemon/core/worker.h"
#include "daemon/http/response.h"
#include "daemon/wire/http1.h"

#define HEAD_MAX 8192
#define REQUEST_SECONDS 10.
#define HEALTH_SECONDS 5. /* for all workers to answer */
#define SEND_SECONDS 10.  /* without progress */
#define LINGER_SECONDS 2.
#define READ_SIZE 2048

enum phase {
	PHASE_REQUEST,
	PHASE_WORKERS, /* they are asked whether they are there */
	PHASE_ANSWER,
	PHASE_LINGER, /* all is sent: reads on, or closing would be a reset that destroys it */
};

struct check;

struct client {
	struct client *prev, *next;
	void (*left)(void);
	ev_io io;
	ev_timer timer;
	enum phase phase;
	struct buf in;
	struct http1_form form;
	struct arena *arena; /* of the response */
	struct http_response response;
	struct buf head;
	struct span body; /* what is left of it */
	struct check *check;
};

/* Outlives its client where that leaves before the workers have answered. */
struct check {
	struct client *client; /* NULL: gone */
};

static struct client *clients;
static size_t count;

static void stop(struct client *c)
{
	ev_io_stop(control_loop(), &c->io);
	ev_timer_stop(control_loop(), &c->timer);
	close(c->io.fd);
	if (c->check != NULL)
		c->check->client = NULL;
	DL_DELETE(clients, c);
	count--;
	http_response_fini(&c->response);
	buf_fini(&c->in);
	buf_fini(&c->head);
	arena_free(c->arena);
	c->left();
	free(c);
}

static void wait_for(struct client *c, enum phase phase, int events, double seconds)
{
	struct ev_loop *loop = control_loop();

	c->phase = phase;
	ev_io_stop(loop, &c->io);
	ev_io_modify(&c->io, events);
	if (events != 0)
		ev_io_start(loop, &c->io);
	ev_timer_stop(loop, &c->timer);
	ev_timer_set(&c->timer, seconds, 0.);
	ev_timer_start(loop, &c->timer);
}

/* ---- sending -------------------------------------------------------------------------------- */

/* 1: all is gone; 0: the client takes no more now; -1: it is gone. */
static int send_some(struct client *c)
{
	while (buf_len(&c->head) + c->body.n > 0) {
		struct span head = buf_span(&c->head);
		struct iovec iov[2] = {{(void *)head.p, head.n}, {(void *)c->body.p, c->body.n}};
		struct msghdr message = {.msg_iov = iov, .msg_iovlen = 2};
		ssize_t n = sendmsg(c->io.fd, &message, MSG_NOSIGNAL);
		size_t of_head;

		if (n == -1)
			return errno == EAGAIN ? 0 : errno == EINTR ? 0 : -1;
		of_head = (size_t)n < head.n ? (size_t)n : head.n;
		buf_consume(&c->head, of_head);
		span_skip(&c->body, (size_t)n - of_head);
	}
	return 1;
}

/* Goes on with the answer. The client may be gone afterwards. */
static void go_on(struct client *c)
{
	switch (send_some(c)) {
	case 0:
		wait_for(c, PHASE_ANSWER, EV_WRITE, SEND_SECONDS);
		break;
	case 1:
		http_response_fini(&c->response);
		shutdown(c->io.fd, SHUT_WR);
		wait_for(c, PHASE_LINGER, EV_READ, LINGER_SECONDS);
		break;
	default:
		stop(c);
		break;
	}
}

static void set_field(struct client *c, const char *name, const char *value)
{
	http_fields_set(&c->response.fields, c->arena, span_str(name), span_str(value));
}

static void send_response(struct client *c)
{
	set_field(c, "Cache-Control", "no-store");
	set_field(c, "X-Content-Type-Options", "nosniff");
	if (http1_write_head(&c->response, &c->form, &c->head))
		c->body = http_response_body(&c->response);
	go_on(c);
}

static void refuse(struct client *c, unsigned status)
{
	http_response_error(&c->response, c->arena, status);
	if (status == 405)
		set_field(c, "Allow", "GET, HEAD");
	send_response(c);
}

/* ---- /healthz ------------------------------------------------------------------------------- */

static void visit_worker(struct worker *w, void *arg)
{
	(void)w;
	(void)arg;
}

static void workers_answered(void *arg)
{
	struct check *check = arg;
	struct client *c = check->client;

	free(check);
	if (c == NULL)
		return;
	c->check = NULL;
	if (c->phase != PHASE_WORKERS)
		return;
	set_field(c, "Content-Type", "text/plain; charset=utf-8");
	buf_append_str(&c->response.body, "ok\n");
	send_response(c);
}

static void answer_health(struct client *c)
{
	c->check = mem_zalloc(sizeof(*c->check));
	c->check->client = c;
	wait_for(c, PHASE_WORKERS, 0, HEALTH_SECONDS);
	workers_visit(visit_worker, workers_answered, c->check);
}

/* ---- /metrics ------------------------------------------------------------------------------- */

/* The weight of an element of Accept (RFC 9110 section 12.4.2): 1 unless it says less. */
static double weight(struct span parameters)
{
	char text[8] = "";
	size_t i;

	for (i = 0; i + 2 < parameters.n; i++) {
		if ((parameters.p[i] | 0x20) != 'q' || parameters.p[i + 1] != '=')
			continue;
		if (i > 0 && parameters.p[i - 1] != ';' && parameters.p[i - 1] != ' ')
			continue;
		memcpy(text, parameters.p + i + 2,
		    parameters.n - i - 2 < sizeof(text) - 1 ? parameters.n - i - 2
							    : sizeof(text) - 1);
		return strtod(text, NULL);
	}
	return 1;
}

/* OpenMetrics for who asks for it, and as gladly as for plain text; that for all others. */
static enum metrics_format choose_format(const struct http1_head *head)
{
	struct span accept, element, type;
	double open = 0, plain = 0, q;

	if (!http1_header(head, "Accept", &accept))
		return METRICS_PROMETHEUS;
	while (http1_next_element(&accept, &element)) {
		const uint8_t *end = memchr(element.p, ';', element.n);

		type = span_of(element.p, end != NULL ? (size_t)(end - element.p) : element.n);
		q = weight(span_of(type.p + type.n, element.n - type.n));
		while (type.n > 0 && type.p[type.n - 1] == ' ')
			type.n--;
		if (http1_equal(type, span_str("application/openmetrics-text")))
			open = fmax(open, q);
		else if (http1_equal(type, span_str("text/plain")))
			plain = fmax(plain, q);
	}
	return open > 0 && open >= plain ? METRICS_OPENMETRICS : METRICS_PROMETHEUS;
}

static void answer_metrics(struct client *c, const struct http1_head *head)
{
	enum metrics_format format = choose_format(head);
	struct metrics *metrics = metrics_new(format);

	while (metrics_next(metrics, &c->response.body))
		;
	metrics_free(metrics);
	set_field(c, "Content-Type", metrics_content_type(format));
	set_field(c, "Vary", "Accept");
	send_response(c);
}

/* ---- the request ---------------------------------------------------------------------------- */

static void answer(struct client *c, const struct http1_head *head)
{
	bool metrics = span_eq_str(head->path, "/metrics");
	bool health = span_eq_str(head->path, "/healthz");

	c->form.minor = head->minor;
	c->form.head = span_eq_str(head->method, "HEAD");
	if (!metrics && !health)
		refuse(c, 404);
	else if (!c->form.head && !span_eq_str(head->method, "GET"))
		refuse(c, 405);
	else if (metrics)
		answer_metrics(c, head);
	else
		answer_health(c);
}

static void take_request(struct client *c)
{
	struct http1_head head;

	switch (http1_parse(buf_span(&c->in), HEAD_MAX, &head)) {
	case HTTP1_MORE:
		break;
	case HTTP1_NO:
		refuse(c, 400);
		break;
	case HTTP1_BAD:
		refuse(c, head.status);
		break;
	case HTTP1_OK:
		answer(c, &head);
		break;
	}
}

/* ---- events --------------------------------------------------------------------------------- */

static void on_readable(struct client *c)
{
	uint8_t *room = buf_reserve(&c->in, READ_SIZE);
	ssize_t n = recv(c->io.fd, room, READ_SIZE, 0);

	if (n == -1 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) {
		stop(c);
		return;
	}
	if (c->phase == PHASE_LINGER)
		return;
	buf_commit(&c->in, (size_t)n);
	take_request(c);
}

static void on_event(struct ev_loop *loop, ev_io *w, int events)
{
	struct client *c = w->data;

	(void)loop;
	(void)events;
	if (c->phase == PHASE_ANSWER)
		go_on(c);
	else
		on_readable(c);
}

static void on_timeout(struct ev_loop *loop, ev_timer *w, int events)
{
	struct client *c = w->data;

	(void)loop;
	(void)events;
	if (c->phase == PHASE_REQUEST && buf_len(&c->in) > 0)
		refuse(c, 408);
	else if (c->phase == PHASE_WORKERS)
		refuse(c, 503);
	else
		stop(c);
}

void admin_client_start(int fd, void (*left)(void))
{
	struct client *c = mem_zalloc(sizeof(*c));

	c->left = left;
	c->arena = arena_new(512);
	ev_io_init(&c->io, on_event, fd, EV_READ);
	c->io.data = c;
	ev_timer_init(&c->timer, on_timeout, 0., 0.);
	c->timer.data = c;
	DL_APPEND(clients, c);
	count++;
	wait_for(c, PHASE_REQUEST, EV_READ, REQUEST_SECONDS);
}

size_t admin_client_count(void)
{
	return count;
}

void admin_clients_stop(void)
{
	while (clients != NULL)
		stop(clients);
}
