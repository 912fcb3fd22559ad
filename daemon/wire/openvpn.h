/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The first packet of an OpenVPN client, a hard reset (OpenVPN's "Network Protocol" and its
 * tls-crypt-v2.txt). What keys say of it is in openvpn_crypto.h.
 */
#ifndef DAEMON_WIRE_OPENVPN_H
#define DAEMON_WIRE_OPENVPN_H

#include <stdbool.h>
#include <stdint.h>

#include "daemon/wire/verdict.h"

#define OPENVPN_HMAC_MAX 64   /* of tls-auth */
#define OPENVPN_CRYPT_HMAC 32 /* of tls-crypt */
#define OPENVPN_WRAPPED_MAX 1024

/* How a client's packets of the control channel are protected. */
enum openvpn_mode {
	OPENVPN_PLAIN,  /* not at all */
	OPENVPN_AUTH,   /* tls-auth: authenticated */
	OPENVPN_CRYPT,  /* tls-crypt: encrypted too */
	OPENVPN_CRYPT2, /* tls-crypt-v2: with a key of the client's own, which comes along */
};

#define OPENVPN_MODES 4

struct openvpn_reset {
	enum openvpn_mode mode;
	struct span packet;  /* without the length that stands before it on a stream */
	uint32_t time;       /* seconds since 1970; 0 in the plain mode */
	struct span hmac;    /* empty in the plain mode */
	struct span sealed;  /* crypt modes: acknowledgements and number, encrypted */
	struct span wrapped; /* crypt2: the client's key */
};

/*
 * Is it a client's reset of this mode? On a stream what stands behind it is not looked at. *out is
 * set with yes only, and borrows from bytes.
 */
enum wire_verdict openvpn_parse(
    struct span bytes, bool datagram, enum openvpn_mode mode, struct openvpn_reset *out);

#endif
