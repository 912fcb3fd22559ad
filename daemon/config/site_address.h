/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Addresses as site blocks have them ("https://host:port/path", any part but one left out) and as
 * listeners have them ("network/host:port").
 */
#ifndef DAEMON_CONFIG_SITE_ADDRESS_H
#define DAEMON_CONFIG_SITE_ADDRESS_H

#include <stdbool.h>

#include "common/arena.h"
#include "common/error.h"
#include "daemon/input/dispenser.h"

struct site_address {
	const struct token *token;               /* what was written */
	const char *scheme, *host, *port, *path; /* "" where left out; lower case but the path */
};

/* Takes text apart (in arena). Returns 0, or -1 with err. */
int site_address_parse(
    const struct token *text, struct arena *arena, struct site_address *out, struct error *err);

/*
 * Go's net.SplitHostPort: "host:port", "[::1]:port"; brackets go. false: there is no port, or it
 * is ambiguous.
 */
bool split_host_port(const char *text, struct arena *arena, const char **host, const char **port);
/* The reverse. */
const char *join_host_port(struct arena *arena, const char *host, const char *port);

/*
 * The listener address of a bind argument ("host", "tcp6/host", "unix//path", "") with port, in
 * the form that documents have. NULL with err: malformed.
 */
const char *listen_address(const struct token *at, const char *bind, const char *port,
    struct arena *arena, struct error *err);

#endif
