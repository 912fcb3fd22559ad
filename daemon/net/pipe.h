/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Pipes for splice(2): a worker's pool of them, each of 1 MiB. A relay that moves in bulk borrows
 * one for as long as something is in it.
 */
#ifndef DAEMON_NET_PIPE_H
#define DAEMON_NET_PIPE_H

#include <stddef.h>
#include <sys/types.h>

#define PIPE_SIZE (1 << 20)
#define PIPES_MAX 64 /* of one pool: what an unprivileged user may have in all (pipe(7)) */

struct pipe {
	struct pipe *next;
	int out, in; /* the reading and the writing end */
	size_t held; /* bytes in it */
};

struct pipe_pool {
	struct pipe *idle;
	unsigned count; /* idle and borrowed */
};

/* NULL: none idle, and no more can be made, or they cannot be made large. */
struct pipe *pipe_borrow(struct pipe_pool *pool);
/* Takes pipe back; one that is not empty is closed. NULL is allowed. */
void pipe_return(struct pipe_pool *pool, struct pipe *pipe);
void pipe_pool_fini(struct pipe_pool *pool);

/* As read(2) and write(2) between a socket and the pipe, as much as there is; they count held. */
ssize_t pipe_fill(struct pipe *pipe, int from);
ssize_t pipe_drain(struct pipe *pipe, int to);

#endif
