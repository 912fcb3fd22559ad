/* SPDX-License-Identifier: BSD-2-Clause */
/* Handing an instance to the workers: sockets bound first, one message each, acknowledged. */
#include <config.h>

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/log.h"
#include "daemon/core/instance.h"
#include "daemon/core/listener.h"
#include "daemon/core/worker.h"
#include "daemon/net/address.h"
#include "daemon/net/sockets.h"

/* One address that the instance listens on. */
struct binding {
	char key[ADDRESS_TEXT_MAX];
	const struct server *server;
	bool paused;
	struct address address;
	int *fds; /* one for each worker, where it is new; NULL: the workers have it */
};

struct publication {
	struct instance *instance;
	struct binding *items;
	size_t count, size;
	void (*done)(void *arg);
	void *arg;
};

static struct {
	struct instance *current;
	struct publication *last; /* whose bindings are in force */
	bool busy;
} state;

struct instance *instance_current(void)
{
	return state.current;
}

static struct binding *find(const struct publication *p, const char *key)
{
	size_t i;

	for (i = 0; p != NULL && i < p->count; i++)
		if (strcmp(p->items[i].key, key) == 0)
			return &p->items[i];
	return NULL;
}

static void publication_free(struct publication *p)
{
	size_t i;

	if (p == NULL)
		return;
	for (i = 0; i < p->count; i++)
		free(p->items[i].fds);
	free(p->items);
	instance_unref(p->instance);
	free(p);
}

/* ---- what is to be listened on -------------------------------------------------------------- */

static int add_binding(struct publication *p, const struct server *server,
    const struct address *address, bool paused, struct error *err)
{
	struct binding *b, *known;
	char key[ADDRESS_TEXT_MAX];

	address_text(address, key);
	known = find(p, key);
	if (known != NULL)
		return error_set(err, ERROR_INVALID,
		    "servers '%s' and '%s' both listen on %s; give each an address of its own",
		    known->server->name, server->name, key);
	if (p->count == p->size) {
		p->size = p->size == 0 ? 16 : p->size * 2;
		p->items = mem_realloc(p->items, p->size * sizeof(*p->items));
	}
	b = &p->items[p->count++];
	memset(b, 0, sizeof(*b));
	memcpy(b->key, key, sizeof(key));
	b->server = server;
	b->paused = paused;
	b->address = *address;
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
    struct publication *p, const struct server *server, size_t index, struct error *err)
{
	struct address_range range;
	struct address address;
	bool paused = is_paused(server, server->listen.items[index]);
	unsigned i;

	if (address_parse_listen(server->listen.items[index], &range, err) == -1)
		goto fail;
	for (i = 0; i < address_range_count(&range); i++) {
		address = address_range_at(&range, i);
		if (add_binding(p, server, &address, paused, err) == -1)
			goto fail;
	}
	return 0;
fail:
	error_at(err, "servers.%s.listen[%zu]", server->name, index);
	return -1;
}

static int collect(struct publication *p, struct error *err)
{
	size_t i, j;

	for (i = 0; i < p->instance->server_count; i++)
		for (j = 0; j < p->instance->servers[i]->listen.count; j++)
			if (add_listen(p, p->instance->servers[i], j, err) == -1)
				return -1;
	return 0;
}

static void unbind(struct publication *p)
{
	size_t i;
	unsigned w;

	for (i = 0; i < p->count; i++)
		for (w = 0; p->items[i].fds != NULL && w < workers_count(); w++)
			close(p->items[i].fds[w]);
}

static int bind_new(struct publication *p, struct error *err)
{
	size_t i;

	for (i = 0; i < p->count; i++) {
		struct binding *b = &p->items[i];
		int *fds;

		if (find(state.last, b->key) != NULL)
			continue;
		fds = mem_alloc(workers_count() * sizeof(*fds));
		if (sockets_listen(&b->address, workers_count(), fds, err) == -1) {
			free(fds);
			error_at(err, "servers.%s", b->server->name);
			return -1;
		}
		b->fds = fds;
	}
	return 0;
}

/* ---- on each worker's thread ---------------------------------------------------------------- */

/* Addresses that are gone: their queues are emptied by the old instance's rules. */
static void close_gone(struct worker *w, const struct publication *p)
{
	struct listener **at = &w->listeners;
	struct listener *l;

	while ((l = *at) != NULL) {
		if (find(p, l->address) != NULL) {
			at = &l->next;
			continue;
		}
		*at = l->next;
		listener_close(l);
		listener_unref(l);
	}
}

static void open_new(struct worker *w, const struct publication *p)
{
	size_t i;

	for (i = 0; i < p->count; i++) {
		const struct binding *b = &p->items[i];
		struct listener *l;

		if (b->fds == NULL)
			continue;
		l = listener_new(w, b->fds[w->index], b->key);
		l->next = w->listeners;
		w->listeners = l;
	}
}

static void take_instance(struct worker *w, void *arg)
{
	struct publication *p = arg;
	struct instance *before = w->instance;
	struct listener *l;

	close_gone(w, p);
	w->instance = instance_ref(p->instance);
	open_new(w, p);
	for (l = w->listeners; l != NULL; l = l->next) {
		const struct binding *b = find(p, l->address);

		l->server = b->server;
		listener_accept(l, !b->paused);
	}
	instance_unref(before);
}

/* ---- on the control thread ------------------------------------------------------------------ */

static void all_taken(void *arg)
{
	struct publication *p = arg;
	const struct app_type *const *t;
	size_t i;

	for (i = 0; i < p->count; i++) {
		free(p->items[i].fds);
		p->items[i].fds = NULL;
	}
	publication_free(state.last);
	state.last = p;
	state.current = p->instance;
	state.busy = false;
	for (t = app_types(); *t != NULL; t++)
		if ((*t)->published != NULL)
			(*t)->published(p->instance);
	if (p->done != NULL)
		p->done(p->arg);
}

int instance_publish(
    struct instance *instance, void (*done)(void *arg), void *arg, struct error *err)
{
	struct publication *p;

	if (state.busy)
		return error_set(err, ERROR_BUSY, "another change is being published; try again");
	p = mem_zalloc(sizeof(*p));
	p->instance = instance_ref(instance);
	p->done = done;
	p->arg = arg;
	if (collect(p, err) == -1 || bind_new(p, err) == -1) {
		unbind(p);
		publication_free(p);
		return -1;
	}
	instance_unref(instance); /* p's is the caller's now */
	state.busy = true;
	workers_visit(take_instance, all_taken, p);
	return 0;
}

int instance_check_addresses(struct instance *instance, struct error *err)
{
	struct publication p = {.instance = instance};
	int rc = collect(&p, err);

	free(p.items);
	return rc;
}

void instance_forget(void)
{
	publication_free(state.last);
	state.last = NULL;
	state.current = NULL;
}
