/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The flows of one listening socket, found by the addresses of their datagrams: a hash table whose
 * keys nobody outside can make collide, with limits on all flows and on those of one source.
 */
#ifndef DAEMON_NET_FLOW_TABLE_H
#define DAEMON_NET_FLOW_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/netaddr.h"

struct flow_source;

struct flow_key {
	struct netaddr client; /* the socket's other side */
	struct netaddr local;  /* what it wrote to, without the port; perhaps AF_UNSPEC */
	struct netaddr origin; /* whom it speaks for, where it speaks for several; else AF_UNSPEC */
};

bool flow_key_equal(const struct flow_key *a, const struct flow_key *b);

/* Embedded in what is looked for. The owner sets key, whose paths must live as long. */
struct flow_entry {
	struct flow_key key;
	struct flow_entry *next;
	uint64_t hash;
	struct flow_source *source;
};

/* Zeroed memory is an empty one. */
struct flow_table {
	struct flow_entry **slots;
	size_t size, count;
	struct flow_source **source_slots;
	size_t source_size, source_count;
};

/* Of all flows of a table, and of those of one source. */
struct flow_limits {
	size_t all, per_source;
};

enum flow_room { FLOW_ROOM, FLOW_TABLE_FULL, FLOW_SOURCE_FULL };

/* NULL: none. *hash is for flow_table_add(). */
struct flow_entry *flow_table_find(
    const struct flow_table *t, const struct flow_key *key, uint64_t *hash);

/*
 * Is there room for one more, with that key? The source is the origin's, else the client's IPv4
 * address, or its IPv6 network of 64 bits.
 */
enum flow_room flow_table_room(
    const struct flow_table *t, const struct flow_key *key, const struct flow_limits *limits);

/* Puts in entry, whose key is in no other and has that hash. */
void flow_table_add(struct flow_table *t, struct flow_entry *entry, uint64_t hash);
void flow_table_remove(struct flow_table *t, struct flow_entry *entry);

/* The table must be empty. */
void flow_table_fini(struct flow_table *t);

#endif
