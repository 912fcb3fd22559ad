/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The opening of an XML stream by an XMPP client, server or component (RFC 6120 section 4.2).
 */
#ifndef DAEMON_WIRE_XMPP_H
#define DAEMON_WIRE_XMPP_H

#include "daemon/wire/verdict.h"

#define XMPP_OPENING_MAX 2048 /* bytes in which it must be clear */

/*
 * Perhaps an XML declaration, then a start tag "stream" in any prefix. Yes as soon as a namespace
 * that it declares says "jabber", as that of the stream and those of all its contents do.
 */
enum wire_verdict xmpp_parse(struct span bytes);

#endif
