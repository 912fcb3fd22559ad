/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "daemon/net/stream.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* ---- the socket's own stream -------------------------------------------------------------- */

static ssize_t socket_read(struct stream *s, void *to, size_t size)
{
	ssize_t n;

	do
		n = recv(s->endpoint->io.fd, to, size, 0);
	while (n == -1 && errno == EINTR);
	if (n > 0)
		s->endpoint->bytes_in += (size_t)n;
	return n;
}

static ssize_t socket_write(struct stream *s, const struct iovec *iov, int count)
{
	struct msghdr msg = {.msg_iov = (struct iovec *)iov, .msg_iovlen = (size_t)count};
	ssize_t n;

	do {
		if (count == 1)
			n = send(s->endpoint->io.fd, iov->iov_base, iov->iov_len, MSG_NOSIGNAL);
		else
			n = sendmsg(s->endpoint->io.fd, &msg, MSG_NOSIGNAL);
	} while (n == -1 && errno == EINTR);
	if (n > 0)
		s->endpoint->bytes_out += (size_t)n;
	return n;
}

static int socket_flush(struct stream *s)
{
	(void)s;
	return 0;
}

static int socket_shutdown(struct stream *s)
{
	return shutdown(s->endpoint->io.fd, SHUT_WR);
}

static bool socket_pending(const struct stream *s)
{
	(void)s;
	return false;
}

static int socket_events(const struct stream *s, int want)
{
	(void)s;
	return want;
}

static void socket_free(struct stream *s)
{
	(void)s;
}

static const struct stream_ops socket_ops = {
    .name = "socket",
    .read = socket_read,
    .write = socket_write,
    .flush = socket_flush,
    .shutdown = socket_shutdown,
    .pending = socket_pending,
    .events = socket_events,
    .free = socket_free,
};

/* ---- any stream ---------------------------------------------------------------------------- */

ssize_t stream_read(struct stream *s, void *to, size_t size)
{
	size_t held = buf_len(&s->ahead);
	ssize_t n;

	if (held > 0) {
		if (size > held)
			size = held;
		memcpy(to, s->ahead.data + s->ahead.start, size);
		buf_consume(&s->ahead, size);
		if (buf_len(&s->ahead) == 0)
			buf_fini(&s->ahead);
		return (ssize_t)size;
	}
	if (s->ended)
		return 0;
	n = s->ops->read(s, to, size);
	if (n == 0)
		s->ended = true;
	return n;
}

ssize_t stream_write(struct stream *s, const struct iovec *iov, int count)
{
	return s->ops->write(s, iov, count);
}

int stream_flush(struct stream *s)
{
	return s->ops->flush(s);
}

int stream_shutdown(struct stream *s)
{
	return s->ops->shutdown(s);
}

bool stream_pending(const struct stream *s)
{
	for (; s != NULL; s = s->below) {
		if (buf_len(&s->ahead) > 0)
			return true;
		if (s->paused)
			return false;
		if (s->ops->pending(s))
			return true;
	}
	return false;
}

ssize_t stream_peek(struct stream *s, size_t size)
{
	ssize_t n;

	if (s->ended)
		return 0;
	n = s->ops->read(s, buf_reserve(&s->ahead, size), size);
	if (n > 0)
		buf_commit(&s->ahead, (size_t)n);
	else if (n == 0)
		s->ended = true;
	return n;
}

/* ---- endpoints ----------------------------------------------------------------------------- */

static void on_io(struct ev_loop *loop, ev_io *w, int events)
{
	struct endpoint *e = w->data;

	(void)loop;
	e->on_event(e, events);
}

void endpoint_init(struct endpoint *e, struct ev_loop *loop, int fd)
{
	memset(e, 0, sizeof(*e));
	ev_io_init(&e->io, on_io, fd, 0);
	e->io.data = e;
	e->loop = loop;
	e->socket.ops = &socket_ops;
	e->socket.endpoint = e;
	e->top = &e->socket;
}

void endpoint_push(struct endpoint *e, struct stream *s)
{
	s->below = e->top;
	s->endpoint = e;
	e->top = s;
}

void endpoint_close(struct endpoint *e)
{
	struct stream *s;

	if (e->io.fd == -1)
		return;
	ev_io_stop(e->loop, &e->io);
	for (s = e->top; s != NULL; s = s->below) {
		buf_fini(&s->ahead);
		s->ops->free(s);
	}
	e->top = NULL;
	close(e->io.fd);
	e->io.fd = -1;
}

void endpoint_reset(struct endpoint *e)
{
	struct linger reset = {.l_onoff = 1, .l_linger = 0};

	if (e->io.fd == -1)
		return;
	setsockopt(e->io.fd, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset));
	endpoint_close(e);
}

static bool is_paused(const struct endpoint *e)
{
	const struct stream *s;

	for (s = e->top; s != NULL; s = s->below)
		if (s->paused)
			return true;
	return false;
}

static void watch(struct endpoint *e)
{
	int events = e->wanted != 0 ? e->top->ops->events(e->top, e->wanted) : 0;

	if ((events & EV_READ) != 0 && is_paused(e))
		events &= ~EV_READ;
	if (!ev_is_active(&e->io)) {
		ev_io_modify(&e->io, events);
		if (events != 0)
			ev_io_start(e->loop, &e->io);
	} else if ((e->io.events & (EV_READ | EV_WRITE)) != events) {
		ev_io_stop(e->loop, &e->io);
		ev_io_modify(&e->io, events);
		if (events != 0)
			ev_io_start(e->loop, &e->io);
	}
}

/* Nothing is to be done, as after most reads of a relay: no stream stands above the socket. */
static bool waits_already(const struct endpoint *e)
{
	return e->top == &e->socket && buf_len(&e->socket.ahead) == 0 && ev_is_active(&e->io) &&
	       (e->io.events & (EV_READ | EV_WRITE)) == e->wanted;
}

void endpoint_wait(struct endpoint *e, int want)
{
	e->wanted = want;
	if (waits_already(e))
		return;
	watch(e);
	if ((want & EV_READ) != 0 && stream_pending(e->top))
		ev_feed_event(e->loop, &e->io, EV_READ);
}

void endpoint_wait_more(struct endpoint *e)
{
	e->wanted = EV_READ;
	watch(e);
	if (!e->top->paused && (e->top->ops->pending(e->top) || stream_pending(e->top->below)))
		ev_feed_event(e->loop, &e->io, EV_READ);
}

void stream_pause(struct stream *s)
{
	s->paused = true;
	watch(s->endpoint);
}

void stream_resume(struct stream *s)
{
	struct endpoint *e = s->endpoint;

	s->paused = false;
	watch(e);
	if ((e->wanted & EV_READ) != 0)
		ev_feed_event(e->loop, &e->io, EV_READ);
}
