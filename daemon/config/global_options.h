/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The block of global options at the head of a Caddyfile.
 */
#ifndef DAEMON_CONFIG_GLOBAL_OPTIONS_H
#define DAEMON_CONFIG_GLOBAL_OPTIONS_H

#include "daemon/config/adaptation.h"
#include "daemon/input/blocks.h"

/* Reads the options into a->options. Returns 0, or -1 with err. */
int global_options_read(struct adaptation *a, const struct block *block, struct error *err);

#endif
