/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The TLS ClientHello (RFC 8446 section 4.1.2), reassembled over any split of TCP segments and of
 * TLS records, parsed without allocation of its own.
 */
#ifndef DAEMON_WIRE_HELLO_H
#define DAEMON_WIRE_HELLO_H

#include <stdbool.h>
#include <stdint.h>

#include "common/buf.h"
#include "common/span.h"

#define HELLO_SIZE_MAX 65535 /* of the handshake message */

enum hello_result {
	HELLO_NO,   /* not TLS: known from the first byte that says so */
	HELLO_BAD,  /* TLS, and malformed: counted, never matches */
	HELLO_MORE, /* a prefix of one */
	HELLO_OK,
};

/* What a parsed hello says. Spans point into the bytes that were parsed. */
struct hello {
	uint16_t version;   /* legacy_version */
	struct span random; /* 32 bytes */
	struct span session_id;
	struct span ciphers; /* 16-bit values */
	struct span compression;
	struct span extensions;  /* the whole list, without its length */
	struct span server_name; /* host_name of server_name; n = 0: none */
	struct span alpn;        /* the ProtocolNameList without its length: 8-bit vectors */
	struct span versions;    /* supported_versions: 16-bit values; n = 0: none */
	struct span groups;      /* supported_groups: 16-bit values */
	struct span signatures;  /* signature_algorithms: 16-bit values */
};

/*
 * Looks at the bytes of a connection from its first on. Handshake records are put together: where
 * the message lies in one record the spans point into bytes; else into assembled (cleared first,
 * the caller's to free), which then must live as long as *out. A message over HELLO_SIZE_MAX, or
 * records over 2^14 + 256 bytes, are HELLO_BAD. An SSL 2 hello is HELLO_NO.
 */
enum hello_result hello_parse(struct span bytes, struct buf *assembled, struct hello *out);

/* The handshake message's body alone (type and length already taken off), as QUIC carries it. */
enum hello_result hello_parse_body(struct span body, struct hello *out);

/* Iterates a list of 8-bit vectors such as hello.alpn: false at the end. */
static inline bool hello_next_name(struct span *list, struct span *out)
{
	return span_vec8(list, out);
}

#endif
