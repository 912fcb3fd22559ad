/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The greeting that a SOCKS 5 client sends first (RFC 1928 section 3).
 */
#ifndef DAEMON_WIRE_SOCKS5_H
#define DAEMON_WIRE_SOCKS5_H

#include "daemon/wire/verdict.h"

/*
 * Yes when all its methods are there. *methods is what has come of them, a byte each, also with
 * more, so that one that is not wanted may be refused early.
 */
enum wire_verdict socks5_greeting_parse(struct span bytes, struct span *methods);

#endif
