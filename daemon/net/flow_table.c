/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "daemon/net/flow_table.h"

#include <stdlib.h>
#include <string.h>

#include "common/arena.h"
#include "common/siphash.h"

#define SIZE_MIN 64 /* a power of two, as all sizes */

/* Where flows come from, as long as there are some. */
struct flow_source {
	struct flow_source *next;
	uint64_t hash;
	struct netaddr address; /* its network, for IPv6; without the port */
	size_t flows;
};

/* ---- hashes -------------------------------------------------------------------------------- */

/* The bytes of an address, without the padding of a struct and without what is not used. */
struct packed {
	uint8_t ip[16];
	uint32_t scope;
	uint16_t port, family;
};

static void pack(struct packed *out, const struct netaddr *addr)
{
	memset(out, 0, sizeof(*out));
	if (addr->family != AF_INET && addr->family != AF_INET6)
		return;
	memcpy(out->ip, addr->ip, sizeof(out->ip));
	out->scope = addr->scope;
	out->port = addr->port;
	out->family = addr->family;
}

static uint64_t hash_address(const struct netaddr *addr)
{
	struct packed p;

	if (addr->family == AF_UNIX)
		return siphash(addr->path, addr->path != NULL ? strlen(addr->path) : 0);
	pack(&p, addr);
	return siphash(&p, sizeof(p));
}

static uint64_t hash_key(const struct flow_key *key)
{
	struct packed p[3];

	if (key->client.family == AF_UNIX)
		return hash_address(&key->client) ^ hash_address(&key->origin);
	pack(&p[0], &key->client);
	pack(&p[1], &key->local);
	if (key->origin.family == AF_UNSPEC) /* as a rule */
		return siphash(p, 2 * sizeof(p[0]));
	pack(&p[2], &key->origin);
	return siphash(p, sizeof(p));
}

bool flow_key_equal(const struct flow_key *a, const struct flow_key *b)
{
	return netaddr_equal(&a->client, &b->client) && netaddr_equal(&a->local, &b->local) &&
	       netaddr_equal(&a->origin, &b->origin);
}

/* ---- sources ------------------------------------------------------------------------------- */

static struct netaddr source_of(const struct flow_key *key)
{
	struct netaddr source = key->origin.family != AF_UNSPEC ? key->origin : key->client;

	source.port = 0;
	if (source.family == AF_INET6)
		memset(source.ip + 8, 0, 8);
	else if (source.family == AF_UNIX) /* all are this machine's */
		source.path = NULL;
	return source;
}

static void source_grow(struct flow_table *t)
{
	size_t size = t->source_size == 0 ? SIZE_MIN : t->source_size * 2, i;
	struct flow_source **slots = mem_zalloc(size * sizeof(*slots)), *s;

	for (i = 0; i < t->source_size; i++)
		while ((s = t->source_slots[i]) != NULL) {
			t->source_slots[i] = s->next;
			s->next = slots[s->hash & (size - 1)];
			slots[s->hash & (size - 1)] = s;
		}
	free(t->source_slots);
	t->source_slots = slots;
	t->source_size = size;
}

static struct flow_source *source_find(
    const struct flow_table *t, const struct netaddr *address, uint64_t hash)
{
	struct flow_source *s;

	if (t->source_size == 0)
		return NULL;
	for (s = t->source_slots[hash & (t->source_size - 1)]; s != NULL; s = s->next)
		if (s->hash == hash && netaddr_equal_ip(&s->address, address))
			break;
	return s;
}

static struct flow_source *source_new(
    struct flow_table *t, const struct netaddr *address, uint64_t hash)
{
	struct flow_source *s = mem_zalloc(sizeof(*s)), **slot;

	if (t->source_count >= t->source_size)
		source_grow(t);
	slot = &t->source_slots[hash & (t->source_size - 1)];
	s->address = *address;
	s->hash = hash;
	s->next = *slot;
	*slot = s;
	t->source_count++;
	return s;
}

static void source_leave(struct flow_table *t, struct flow_source *source)
{
	struct flow_source **at = &t->source_slots[source->hash & (t->source_size - 1)];

	if (--source->flows > 0)
		return;
	while (*at != source)
		at = &(*at)->next;
	*at = source->next;
	free(source);
	t->source_count--;
}

/* ---- flows --------------------------------------------------------------------------------- */

struct flow_entry *flow_table_find(
    const struct flow_table *t, const struct flow_key *key, uint64_t *hash)
{
	struct flow_entry *entry;

	*hash = hash_key(key);
	if (t->size == 0)
		return NULL;
	for (entry = t->slots[*hash & (t->size - 1)]; entry != NULL; entry = entry->next)
		if (entry->hash == *hash && flow_key_equal(&entry->key, key))
			break;
	return entry;
}

static void grow(struct flow_table *t)
{
	size_t size = t->size == 0 ? SIZE_MIN : t->size * 2, i;
	struct flow_entry **slots = mem_zalloc(size * sizeof(*slots)), *entry;

	for (i = 0; i < t->size; i++)
		while ((entry = t->slots[i]) != NULL) {
			t->slots[i] = entry->next;
			entry->next = slots[entry->hash & (size - 1)];
			slots[entry->hash & (size - 1)] = entry;
		}
	free(t->slots);
	t->slots = slots;
	t->size = size;
}

enum flow_room flow_table_room(
    const struct flow_table *t, const struct flow_key *key, const struct flow_limits *limits)
{
	struct netaddr address = source_of(key);
	const struct flow_source *source;

	if (t->count >= limits->all)
		return FLOW_TABLE_FULL;
	source = source_find(t, &address, hash_address(&address));
	if (source != NULL && source->flows >= limits->per_source)
		return FLOW_SOURCE_FULL;
	return FLOW_ROOM;
}

void flow_table_add(struct flow_table *t, struct flow_entry *entry, uint64_t hash)
{
	struct netaddr address = source_of(&entry->key);
	uint64_t source_hash = hash_address(&address);
	struct flow_source *source = source_find(t, &address, source_hash);
	struct flow_entry **slot;

	if (source == NULL)
		source = source_new(t, &address, source_hash);
	source->flows++;
	if (t->count >= t->size)
		grow(t);
	slot = &t->slots[hash & (t->size - 1)];
	entry->hash = hash;
	entry->source = source;
	entry->next = *slot;
	*slot = entry;
	t->count++;
}

void flow_table_remove(struct flow_table *t, struct flow_entry *entry)
{
	struct flow_entry **at = &t->slots[entry->hash & (t->size - 1)];

	while (*at != entry)
		at = &(*at)->next;
	*at = entry->next;
	source_leave(t, entry->source);
	t->count--;
}

void flow_table_fini(struct flow_table *t)
{
	free(t->slots);
	free(t->source_slots);
	memset(t, 0, sizeof(*t));
}
