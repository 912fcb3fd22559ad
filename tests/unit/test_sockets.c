/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "daemon/net/sockets.h"

#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define WORKERS 3

static char folder[64], path[96];
static struct error err;

static void setup(void)
{
	strcpy(folder, "/tmp/test_sockets.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(folder));
	snprintf(path, sizeof(path), "%s/s", folder);
	memset(&err, 0, sizeof(err));
}

static void teardown(void)
{
	unlink(path);
	rmdir(folder);
}

static struct address parse(const char *text)
{
	struct address_range range;

	ck_assert_msg(address_parse_listen(text, &range, &err) == 0, "%s", err.message);
	return range.first;
}

static int listen_on(const char *text, unsigned count, int *fds)
{
	struct address a = parse(text);

	return sockets_listen(&a, count, fds, &err);
}

static void must_listen(const char *text, unsigned count, int *fds)
{
	ck_assert_msg(listen_on(text, count, fds) == 0, "%s", err.message);
}

static struct netaddr name_of(int fd)
{
	struct sockaddr_storage sa;
	socklen_t length = sizeof(sa);

	ck_assert_int_eq(getsockname(fd, (struct sockaddr *)&sa, &length), 0);
	return netaddr_from_sockaddr((struct sockaddr *)&sa, length);
}

static int option(int fd, int level, int name)
{
	int value = -1;
	socklen_t length = sizeof(value);

	ck_assert_int_eq(getsockopt(fd, level, name, &value, &length), 0);
	return value;
}

static void close_all(int *fds, unsigned count)
{
	while (count-- > 0)
		close(fds[count]);
}

/* Waits until one of the sockets has a connection and takes it; which is its index. */
static int take(int *fds, unsigned count, unsigned *which)
{
	struct pollfd polled[WORKERS];
	unsigned i;

	for (i = 0; i < count; i++)
		polled[i] = (struct pollfd){.fd = fds[i], .events = POLLIN};
	ck_assert_int_ge(poll(polled, count, 5000), 1);
	for (i = 0; polled[i].revents == 0; i++)
		;
	*which = i;
	return accept(fds[i], NULL, NULL);
}

static int connect_to(struct netaddr addr)
{
	bool done;
	int fd = sockets_connect(SOCK_STREAM, &addr, NULL, &done);

	ck_assert_msg(fd != -1, "%s", strerror(errno));
	ck_assert(done); /* within the machine */
	return fd;
}

static struct netaddr loopback(uint16_t port)
{
	struct netaddr addr;

	netaddr_parse_ip("127.0.0.1", &addr);
	addr.port = port;
	return addr;
}

START_TEST(test_listen_options)
{
	int fds[1], fd, client;
	unsigned which;

	must_listen("127.0.0.1:0", 1, fds);
	ck_assert(fcntl(fds[0], F_GETFL) & O_NONBLOCK);
	ck_assert(fcntl(fds[0], F_GETFD) & FD_CLOEXEC);
	ck_assert_int_eq(option(fds[0], SOL_SOCKET, SO_REUSEPORT), 1);
	client = connect_to(name_of(fds[0]));
	fd = take(fds, 1, &which);
	ck_assert_int_eq(option(fd, IPPROTO_TCP, TCP_NODELAY), 1);
	ck_assert_int_eq(option(fd, SOL_SOCKET, SO_KEEPALIVE), 1);
	ck_assert_int_gt(option(fd, IPPROTO_TCP, TCP_USER_TIMEOUT), 0);
	ck_assert_int_eq(option(client, IPPROTO_TCP, TCP_NODELAY), 1);
	ck_assert(fcntl(client, F_GETFL) & O_NONBLOCK);
	ck_assert(fcntl(client, F_GETFD) & FD_CLOEXEC);
	close(fd);
	close(client);
	close(fds[0]);
}
END_TEST

/* Each worker has a socket of its own on the one port, and each gets connections. */
START_TEST(test_workers)
{
	int fds[WORKERS], clients[256], i;
	unsigned got[WORKERS] = {0}, which;
	uint16_t port;

	must_listen("127.0.0.1:0", WORKERS, fds);
	port = name_of(fds[0]).port;
	ck_assert_uint_ne(port, 0);
	ck_assert_uint_eq(name_of(fds[1]).port, port);
	ck_assert_uint_eq(name_of(fds[2]).port, port);
	for (i = 0; i < 256; i++) {
		clients[i] = connect_to(loopback(port));
		close(take(fds, WORKERS, &which));
		got[which]++;
	}
	ck_assert_uint_gt(got[0], 0);
	ck_assert_uint_gt(got[1], 0);
	ck_assert_uint_gt(got[2], 0);
	close_all(clients, 256);
	close_all(fds, WORKERS);
}
END_TEST

START_TEST(test_dual_stack)
{
	struct netaddr six;
	int fds[1], fd, client;
	unsigned which;

	must_listen(":0", 1, fds);
	client = connect_to(loopback(name_of(fds[0]).port));
	fd = take(fds, 1, &which);
	ck_assert(name_of(fd).family == AF_INET);
	close(fd);
	close(client);
	if (option(fds[0], SOL_SOCKET, SO_DOMAIN) == AF_INET6) {
		bool done;

		netaddr_parse_ip("::1", &six);
		six.port = name_of(fds[0]).port;
		client = sockets_connect(SOCK_STREAM, &six, NULL, &done);
		if (client != -1) { /* an interface may lack it */
			close(take(fds, 1, &which));
			close(client);
		}
	}
	close(fds[0]);
}
END_TEST

START_TEST(test_one_family)
{
	int fds[1];
	struct netaddr addr;

	must_listen("tcp4/:0", 1, fds);
	ck_assert_int_eq(option(fds[0], SOL_SOCKET, SO_DOMAIN), AF_INET);
	close(fds[0]);
	if (listen_on("tcp6/:0", 1, fds) == -1)
		return; /* no IPv6 here */
	addr = name_of(fds[0]);
	ck_assert_int_eq(addr.family, AF_INET6);
	ck_assert_int_eq(option(fds[0], IPPROTO_IPV6, IPV6_V6ONLY), 1);
	close(fds[0]);
}
END_TEST

/* Runs in a child: another program that listens, with or without SO_REUSEPORT, until it is told. */
static pid_t other_program(bool shared, int *tell, uint16_t *port)
{
	int to[2], from[2];
	pid_t pid;

	ck_assert_int_eq(pipe(to), 0);
	ck_assert_int_eq(pipe(from), 0);
	pid = fork();
	if (pid == 0) {
		struct sockaddr_in sa = {
		    .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
		int fd = socket(AF_INET, SOCK_STREAM, 0), one = 1;
		char c;

		close(to[1]);
		if (shared)
			setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &one, sizeof(one));
		if (bind(fd, (struct sockaddr *)&sa, sizeof(sa)) == -1 || listen(fd, 5) == -1)
			_exit(1);
		*port = name_of(fd).port;
		if (write(from[1], port, sizeof(*port)) == -1 || read(to[0], &c, 1) == -1)
			_exit(1);
		_exit(0);
	}
	close(to[0]);
	close(from[1]);
	ck_assert_int_eq(read(from[0], port, sizeof(*port)), sizeof(*port));
	close(from[0]);
	*tell = to[1];
	return pid;
}

/* An address of another program is an error, even where SO_REUSEPORT would let us share it. */
START_TEST(test_other_program)
{
	char text[64];
	int fds[WORKERS], tell, status;
	uint16_t port;
	pid_t pid = other_program(_i == 1, &tell, &port);

	snprintf(text, sizeof(text), "127.0.0.1:%u", port);
	ck_assert_int_eq(listen_on(text, WORKERS, fds), -1);
	ck_assert_int_eq(err.code, ERROR_IN_USE);
	ck_assert_ptr_nonnull(strstr(err.message, text));
	ck_assert_ptr_nonnull(strstr(err.message, "another program"));
	snprintf(text, sizeof(text), ":%u", port);
	ck_assert_int_eq(listen_on(text, WORKERS, fds), -1);
	close(tell);
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_int_eq(status, 0);
	must_listen(text, WORKERS, fds);
	close_all(fds, WORKERS);
}
END_TEST

/* From one address to another that overlaps it, as in a reload: the old one is still open. */
START_TEST(test_own_overlap)
{
	int before[WORKERS], after[WORKERS];
	char text[64];

	must_listen(":0", WORKERS, before);
	snprintf(text, sizeof(text), "127.0.0.1:%u", name_of(before[0]).port);
	must_listen(text, WORKERS, after);
	close_all(before, WORKERS);
	snprintf(text, sizeof(text), "tcp4/:%u", name_of(after[0]).port);
	must_listen(text, WORKERS, before);
	close_all(before, WORKERS);
	close_all(after, WORKERS);
}
END_TEST

START_TEST(test_unusable)
{
	int fds[WORKERS];

	ck_assert_int_eq(listen_on("192.0.2.1:80", WORKERS, fds), -1);
	ck_assert_ptr_nonnull(strstr(err.message, "does not have that address"));
	ck_assert_int_eq(listen_on("fd/999", 1, fds), -1);
	ck_assert_ptr_nonnull(strstr(err.message, "descriptor 999"));
	ck_assert_int_eq(listen_on("unix//nowhere/at/all", 1, fds), -1);
	ck_assert_ptr_nonnull(strstr(err.message, "unix//nowhere/at/all"));
}
END_TEST

/* ---- datagrams ------------------------------------------------------------------------------ */

START_TEST(test_datagram_workers)
{
	int fds[WORKERS];
	unsigned i;

	must_listen("udp/127.0.0.1:0", WORKERS, fds);
	for (i = 0; i < WORKERS; i++) {
		ck_assert_uint_eq(name_of(fds[i]).port, name_of(fds[0]).port);
		ck_assert_int_eq(option(fds[i], SOL_SOCKET, SO_REUSEPORT), 1);
		ck_assert_int_eq(option(fds[i], IPPROTO_IP, IP_PKTINFO), 0);
		ck_assert(fcntl(fds[i], F_GETFL) & O_NONBLOCK);
		ck_assert(fcntl(fds[i], F_GETFD) & FD_CLOEXEC);
	}
	close_all(fds, WORKERS);
}
END_TEST

/* The ports of TCP are others. One that another program happens to have says nothing. */
START_TEST(test_datagram_ports)
{
	char text[64];
	int datagrams, stream, rc = -1, tries;

	for (tries = 0; rc == -1 && tries < 20; tries++) {
		must_listen("udp/127.0.0.1:0", 1, &datagrams);
		snprintf(text, sizeof(text), "tcp/127.0.0.1:%u", name_of(datagrams).port);
		rc = listen_on(text, 1, &stream);
		close(datagrams);
	}
	ck_assert_msg(rc == 0, "%s", err.message);
	close(stream);
}
END_TEST

START_TEST(test_datagram_any)
{
	int fds[1];

	must_listen("udp/:0", 1, fds);
	ck_assert_int_eq(option(fds[0], IPPROTO_IPV6, IPV6_V6ONLY), 0);
	ck_assert_int_eq(option(fds[0], IPPROTO_IPV6, IPV6_RECVPKTINFO), 1);
	close(fds[0]);
	must_listen("udp6/:0", 1, fds);
	ck_assert_int_eq(option(fds[0], IPPROTO_IPV6, IPV6_V6ONLY), 1);
	close(fds[0]);
	must_listen("udp4/:0", 1, fds);
	ck_assert_int_eq(option(fds[0], IPPROTO_IP, IP_PKTINFO), 1);
	close(fds[0]);
}
END_TEST

/* Another program has the port: one that would share it and one that would not. */
START_TEST(test_datagram_other_program)
{
	char text[64];
	int fds[WORKERS], ready[2], share = _i, status;
	struct netaddr any = loopback(0);
	struct sockaddr_storage sa;
	socklen_t length = netaddr_to_sockaddr(&any, &sa);
	uint16_t port;
	pid_t child;

	ck_assert_int_eq(pipe(ready), 0);
	child = fork();
	if (child == 0) {
		int fd = socket(AF_INET, SOCK_DGRAM, 0);

		setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &share, sizeof(share));
		bind(fd, (struct sockaddr *)&sa, length);
		port = name_of(fd).port;
		(void)!write(ready[1], &port, sizeof(port));
		pause();
		_exit(0);
	}
	ck_assert_int_eq(read(ready[0], &port, sizeof(port)), sizeof(port));
	snprintf(text, sizeof(text), "udp/127.0.0.1:%u", port);
	ck_assert_int_eq(listen_on(text, WORKERS, fds), -1);
	ck_assert_int_eq(err.code, ERROR_IN_USE);
	kill(child, SIGKILL);
	ck_assert_int_eq(waitpid(child, &status, 0), child);
	must_listen(text, WORKERS, fds);
	close_all(fds, WORKERS);
	close(ready[0]);
	close(ready[1]);
}
END_TEST

START_TEST(test_datagram_own_overlap)
{
	char text[64];
	int before[WORKERS], after[WORKERS];

	must_listen("udp4/127.0.0.1:0", WORKERS, before);
	snprintf(text, sizeof(text), "udp4/:%u", name_of(before[0]).port);
	must_listen(text, WORKERS, after);
	close_all(before, WORKERS);
	close_all(after, WORKERS);
}
END_TEST

/* A socket that is one alone is one worker's. */
START_TEST(test_datagram_unix)
{
	char text[160];
	int fds[WORKERS], inherited[WORKERS];
	unsigned i, have = 0, which = 0;

	snprintf(text, sizeof(text), "unixgram/%s", path);
	must_listen(text, WORKERS, fds);
	for (i = 0; i < WORKERS; i++)
		if (fds[i] != -1) {
			which = i;
			have++;
		}
	ck_assert_uint_eq(have, 1);
	ck_assert_int_eq(listen_on(text, WORKERS, inherited), -1);
	ck_assert_int_eq(err.code, ERROR_IN_USE);
	snprintf(text, sizeof(text), "fdgram/%d", fds[which]);
	must_listen(text, 1, inherited);
	close(inherited[0]);
	snprintf(text, sizeof(text), "fd/%d", fds[which]);
	ck_assert_int_eq(listen_on(text, 1, inherited), -1);
	ck_assert_ptr_nonnull(strstr(err.message, "write fdgram/"));
	close(fds[which]);
	snprintf(text, sizeof(text), "unixgram/%s", path); /* stale now */
	must_listen(text, 1, fds);
	close(fds[0]);
	must_listen("127.0.0.1:0", 1, fds);
	snprintf(text, sizeof(text), "fdgram/%d", fds[0]);
	ck_assert_int_eq(listen_on(text, 1, inherited), -1);
	ck_assert_ptr_nonnull(strstr(err.message, "write fd/"));
	close(fds[0]);
}
END_TEST

START_TEST(test_datagram_connect)
{
	struct netaddr addr = {.family = AF_UNIX, .path = path};
	char text[160], got[4];
	struct sockaddr_storage from;
	socklen_t length = sizeof(from);
	int fds[1], client;
	bool done;

	snprintf(text, sizeof(text), "unixgram/%s", path);
	must_listen(text, 1, fds);
	client = sockets_connect(SOCK_DGRAM, &addr, NULL, &done);
	ck_assert_int_ne(client, -1);
	ck_assert(done);
	ck_assert_int_eq(send(client, "a", 1, 0), 1);
	ck_assert_int_eq(
	    recvfrom(fds[0], got, sizeof(got), 0, (struct sockaddr *)&from, &length), 1);
	/* It has a name to which answers can go. */
	ck_assert_int_eq(sendto(fds[0], "b", 1, 0, (struct sockaddr *)&from, length), 1);
	ck_assert_int_eq(recv(client, got, sizeof(got), 0), 1);
	close(client);
	close(fds[0]);
	ck_assert_int_eq(sockets_connect(SOCK_DGRAM, &addr, NULL, &done), -1);
	ck_assert_int_eq(errno, ECONNREFUSED);
}
END_TEST

/* ---- Unix ----------------------------------------------------------------------------------- */

static const char *unix_text(const char *more)
{
	static char text[160];

	snprintf(text, sizeof(text), "unix/%s%s", path, more);
	return text;
}

START_TEST(test_unix)
{
	struct netaddr addr = {.family = AF_UNIX, .path = path};
	int fds[WORKERS], client;
	unsigned which;
	struct stat st;

	must_listen(unix_text("|0622"), WORKERS, fds);
	ck_assert_int_eq(stat(path, &st), 0);
	ck_assert_uint_eq(st.st_mode & 07777, 0622);
	client = connect_to(addr);
	close(take(fds, WORKERS, &which));
	close(client);
	/* It is in use, so it stays. */
	ck_assert_int_eq(listen_on(unix_text(""), 1, fds + 1), -1);
	ck_assert_int_eq(err.code, ERROR_IN_USE);
	close(connect_to(addr));
	close_all(fds, WORKERS);
}
END_TEST

START_TEST(test_unix_default_mode)
{
	struct stat st;
	mode_t before = umask(0);
	int fds[1];

	must_listen(unix_text(""), 1, fds);
	umask(before);
	ck_assert_int_eq(stat(path, &st), 0);
	ck_assert_uint_eq(st.st_mode & 07777, 0200);
	close(fds[0]);
}
END_TEST

START_TEST(test_unix_stale)
{
	struct netaddr addr = {.family = AF_UNIX, .path = path};
	int fds[1];
	bool done;

	must_listen(unix_text(""), 1, fds);
	close(fds[0]);
	ck_assert_int_eq(sockets_connect(SOCK_STREAM, &addr, NULL, &done), -1);
	must_listen(unix_text(""), 1, fds);
	close(connect_to(addr));
	close(fds[0]);
}
END_TEST

/* Whatever stands at the path and is no socket is not touched. */
START_TEST(test_unix_other_file)
{
	int fds[1], fd = open(path, O_CREAT | O_WRONLY, 0600);

	ck_assert_int_eq(write(fd, "keep", 4), 4);
	close(fd);
	ck_assert_int_eq(listen_on(unix_text(""), 1, fds), -1);
	ck_assert_int_eq(access(path, R_OK), 0);
}
END_TEST

START_TEST(test_unix_abstract)
{
	char name[64], text[80];
	struct netaddr addr = {.family = AF_UNIX, .path = name};
	int fds[2];
	unsigned which;

	snprintf(name, sizeof(name), "@test_sockets_%ld", (long)getpid());
	snprintf(text, sizeof(text), "unix/%s", name);
	must_listen(text, 2, fds);
	close(connect_to(addr));
	close(take(fds, 2, &which));
	ck_assert_int_eq(listen_on(text, 1, fds + 1), -1);
	close(fds[0]);
}
END_TEST

START_TEST(test_descriptor)
{
	struct sockaddr_in sa = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int given = socket(AF_INET, SOCK_STREAM, 0), fds[2];
	unsigned which;
	char text[16];

	ck_assert_int_eq(bind(given, (struct sockaddr *)&sa, sizeof(sa)), 0);
	snprintf(text, sizeof(text), "fd/%d", given);
	must_listen(text, 2, fds);
	ck_assert(fcntl(fds[0], F_GETFL) & O_NONBLOCK);
	close(connect_to(name_of(given)));
	close(take(fds, 2, &which));
	close_all(fds, 2);
	close(given);
}
END_TEST

START_TEST(test_connect_refused)
{
	struct netaddr addr;
	int fds[1];
	bool done;

	must_listen("127.0.0.1:0", 1, fds);
	addr = name_of(fds[0]);
	close(fds[0]);
	ck_assert_int_eq(sockets_connect(SOCK_STREAM, &addr, NULL, &done), -1);
	ck_assert_int_eq(errno, ECONNREFUSED);
	addr.family = AF_UNSPEC;
	ck_assert_int_eq(sockets_connect(SOCK_STREAM, &addr, NULL, &done), -1);
}
END_TEST

START_TEST(test_connect_from)
{
	struct netaddr from, addr;
	int fds[1], fd, client;
	unsigned which;
	bool done;

	must_listen("127.0.0.1:0", 1, fds);
	addr = name_of(fds[0]);
	netaddr_parse_ip("127.0.0.77", &from);
	client = sockets_connect(SOCK_STREAM, &addr, &from, &done);
	ck_assert_int_ne(client, -1);
	ck_assert_int_eq(sockets_connected(client), 0);
	fd = take(fds, 1, &which);
	addr = name_of(client);
	ck_assert(netaddr_equal_ip(&addr, &from));
	netaddr_parse_ip("192.0.2.9", &from);
	addr = name_of(fds[0]);
	ck_assert_int_eq(sockets_connect(SOCK_STREAM, &addr, &from, &done), -1);
	ck_assert_int_eq(errno, EADDRNOTAVAIL);
	close(fd);
	close(client);
	close(fds[0]);
}
END_TEST

/* For one client: a stream to accept from, and datagrams. */
START_TEST(test_open)
{
	struct netaddr local, bound, from;
	int fd, client, accepted;
	bool done;

	netaddr_parse_ip("127.0.0.1", &local);
	fd = sockets_open(SOCK_STREAM, &local, &bound);
	ck_assert_int_ne(fd, -1);
	ck_assert(netaddr_equal_ip(&bound, &local));
	ck_assert_uint_ne(bound.port, 0);
	ck_assert_int_eq(sockets_accept(fd, &from), -1);
	ck_assert_int_eq(errno, EAGAIN);
	client = sockets_connect(SOCK_STREAM, &bound, NULL, &done);
	ck_assert_int_ne(client, -1);
	accepted = sockets_accept(fd, &from);
	ck_assert_int_ne(accepted, -1);
	local = name_of(client);
	ck_assert(netaddr_equal(&from, &local));
	ck_assert_int_eq(fcntl(accepted, F_GETFL) & O_NONBLOCK, O_NONBLOCK);
	ck_assert_int_eq(option(accepted, IPPROTO_TCP, TCP_NODELAY), 1);
	close(accepted);
	close(client);
	close(fd);

	netaddr_parse_ip("127.0.0.1", &local);
	fd = sockets_open(SOCK_DGRAM, &local, &bound);
	ck_assert_int_eq(option(fd, SOL_SOCKET, SO_TYPE), SOCK_DGRAM);
	ck_assert_uint_ne(bound.port, 0);
	ck_assert_int_eq(sockets_open(SOCK_DGRAM, &bound, &from), -1);
	ck_assert_int_eq(errno, EADDRINUSE);
	close(fd);
	netaddr_parse_ip("192.0.2.9", &local);
	ck_assert_int_eq(sockets_open(SOCK_DGRAM, &local, &bound), -1);
	ck_assert_int_eq(errno, EADDRNOTAVAIL);
	local.family = AF_UNSPEC;
	ck_assert_int_eq(sockets_open(SOCK_STREAM, &local, &bound), -1);
}
END_TEST

START_TEST(test_source)
{
	struct netaddr to, source;

	netaddr_parse_ip("127.0.0.9", &to);
	ck_assert_int_eq(sockets_source(&to, &source), 0);
	netaddr_parse_ip("127.0.0.1", &to);
	ck_assert(netaddr_equal(&source, &to));
	to.family = AF_UNSPEC;
	ck_assert_int_eq(sockets_source(&to, &source), -1);
}
END_TEST

static const struct probing {
	struct keepalive k;
	int on, idle, interval, count; /* 0: as the system has it */
} probings[] = {
    {{0, 0, 0}, 0, 0, 0, 0},
    {{.interval = 7000000000}, 1, 7, 7, 0},
    {{.idle = 30000000000, .interval = 7000000000, .count = 3}, 1, 30, 7, 3},
    {{.idle = 30000000000}, 1, 30, 0, 0},
    {{.count = 9}, 1, 0, 0, 9},
    {{.interval = 1}, 1, 1, 1, 0},
    {{.idle = INT64_MAX}, 1, 32767, 0, 0},
};

START_TEST(test_keepalive)
{
	const struct probing *p = &probings[_i];
	int fd = socket(AF_INET, SOCK_STREAM, 0), fresh = socket(AF_INET, SOCK_STREAM, 0);
	static const int names[] = {TCP_KEEPIDLE, TCP_KEEPINTVL, TCP_KEEPCNT};
	const int wanted[] = {p->idle, p->interval, p->count};
	size_t i;

	sockets_set_keepalive(fd, &p->k);
	ck_assert_int_eq(option(fd, SOL_SOCKET, SO_KEEPALIVE), p->on);
	for (i = 0; i < 3; i++)
		ck_assert_int_eq(option(fd, IPPROTO_TCP, names[i]),
		    wanted[i] != 0 ? wanted[i] : option(fresh, IPPROTO_TCP, names[i]));
	close(fresh);
	close(fd);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("sockets");
	TCase *tc = tcase_create("sockets");
	SRunner *runner;
	int failed;

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, test_listen_options);
	tcase_add_test(tc, test_workers);
	tcase_add_test(tc, test_dual_stack);
	tcase_add_test(tc, test_one_family);
	tcase_add_loop_test(tc, test_other_program, 0, 2);
	tcase_add_test(tc, test_own_overlap);
	tcase_add_test(tc, test_unusable);
	tcase_add_test(tc, test_datagram_workers);
	tcase_add_test(tc, test_datagram_ports);
	tcase_add_test(tc, test_datagram_any);
	tcase_add_loop_test(tc, test_datagram_other_program, 0, 2);
	tcase_add_test(tc, test_datagram_own_overlap);
	tcase_add_test(tc, test_datagram_unix);
	tcase_add_test(tc, test_datagram_connect);
	tcase_add_test(tc, test_unix);
	tcase_add_test(tc, test_unix_default_mode);
	tcase_add_test(tc, test_unix_stale);
	tcase_add_test(tc, test_unix_other_file);
	tcase_add_test(tc, test_unix_abstract);
	tcase_add_test(tc, test_descriptor);
	tcase_add_test(tc, test_connect_refused);
	tcase_add_test(tc, test_connect_from);
	tcase_add_test(tc, test_open);
	tcase_add_test(tc, test_source);
	tcase_add_loop_test(tc, test_keepalive, 0, sizeof(probings) / sizeof(probings[0]));
	suite_add_tcase(suite, tc);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}
