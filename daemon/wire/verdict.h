/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a parser of a connection's first bytes says of them. A no and a yes stay what they are when
 * more bytes come, unless the parser says otherwise of bytes behind a message.
 */
#ifndef DAEMON_WIRE_VERDICT_H
#define DAEMON_WIRE_VERDICT_H

#include <string.h>

#include "common/span.h"

enum wire_verdict {
	WIRE_NO,   /* it is not this protocol: said at the first byte that rules it out */
	WIRE_MORE, /* it may become this protocol */
	WIRE_YES,  /* it is */
};

/* Do bytes begin with prefix? MORE: they are a prefix of it themselves. */
static inline enum wire_verdict wire_begins(struct span bytes, struct span prefix)
{
	size_t n = bytes.n < prefix.n ? bytes.n : prefix.n;

	if (n > 0 && memcmp(bytes.p, prefix.p, n) != 0)
		return WIRE_NO;
	return n == prefix.n ? WIRE_YES : WIRE_MORE;
}

#endif
