/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The events of a connection. Where nobody wants them each costs a load.
 */
#ifndef DAEMON_CORE_CONN_EVENT_H
#define DAEMON_CORE_CONN_EVENT_H

struct conn;

void conn_event_open(struct conn *conn);
void conn_event_progress(struct conn *conn);
/* While the socket is still open; detail may be NULL. */
void conn_event_close(struct conn *conn, const char *detail);

#endif
