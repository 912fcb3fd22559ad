/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a whole document does with the connections on what it takes away, as a request says it.
 */
#ifndef DAEMON_CONTROL_CONFIG_EXISTING_H
#define DAEMON_CONTROL_CONFIG_EXISTING_H

#include "daemon/config/concern.h"
#include "daemon/control/method.h"

#define CONFIG_EXISTING_PARAMS                                                                     \
	{.name = "existing",                                                                       \
	    .type = PARAM_TEXT,                                                                    \
	    .max = 8,                                                                              \
	    .help = "connections on what goes or changes: keep, drain or kill"},                   \
	{                                                                                          \
		.name = "drain", .type = PARAM_TEXT, .max = 32,                                    \
		.help = "existing drain: how long they may go on (30s)"                            \
	}

/*
 * The concerns of a document that takes the place of the one in force; *out is NULL where there is
 * none. args are those two. Returns 0, or -1 with err.
 */
int config_existing_concerns(const struct argument *args, struct concerns **out, struct error *err);

#endif
