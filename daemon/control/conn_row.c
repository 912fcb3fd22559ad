/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "daemon/control/conn_row.h"

#include <ev.h>
#include <string.h>

#include "daemon/control/time_text.h"
#include "daemon/core/conn.h"
#include "daemon/core/listener.h"
#include "daemon/core/worker.h"

#define TEXT_MAX 256

#define ROW_FIELD(member, type)                                                                    \
	{                                                                                          \
#member, type, offsetof(struct conn_row, member)                                   \
	}

const struct filter_field conn_row_fields[] = {
    ROW_FIELD(id, FILTER_NUMBER),
    ROW_FIELD(src, FILTER_ADDRESS),
    ROW_FIELD(dst, FILTER_ADDRESS),
    ROW_FIELD(listener, FILTER_TEXT),
    ROW_FIELD(server, FILTER_TEXT),
    ROW_FIELD(route, FILTER_TEXT),
    ROW_FIELD(upstream, FILTER_TEXT),
    ROW_FIELD(sni, FILTER_TEXT),
    ROW_FIELD(alpn, FILTER_TEXT),
    ROW_FIELD(proto, FILTER_TEXT),
    ROW_FIELD(state, FILTER_TEXT),
    ROW_FIELD(tls, FILTER_TEXT),
    ROW_FIELD(age, FILTER_SECONDS),
    ROW_FIELD(idle, FILTER_SECONDS),
    ROW_FIELD(bytes_in, FILTER_NUMBER),
    ROW_FIELD(bytes_out, FILTER_NUMBER),
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

static const char *proto_of(const struct conn *conn)
{
	bool datagrams = conn->flow != NULL;

	if (conn->facts.remote.family == AF_UNIX)
		return datagrams ? "unixgram" : "unix";
	return datagrams ? "udp" : "tcp";
}

void conn_row_read(struct conn *conn, struct conn_row *out)
{
	ev_tstamp now = ev_now(conn->worker->loop);

	*out = (struct conn_row){
	    .id = conn->facts.id,
	    .src = conn->facts.src,
	    .dst = *facts_dst(&conn->facts),
	    .listener = text_of(conn->listener->address),
	    .server = text_of(conn->facts.server),
	    .route = text_of(conn->facts.route),
	    .upstream = text_of(conn->upstream),
	    .sni = fact_of(conn, "l4.tls.server_name"),
	    .alpn = fact_of(conn, "l4.tls.proto"),
	    .proto = text_of(proto_of(conn)),
	    .state = text_of(conn->state),
	    .tls = tls_of(conn),
	    .age = time_round(now - (double)conn->facts.start_ns / 1e9),
	    .idle = time_round(now - conn->active),
	    .bytes_in = conn->bytes_in,
	    .bytes_out = conn->bytes_out,
	};
}

static void pack_address(struct pack *pack, const struct netaddr *addr)
{
	char text[NETADDR_TEXT_MAX];

	pack_str(pack, netaddr_text(addr, text));
}

static void pack_optional(struct pack *pack, struct span text)
{
	if (text.n == 0)
		pack_nil(pack);
	else
		pack_text(pack, span_of(text.p, pack_text_cut(text, TEXT_MAX)));
}

void conn_row_pack(const struct conn_row *row, struct pack_box *map)
{
	pack_u64(pack_key(map, "id"), row->id);
	pack_address(pack_key(map, "src"), &row->src);
	pack_address(pack_key(map, "dst"), &row->dst);
	pack_optional(pack_key(map, "listener"), row->listener);
	pack_optional(pack_key(map, "server"), row->server);
	pack_optional(pack_key(map, "route"), row->route);
	pack_optional(pack_key(map, "upstream"), row->upstream);
	pack_optional(pack_key(map, "sni"), row->sni);
	pack_optional(pack_key(map, "alpn"), row->alpn);
	pack_optional(pack_key(map, "proto"), row->proto);
	pack_optional(pack_key(map, "tls"), row->tls);
	pack_double(pack_key(map, "age"), row->age);
	pack_double(pack_key(map, "idle"), row->idle);
	pack_u64(pack_key(map, "bytes_in"), row->bytes_in);
	pack_u64(pack_key(map, "bytes_out"), row->bytes_out);
	pack_optional(pack_key(map, "state"), row->state);
}
