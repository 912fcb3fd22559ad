/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The ClientHello that a QUIC client begins with (RFC 9000, RFC 9001, RFC 9369). It lies in CRYPTO
 * frames of Initial packets, in any order and over several datagrams, protected with keys that
 * anyone can derive from the packet itself.
 */
#ifndef DAEMON_WIRE_QUIC_H
#define DAEMON_WIRE_QUIC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/buf.h"
#include "daemon/wire/hello.h"
#include "daemon/wire/verdict.h"

#define QUIC_INITIAL_DATAGRAM_MIN 1200 /* RFC 9000 section 14.1 */
#define QUIC_ID_MAX 20
#define QUIC_CRYPTO_MAX 16384 /* bytes of a ClientHello with its header */
#define QUIC_PIECES_MAX 64    /* of it, apart from each other, while some are missing */

#define QUIC_VERSION_1 0x00000001u
#define QUIC_VERSION_2 0x6b3343cfu
#define QUIC_VERSION_DRAFT_29 0xff00001du

/* RFC 9001 section 5 */
struct quic_keys {
	uint8_t key[16], iv[12], hp[16];
};

struct quic_piece {
	uint16_t from, to;
};

/* What has come of one client so far. Zeroed memory is nothing. */
struct quic_gather {
	uint32_t version; /* 0: nothing has come */
	uint8_t id[QUIC_ID_MAX];
	uint8_t id_size;
	bool keyed;   /* keys are those of id */
	bool trusted; /* an Initial packet could be decrypted */
	enum wire_verdict verdict;
	struct quic_keys keys;
	struct buf crypto;                         /* as much as pieces say */
	struct quic_piece pieces[QUIC_PIECES_MAX]; /* ascending, neither touching nor overlapping */
	size_t piece_count;
	struct hello hello; /* with yes; points into crypto */
};

/* Could it be a client's first datagram? Looks at the first bytes alone: cheap. */
bool quic_may_begin(struct span datagram);

/*
 * Takes the next datagram of the client. No: it is not QUIC of a known version, or it breaks a
 * rule; that stays. More: the hello is not complete. Yes: it is, and stays so.
 */
enum wire_verdict quic_gather_add(struct quic_gather *g, struct span datagram);
void quic_gather_fini(struct quic_gather *g);

/* The name of a known version ("v1", "v2", "draft-29"), or NULL. */
const char *quic_version_name(uint32_t version);

/* The keys of a client's Initial packets, from the first destination connection id. -1: none. */
int quic_client_keys(uint32_t version, struct span id, struct quic_keys *out);

#endif
