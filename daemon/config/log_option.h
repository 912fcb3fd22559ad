/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * "log", as a global option and as a site's directive, and what it becomes in the document.
 */
#ifndef DAEMON_CONFIG_LOG_OPTION_H
#define DAEMON_CONFIG_LOG_OPTION_H

#include "daemon/config/adaptation.h"

/*
 * The option or directive (a segment, cursor before the name). *out is {"name", "hostnames",
 * "no_hostname", "log"}, each but the first only if there is something to say; a site's log
 * without a name and content has no name. Returns 0, or -1 with err.
 */
int log_adapt(
    struct adaptation *a, struct dispenser *d, bool global, json_t **out, struct error *err);

/* Puts the global logs and those of sites (both arrays of such objects) into document. */
void logs_write(
    const struct adaptation *a, const json_t *global, const json_t *sites, json_t *document);

#endif
