/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Streams: read, write and shutdown over something. A stack of them stands on each socket; a
 * handler that changes the bytes (tls, throttle, ...) pushes one. What was read ahead of a stream
 * for matching stays in its "ahead" buffer and is what the next reader gets first, whoever it is.
 *
 * An endpoint is one socket with its one watcher and its stack. It belongs to one loop.
 */
#ifndef DAEMON_NET_STREAM_H
#define DAEMON_NET_STREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <ev.h>

#include "common/buf.h"

struct stream;
struct endpoint;

struct stream_ops {
	const char *name;
	/*
	 * > 0: bytes read. 0: end of stream. -1: errno is EAGAIN (wait as events() says) or what
	 * broke the stream (ECONNRESET: a reset that can be passed on; EPROTO and others: abort).
	 */
	ssize_t (*read)(struct stream *s, void *to, size_t size);
	/*
	 * Bytes taken (perhaps fewer than given), or -1 with errno. A stream that encodes may keep
	 * a bounded amount of what it took; flush() sends that.
	 */
	ssize_t (*write)(struct stream *s, const struct iovec *iov, int count);
	/* 0: nothing is held back here or below. -1: errno (EAGAIN: call again when writable). */
	int (*flush)(struct stream *s);
	/* Ends our sending (FIN, close_notify), after what was written. 0, or -1 with errno. */
	int (*shutdown)(struct stream *s);
	/* Is there something to read that no event of the socket will announce? */
	bool (*pending)(const struct stream *s);
	/* The events of the socket to wait for so that want (EV_READ | EV_WRITE here) may go on. */
	int (*events)(const struct stream *s, int want);
	/* Frees what it owns, closes nothing. */
	void (*free)(struct stream *s);
};

/* Embedded first in each kind of stream. */
struct stream {
	const struct stream_ops *ops;
	struct stream *below; /* NULL for the socket's own */
	struct endpoint *endpoint;
	struct buf ahead;
	bool ended;  /* read() has said 0, with nothing left in ahead */
	bool paused; /* see stream_pause() */
};

struct endpoint {
	struct ev_io io; /* io.fd is the socket; -1 when closed */
	struct ev_loop *loop;
	struct stream *top;
	struct stream socket;
	uint64_t bytes_in, bytes_out;                     /* on the socket */
	int wanted;                                       /* what endpoint_wait() was told last */
	void (*on_event)(struct endpoint *e, int events); /* EV_READ | EV_WRITE of the socket */
	void *owner;
};

/* Takes fd (non-blocking, closed by endpoint_close()). The watcher is not started. */
void endpoint_init(struct endpoint *e, struct ev_loop *loop, int fd);
/* Frees the streams, stops the watcher, closes the socket. Again is allowed. */
void endpoint_close(struct endpoint *e);
/* As endpoint_close(), but the other side gets a reset (SO_LINGER 0). */
void endpoint_reset(struct endpoint *e);
/* Puts s (embedded in memory of the connection, ops set) on top of the stack. */
void endpoint_push(struct endpoint *e, struct stream *s);
/*
 * Waits for what the top stream wants (EV_READ, EV_WRITE, both, or 0 to stop). If something is
 * pending above the socket, on_event is called from the loop without waiting.
 */
void endpoint_wait(struct endpoint *e, int want);
/* Waits for bytes after a peek that found none: what is ahead of the top stream is no news. */
void endpoint_wait_more(struct endpoint *e);

/* As in stream_ops, with the ahead buffer first. */
ssize_t stream_read(struct stream *s, void *to, size_t size);
ssize_t stream_write(struct stream *s, const struct iovec *iov, int count);
int stream_flush(struct stream *s);
int stream_shutdown(struct stream *s);
/* Of this stream and all below. */
bool stream_pending(const struct stream *s);
/*
 * Reads up to size more bytes into the ahead buffer, so that buf_span(&s->ahead) is what can be
 * looked at. Returns as read().
 */
ssize_t stream_peek(struct stream *s, size_t size);

/*
 * From inside a stream: its read() will say EAGAIN for a reason of its own, whatever comes from
 * below. The socket is no longer watched for reading, whoever waits. stream_resume(), from the
 * loop, ends that, and calls on_event if someone waits to read.
 */
void stream_pause(struct stream *s);
void stream_resume(struct stream *s);

#endif
