/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What an OpenVPN server's static keys say of a client's first packet.
 */
#ifndef DAEMON_WIRE_OPENVPN_CRYPTO_H
#define DAEMON_WIRE_OPENVPN_CRYPTO_H

#include "daemon/wire/openvpn.h"

#define OPENVPN_KEY 256        /* of a group, of a client */
#define OPENVPN_SERVER_KEY 128 /* that wraps clients' keys */

/* Which part of a group's key a client signs with in the auth mode. */
enum openvpn_direction {
	OPENVPN_NORMAL,        /* the client has key-direction 1 */
	OPENVPN_INVERSE,       /* the client has key-direction 0 */
	OPENVPN_BIDIRECTIONAL, /* neither side has one */
};

/* A digest of the auth mode. */
struct openvpn_digest;

/*
 * By any of its names, case ignored. NULL: there is none; *missing says of a digest that OpenVPN
 * has and the libraries of this program have not.
 */
const struct openvpn_digest *openvpn_digest_find(const char *name, bool *missing);
/* Bytes of its HMAC. */
size_t openvpn_digest_size(const struct openvpn_digest *digest);

/* Is the reset signed with the key? digest NULL: with any digest of the right size. */
bool openvpn_check_auth(const struct openvpn_reset *reset, const uint8_t key[OPENVPN_KEY],
    enum openvpn_direction direction, const struct openvpn_digest *digest);

/* Is it encrypted and signed with the key, and a first packet inside? For both crypt modes. */
bool openvpn_check_crypt(const struct openvpn_reset *reset, const uint8_t key[OPENVPN_KEY]);

/* The client's key, if wrapped was made with the server's key. */
bool openvpn_unwrap(
    struct span wrapped, const uint8_t server_key[OPENVPN_SERVER_KEY], uint8_t key[OPENVPN_KEY]);

#endif
