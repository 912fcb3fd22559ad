/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Where the control socket is when nobody says otherwise.
 */
#ifndef COMMON_CONTROL_PATH_H
#define COMMON_CONTROL_PATH_H

#include <stddef.h>

/* Longest path of a Unix socket, with its NUL. */
#define CONTROL_PATH_MAX 108

/*
 * Where the daemon puts it: CONTROL_SOCKET_SYSTEM for root and where there is no
 * $XDG_RUNTIME_DIR, else below that. Returns out.
 */
const char *control_path_daemon(char out[CONTROL_PATH_MAX]);

/*
 * Where the tool looks: $POINTSMAN_SOCK, else as the daemon, but the system's socket where the
 * user has no daemon of his own. Returns out.
 */
const char *control_path_client(char out[CONTROL_PATH_MAX]);

#endif
