/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A whole document in a request: as a parameter, or staged.
 */
#ifndef DAEMON_CONTROL_CONFIG_DOCUMENT_H
#define DAEMON_CONTROL_CONFIG_DOCUMENT_H

#include <jansson.h>

#include "daemon/control/method.h"

/* The first two parameters of a method that takes one. */
/* clang-format off */
#define CONFIG_DOCUMENT_PARAMS                                                                     \
	{.name = "document", .type = PARAM_TEXT, .max = CONTROL_REQUEST_MAX,                       \
	    .unlogged = true, .help = "a whole document: JSON or a Caddyfile"},                                      \
	{.name = "staged", .type = PARAM_BOOL, .help = "it was uploaded by config.stage"}
/* clang-format on */

/*
 * The document, a new reference; args are those two. warn (may be NULL) as for document_parse().
 * Returns 0, or -1 with err.
 */
int config_document_read(struct call *call, const struct argument *args,
    void (*warn)(const char *text), json_t **out, struct error *err);

#endif
