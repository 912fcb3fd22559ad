/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "daemon/core/conn_log.h"

#include "common/log.h"
#include "daemon/core/conn.h"
#include "daemon/core/worker.h"

static void log_address(struct log_line *line, const char *key, const struct netaddr *addr)
{
	char text[NETADDR_TEXT_MAX];

	log_str(line, key, netaddr_text(addr, text));
}

static void log_fact(struct log_line *line, struct conn *conn, const char *key, const char *name)
{
	const struct fact *fact = facts_get(&conn->facts, name);

	if (fact != NULL && fact->length > 0)
		log_bytes(line, key, span_of(fact->value, fact->length));
}

/* What both kinds of line have. */
static void begin(struct log_line *line, struct conn *conn, const char *message)
{
	double age = ev_now(conn->worker->loop) - (double)conn->facts.start_ns / 1e9;

	log_begin(line, LOG_INFO, "access", message);
	log_u64(line, "id", conn->facts.id);
	log_str(line, "server", conn->facts.server);
	if (conn->facts.route != NULL)
		log_str(line, "route", conn->facts.route);
	if (conn->branch_of != 0)
		log_u64(line, "branch_of", conn->branch_of);
	log_address(line, "src", &conn->facts.src);
	log_address(line, "dst", facts_dst(&conn->facts));
	if (conn->upstream != NULL)
		log_str(line, "upstream", conn->upstream);
	log_fact(line, conn, "sni", "l4.tls.server_name");
	log_fact(line, conn, "alpn", "l4.tls.proto");
	log_u64(line, "in", conn->bytes_in);
	log_u64(line, "out", conn->bytes_out);
	log_seconds(line, "duration", age > 0 ? (int64_t)(age * 1e9) : 0);
}

void conn_log_end(struct conn *conn, const char *detail)
{
	struct log_line line;

	if (!log_enabled(LOG_INFO, "access"))
		return;
	begin(&line, conn, "connection");
	log_str(&line, "end", end_reason_name(conn->reason));
	if (detail != NULL)
		log_str(&line, "detail", detail);
	log_end(&line);
}

void conn_log_progress(struct conn *conn)
{
	double idle = ev_now(conn->worker->loop) - conn->active;
	struct log_line line;

	if (!log_enabled(LOG_INFO, "access"))
		return;
	begin(&line, conn, "connection goes on");
	log_seconds(&line, "idle", idle > 0 ? (int64_t)(idle * 1e9) : 0);
	log_str(&line, "state", conn->state);
	log_end(&line);
}
