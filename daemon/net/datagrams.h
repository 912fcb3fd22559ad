/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Datagrams of a socket that many clients write to, several in one system call: a reader with
 * memory for a batch, and a writer that gathers what is to be sent. A worker has one of each.
 */
#ifndef DAEMON_NET_DATAGRAMS_H
#define DAEMON_NET_DATAGRAMS_H

#include <stddef.h>
#include <stdint.h>

#include "common/span.h"
#include "daemon/net/flow_table.h"

#define DATAGRAM_MAX 65536 /* longer than any over IP; longer ones of Unix sockets are dropped */
#define DATAGRAM_BATCH 64

struct datagram {
	struct flow_key key; /* local is AF_UNSPEC where the socket is bound to one address */
	struct span bytes;   /* valid, as a Unix path in key is, until the next batch */
};

struct datagram_reader;

struct datagram_reader *datagram_reader_new(void);
void datagram_reader_free(struct datagram_reader *r); /* NULL is allowed */
/*
 * Reads what there is, whole datagrams alone: how many went to out; -1 with errno. *cut (added
 * to): those that were too long. Fewer than DATAGRAM_BATCH of both: there were no more.
 */
int datagram_reader_read(
    struct datagram_reader *r, int fd, struct datagram out[DATAGRAM_BATCH], unsigned *cut);

struct datagram_writer;

struct datagram_writer *datagram_writer_new(void);
void datagram_writer_free(struct datagram_writer *w); /* NULL is allowed */
/* DATAGRAM_MAX bytes of room for the next one; what is gathered may be sent for it. */
uint8_t *datagram_writer_room(struct datagram_writer *w);
/*
 * The first n bytes of that room are a datagram. It leaves on fd, a socket of family, for key's
 * client, from its local address (AF_UNSPEC: as the socket is bound). key is copied.
 */
void datagram_writer_put(
    struct datagram_writer *w, int fd, int family, const struct flow_key *key, size_t n);
/* Sends all that is gathered. Returns how many could not be sent since the last call. */
unsigned datagram_writer_flush(struct datagram_writer *w);

#endif
