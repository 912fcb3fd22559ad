/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The document's "control": which users and groups may use the control socket, beside root and the
 * daemon's own user, and how far. Only the level admin may change it.
 */
#ifndef DAEMON_CONTROL_ACCESS_H
#define DAEMON_CONTROL_ACCESS_H

#include "daemon/core/instance.h"

extern const struct app_type app_control;

#endif
