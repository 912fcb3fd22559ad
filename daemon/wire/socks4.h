/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The request that a SOCKS 4 or 4a client sends first.
 */
#ifndef DAEMON_WIRE_SOCKS4_H
#define DAEMON_WIRE_SOCKS4_H

#include "common/netaddr.h"
#include "daemon/wire/verdict.h"

enum socks4_command { SOCKS4_NONE, SOCKS4_CONNECT, SOCKS4_BIND };

/* What has come of it. */
struct socks4_request {
	enum socks4_command command; /* NONE: not yet */
	bool has_port;
	/* AF_UNSPEC: not all of it yet. 0.0.0.x with x not 0 says that a name follows (4a). */
	struct netaddr dst;
};

/*
 * Yes with the 8 bytes before the user's name. *out is set as far as bytes go, also with more, so
 * that what is asked of it may be refused early; dst.port is valid with has_port.
 */
enum wire_verdict socks4_parse(struct span bytes, struct socks4_request *out);

#endif
