/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a connection is counted in: its worker's counters, and the tallies of its listener, server,
 * route and upstream. A branch has come by no listener and took no route: it is in its upstream's
 * alone. On the worker's thread.
 */
#ifndef DAEMON_CORE_CONN_TALLY_H
#define DAEMON_CORE_CONN_TALLY_H

#include <stddef.h>
#include <ev.h>

struct conn;
struct route;
struct tallies;

void conn_tally_open(struct conn *conn);
void conn_tally_end(struct conn *conn); /* its reason is set */

/* It takes a top-level route, and so leaves the one that it had. Before conn->route is set. */
void conn_tally_route(struct conn *conn, const struct route *route);

/* It is connected with an upstream that has these tallies; dialling began at loop time since. */
void conn_tally_upstream(struct conn *conn, struct tallies *upstream, ev_tstamp since);

/* Bytes came from the client, or went to it: conn->bytes_in, conn->bytes_out and all tallies. */
void conn_count_in(struct conn *conn, size_t n);
void conn_count_out(struct conn *conn, size_t n);

/* A TLS handshake with the client. */
enum handshake_result { HANDSHAKE_FULL, HANDSHAKE_RESUMED, HANDSHAKE_FAILED };
void conn_tally_handshake(struct conn *conn, enum handshake_result result);

#endif
