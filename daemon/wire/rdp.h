/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The X.224 Connection Request that an RDP client sends first ([MS-RDPBCGR] section 2.2.1.1).
 */
#ifndef DAEMON_WIRE_RDP_H
#define DAEMON_WIRE_RDP_H

#include <stdbool.h>

#include "common/netaddr.h"
#include "daemon/wire/verdict.h"

/* What the text before the negotiation, up to CR LF, is. */
enum rdp_line {
	RDP_LINE_NONE,
	RDP_LINE_COOKIE, /* "Cookie: mstshash=": text is what follows, a user's name */
	RDP_LINE_TOKEN,  /* a routing token in an X.224 header of its own */
	RDP_LINE_CUSTOM, /* anything else: text is the line */
};

struct rdp_request {
	enum rdp_line line;
	struct span text;
	struct netaddr address; /* of a routing token, also of one that is CUSTOM; or AF_UNSPEC */
	struct span correlation_id; /* 16 bytes; n = 0: none */
};

/*
 * *out is set with yes only. A request without a line and without a negotiation is a no: it could
 * be anything that is in TPKT. The request must be the whole of bytes: more than that is a no.
 */
enum wire_verdict rdp_parse(struct span bytes, struct rdp_request *out);

#endif
