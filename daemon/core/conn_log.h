/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The lines of a connection in the log: one at its end, and, where it is long, one now and then. On
 * the worker's thread.
 */
#ifndef DAEMON_CORE_CONN_LOG_H
#define DAEMON_CORE_CONN_LOG_H

struct conn;

/* While the socket can still be asked for its address; detail may be NULL. */
void conn_log_end(struct conn *conn, const char *detail);
void conn_log_progress(struct conn *conn);

#endif
