/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "daemon/upstream/relay.h"

#include <errno.h>
#include <linux/sockios.h>
#include <poll.h>
#include <sys/ioctl.h>

#include "daemon/core/conn_tally.h"
#include "daemon/core/worker.h"
#include "daemon/net/pipe.h"

/*
 * The size of one read: it doubles while the other side takes everything and falls back when it
 * blocks, so that what is kept of a stalled connection stays small.
 */
#define READ_SIZE_MIN (16u << 10)
#define READS_PER_EVENT 4

/*
 * A direction is bulk once this much came in reads that were not small; it then moves by splice(2).
 * Short exchanges never get there, so they never pay for a pipe.
 */
#define BULK_AFTER (1u << 20)
#define BULK_READ_MIN (8u << 10)

/*
 * A reset waits for the bytes before it, for half a minute without progress: first it is looked at
 * often, then less and less.
 */
#define RESET_POLL (10 * DURATION_MS)
#define RESET_POLL_MAX (200 * DURATION_MS)
#define RESET_POLLS 160

struct direction {
	struct endpoint *from, *to;
	struct buf held; /* read, and not yet taken by to */
	size_t read_size;
	size_t bulk;       /* bytes in a row that came in large reads */
	struct pipe *pipe; /* borrowed while something is in it */
	bool blocked;      /* to does not take more now; from is not read */
	bool ended;        /* from will say nothing more */
	bool shut;         /* ... and to has been told */
	bool reset;        /* from was reset, which to will be told after held */
};

struct relay {
	struct conn *conn;
	struct endpoint *upstream;
	struct direction up, down; /* to the upstream, to the client */
	const struct relay_options *options;
	enum end_reason reason; /* what ended first */
	unsigned reset_polls;   /* since there was progress */
	int reset_unsent;       /* bytes then */
};

static void on_relay_timer(struct conn *conn);

static bool plain(const struct endpoint *e)
{
	return e->top == &e->socket;
}

/* ---- ending -------------------------------------------------------------------------------- */

static void direction_fini(struct relay *r, struct direction *d)
{
	buf_fini(&d->held);
	pipe_return(&r->conn->worker->pipes, d->pipe);
	d->pipe = NULL;
}

static void on_end(struct conn *conn)
{
	struct relay *r = conn->handler;

	direction_fini(r, &r->up);
	direction_fini(r, &r->down);
	if (r->up.reset)
		endpoint_reset(r->upstream);
	else
		endpoint_close(r->upstream);
}

static void note_first_end(struct relay *r, const struct direction *d, bool reset)
{
	bool from_client = d == &r->up;

	if (r->up.ended || r->down.ended)
		return;
	if (from_client)
		r->reason = reset ? END_CLIENT_RESET : END_CLIENT_CLOSED;
	else
		r->reason = reset ? END_UPSTREAM_RESET : END_UPSTREAM_CLOSED;
}

/* Bytes that to has not taken yet; none where it is gone, which nobody may be watching for. */
static int unsent_before_reset(const struct direction *d)
{
	struct pollfd p = {.fd = d->to->io.fd};
	int unsent = 0;

	if (poll(&p, 1, 0) == 1 || ioctl(p.fd, SIOCOUTQ, &unsent) == -1)
		return 0;
	return unsent;
}

/* from was reset and to has been given all that came before: it should also have arrived. */
static void end_with_reset(struct relay *r, struct direction *d)
{
	int unsent = unsent_before_reset(d);
	int64_t poll_in;

	if (unsent < r->reset_unsent)
		r->reset_polls = 0;
	r->reset_unsent = unsent;
	if (unsent > 0 && r->reset_polls++ < RESET_POLLS) {
		poll_in = r->reset_polls * RESET_POLL;
		conn_timer(
		    r->conn, poll_in < RESET_POLL_MAX ? poll_in : RESET_POLL_MAX, on_relay_timer);
		return;
	}
	if (d == &r->down)
		conn_reset(r->conn, r->reason, NULL);
	else
		conn_end(r->conn, r->reason, NULL);
}

/* to does not exist any more; what it has said before may still be on its way to us. */
static void write_failed(struct relay *r, struct direction *d)
{
	struct direction *back = d == &r->up ? &r->down : &r->up;

	note_first_end(r, back, true);
	direction_fini(r, d);
	d->ended = d->shut = true;
	d->blocked = false;
}

/* ---- moving -------------------------------------------------------------------------------- */

/* Writes what to takes of the bytes at iov. Returns how many, or -1 where to is broken. */
static ssize_t put(struct direction *d, struct iovec *iov, int count)
{
	size_t done = 0;
	bool flushed = false;

	while (count > 0) {
		ssize_t n = stream_write(d->to->top, iov, count);

		if (n == -1) {
			if (errno != EAGAIN)
				return -1;
			if (plain(d->to) || flushed || stream_flush(d->to->top) == -1)
				break;
			flushed = true;
			continue;
		}
		flushed = false;
		done += (size_t)n;
		for (; count > 0 && (size_t)n >= iov->iov_len; count--, iov++)
			n -= (ssize_t)iov->iov_len;
		if (count > 0) {
			iov->iov_base = (uint8_t *)iov->iov_base + n;
			iov->iov_len -= (size_t)n;
			if (plain(d->to)) /* it took less than all: it is full */
				break;
		}
	}
	return (ssize_t)done;
}

/* Writes two runs of bytes (the first may be empty) and keeps what is not taken. -1: broken. */
static int put_or_keep(struct direction *d, struct span first, struct span second)
{
	struct iovec iov[2];
	int count = 0;
	ssize_t n;

	if (first.n > 0)
		iov[count++] = (struct iovec){(void *)first.p, first.n};
	if (second.n > 0)
		iov[count++] = (struct iovec){(void *)second.p, second.n};
	n = put(d, iov, count);
	if (n == -1)
		return -1;
	if ((size_t)n < first.n) {
		buf_append(&d->held, first.p + n, first.n - (size_t)n);
		buf_append(&d->held, second.p, second.n);
	} else {
		n -= (ssize_t)first.n;
		buf_append(&d->held, second.p + n, second.n - (size_t)n);
	}
	return 0;
}

/* Sends what is kept, here and in the streams. Returns whether to can take more; -1: broken. */
static int drain(struct direction *d)
{
	if (buf_len(&d->held) > 0) {
		struct span held = buf_span(&d->held);
		struct iovec iov = {(void *)held.p, held.n};
		ssize_t n = put(d, &iov, 1);

		if (n == -1)
			return -1;
		buf_consume(&d->held, (size_t)n);
		if (buf_len(&d->held) == 0)
			buf_fini(&d->held);
	}
	if (stream_flush(d->to->top) == -1)
		return errno == EAGAIN ? 0 : -1;
	return buf_len(&d->held) == 0;
}

/* from has ended: tells to. */
static void carry_end(struct relay *r, struct direction *d)
{
	struct direction *back = d == &r->up ? &r->down : &r->up;

	if (d->shut)
		return;
	if (d->reset) {
		end_with_reset(r, d);
		return;
	}
	/* Where the other direction is over too, closing says the same. */
	if (!(back->shut && plain(d->to)) && stream_shutdown(d->to->top) == -1 && errno == EAGAIN) {
		d->blocked = true;
		return;
	}
	d->shut = true;
}

static void note_size(struct direction *d, size_t n)
{
	d->bulk = n >= BULK_READ_MIN ? d->bulk + n : 0;
	if (d->blocked)
		d->read_size = READ_SIZE_MIN;
	else if (n == d->read_size && d->read_size < WORKER_SCRATCH)
		d->read_size *= 2;
}

static void from_ended(struct relay *r, struct direction *d, bool reset)
{
	note_first_end(r, d, reset);
	d->ended = true;
	d->reset = reset;
}

static void count(struct relay *r, const struct direction *d, size_t n)
{
	if (d == &r->up)
		conn_count_in(r->conn, n);
	else
		conn_count_out(r->conn, n);
}

/* One read and what follows from it. Returns whether another may bring something at once. */
static bool move_once(struct relay *r, struct direction *d)
{
	uint8_t *scratch = r->conn->worker->scratch;
	size_t size = d->read_size;
	ssize_t n = stream_read(d->from->top, scratch, size);

	if (n == -1 && errno == EAGAIN)
		return false;
	if (n <= 0) {
		from_ended(r, d, n == -1);
		return false;
	}
	count(r, d, (size_t)n);
	conn_touch(r->conn);
	if (put_or_keep(d, span_of(NULL, 0), span_of(scratch, (size_t)n)) == -1) {
		write_failed(r, d);
		return false;
	}
	d->blocked = buf_len(&d->held) > 0;
	note_size(d, (size_t)n);
	return !d->blocked && ((size_t)n == size || stream_pending(d->from->top));
}

/* ---- moving in bulk ------------------------------------------------------------------------- */

static bool may_splice(struct relay *r, struct direction *d)
{
	if (d->bulk < BULK_AFTER || !plain(d->from) || !plain(d->to) ||
	    stream_pending(d->from->top))
		return false;
	if (d->pipe == NULL)
		d->pipe = pipe_borrow(&r->conn->worker->pipes);
	return d->pipe != NULL;
}

/* Empties the pipe into to. Returns as drain(). */
static int drain_pipe(struct direction *d)
{
	while (d->pipe->held > 0) {
		ssize_t n = pipe_drain(d->pipe, d->to->io.fd);

		if (n == -1)
			return errno == EAGAIN ? 0 : -1;
		d->to->bytes_out += (size_t)n;
	}
	return 1;
}

/* As move_once(), through the pipe. */
static bool splice_once(struct relay *r, struct direction *d)
{
	ssize_t n = pipe_fill(d->pipe, d->from->io.fd);
	int taken;

	if (n == -1 && errno == EAGAIN)
		return false;
	if (n <= 0) {
		from_ended(r, d, n == -1);
		return false;
	}
	d->bulk = n >= BULK_READ_MIN ? d->bulk : 0;
	d->from->bytes_in += (size_t)n;
	count(r, d, (size_t)n);
	counter_add(&r->conn->worker->counters.bytes_spliced, (uint64_t)n);
	conn_touch(r->conn);
	taken = drain_pipe(d);
	if (taken == -1) {
		write_failed(r, d);
		return false;
	}
	d->blocked = taken == 0;
	return taken == 1;
}

static void pump_bulk(struct relay *r, struct direction *d)
{
	int i;

	for (i = 0; i < READS_PER_EVENT && splice_once(r, d); i++)
		;
	if (d->pipe != NULL && d->pipe->held == 0) {
		pipe_return(&r->conn->worker->pipes, d->pipe);
		d->pipe = NULL;
	}
}

/* ---- both ----------------------------------------------------------------------------------- */

/* Gets rid of what is kept; sets blocked. */
static void unblock(struct relay *r, struct direction *d)
{
	int taken = 1;

	if (d->pipe != NULL)
		taken = drain_pipe(d);
	if (taken == 1)
		taken = drain(d);
	d->blocked = taken == 0;
	if (taken == -1)
		write_failed(r, d);
}

/* Moves what can be moved in one direction now. */
static void pump(struct relay *r, struct direction *d)
{
	int i;

	if (d->shut)
		return;
	if (d->blocked)
		unblock(r, d);
	if (!d->blocked && !d->ended) {
		if (may_splice(r, d)) {
			pump_bulk(r, d);
		} else {
			for (i = 0; i < READS_PER_EVENT && move_once(r, d); i++)
				;
			if (!d->shut && !plain(d->to))
				unblock(r, d);
		}
	}
	if (d->ended && !d->blocked)
		carry_end(r, d);
}

/* ---- waiting ------------------------------------------------------------------------------- */

/* The earliest time at which on_relay_timer() would have to act; 0: none. */
static ev_tstamp next_deadline(const struct relay *r)
{
	const struct relay_options *o = r->options;
	ev_tstamp at = 0, t;

	if (o->idle_timeout > 0)
		at = r->conn->active + duration_seconds(o->idle_timeout);
	if (o->fin_timeout > 0 && (r->up.ended || r->down.ended)) {
		t = r->conn->active + duration_seconds(o->fin_timeout);
		if (at == 0 || t < at)
			at = t;
	}
	if (o->max_age > 0) {
		t = (double)(r->conn->facts.start_ns + o->max_age) / 1e9;
		if (at == 0 || t < at)
			at = t;
	}
	return at;
}

/* The timer is lazy: it is only moved when it fires, or where it must fire earlier. */
static void watch_time(struct relay *r)
{
	struct ev_loop *loop = r->conn->worker->loop;
	ev_tstamp at = next_deadline(r);
	ev_tstamp left = at - ev_now(loop);

	if (at == 0 ||
	    (ev_is_active(&r->conn->timer) && ev_timer_remaining(loop, &r->conn->timer) <= left))
		return;
	conn_timer(r->conn, (int64_t)(left * 1e9), on_relay_timer);
}

static int wanted(const struct direction *out, const struct direction *in)
{
	return (out->ended || out->blocked ? 0 : EV_READ) | (in->blocked ? EV_WRITE : 0);
}

static void settle(struct relay *r)
{
	if (r->conn->ended)
		return;
	if (r->up.shut && r->down.shut) {
		if (r->reason == END_UPSTREAM_RESET)
			conn_reset(r->conn, r->reason, NULL);
		else
			conn_end(r->conn, r->reason, NULL);
		return;
	}
	endpoint_wait(&r->conn->client, wanted(&r->up, &r->down));
	endpoint_wait(r->upstream, wanted(&r->down, &r->up));
	watch_time(r);
}

/* An event on the endpoint that out reads from and in writes to. */
static void on_event(struct relay *r, struct direction *out, struct direction *in, int events)
{
	bool both = !plain(out->from); /* a TLS read may have waited for a write, and vice versa */

	if (((events & EV_WRITE) != 0 || both) && (in->blocked || in->ended))
		pump(r, in);
	if (((events & EV_READ) != 0 || both) && !r->conn->ended)
		pump(r, out);
	settle(r);
}

static void on_client(struct conn *conn, int events)
{
	struct relay *r = conn->handler;

	on_event(r, &r->up, &r->down, events);
}

static void on_upstream(struct endpoint *e, int events)
{
	struct relay *r = e->owner;

	on_event(r, &r->down, &r->up, events);
}

static void on_relay_timer(struct conn *conn)
{
	struct relay *r = conn->handler;
	ev_tstamp now = ev_now(conn->worker->loop);
	ev_tstamp at = next_deadline(r);
	const struct relay_options *o = r->options;

	if (at != 0 && now >= at) {
		if (o->max_age > 0 && now * 1e9 >= (double)(conn->facts.start_ns + o->max_age))
			conn_end(conn, END_MAX_AGE, NULL);
		else if (r->up.ended || r->down.ended)
			conn_end(conn, END_FIN_TIMEOUT, NULL);
		else
			conn_end(conn, END_IDLE_TIMEOUT, NULL);
		return;
	}
	if (r->up.reset)
		pump(r, &r->up);
	if (r->down.reset && !conn->ended)
		pump(r, &r->down);
	settle(r);
}

/* ---- the beginning ------------------------------------------------------------------------- */

static void direction_init(struct direction *d, struct endpoint *from, struct endpoint *to)
{
	d->from = from;
	d->to = to;
	d->read_size = READ_SIZE_MIN;
}

/* The header leaves together with the first bytes if some are there, else at once. */
static void send_prefix(struct relay *r, struct span prefix)
{
	struct direction *d = &r->up;
	uint8_t *scratch = r->conn->worker->scratch;
	ssize_t n = stream_read(d->from->top, scratch, d->read_size);

	if (n > 0) {
		conn_count_in(r->conn, (size_t)n);
	} else if (n == 0 || errno != EAGAIN) {
		from_ended(r, d, n == -1);
	}
	if (put_or_keep(d, prefix, span_of(scratch, n > 0 ? (size_t)n : 0)) == -1)
		write_failed(r, d);
	d->blocked = buf_len(&d->held) > 0;
}

void relay_start(struct conn *conn, struct endpoint *upstream, struct span prefix,
    const struct relay_options *options)
{
	struct relay *r = arena_alloc(conn->arena, sizeof(*r));

	r->conn = conn;
	r->upstream = upstream;
	r->options = options;
	direction_init(&r->up, &conn->client, upstream);
	direction_init(&r->down, upstream, &conn->client);
	conn->handler = r;
	conn->on_end = on_end;
	conn->on_client = on_client;
	conn->state = "relaying";
	conn_timer_stop(conn);
	conn_touch(conn);
	upstream->on_event = on_upstream;
	upstream->owner = r;
	if (prefix.n > 0)
		send_prefix(r, prefix);
	pump(r, &r->up);
	settle(r);
}
