/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What carries bytes between a connection and its branch: a stream on the connection's client that
 * copies what is read through it, and on the branch one that reads the copy. What the branch
 * answers goes to the client.
 */
#ifndef DAEMON_HANDLERS_TEE_H
#define DAEMON_HANDLERS_TEE_H

#include <stdbool.h>

#include "daemon/core/conn.h"

/*
 * fds are connected with each other; taken. Returns the branch, with fds[1] as its client and
 * nothing started. drop: a branch that does not keep up is cut off, and never blocks conn.
 */
struct conn *tee_start(struct conn *conn, int fds[2], bool drop);

#endif
