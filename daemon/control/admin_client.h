/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A client of the admin listener: one request, one answer, then it is closed. Control thread.
 */
#ifndef DAEMON_CONTROL_ADMIN_CLIENT_H
#define DAEMON_CONTROL_ADMIN_CLIENT_H

#include <stddef.h>

/* Takes fd, which does not block. left() is called when the client is gone. */
void admin_client_start(int fd, void (*left)(void));
size_t admin_client_count(void);
void admin_clients_stop(void);

#endif
