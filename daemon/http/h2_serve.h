/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * HTTP/2 on a connection: an h2_session, the connection's events, and how long it waits.
 */
#ifndef DAEMON_HTTP_H2_SERVE_H
#define DAEMON_HTTP_H2_SERVE_H

struct conn;
struct http_server;

/* Serves conn from here on. server lives as long as the connection's route. */
void h2_serve(struct conn *conn, const struct http_server *server);

/*
 * If conn is served so, by a server that is not served any more: requests on their way are
 * answered, others are not taken. The connection may have ended then.
 */
void h2_serve_leave(struct conn *conn);

#endif
