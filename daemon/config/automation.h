/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The tls app that a Caddyfile asks for: certificates to load, and policies of how others are
 * obtained.
 */
#ifndef DAEMON_CONFIG_AUTOMATION_H
#define DAEMON_CONFIG_AUTOMATION_H

#include "daemon/config/pairings.h"

/* *out is a new object, or NULL where the defaults will do. Returns 0, or -1 with err. */
int automation_make(
    const struct adaptation *a, const struct pairings *pairings, json_t **out, struct error *err);

#endif
