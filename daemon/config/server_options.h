/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The global option "servers": settings of HTTP servers, all of them or the one at an address.
 */
#ifndef DAEMON_CONFIG_SERVER_OPTIONS_H
#define DAEMON_CONFIG_SERVER_OPTIONS_H

#include "daemon/config/adaptation.h"

/*
 * One option (a segment, cursor before "servers"). *out is {"address", "name", "set", "logs",
 * "metrics"}: set is what goes into a server. Returns 0, or -1 with err.
 */
int server_options_adapt(
    struct adaptation *a, struct dispenser *d, json_t **out, struct error *err);

/*
 * Applies all of them to servers (name -> server), renaming some. *metrics (NULL or an object)
 * gets what they say of metrics. Returns 0, or -1 with err.
 */
int server_options_apply(
    const struct adaptation *a, json_t *servers, json_t **metrics, struct error *err);

#endif
