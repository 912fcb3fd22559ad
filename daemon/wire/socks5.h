/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * SOCKS 5: what a client says, and what it is answered (RFC 1928; user and password: RFC 1929).
 */
#ifndef DAEMON_WIRE_SOCKS5_H
#define DAEMON_WIRE_SOCKS5_H

#include "common/netaddr.h"
#include "daemon/wire/verdict.h"

#define SOCKS5_METHOD_NONE 0x00
#define SOCKS5_METHOD_PASSWORD 0x02
#define SOCKS5_METHOD_REFUSED 0xff /* none of those offered */

#define SOCKS5_PASSWORD_VERSION 1

enum socks5_command { SOCKS5_CONNECT = 1, SOCKS5_BIND = 2, SOCKS5_ASSOCIATE = 3 };

enum socks5_reply {
	SOCKS5_SUCCEEDED,
	SOCKS5_FAILED,
	SOCKS5_NOT_ALLOWED,
	SOCKS5_NETWORK_UNREACHABLE,
	SOCKS5_HOST_UNREACHABLE,
	SOCKS5_REFUSED,
	SOCKS5_EXPIRED,
	SOCKS5_COMMAND_UNKNOWN,
	SOCKS5_ADDRESS_UNKNOWN,
};

/* Where a client wants to go: an IP address, or a name. */
struct socks5_target {
	struct netaddr address; /* with the port, also where it is a name (AF_UNSPEC then) */
	struct span name;       /* of letters, digits and - . _ alone; empty: an IP address */
};

struct socks5_request {
	uint8_t command; /* enum socks5_command, or unknown */
	struct socks5_target target;
	enum socks5_reply problem; /* not SUCCEEDED: nothing but to answer with it */
};

#define SOCKS5_NAME_MAX 253
#define SOCKS5_REPLY_MAX 22         /* of a reply */
#define SOCKS5_DATAGRAM_HEAD_MAX 22 /* before a datagram to the client */

/*
 * Yes when all its methods are there. *methods is what has come of them, a byte each, also with
 * more, so that one that is not wanted may be refused early.
 */
enum wire_verdict socks5_greeting_parse(struct span bytes, struct span *methods);

/* User and password. *length: bytes of the message, with yes; more may follow. */
enum wire_verdict socks5_password_parse(
    struct span bytes, struct span *user, struct span *password, size_t *length);

/* The same for a request. One that is understood enough to be refused is a yes. */
enum wire_verdict socks5_request_parse(
    struct span bytes, struct socks5_request *out, size_t *length);

/* A datagram from a client; false: it is none, or a fragment. */
bool socks5_datagram_parse(struct span bytes, struct socks5_target *out, struct span *payload);

/* Return the length. addr without a family is 0.0.0.0. */
size_t socks5_reply_write(
    uint8_t out[SOCKS5_REPLY_MAX], enum socks5_reply reply, const struct netaddr *addr);
size_t socks5_datagram_head_write(
    uint8_t out[SOCKS5_DATAGRAM_HEAD_MAX], const struct netaddr *from);

#endif
