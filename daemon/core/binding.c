/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "daemon/core/binding.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "daemon/core/instance.h"
#include "daemon/core/worker.h"
#include "daemon/net/sockets.h"

struct binding *binding_find(struct binding *set, const char *key)
{
	struct binding *b;

	HASH_FIND_STR(set, key, b);
	return b;
}

static struct binding *add(struct binding **set, const struct address *address)
{
	struct binding *b = mem_zalloc(sizeof(*b));

	address_text(address, b->key);
	b->address = *address;
	HASH_ADD_STR(*set, key, b);
	return b;
}

void binding_add_retired(struct binding **set, const struct address *address)
{
	add(set, address);
}

/* ---- what an instance listens on ------------------------------------------------------------ */

static int add_served(struct binding **set, const struct server *server,
    const struct address *address, unsigned place, bool paused, struct error *err)
{
	struct binding *b, *known;
	char key[ADDRESS_TEXT_MAX];

	known = binding_find(*set, address_text(address, key));
	if (known != NULL)
		return error_set(err, ERROR_INVALID,
		    "servers '%s' and '%s' both listen on %s; give each an address of its own",
		    known->server->name, server->name, key);
	b = add(set, address);
	b->server = server;
	b->place = place;
	b->paused = paused;
	return 0;
}

static bool is_paused(const struct server *server, const char *text)
{
	size_t i;

	for (i = 0; i < server->paused.count; i++)
		if (strcmp(server->paused.items[i], text) == 0)
			return true;
	return false;
}

static int add_listen(
    struct binding **set, const struct server *server, const char *text, struct error *err)
{
	struct address_range range;
	struct address address;
	bool paused = is_paused(server, text);
	unsigned i;

	if (address_parse_listen(text, &range, err) == -1)
		goto fail;
	for (i = 0; i < address_range_count(&range); i++) {
		address = address_range_at(&range, i);
		if (add_served(set, server, &address, i, paused, err) == -1)
			goto fail;
	}
	return 0;
fail:
	error_at(err, "%s.listen", server->path);
	return -1;
}

int bindings_collect(struct binding **set, const struct instance *instance, struct error *err)
{
	size_t i, j;

	for (i = 0; i < instance->server_count; i++) {
		const struct server *server = instance->servers[i];

		for (j = 0; j < server->listen.count; j++)
			if (add_listen(set, server, server->listen.items[j], err) == -1)
				return -1;
	}
	return 0;
}

/* ---- sockets -------------------------------------------------------------------------------- */

int binding_open(struct binding *b, struct error *err)
{
	int *fds = mem_alloc(workers_count() * sizeof(*fds));

	if (sockets_listen(&b->address, workers_count(), fds, err) == -1) {
		free(fds);
		error_at(err, "%s.listen", b->server->path);
		return -1;
	}
	b->fds = fds;
	return 0;
}

void binding_close(struct binding *b)
{
	unsigned w;

	for (w = 0; b->fds != NULL && w < workers_count(); w++)
		if (b->fds[w] != -1)
			close(b->fds[w]);
}

/* ---- ending --------------------------------------------------------------------------------- */

static void drop(struct binding **set, struct binding *b)
{
	HASH_DEL(*set, b);
	free(b->fds);
	free(b);
}

void bindings_drop_closing(struct binding **set)
{
	struct binding *b, *next;

	HASH_ITER (hh, *set, b, next)
		if (b->closing)
			drop(set, b);
}

void bindings_free(struct binding **set)
{
	struct binding *b, *next;

	HASH_ITER (hh, *set, b, next)
		drop(set, b);
}
