/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A connection as lists, filters and events see it: a plain record, made on the worker's thread and
 * used there, as its texts are borrowed from the connection.
 */
#ifndef DAEMON_CORE_CONN_ROW_H
#define DAEMON_CORE_CONN_ROW_H

#include <stddef.h>
#include <stdint.h>

#include "common/netaddr.h"
#include "common/span.h"
#include "daemon/core/filter.h"

struct conn;

struct conn_row {
	uint64_t id;
	struct netaddr src, dst; /* effective */
	struct span listener, server, route, upstream, sni, alpn, proto, state;
	struct span tls;  /* "1.3": ended here; "passed": seen, not ended */
	double age, idle; /* seconds */
	uint64_t bytes_in, bytes_out;
};

/* A member for tables of fields. */
#define CONN_ROW_FIELD(member, type)                                                               \
	{                                                                                          \
		.name = #member, .kind = type, .offset = offsetof(struct conn_row, member)         \
	}

/* For filter_new(). */
extern const struct filter_field conn_row_fields[];

void conn_row_read(struct conn *conn, struct conn_row *out);
/* What is known when it is accepted alone: id, src, dst, listener, server and proto. */
void conn_row_accepted(struct conn *conn, struct conn_row *out);

/* "tcp", "udp", "unix", "unixgram" */
const char *conn_proto(const struct conn *conn);

#endif
