/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What stands behind the proxies that are compared: `backend PORT` serves TCP and UDP on 127.0.0.1.
 * A datagram comes back. A connection may begin with a PROXY header or with a ClientHello, which
 * are skipped; then one byte says what is wanted:
 *
 *   e   everything comes back
 *   s   a sink: zeros come, and are answered with one byte after the first byte that is none
 *   g   zeros go out until a byte comes, then a last byte that is none
 */
#include <config.h>

#include <arpa/inet.h>
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#define PREAMBLE_MAX 4096
#define CHUNK (256u << 10)
#define EVENTS 256

struct session {
	int fd;
	char wanted; /* 0: not known yet */
	bool ending; /* of 'g': a byte has come */
	size_t held;
	uint8_t preamble[PREAMBLE_MAX];
};

static int queue;
static uint8_t chunk[CHUNK], zeros[CHUNK];

static void need(bool good, const char *what)
{
	if (good)
		return;
	perror(what);
	exit(1);
}

static void watch(int op, int fd, uint32_t events, void *of)
{
	struct epoll_event e = {.events = events, .data.ptr = of};

	need(epoll_ctl(queue, op, fd, &e) == 0, "epoll_ctl");
}

/* The length of what precedes the byte that says what is wanted; SIZE_MAX: not complete. */
static size_t preamble_length(const uint8_t *p, size_t n)
{
	static const uint8_t proxy2[] = "\r\n\r\n";
	const uint8_t *end;
	size_t length = 0;

	if (n == 0)
		return SIZE_MAX;
	if (p[0] == 'P') {
		end = memchr(p, '\n', n);
		length = end == NULL ? SIZE_MAX : (size_t)(end - p) + 1;
	} else if (p[0] == proxy2[0]) {
		length = n < 16 ? SIZE_MAX : 16 + ((size_t)p[14] << 8 | p[15]);
	} else if (p[0] == 0x16) {
		length = n < 5 ? SIZE_MAX : 5 + ((size_t)p[3] << 8 | p[4]);
	}
	return length < n ? length : SIZE_MAX;
}

static bool put(struct session *s, const void *p, size_t n)
{
	return send(s->fd, p, n, MSG_NOSIGNAL) == (ssize_t)n;
}

/* What follows the preamble. false: the connection is over. */
static bool serve(struct session *s, const uint8_t *p, size_t n)
{
	switch (s->wanted) {
	case 'e':
		return n == 0 || put(s, p, n);
	case 's':
		return n == 0 || p[n - 1] == 0 || put(s, "k", 1);
	case 'g':
		s->ending = n > 0;
		watch(EPOLL_CTL_MOD, s->fd, EPOLLIN | EPOLLOUT, s);
		return true;
	default:
		return false;
	}
}

static bool begin(struct session *s, size_t n)
{
	size_t room = sizeof(s->preamble) - s->held, before = s->held, length;

	memcpy(s->preamble + s->held, chunk, n < room ? n : room);
	s->held += n < room ? n : room;
	length = preamble_length(s->preamble, s->held);
	if (length == SIZE_MAX)
		return n < room;
	s->wanted = (char)s->preamble[length++];
	return serve(s, chunk + (length - before), n - (length - before));
}

static bool on_readable(struct session *s)
{
	ssize_t n = recv(s->fd, chunk, sizeof(chunk), 0);

	if (n <= 0)
		return n == -1 && errno == EAGAIN;
	return s->wanted == 0 ? begin(s, (size_t)n) : serve(s, chunk, (size_t)n);
}

static bool on_writable(struct session *s)
{
	if (!s->ending)
		return send(s->fd, zeros, sizeof(zeros), MSG_NOSIGNAL) != -1 || errno == EAGAIN;
	watch(EPOLL_CTL_MOD, s->fd, EPOLLIN, s);
	return put(s, "k", 1);
}

static void accept_all(int listener)
{
	int fd;

	while ((fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK)) != -1) {
		struct session *s = calloc(1, sizeof(*s));

		need(s != NULL, "calloc");
		s->fd = fd;
		watch(EPOLL_CTL_ADD, fd, EPOLLIN, s);
	}
}

static void answer_all(int fd)
{
	struct sockaddr_storage from;
	socklen_t length = sizeof(from);
	ssize_t n;

	while (
	    (n = recvfrom(fd, chunk, sizeof(chunk), 0, (struct sockaddr *)&from, &length)) != -1) {
		sendto(fd, chunk, (size_t)n, 0, (struct sockaddr *)&from, length);
		length = sizeof(from);
	}
}

static int bound(int type, int port)
{
	struct sockaddr_in at = {.sin_family = AF_INET,
	    .sin_port = htons((uint16_t)port),
	    .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int fd = socket(AF_INET, type | SOCK_NONBLOCK, 0), one = 1;

	need(fd != -1, "socket");
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	need(bind(fd, (struct sockaddr *)&at, sizeof(at)) == 0, "bind");
	need(type != SOCK_STREAM || listen(fd, 4096) == 0, "listen");
	watch(EPOLL_CTL_ADD, fd, EPOLLIN, NULL);
	return fd;
}

static void on_event(const struct epoll_event *e, int streams, int datagrams)
{
	struct session *s = e->data.ptr;

	if (s == NULL) {
		accept_all(streams);
		answer_all(datagrams);
		return;
	}
	if ((!(e->events & ~(uint32_t)EPOLLOUT) || on_readable(s)) &&
	    (!(e->events & EPOLLOUT) || on_writable(s)))
		return;
	close(s->fd);
	free(s);
}

int main(int argc, char **argv)
{
	struct epoll_event events[EVENTS];
	struct rlimit files;
	int port = argc == 2 ? atoi(argv[1]) : 0, streams, datagrams, n, i;

	if (port <= 0 || port > 65535) {
		fputs("usage: backend PORT\n", stderr);
		return 2;
	}
	if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
		files.rlim_cur = files.rlim_max;
		setrlimit(RLIMIT_NOFILE, &files);
	}
	queue = epoll_create1(0);
	need(queue != -1, "epoll_create1");
	streams = bound(SOCK_STREAM, port);
	datagrams = bound(SOCK_DGRAM, port);
	for (;;) {
		n = epoll_wait(queue, events, EVENTS, -1);
		for (i = 0; i < n; i++)
			on_event(&events[i], streams, datagrams);
	}
}
