/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A ClientHello that says who is asked for, as `route test` shows it to the matchers. No server
 * would go on with it: it offers no key.
 */
#ifndef DAEMON_WIRE_HELLO_BUILD_H
#define DAEMON_WIRE_HELLO_BUILD_H

#include "common/buf.h"
#include "common/span.h"

/*
 * Appends one TLS record with a ClientHello for TLS 1.3 and 1.2 (RFC 8446 section 4.1.2).
 * server_name with n = 0: none. alpn: the names, joined by commas; n = 0: none. Returns 0, or -1
 * where a name is too long for its length field (a server name over 255 bytes, a protocol over 255)
 * or empty.
 */
int hello_build(struct buf *out, struct span server_name, struct span alpn);

#endif
