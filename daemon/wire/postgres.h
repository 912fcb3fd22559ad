/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a PostgreSQL client sends first (PostgreSQL documentation, "Message Formats"): a message
 * without a type byte, its length first.
 */
#ifndef DAEMON_WIRE_POSTGRES_H
#define DAEMON_WIRE_POSTGRES_H

#include <stdbool.h>

#include "daemon/wire/verdict.h"

#define POSTGRES_LENGTH_MAX (4 + 16384) /* of a first message; a longer one is none */

enum postgres_kind {
	POSTGRES_STARTUP,     /* protocol 3.x */
	POSTGRES_SSL_REQUEST, /* the client waits for one byte, then begins TLS */
	POSTGRES_GSSENC_REQUEST,
	POSTGRES_CANCEL_REQUEST,
};

struct postgres_first {
	enum postgres_kind kind;
	size_t length;          /* of the whole message */
	struct span parameters; /* of STARTUP; see postgres_next_parameter() */
};

/* *out is set with yes only. A request is known by its code, a startup when it is whole. */
enum wire_verdict postgres_parse(struct span bytes, struct postgres_first *out);

/* Iterates parameters: "user", "database", ... false at the end. */
bool postgres_next_parameter(struct span *parameters, struct span *name, struct span *value);

#endif
