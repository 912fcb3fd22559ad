/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The document's "admin": an HTTP listener of the control thread that only reads, for monitoring
 * systems. /metrics and /healthz, nothing else. Off unless the document says where it listens.
 */
#ifndef DAEMON_CONTROL_ADMIN_H
#define DAEMON_CONTROL_ADMIN_H

#include "daemon/core/instance.h"

#define ADMIN_CLIENTS_MAX 16

extern const struct app_type app_admin;

/* Before the program ends. */
void admin_stop(void);

#endif
