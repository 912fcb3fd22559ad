/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The app "http": servers for what sites need besides layer 4.
 */
#ifndef DAEMON_HTTP_APP_H
#define DAEMON_HTTP_APP_H

#include "daemon/core/instance.h"

extern const struct app_type app_http;

#endif
