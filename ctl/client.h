/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A session with the daemon, one request at a time.
 *
 *	params = client_begin(client, CONTROL_CONN_SHOW);
 *	pack_u64(pack_key(params, "id"), id);
 *	if (client_call(client, NULL, NULL, &reply, fault) == -1)
 *		...
 */
#ifndef CTL_CLIENT_H
#define CTL_CLIENT_H

#include <stdbool.h>
#include <stdint.h>
#include <msgpack/object.h>
#include <msgpack/unpack.h>

#include "common/buf.h"
#include "common/pack.h"
#include "ctl/fault.h"

struct client;

/* A message of the daemon, kept with its bytes. Zeroed memory is none. */
struct reply {
	struct buf bytes;
	msgpack_unpacked value;
	const msgpack_object *result; /* the map: a response's result, a chunk's parameters */
};

void reply_fini(struct reply *reply);

/* What hello told. */
struct client_facts {
	uint64_t protocol;
	char version[64], level[16];
	uint64_t pid;
};

/*
 * Connects and says hello. level: to go down to, NULL: none. timeout: ns without a word of the
 * daemon, 0: none. NULL with fault.
 */
struct client *client_open(
    const char *path, const char *level, int64_t timeout, struct fault *fault);
void client_close(struct client *c); /* NULL is allowed */
const struct client_facts *client_facts(const struct client *c);

/* Begins a request; returns the map for its parameters. */
struct pack_box *client_begin(struct client *c, const char *method);

/*
 * Sends what was begun and waits for the response. on_chunk is called for each chunk before it and
 * may take it (copy the struct, and zero this one). Returns 0, or -1 with fault.
 */
int client_call(struct client *c, void (*on_chunk)(struct reply *chunk, void *arg), void *arg,
    struct reply *out, struct fault *fault);

/*
 * For an answer that has no end, once it has begun: from now on nothing is too late, and before
 * each read wait(fd, arg) returns 0 as soon as fd can be read, or -1, which ends the call with the
 * fault CONTROL_EXIT_DONE.
 */
void client_wait_with(struct client *c, int (*wait)(int fd, void *arg), void *arg);

#endif
