/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "daemon/net/sockets.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "common/duration.h"
#include "common/siphash.h"
#include "daemon/net/descriptors.h"

#define BACKLOG 16384 /* the system cuts it at net.core.somaxconn */

/* One socket takes the datagrams of very many clients; they come in bursts. */
#define DATAGRAM_BUFFER (4 << 20)

/*
 * A peer that has gone without a word is noticed after this: idle, by probes; with bytes on their
 * way, by their not being acknowledged.
 */
#define KEEPALIVE_IDLE 60   /* seconds */
#define KEEPALIVE_MAX 32767 /* the system's limit */
#define USER_TIMEOUT 300000 /* milliseconds */

static void set(int fd, int level, int name, int value)
{
	setsockopt(fd, level, name, &value, sizeof(value));
}

static void watch_peer(int fd)
{
	set(fd, SOL_SOCKET, SO_KEEPALIVE, 1);
	set(fd, IPPROTO_TCP, TCP_KEEPIDLE, KEEPALIVE_IDLE);
	set(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, USER_TIMEOUT);
}

/* Closes fd and leaves errno alone. Returns -1. */
static int close_failed(int fd)
{
	int saved = errno;

	close(fd);
	errno = saved;
	return -1;
}

static int cannot_listen(const struct address *address, struct error *err)
{
	char text[ADDRESS_TEXT_MAX];

	address_text(address, text);
	switch (errno) {
	case EADDRINUSE:
		return error_set(err, ERROR_IN_USE,
		    "cannot listen on %s: another program does; stop it or choose another %s", text,
		    address_is_ip(address->network) ? "port" : "path");
	case EACCES:
		return error_set(err, ERROR_DENIED, "cannot listen on %s: permission denied%s",
		    text,
		    address_is_ip(address->network)
			? "; a port below 1024 needs root or CAP_NET_BIND_SERVICE"
			: "");
	case EADDRNOTAVAIL:
		return error_set(err, ERROR_INVALID,
		    "cannot listen on %s: this machine does not have that address", text);
	default:
		return error_errno(err, ERROR_INTERNAL, "cannot listen on %s", text);
	}
}

/* ---- datagrams ------------------------------------------------------------------------------ */

/* More than net.core.rmem_max allows is for the privileged. */
static void set_buffer(int fd, int forced, int name, int size)
{
	if (setsockopt(fd, SOL_SOCKET, forced, &size, sizeof(size)) == -1)
		set(fd, SOL_SOCKET, name, size);
}

/* A socket that is bound to any address has to be told which one each datagram was sent to. */
static void prepare_datagrams(int fd)
{
	struct sockaddr_storage sa;
	socklen_t length = sizeof(sa);
	struct netaddr local;

	set_buffer(fd, SO_RCVBUFFORCE, SO_RCVBUF, DATAGRAM_BUFFER);
	set_buffer(fd, SO_SNDBUFFORCE, SO_SNDBUF, DATAGRAM_BUFFER);
	if (getsockname(fd, (struct sockaddr *)&sa, &length) == -1)
		return;
	local = netaddr_from_sockaddr((struct sockaddr *)&sa, length);
	if (!netaddr_is_any(&local))
		return;
	if (sa.ss_family == AF_INET6)
		set(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, 1);
	else
		set(fd, IPPROTO_IP, IP_PKTINFO, 1);
}

/* ---- TCP and UDP ---------------------------------------------------------------------------- */

/* The address to bind: the host's, or any of the family. */
static socklen_t bind_address(
    const struct address *address, int family, struct sockaddr_storage *out)
{
	struct netaddr ip;

	if (!netaddr_parse_ip(address->host, &ip)) {
		memset(&ip, 0, sizeof(ip));
		ip.family = (uint8_t)family;
	}
	ip.port = address->port;
	return netaddr_to_sockaddr(&ip, out);
}

static bool is_ipv6_only(const struct address *address)
{
	return address->network == NETWORK_TCP6 || address->network == NETWORK_UDP6 ||
	       address->host[0] != '\0';
}

/* Makes the bound socket serve. */
static int start_serving(int fd, int type)
{
	if (type == SOCK_DGRAM) {
		prepare_datagrams(fd);
		return 0;
	}
	return listen(fd, BACKLOG);
}

/*
 * A socket that listens. exclusive: bound without SO_REUSEPORT, so that it is refused where anyone
 * has the address, and shared only then.
 */
static int open_ip(const struct address *address, int family, bool exclusive)
{
	struct sockaddr_storage sa;
	socklen_t length = bind_address(address, family, &sa);
	int type = address_socket_type(address->network);
	int fd = socket(sa.ss_family, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (fd == -1)
		return -1;
	if (type == SOCK_STREAM) { /* of datagrams it would let anyone take the port */
		set(fd, SOL_SOCKET, SO_REUSEADDR, 1);
		/* Accepted sockets inherit these. */
		set(fd, IPPROTO_TCP, TCP_NODELAY, 1);
		watch_peer(fd);
	}
	if (!exclusive)
		set(fd, SOL_SOCKET, SO_REUSEPORT, 1);
	if (sa.ss_family == AF_INET6)
		set(fd, IPPROTO_IPV6, IPV6_V6ONLY, is_ipv6_only(address));
	if (bind(fd, (struct sockaddr *)&sa, length) == -1)
		return close_failed(fd);
	if (exclusive)
		set(fd, SOL_SOCKET, SO_REUSEPORT, 1);
	return start_serving(fd, type) == -1 ? close_failed(fd) : fd;
}

/* One dual-stack socket for any address, IPv4 alone where the system has no IPv6. */
static int choose_family(const struct address *address)
{
	int family = address_family(address), fd;

	if (family != AF_UNSPEC)
		return family;
	fd = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd == -1)
		return AF_INET;
	close(fd);
	return AF_INET6;
}

static uint16_t port_of(int fd)
{
	return sockets_name(fd).port;
}

static int option_of(int fd, int name)
{
	int value = 0;
	socklen_t length = sizeof(value);

	return getsockopt(fd, SOL_SOCKET, name, &value, &length) == -1 ? 0 : value;
}

/*
 * Does this process listen on the port itself? A reload may go from ":80" to "10.0.0.1:80": the
 * old socket is closed only after the new one is there.
 */
static bool listening_here(uint16_t port, int type)
{
	DIR *folder = opendir("/proc/self/fd");
	struct dirent *entry;
	bool found = false;

	if (folder == NULL)
		return false;
	while (!found && (entry = readdir(folder)) != NULL) {
		int fd = atoi(entry->d_name); /* "." is 0, which does no harm */

		found = option_of(fd, SO_TYPE) == type &&
			(type == SOCK_DGRAM || option_of(fd, SO_ACCEPTCONN) != 0) &&
			port_of(fd) == port;
	}
	closedir(folder);
	return found;
}

static int listen_ip(const struct address *address, unsigned count, int *fds, struct error *err)
{
	struct address a = *address;
	int family = choose_family(address), type = address_socket_type(address->network);
	unsigned i;

	for (i = 0; i < count; i++) {
		fds[i] = open_ip(&a, family, i == 0);
		if (fds[i] == -1 && i == 0 && errno == EADDRINUSE) {
			fds[i] = listening_here(a.port, type) ? open_ip(&a, family, false) : -1;
			if (fds[i] == -1)
				errno = EADDRINUSE;
		}
		if (fds[i] == -1) {
			cannot_listen(address, err);
			while (i > 0)
				close(fds[--i]);
			return -1;
		}
		if (a.port == 0) /* one that the system has chosen, for all of them */
			a.port = port_of(fds[i]);
	}
	return 0;
}

/* ---- Unix ----------------------------------------------------------------------------------- */

/* A file left behind by a program that has gone is in the way; one that is listened on is not. */
static bool is_stale(const struct sockaddr_un *sa, socklen_t length, int type)
{
	struct stat st;
	bool stale;
	int fd;

	/* Connecting to a file of another kind is refused, too. */
	if (lstat(sa->sun_path, &st) == -1 || !S_ISSOCK(st.st_mode))
		return false;
	fd = socket(AF_UNIX, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd == -1)
		return false;
	stale = connect(fd, (const struct sockaddr *)sa, length) == -1 && errno == ECONNREFUSED;
	close(fd);
	return stale;
}

/* The file is made with the permissions asked for, never with more; the umask may take some. */
static int bind_unix(
    int fd, const struct address *address, const struct sockaddr_storage *sa, socklen_t length)
{
	bool file = address->host[0] != '@';

	if (file && fchmod(fd, address->mode) == -1)
		return -1;
	if (bind(fd, (const struct sockaddr *)sa, length) == -1)
		return -1;
	return file ? chmod(address->host, address->mode) : 0;
}

static int open_unix(const struct address *address, struct error *err)
{
	int type = address_socket_type(address->network);
	struct netaddr addr = {.family = AF_UNIX, .path = address->host};
	struct sockaddr_storage sa;
	socklen_t length = netaddr_to_sockaddr(&addr, &sa);
	int fd = socket(AF_UNIX, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	int rc;

	if (fd == -1)
		return cannot_listen(address, err);
	rc = bind_unix(fd, address, &sa, length);
	if (rc == -1 && errno == EADDRINUSE && address->host[0] != '@' &&
	    is_stale((struct sockaddr_un *)&sa, length, type)) {
		unlink(address->host);
		rc = bind_unix(fd, address, &sa, length);
	}
	if (rc == -1 || start_serving(fd, type) == -1) {
		cannot_listen(address, err);
		close(fd);
		return -1;
	}
	return fd;
}

/*
 * A socket whose datagrams cannot be divided by client is one worker's; which one's differs from
 * address to address.
 */
static int give_to_one(int fd, const struct address *address, unsigned count, int *fds)
{
	unsigned i;

	for (i = 0; i < count; i++)
		fds[i] = -1;
	fds[siphash(address->host, strlen(address->host)) % count] = fd;
	return 0;
}

/* One socket for all: count descriptors of it. Takes fd. */
static int multiply(int fd, unsigned count, int *fds, struct error *err)
{
	unsigned i;

	fds[0] = fd;
	for (i = 1; i < count; i++) {
		fds[i] = fcntl(fd, F_DUPFD_CLOEXEC, 0);
		if (fds[i] == -1) {
			error_errno(err, ERROR_INTERNAL, "cannot duplicate a descriptor");
			while (i > 0)
				close(fds[--i]);
			return -1;
		}
	}
	return 0;
}

/* ---- an inherited descriptor ----------------------------------------------------------------- */

static int check_descriptor(int given, bool datagrams, struct error *err)
{
	int type = 0;
	socklen_t length = sizeof(type);

	if (getsockopt(given, SOL_SOCKET, SO_TYPE, &type, &length) == -1)
		return error_errno(err, ERROR_INVALID,
		    "cannot listen on descriptor %d: it must be a socket inherited from the "
		    "program that starts pointsmand",
		    given);
	if ((type == SOCK_DGRAM) != datagrams)
		return error_set(err, ERROR_INVALID,
		    "cannot listen on descriptor %d: %s; write %s/%d", given,
		    datagrams ? "it is no socket for datagrams" : "it is a socket for datagrams",
		    datagrams ? "fd" : "fdgram", given);
	return 0;
}

static int take_descriptor(const struct address *address, struct error *err)
{
	int given = atoi(address->host), fd;
	bool datagrams = address->network == NETWORK_FDGRAM;

	if (check_descriptor(given, datagrams, err) == -1)
		return -1;
	if (datagrams)
		prepare_datagrams(given);
	else if (option_of(given, SO_ACCEPTCONN) == 0 && listen(given, BACKLOG) == -1)
		return error_errno(err, ERROR_INVALID, "cannot listen on descriptor %d", given);
	fd = fcntl(given, F_DUPFD_CLOEXEC, 0);
	if (fd == -1 || fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK) == -1) {
		error_errno(err, ERROR_INTERNAL, "cannot duplicate descriptor %d", given);
		if (fd != -1)
			close(fd);
		return -1;
	}
	return fd;
}

int sockets_listen(const struct address *address, unsigned count, int *fds, struct error *err)
{
	int fd;

	if (address_is_ip(address->network))
		return listen_ip(address, count, fds, err);
	if (address->network == NETWORK_FD || address->network == NETWORK_FDGRAM)
		fd = take_descriptor(address, err);
	else
		fd = open_unix(address, err);
	if (fd == -1)
		return -1;
	if (address_socket_type(address->network) == SOCK_DGRAM)
		return give_to_one(fd, address, count, fds);
	return multiply(fd, count, fds, err);
}

/* ---- outgoing ------------------------------------------------------------------------------- */

static bool is_loopback(const struct netaddr *addr)
{
	static const uint8_t one[16] = {[15] = 1};

	if (addr->family == AF_INET)
		return addr->ip[0] == 127;
	return addr->family == AF_INET6 && memcmp(addr->ip, one, sizeof(one)) == 0;
}

/* Comes from local; the port is chosen when the other end is known, so that many may share it. */
static int bind_local(int fd, const struct netaddr *local)
{
	struct sockaddr_storage from;
	socklen_t length = netaddr_to_sockaddr(local, &from);

	if (local->port == 0)
		set(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, 1);
	else
		set(fd, SOL_SOCKET, SO_REUSEADDR, 1);
	return bind(fd, (struct sockaddr *)&from, length);
}

/* An answer needs an address to come to: the system chooses one. */
static int bind_unnamed(int fd)
{
	struct sockaddr_un sa = {.sun_family = AF_UNIX};

	return bind(fd, (struct sockaddr *)&sa, sizeof(sa.sun_family));
}

/* A socket of the address' family that counts as dialled; length 0: the address is of none. */
static int open_outgoing(int type, const struct sockaddr_storage *sa, socklen_t length)
{
	int fd;

	if (length == 0) {
		errno = EAFNOSUPPORT;
		return -1;
	}
	fd = socket(sa->ss_family, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd != -1 && descriptors_dialled_enough(fd)) {
		errno = EMFILE;
		return close_failed(fd);
	}
	return fd;
}

int sockets_connect(
    int type, const struct netaddr *address, const struct netaddr *local, bool *done)
{
	struct sockaddr_storage sa;
	socklen_t length = netaddr_to_sockaddr(address, &sa);
	int fd = open_outgoing(type, &sa, length);

	if (fd == -1)
		return -1;
	if (type == SOCK_STREAM && sa.ss_family != AF_UNIX)
		set(fd, IPPROTO_TCP, TCP_NODELAY, 1);
	/* This system tells of its own. */
	if (type == SOCK_STREAM && sa.ss_family != AF_UNIX && !is_loopback(address))
		watch_peer(fd);
	if (local != NULL && bind_local(fd, local) == -1)
		return close_failed(fd);
	if (type == SOCK_DGRAM && sa.ss_family == AF_UNIX && bind_unnamed(fd) == -1)
		return close_failed(fd);
	*done = connect(fd, (struct sockaddr *)&sa, length) == 0;
	/* Within the machine the answer is there already: asking again saves a turn of the loop. */
	if (!*done && errno == EINPROGRESS && is_loopback(address))
		*done = connect(fd, (struct sockaddr *)&sa, length) == 0;
	if (*done || errno == EINPROGRESS || errno == EALREADY)
		return fd;
	return close_failed(fd);
}

struct netaddr sockets_name(int fd)
{
	struct sockaddr_storage sa;
	socklen_t length = sizeof(sa);

	if (getsockname(fd, (struct sockaddr *)&sa, &length) == -1)
		return (struct netaddr){.family = AF_UNSPEC};
	return netaddr_from_sockaddr((struct sockaddr *)&sa, length);
}

int sockets_open(int type, const struct netaddr *local, struct netaddr *bound)
{
	struct sockaddr_storage sa;
	socklen_t length = netaddr_to_sockaddr(local, &sa);
	int fd = open_outgoing(type, &sa, length);

	if (fd == -1)
		return -1;
	if (sa.ss_family == AF_INET6)
		set(fd, IPPROTO_IPV6, IPV6_V6ONLY, 1);
	if (type == SOCK_STREAM) { /* accepted sockets inherit these */
		set(fd, IPPROTO_TCP, TCP_NODELAY, 1);
		watch_peer(fd);
	}
	if (bind(fd, (struct sockaddr *)&sa, length) == -1 ||
	    (type == SOCK_STREAM && listen(fd, 1) == -1))
		return close_failed(fd);
	*bound = sockets_name(fd);
	return fd;
}

int sockets_accept(int fd, struct netaddr *from)
{
	struct sockaddr_storage sa;
	socklen_t length = sizeof(sa);
	int accepted = accept4(fd, (struct sockaddr *)&sa, &length, SOCK_NONBLOCK | SOCK_CLOEXEC);

	if (accepted != -1)
		*from = netaddr_from_sockaddr((struct sockaddr *)&sa, length);
	return accepted;
}

int sockets_pair(int fds[2])
{
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds) == -1)
		return -1;
	if (!descriptors_dialled_enough(fds[0]) && !descriptors_dialled_enough(fds[1]))
		return 0;
	close(fds[0]);
	close(fds[1]);
	errno = EMFILE;
	return -1;
}

/* Connecting a datagram socket asks the routes and sends nothing. */
int sockets_source(const struct netaddr *addr, struct netaddr *out)
{
	struct netaddr to = *addr;
	struct sockaddr_storage sa;
	socklen_t length;
	int fd;

	to.port = to.port != 0 ? to.port : 9; /* any but none */
	length = netaddr_to_sockaddr(&to, &sa);
	if (length == 0) {
		errno = EAFNOSUPPORT;
		return -1;
	}
	fd = socket(sa.ss_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd == -1)
		return -1;
	if (connect(fd, (struct sockaddr *)&sa, length) == -1)
		return close_failed(fd);
	*out = sockets_name(fd);
	out->port = 0;
	close(fd);
	return 0;
}

/* What can be bound is ours. A datagram socket is in nobody's way. */
bool sockets_is_own(const struct netaddr *addr)
{
	struct netaddr any_port = *addr;
	struct sockaddr_storage sa;
	socklen_t length;
	bool own;
	int fd;

	if (addr->family != AF_INET && addr->family != AF_INET6)
		return false;
	any_port.port = 0;
	length = netaddr_to_sockaddr(&any_port, &sa);
	fd = socket(sa.ss_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd == -1)
		return true; /* better refused than a loop */
	own = bind(fd, (struct sockaddr *)&sa, length) == 0;
	close(fd);
	return own;
}

int sockets_connected(int fd)
{
	int problem = 0;
	socklen_t length = sizeof(problem);

	if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &problem, &length) == -1)
		return errno;
	return problem;
}

static int probe_seconds(int64_t ns)
{
	int64_t seconds = ns / DURATION_S;

	if (seconds < 1)
		return 1;
	return seconds > KEEPALIVE_MAX ? KEEPALIVE_MAX : (int)seconds;
}

void sockets_set_keepalive(int fd, const struct keepalive *k)
{
	int64_t idle = k->idle > 0 ? k->idle : k->interval;

	if (idle > 0 || k->count > 0)
		set(fd, SOL_SOCKET, SO_KEEPALIVE, 1);
	if (idle > 0)
		set(fd, IPPROTO_TCP, TCP_KEEPIDLE, probe_seconds(idle));
	if (k->interval > 0)
		set(fd, IPPROTO_TCP, TCP_KEEPINTVL, probe_seconds(k->interval));
	if (k->count > 0)
		set(fd, IPPROTO_TCP, TCP_KEEPCNT, (int)k->count);
}
