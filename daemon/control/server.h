/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The control socket: makes it, accepts clients. Everything here is on the control thread.
 */
#ifndef DAEMON_CONTROL_SERVER_H
#define DAEMON_CONTROL_SERVER_H

#include "common/error.h"
#include "daemon/control/level.h"

/*
 * Listens at path (copied; NULL: control_path_daemon()) on control_loop(). The folder is made,
 * 0750, if it is not there; the socket is 0660 from its first moment (see control_server_grant()).
 * A socket that nobody listens at any more is replaced; where another program does, that is
 * ERROR_IN_USE. 0, or -1 with err.
 */
int control_server_start(const char *path, struct error *err);

/*
 * From now on these users and groups may use the socket, too; they are copied. Where there are any,
 * everybody may connect, and the kernel's word about who it is decides.
 */
void control_server_grant(const struct level_grants *users, const struct level_grants *groups);

/* Closes all sessions, stops listening, removes the socket if it is still ours. Again is allowed.
 */
void control_server_stop(void);

#endif
