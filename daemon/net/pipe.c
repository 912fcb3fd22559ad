/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "daemon/net/pipe.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "common/arena.h"
#include "daemon/net/descriptors.h"

static void pipe_free(struct pipe_pool *pool, struct pipe *pipe)
{
	close(pipe->in);
	close(pipe->out);
	free(pipe);
	pool->count--;
}

static struct pipe *pipe_new(struct pipe_pool *pool)
{
	struct pipe *pipe;
	int fds[2];

	if (pool->count == PIPES_MAX || pipe2(fds, O_NONBLOCK | O_CLOEXEC) == -1)
		return NULL;
	pipe = mem_zalloc(sizeof(*pipe));
	pipe->out = fds[0];
	pipe->in = fds[1];
	pool->count++;
	/* A small pipe costs more than copying does, and clients need descriptors more. */
	if (descriptors_accepted_enough(fds[1]) ||
	    fcntl(pipe->in, F_SETPIPE_SZ, PIPE_SIZE) < PIPE_SIZE) {
		pipe_free(pool, pipe);
		return NULL;
	}
	return pipe;
}

struct pipe *pipe_borrow(struct pipe_pool *pool)
{
	struct pipe *pipe = pool->idle;

	if (pipe == NULL)
		return pipe_new(pool);
	pool->idle = pipe->next;
	return pipe;
}

void pipe_return(struct pipe_pool *pool, struct pipe *pipe)
{
	if (pipe == NULL)
		return;
	if (pipe->held > 0) {
		pipe_free(pool, pipe);
		return;
	}
	pipe->next = pool->idle;
	pool->idle = pipe;
}

void pipe_pool_fini(struct pipe_pool *pool)
{
	struct pipe *pipe;

	while ((pipe = pool->idle) != NULL) {
		pool->idle = pipe->next;
		pipe_free(pool, pipe);
	}
}

static ssize_t move(int from, int to, size_t size)
{
	ssize_t n;

	do
		n = splice(from, NULL, to, NULL, size, SPLICE_F_MOVE | SPLICE_F_NONBLOCK);
	while (n == -1 && errno == EINTR);
	return n;
}

ssize_t pipe_fill(struct pipe *pipe, int from)
{
	ssize_t n = move(from, pipe->in, PIPE_SIZE);

	if (n > 0)
		pipe->held += (size_t)n;
	return n;
}

ssize_t pipe_drain(struct pipe *pipe, int to)
{
	ssize_t n = move(pipe->out, to, pipe->held);

	if (n > 0)
		pipe->held -= (size_t)n;
	return n;
}
