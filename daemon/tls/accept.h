/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The server's side of a handshake on a connection: chooses the policy, pushes the TLS stream,
 * handshakes without blocking, sets the facts "l4.tls.*".
 */
#ifndef DAEMON_TLS_ACCEPT_H
#define DAEMON_TLS_ACCEPT_H

#include <stdint.h>

#include "daemon/core/conn.h"
#include "daemon/core/handler.h"
#include "daemon/tls/policy.h"

#define TLS_HANDSHAKE_TIMEOUT_DEFAULT "10s"

/*
 * For a handler's handle(): HANDLE_NEXT when the session stands, HANDLE_FAIL when it has failed and
 * the connection was ended, HANDLE_WAIT when either will be told by conn_resume(). policies is
 * borrowed for the connection's life. timeout in nanoseconds, 0: none. A client that speaks plain
 * HTTP is told http_answer (constant; NULL: nothing).
 */
enum handle_result tls_accept(struct conn *conn, const struct tls_policies *policies,
    int64_t timeout, const char *http_answer);

#endif
