/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The PROXY protocol, versions 1 and 2, as HAProxy's proxy-protocol.txt has it: a parser that
 * allocates nothing and keeps nothing, and builders into memory of the caller's.
 */
#ifndef DAEMON_WIRE_PROXY_HEADER_H
#define DAEMON_WIRE_PROXY_HEADER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/netaddr.h"
#include "common/span.h"

enum proxy_header_result {
	PROXY_HEADER_NO,   /* no header: known from the first byte that is not in a signature */
	PROXY_HEADER_BAD,  /* a signature, and then something malformed or not allowed */
	PROXY_HEADER_MORE, /* the beginning of one */
	PROXY_HEADER_OK,
};

struct proxy_header {
	uint8_t version; /* 1 or 2 */
	/* LOCAL, UNKNOWN, or a family that is not used: the socket's addresses hold. */
	bool local;
	bool datagram;
	struct netaddr src, dst; /* AF_INET or AF_INET6; AF_UNSPEC where local is set */
	struct span tlvs;        /* into what was parsed; see proxy_header_next_tlv() */
	size_t length;           /* of the whole header */
};

#define PROXY_HEADER_V1_SIZE_MAX 107  /* with CR LF */
#define PROXY_HEADER_V2_REST_MAX 4096 /* what the length field may say; more is BAD */

/* The signature alone: OK as soon as it is complete, never BAD. */
enum proxy_header_result proxy_header_signature(struct span bytes);

/*
 * A header at the beginning of bytes. Version 1: TCP4, TCP6 (IPv4 addresses in it are taken too),
 * UNKNOWN. Version 2: IPv4 and IPv6 over stream and datagram; AF_UNIX and UNSPEC are accepted and
 * their addresses ignored; a CRC32c TLV is verified. *out is set with OK only.
 */
enum proxy_header_result proxy_header_parse(struct span bytes, struct proxy_header *out);

enum proxy_tlv {
	PROXY_TLV_ALPN = 0x01,
	PROXY_TLV_AUTHORITY = 0x02,
	PROXY_TLV_CRC32C = 0x03,
	PROXY_TLV_NOOP = 0x04,
	PROXY_TLV_UNIQUE_ID = 0x05,
	PROXY_TLV_SSL = 0x20,
	PROXY_TLV_NETNS = 0x30,
};

/* Iterates tlvs: false at the end, and where the rest is not a TLV. */
bool proxy_header_next_tlv(struct span *tlvs, uint8_t *type, struct span *value);

/* Room for any header built here without TLVs. */
#define PROXY_HEADER_SIZE_MAX (16 + 216)

/*
 * Build a header of src and dst, return its length. Two IPv4 addresses make an IPv4 header; as soon
 * as one is IPv6 both are written as IPv6, the other one mapped (::ffff:1.2.3.4). Two Unix paths
 * make an AF_UNIX header (version 2). Any other pair makes "PROXY UNKNOWN", or LOCAL.
 */
size_t proxy_header_v1(
    uint8_t out[PROXY_HEADER_V1_SIZE_MAX], const struct netaddr *src, const struct netaddr *dst);
size_t proxy_header_v2(uint8_t out[PROXY_HEADER_SIZE_MAX], const struct netaddr *src,
    const struct netaddr *dst, bool datagram);

/*
 * Appends a TLV to a version 2 header of *length bytes in size bytes of room. false, and nothing
 * changed: no room, or the header would pass PROXY_HEADER_V2_REST_MAX.
 */
bool proxy_header_add_tlv(
    uint8_t *header, size_t *length, size_t size, uint8_t type, struct span value);

#endif
