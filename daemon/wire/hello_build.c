/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "daemon/wire/hello_build.h"

#include <string.h>

#define NAME_SIZE_MAX 255
#define ALPN_SIZE_MAX 4096 /* so that everything stays within one record */

enum { EXTENSION_SERVER_NAME = 0, EXTENSION_ALPN = 16, EXTENSION_VERSIONS = 43 };

static void put8(struct buf *out, size_t value)
{
	uint8_t byte = (uint8_t)value;

	buf_append(out, &byte, 1);
}

static void put16(struct buf *out, size_t value)
{
	put8(out, value >> 8);
	put8(out, value);
}

/* struct { NameType name_type; HostName host_name } in a list (RFC 6066 section 3). */
static int put_server_name(struct buf *out, struct span name)
{
	if (name.n == 0)
		return 0;
	if (name.n > NAME_SIZE_MAX)
		return -1;
	put16(out, EXTENSION_SERVER_NAME);
	put16(out, name.n + 5);
	put16(out, name.n + 3);
	put8(out, 0);
	put16(out, name.n);
	buf_append(out, name.p, name.n);
	return 0;
}

/* RFC 7301 section 3.1; commas become the lengths of what follows them. */
static int put_alpn(struct buf *out, struct span names)
{
	const uint8_t *comma;
	size_t n;

	if (names.n == 0)
		return 0;
	if (names.n > ALPN_SIZE_MAX)
		return -1;
	put16(out, EXTENSION_ALPN);
	put16(out, names.n + 3);
	put16(out, names.n + 1);
	for (;;) {
		comma = memchr(names.p, ',', names.n);
		n = comma != NULL ? (size_t)(comma - names.p) : names.n;
		if (n == 0 || n > NAME_SIZE_MAX)
			return -1;
		put8(out, n);
		buf_append(out, names.p, n);
		if (comma == NULL)
			return 0;
		names = span_of(comma + 1, names.n - n - 1);
	}
}

static int put_extensions(struct buf *out, struct span server_name, struct span alpn)
{
	static const uint8_t versions[] = {0, EXTENSION_VERSIONS, 0, 5, 4, 3, 4, 3, 3};

	buf_append(out, versions, sizeof(versions));
	return put_server_name(out, server_name) == -1 ? -1 : put_alpn(out, alpn);
}

int hello_build(struct buf *out, struct span server_name, struct span alpn)
{
	/* No session, TLS_AES_128_GCM_SHA256 and an ECDHE suite, no compression. */
	static const uint8_t offer[] = {0, 0, 4, 0x13, 0x01, 0xc0, 0x2b, 1, 0};
	static const uint8_t random[32];
	struct buf extensions = {0};
	int rc = put_extensions(&extensions, server_name, alpn);
	size_t body = 2 + sizeof(random) + sizeof(offer) + 2 + buf_len(&extensions);

	if (rc == 0) {
		put8(out, 22); /* handshake, of a first record: version 1.0 */
		put16(out, 0x0301);
		put16(out, body + 4);
		put8(out, 1); /* client_hello */
		put8(out, 0);
		put16(out, body);
		put16(out, 0x0303);
		buf_append(out, random, sizeof(random));
		buf_append(out, offer, sizeof(offer));
		put16(out, buf_len(&extensions));
		buf_append(out, buf_span(&extensions).p, buf_len(&extensions));
	}
	buf_fini(&extensions);
	return rc;
}
