/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The addresses that an instance listens on, by the text that connections name them with. A set of
 * them is made on the control thread; workers that it was handed to read it, and count flows.
 */
#ifndef DAEMON_CORE_BINDING_H
#define DAEMON_CORE_BINDING_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <uthash.h>

#include "daemon/net/address.h"

struct error;
struct instance;
struct server;

/* One address that is listened on. */
struct binding {
	UT_hash_handle
	    hh; /* of the set, by key; hh.next is the next one, in the document's order */
	char key[ADDRESS_TEXT_MAX];
	const struct server *server; /* of the instance; NULL: retired, for the flows that it has */
	bool paused;
	bool closing; /* retired, and without flows: being closed */
	struct address address;
	unsigned place;       /* in its range */
	int *fds;             /* one for each worker, where it is new; NULL: the workers have it */
	_Atomic size_t flows; /* of a retired one, as the workers have counted last */
};

/* A set is its first one; NULL: it is empty. */
struct binding *binding_find(struct binding *set, const char *key);

/* Adds all that the servers of instance listen on. 0, or -1 with err: malformed, or there twice. */
int bindings_collect(struct binding **set, const struct instance *instance, struct error *err);

/* Adds one that no server is behind: its flows end by themselves. */
void binding_add_retired(struct binding **set, const struct address *address);

/* Binds it for every worker. 0, or -1 with err. */
int binding_open(struct binding *b, struct error *err);
/* Closes what binding_open() bound, where it is still this one's. */
void binding_close(struct binding *b);

/* Takes those that are closing out of the set. */
void bindings_drop_closing(struct binding **set);
/* Lets all of them go; sockets are not closed. */
void bindings_free(struct binding **set);

#endif
