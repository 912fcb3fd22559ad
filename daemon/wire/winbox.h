/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The first message of Winbox, MikroTik's tool for their routers: a user name and a public key
 * (Margin Research, "MikroTik Authentication Revealed").
 */
#ifndef DAEMON_WIRE_WINBOX_H
#define DAEMON_WIRE_WINBOX_H

#include <stdbool.h>

#include "daemon/wire/verdict.h"

struct winbox_auth {
	struct span username; /* without the suffix that asks for RoMON */
	bool romon;           /* to be an agent for routers behind this one */
};

/* *out is set with yes only. The message must be the whole of bytes: more than that is a no. */
enum wire_verdict winbox_parse(struct span bytes, struct winbox_auth *out);

#endif
