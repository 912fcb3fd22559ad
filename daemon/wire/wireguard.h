/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a WireGuard peer sends first: a handshake initiation, or a keepalive of a session that
 * exists already (WireGuard's protocol page, "Protocol & Cryptography").
 */
#ifndef DAEMON_WIRE_WIREGUARD_H
#define DAEMON_WIRE_WIREGUARD_H

#include <stdbool.h>

#include "daemon/wire/verdict.h"

#define WIREGUARD_INITIATION_SIZE 148
#define WIREGUARD_KEEPALIVE_SIZE 32

/*
 * By type and exact length. reserved is what the three bytes behind the type are, as a 32-bit
 * little-endian number together with the type, whose own byte is not looked at; WireGuard has
 * zeros there. whole: bytes are a datagram, which is never too short for now.
 */
enum wire_verdict wireguard_parse(struct span bytes, uint32_t reserved, bool whole);

#endif
