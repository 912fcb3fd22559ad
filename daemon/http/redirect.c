/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "daemon/http/redirect.h"

#include <errno.h>

#include "common/duration.h"
#include "daemon/core/conn.h"

#define PEEK 2048
#define FIRST_BYTES 5 /* enough to tell, as no method is shorter that redirects are for */
#define PATIENCE (60 * DURATION_S)

/* ---- loading ------------------------------------------------------------------------------- */

const struct field http_redirect_fields[] = {
    FIELD_INT(struct http_server, max_header_bytes, "max_header_bytes", 0, "16384", 1024, 16777216,
	"most bytes of a request's head"),
    FIELD_END,
};

static const char routes[] =
    "[{\"handle\": [{\"handler\": \"static_response\", \"status_code\": 308, \"close\": true, "
    "\"headers\": {\"Location\": [\"https://{http.request.hostport}{http.request.uri}\"]}}]}]";

int http_redirect_load(
    struct load *load, const struct jnode *node, struct http_server *out, struct error *err)
{
	json_t *json = json_loads(routes, 0, NULL);
	struct jnode root = jnode_root(json);
	int rc = -1;

	if (fields_load(http_redirect_fields, load, node, "wrapper", load->arena, out, err) == 0)
		rc = http_routes_load(load, &root, &out->routes, err);
	json_decref(json);
	out->read_header_timeout = out->write_idle_timeout = PATIENCE;
	out->read_idle_timeout = out->idle_timeout = PATIENCE;
	return rc;
}

/* ---- looking ------------------------------------------------------------------------------- */

enum look { LOOK_HTTP, LOOK_OTHER, LOOK_MORE };

static enum look look(const struct stream *top, const struct http_server *server)
{
	struct span bytes = buf_span(&top->ahead);
	struct http1_head head;

	switch (http1_parse(bytes, (size_t)server->max_header_bytes, &head)) {
	case HTTP1_NO:
		return LOOK_OTHER;
	case HTTP1_MORE:
		return bytes.n < FIRST_BYTES ? LOOK_MORE : LOOK_HTTP;
	default:
		return LOOK_HTTP;
	}
}

static enum handle_result handle(struct conn *conn, const void *params);

static void on_bytes(struct conn *conn, int events)
{
	const struct http_server *server = conn->handler;
	enum handle_result result;

	(void)events;
	conn_wait(conn, 0, NULL);
	conn_timer_stop(conn);
	result = handle(conn, server);
	if (result != HANDLE_WAIT)
		conn_resume(conn, result);
}

static void on_timer(struct conn *conn)
{
	conn_end(conn, END_IDLE_TIMEOUT, NULL);
}

static enum handle_result handle(struct conn *conn, const void *params)
{
	struct stream *top = conn->client.top;
	const struct http_server *server = params;
	enum look seen;
	ssize_t n;

	while ((seen = look(top, server)) == LOOK_MORE) {
		n = stream_peek(top, PEEK);
		if (n > 0)
			continue;
		if (n == 0 || errno != EAGAIN)
			return HANDLE_NEXT; /* whose business it is */
		conn->handler = (void *)server;
		conn_timer(conn, server->read_header_timeout, on_timer);
		conn_wait(conn, EV_READ, on_bytes);
		return HANDLE_WAIT;
	}
	return seen == LOOK_HTTP ? handler_http.handle(conn, server) : HANDLE_NEXT;
}

const struct handler_type handler_http_redirect = {
    .name = "http_redirect",
    .help = "sends who speaks HTTP on an HTTPS port to https://",
    .params_size = sizeof(struct http_server),
    .handle = handle,
    .internal = true,
};
