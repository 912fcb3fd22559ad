/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "daemon/core/conn_row.h"

#include <math.h>
#include <string.h>
#include <ev.h>

#include "daemon/core/conn.h"
#include "daemon/core/listener.h"
#include "daemon/core/worker.h"

const struct filter_field conn_row_fields[] = {
    CONN_ROW_FIELD(id, FILTER_NUMBER),
    CONN_ROW_FIELD(src, FILTER_ADDRESS),
    CONN_ROW_FIELD(dst, FILTER_ADDRESS),
    CONN_ROW_FIELD(listener, FILTER_TEXT),
    CONN_ROW_FIELD(server, FILTER_TEXT),
    CONN_ROW_FIELD(route, FILTER_TEXT),
    CONN_ROW_FIELD(upstream, FILTER_TEXT),
    CONN_ROW_FIELD(sni, FILTER_TEXT),
    CONN_ROW_FIELD(alpn, FILTER_TEXT),
    CONN_ROW_FIELD(proto, FILTER_TEXT),
    CONN_ROW_FIELD(state, FILTER_TEXT),
    CONN_ROW_FIELD(tls, FILTER_TEXT),
    CONN_ROW_FIELD(age, FILTER_SECONDS),
    CONN_ROW_FIELD(idle, FILTER_SECONDS),
    CONN_ROW_FIELD(bytes_in, FILTER_NUMBER),
    CONN_ROW_FIELD(bytes_out, FILTER_NUMBER),
    {.name = NULL},
};

static struct span text_of(const char *text)
{
	return text != NULL ? span_str(text) : span_of(NULL, 0);
}

static struct span fact_of(const struct conn *conn, const char *name)
{
	const struct fact *fact = facts_get(&conn->facts, name);

	return fact != NULL ? span_of(fact->value, fact->length) : span_of(NULL, 0);
}

static bool ends_tls(const struct conn *conn)
{
	const struct stream *s;

	for (s = conn->client.top; s != NULL; s = s->below)
		if (strcmp(s->ops->name, "tls") == 0)
			return true;
	return false;
}

/* The version without its "tls". */
static struct span tls_of(const struct conn *conn)
{
	struct span version = fact_of(conn, "l4.tls.version");

	if (!ends_tls(conn))
		return version.n > 0 ? span_str("passed") : version;
	if (span_starts(version, span_str("tls")))
		span_skip(&version, 3);
	return version.n > 0 ? version : span_str("handshake");
}

const char *conn_proto(const struct conn *conn)
{
	bool datagrams = conn->flow != NULL;

	if (conn->facts.remote.family == AF_UNIX)
		return datagrams ? "unixgram" : "unix";
	return datagrams ? "udp" : "tcp";
}

void conn_row_accepted(struct conn *conn, struct conn_row *out)
{
	*out = (struct conn_row){
	    .id = conn->facts.id,
	    .src = conn->facts.src,
	    .dst = *facts_dst(&conn->facts),
	    .listener = text_of(conn->listener->address),
	    .server = text_of(conn->facts.server),
	    .proto = text_of(conn_proto(conn)),
	};
}

void conn_row_read(struct conn *conn, struct conn_row *out)
{
	ev_tstamp now = ev_now(conn->worker->loop);

	conn_row_accepted(conn, out);
	out->route = text_of(conn->facts.route);
	out->upstream = text_of(conn->upstream);
	out->sni = fact_of(conn, "l4.tls.server_name");
	out->alpn = fact_of(conn, "l4.tls.proto");
	out->state = text_of(conn->state);
	out->tls = tls_of(conn);
	out->age = fmax(now - (double)conn->facts.start_ns / 1e9, 0);
	out->idle = fmax(now - conn->active, 0);
	out->bytes_in = conn->bytes_in;
	out->bytes_out = conn->bytes_out;
}
