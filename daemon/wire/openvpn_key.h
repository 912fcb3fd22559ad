/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * OpenVPN's static keys as it writes them: hexadecimal for a group's, base64 for those of
 * tls-crypt-v2. Line breaks do not count.
 */
#ifndef DAEMON_WIRE_OPENVPN_KEY_H
#define DAEMON_WIRE_OPENVPN_KEY_H

#include "daemon/wire/openvpn_crypto.h"

enum openvpn_key_kind { OPENVPN_KEY_GROUP, OPENVPN_KEY_SERVER, OPENVPN_KEY_CLIENT };

#define OPENVPN_KEY_BYTES_MAX (OPENVPN_KEY + OPENVPN_WRAPPED_MAX)

/* A client's has its wrapped form, as the client sends it, behind the key. */
struct openvpn_key {
	uint8_t bytes[OPENVPN_KEY_BYTES_MAX];
	size_t size;
};

/* Returns 0, or -1: text is no key of this kind. */
int openvpn_key_parse(struct span text, enum openvpn_key_kind kind, struct openvpn_key *out);

/* The same of a file: what stands between its BEGIN and END lines. */
int openvpn_key_file_parse(struct span text, enum openvpn_key_kind kind, struct openvpn_key *out);

/* The wrapped form in a client's key. */
struct span openvpn_key_wrapped(const struct openvpn_key *key);

#endif
