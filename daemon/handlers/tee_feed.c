/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/log.h"
#include "daemon/core/conn_tally.h"
#include "daemon/core/worker.h"
#include "daemon/handlers/tee.h"

/*
 * How far the branch may be behind, beside what its socket holds. A branch that blocks stops the
 * connection after one read; one that does not is given more.
 */
#define READ_MAX (64u << 10)
#define BEHIND_MAX (256u << 10)
#define ANSWER_MAX (16u << 10)

/* What the branch reads through. */
struct branch_stream {
	struct stream stream; /* first */
	bool cut;             /* its end is none of the client's: a reset */
};

/*
 * Between the two; lies in the branch's arena. Outlives the connection until the branch has been
 * given all that was read.
 */
struct feed {
	struct tee_stream *tee; /* NULL: the connection has ended */
	struct branch_stream branch;
	struct ev_loop *loop;
	ev_io io;           /* the other end of the branch's socket; fd -1: closed */
	ev_io client;       /* the client's socket, while it does not take an answer */
	struct buf held;    /* for the branch */
	struct buf answers; /* for the client */
	bool drop;
	bool ended; /* the branch is to be told after held */
	uint64_t branch_id;
};

/* What the connection reads through; lies in its arena. */
struct tee_stream {
	struct stream stream; /* first */
	struct conn *conn;
	struct feed *feed; /* NULL: the branch has ended */
};

/* ---- to the branch ------------------------------------------------------------------------- */

static void watch(struct feed *f, int events)
{
	ev_io_stop(f->loop, &f->io);
	ev_io_modify(&f->io, events);
	if (events != 0)
		ev_io_start(f->loop, &f->io);
}

static int reading(const struct feed *f)
{
	return f->io.events & EV_READ;
}

static void resume(struct feed *f)
{
	if (f->tee != NULL && f->tee->stream.paused)
		stream_resume(&f->tee->stream);
}

/* The branch gets nothing more, and the connection goes on without it. */
static void feed_close(struct feed *f)
{
	if (f->io.fd == -1)
		return;
	watch(f, 0);
	ev_io_stop(f->loop, &f->client);
	close(f->io.fd);
	f->io.fd = -1;
	buf_fini(&f->held);
	buf_fini(&f->answers);
	resume(f);
	if (f->tee != NULL)
		f->tee->feed = NULL;
	f->tee = NULL;
}

static void release(void *feed)
{
	feed_close(feed);
}

static void cut(struct feed *f)
{
	f->branch.cut = true;
	feed_close(f);
}

static void cut_slow(struct feed *f)
{
	struct log_line line;

	log_begin(&line, LOG_WARN, "tee", "a branch does not keep up and is cut off");
	log_u64(&line, "id", f->branch_id);
	log_end(&line);
	cut(f);
}

/* How much of bytes the branch takes; -1: it is gone. */
static ssize_t put(struct feed *f, struct span bytes)
{
	ssize_t n = send(f->io.fd, bytes.p, bytes.n, MSG_NOSIGNAL);

	return n == -1 && errno == EAGAIN ? 0 : n;
}

static void tell_end(struct feed *f)
{
	if (f->ended && buf_len(&f->held) == 0)
		shutdown(f->io.fd, SHUT_WR);
}

static void drain(struct feed *f)
{
	ssize_t n = put(f, buf_span(&f->held));

	if (n == -1) {
		feed_close(f);
		return;
	}
	buf_consume(&f->held, (size_t)n);
	if (buf_len(&f->held) > 0)
		return;
	buf_fini(&f->held);
	watch(f, reading(f));
	tell_end(f);
	resume(f);
}

/* Bytes that the connection has read. */
static void feed_put(struct feed *f, struct span bytes)
{
	ssize_t n = buf_len(&f->held) == 0 ? put(f, bytes) : 0;

	if (n == -1) {
		feed_close(f);
		return;
	}
	span_skip(&bytes, (size_t)n);
	if (bytes.n == 0)
		return;
	if (f->drop && buf_len(&f->held) + bytes.n > BEHIND_MAX) {
		cut_slow(f);
		return;
	}
	buf_append(&f->held, bytes.p, bytes.n);
	watch(f, reading(f) | EV_WRITE);
	if (!f->drop)
		stream_pause(&f->tee->stream);
}

static void feed_end(struct feed *f)
{
	f->ended = true;
	tell_end(f);
}

/* ---- from the branch ----------------------------------------------------------------------- */

/* Nobody listens to the branch any more. */
static void deafen(struct feed *f)
{
	watch(f, f->io.events & EV_WRITE);
	ev_io_stop(f->loop, &f->client);
	buf_fini(&f->answers);
	shutdown(f->io.fd, SHUT_RD);
}

/* Writes what the client takes of the answers. 1: all; 0: wait for it; -1: it takes no more. */
static int hand_over(struct feed *f)
{
	struct stream *below = f->tee->stream.below;

	while (buf_len(&f->answers) > 0) {
		struct span left = buf_span(&f->answers);
		struct iovec iov = {(void *)left.p, left.n};
		ssize_t n = stream_write(below, &iov, 1);

		if (n == -1)
			return errno == EAGAIN ? 0 : -1;
		conn_count_out(f->tee->conn, (size_t)n);
		buf_consume(&f->answers, (size_t)n);
	}
	buf_fini(&f->answers);
	if (stream_flush(below) == -1)
		return errno == EAGAIN ? 0 : -1;
	return 1;
}

static void wait_for_client(struct feed *f)
{
	struct stream *below = f->tee->stream.below;

	watch(f, f->io.events & EV_WRITE);
	ev_io_stop(f->loop, &f->client);
	ev_io_set(&f->client, below->endpoint->io.fd, below->ops->events(below, EV_WRITE));
	ev_io_start(f->loop, &f->client);
}

static void answer(struct feed *f)
{
	ssize_t n;

	switch (hand_over(f)) {
	case -1:
		deafen(f);
		return;
	case 0:
		wait_for_client(f);
		return;
	default:
		ev_io_stop(f->loop, &f->client);
		watch(f, f->io.events | EV_READ);
		break;
	}
	n = recv(f->io.fd, buf_reserve(&f->answers, ANSWER_MAX), ANSWER_MAX, 0);
	if (n > 0) {
		buf_commit(&f->answers, (size_t)n);
		conn_touch(f->tee->conn);
		if (hand_over(f) != 1)
			wait_for_client(f);
	} else if (n == 0 || errno != EAGAIN) {
		deafen(f);
	}
}

static void on_io(struct ev_loop *loop, ev_io *io, int events)
{
	struct feed *f = io->data;

	(void)loop;
	if (events & EV_WRITE)
		drain(f);
	if ((events & EV_READ) && f->io.fd != -1 && f->tee != NULL)
		answer(f);
}

static void on_client_writable(struct ev_loop *loop, ev_io *io, int events)
{
	(void)loop;
	(void)events;
	answer(io->data);
}

/* ---- the connection's stream --------------------------------------------------------------- */

static struct tee_stream *tee_of(struct stream *s)
{
	return (struct tee_stream *)s;
}

static ssize_t tee_read(struct stream *s, void *to, size_t size)
{
	struct tee_stream *t = tee_of(s);
	ssize_t n;
	int saved;

	if (s->paused) {
		errno = EAGAIN;
		return -1;
	}
	n = stream_read(s->below, to, size < READ_MAX ? size : READ_MAX);
	saved = errno;
	if (t->feed == NULL)
		return n;
	if (n > 0)
		feed_put(t->feed, span_of(to, (size_t)n));
	else if (n == 0)
		feed_end(t->feed);
	else if (errno != EAGAIN)
		cut(t->feed);
	errno = saved;
	return n;
}

static void tee_free(struct stream *s)
{
	struct feed *f = tee_of(s)->feed;

	if (f == NULL)
		return;
	f->tee = NULL;
	deafen(f);
	feed_end(f);
}

/* ---- the branch's stream ------------------------------------------------------------------- */

static ssize_t branch_read(struct stream *s, void *to, size_t size)
{
	const struct branch_stream *b = (const struct branch_stream *)s;
	ssize_t n = stream_read(s->below, to, size);

	if (n == 0 && b->cut) {
		errno = ECONNRESET;
		return -1;
	}
	return n;
}

static void branch_free(struct stream *s)
{
	(void)s;
}

/* ---- both ---------------------------------------------------------------------------------- */

static ssize_t write_below(struct stream *s, const struct iovec *iov, int count)
{
	return stream_write(s->below, iov, count);
}

static int flush_below(struct stream *s)
{
	return stream_flush(s->below);
}

static int shutdown_below(struct stream *s)
{
	return stream_shutdown(s->below);
}

static bool never_pending(const struct stream *s)
{
	(void)s;
	return false;
}

static int events_below(const struct stream *s, int want)
{
	return s->below->ops->events(s->below, want);
}

static const struct stream_ops tee_ops = {
    .name = "tee",
    .read = tee_read,
    .write = write_below,
    .flush = flush_below,
    .shutdown = shutdown_below,
    .pending = never_pending,
    .events = events_below,
    .free = tee_free,
};

static const struct stream_ops branch_ops = {
    .name = "branch",
    .read = branch_read,
    .write = write_below,
    .flush = flush_below,
    .shutdown = shutdown_below,
    .pending = never_pending,
    .events = events_below,
    .free = branch_free,
};

struct conn *tee_start(struct conn *conn, int fds[2], bool drop)
{
	struct tee_stream *t = arena_alloc(conn->arena, sizeof(*t));
	struct conn *branch = conn_branch(conn, fds[1]);
	struct feed *f = arena_alloc(branch->arena, sizeof(*f));

	t->stream.ops = &tee_ops;
	t->conn = conn;
	t->feed = f;
	f->tee = t;
	f->loop = conn->worker->loop;
	f->drop = drop;
	f->branch_id = branch->facts.id;
	f->branch.stream.ops = &branch_ops;
	ev_io_init(&f->io, on_io, fds[0], EV_READ);
	f->io.data = f;
	ev_io_init(&f->client, on_client_writable, -1, 0);
	f->client.data = f;
	arena_release(branch->arena, release, f);
	endpoint_push(&conn->client, &t->stream);
	endpoint_push(&branch->client, &f->branch.stream);
	ev_io_start(f->loop, &f->io);
	return branch;
}
