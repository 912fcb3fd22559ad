/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "daemon/net/datagrams.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "common/arena.h"

/* Gathered datagrams are sent when less than one of the longest would find room behind them. */
#define WRITER_SIZE (4 * DATAGRAM_MAX)

/* Room for the address of one datagram as a control message, of either family. */
union control {
	struct cmsghdr align;
	char v4[CMSG_SPACE(sizeof(struct in_pktinfo))];
	char v6[CMSG_SPACE(sizeof(struct in6_pktinfo))];
};

/* ---- reading ------------------------------------------------------------------------------- */

struct datagram_reader {
	struct mmsghdr messages[DATAGRAM_BATCH];
	struct iovec iov[DATAGRAM_BATCH];
	struct sockaddr_storage names[DATAGRAM_BATCH];
	union control control[DATAGRAM_BATCH];
	uint8_t *memory; /* touched, and so paid for, as far as datagrams reach */
};

struct datagram_reader *datagram_reader_new(void)
{
	struct datagram_reader *r = mem_zalloc(sizeof(*r));
	size_t i;

	r->memory = mem_alloc((size_t)DATAGRAM_BATCH * DATAGRAM_MAX);
	for (i = 0; i < DATAGRAM_BATCH; i++) {
		struct msghdr *m = &r->messages[i].msg_hdr;

		r->iov[i].iov_base = r->memory + i * DATAGRAM_MAX;
		r->iov[i].iov_len = DATAGRAM_MAX;
		m->msg_iov = &r->iov[i];
		m->msg_iovlen = 1;
		m->msg_name = &r->names[i];
		m->msg_control = &r->control[i];
	}
	return r;
}

void datagram_reader_free(struct datagram_reader *r)
{
	if (r != NULL)
		free(r->memory);
	free(r);
}

/* An address that answers can leave from: neither multicast nor the broadcast one. */
static bool can_be_source(const struct netaddr *addr)
{
	if (addr->family == AF_INET6)
		return addr->ip[0] != 0xff;
	return addr->ip[0] < 224;
}

static bool is_link_local(const struct in6_addr *ip)
{
	return IN6_IS_ADDR_LINKLOCAL(ip);
}

/* The address that a datagram was sent to, as the socket was told. */
static struct netaddr sent_to(struct msghdr *m)
{
	struct netaddr addr = {0};
	struct cmsghdr *c;

	for (c = CMSG_FIRSTHDR(m); c != NULL; c = CMSG_NXTHDR(m, c)) {
		if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_PKTINFO) {
			struct in_pktinfo info;
			struct sockaddr_in sa = {.sin_family = AF_INET};

			memcpy(&info, CMSG_DATA(c), sizeof(info));
			sa.sin_addr = info.ipi_spec_dst;
			addr = netaddr_from_sockaddr((struct sockaddr *)&sa, sizeof(sa));
		} else if (c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_PKTINFO) {
			struct in6_pktinfo info;
			struct sockaddr_in6 sa = {.sin6_family = AF_INET6};

			memcpy(&info, CMSG_DATA(c), sizeof(info));
			sa.sin6_addr = info.ipi6_addr;
			if (is_link_local(&info.ipi6_addr))
				sa.sin6_scope_id = info.ipi6_ifindex;
			addr = netaddr_from_sockaddr((struct sockaddr *)&sa, sizeof(sa));
		}
	}
	return can_be_source(&addr) ? addr : (struct netaddr){0};
}

/*
 * An abstract name becomes a path with "@" and a NUL behind it, where it is text. Returns the
 * length of the address.
 */
static socklen_t name_abstract(struct sockaddr_un *un, socklen_t length)
{
	size_t head = offsetof(struct sockaddr_un, sun_path);

	if (length <= head + 1 || length >= sizeof(*un) || un->sun_path[0] != '\0' ||
	    memchr(un->sun_path + 1, '\0', length - head - 1) != NULL)
		return length;
	un->sun_path[0] = '@';
	un->sun_path[length - head] = '\0';
	return length + 1;
}

static struct netaddr sent_from(struct datagram_reader *r, size_t i)
{
	struct sockaddr_storage *name = &r->names[i];
	socklen_t length = r->messages[i].msg_hdr.msg_namelen;

	if (length == 0) /* a Unix socket without a name */
		return (struct netaddr){.family = AF_UNIX, .path = ""};
	if (name->ss_family == AF_UNIX)
		length = name_abstract((struct sockaddr_un *)name, length);
	return netaddr_from_sockaddr((struct sockaddr *)name, length);
}

static void make_ready(struct datagram_reader *r)
{
	size_t i;

	for (i = 0; i < DATAGRAM_BATCH; i++) {
		r->messages[i].msg_hdr.msg_namelen = sizeof(r->names[i]);
		r->messages[i].msg_hdr.msg_controllen = sizeof(r->control[i]);
	}
}

int datagram_reader_read(
    struct datagram_reader *r, int fd, struct datagram out[DATAGRAM_BATCH], unsigned *cut)
{
	int i, n, count = 0;

	make_ready(r);
	do
		n = recvmmsg(fd, r->messages, DATAGRAM_BATCH, MSG_DONTWAIT, NULL);
	while (n == -1 && errno == EINTR);
	if (n == -1)
		return -1;
	for (i = 0; i < n; i++) {
		struct msghdr *m = &r->messages[i].msg_hdr;

		if ((m->msg_flags & MSG_TRUNC) != 0) {
			++*cut;
			continue;
		}
		out[count].key =
		    (struct flow_key){.client = sent_from(r, (size_t)i), .local = sent_to(m)};
		out[count].bytes = span_of(r->iov[i].iov_base, r->messages[i].msg_len);
		count++;
	}
	return count;
}

/* ---- writing ------------------------------------------------------------------------------- */

struct datagram_writer {
	struct mmsghdr messages[DATAGRAM_BATCH];
	struct iovec iov[DATAGRAM_BATCH];
	struct sockaddr_storage names[DATAGRAM_BATCH];
	union control control[DATAGRAM_BATCH];
	int fds[DATAGRAM_BATCH];
	unsigned count, lost;
	size_t used;
	uint8_t memory[WRITER_SIZE];
};

struct datagram_writer *datagram_writer_new(void)
{
	return mem_zalloc(sizeof(struct datagram_writer));
}

void datagram_writer_free(struct datagram_writer *w)
{
	free(w);
}

/* The form that a socket of family wants: IPv4 addresses are mapped for one of IPv6. */
static socklen_t name_for(int family, const struct netaddr *addr, struct sockaddr_storage *out)
{
	struct sockaddr_in6 *sa = (struct sockaddr_in6 *)out;

	if (family != AF_INET6 || addr->family != AF_INET)
		return netaddr_to_sockaddr(addr, out);
	memset(sa, 0, sizeof(*sa));
	sa->sin6_family = AF_INET6;
	sa->sin6_port = htons(addr->port);
	sa->sin6_addr.s6_addr[10] = sa->sin6_addr.s6_addr[11] = 0xff;
	memcpy(&sa->sin6_addr.s6_addr[12], addr->ip, 4);
	return sizeof(*sa);
}

/* Tells the system which of its addresses to send from. */
static void put_source(
    struct msghdr *m, union control *control, int family, const struct netaddr *from)
{
	struct sockaddr_storage name;
	struct cmsghdr *c = &control->align;

	memset(control, 0, sizeof(*control));
	name_for(family, from, &name);
	m->msg_control = control;
	if (family == AF_INET6) {
		struct sockaddr_in6 *sa = (struct sockaddr_in6 *)&name;
		struct in6_pktinfo info = {
		    .ipi6_addr = sa->sin6_addr, .ipi6_ifindex = sa->sin6_scope_id};

		c->cmsg_level = IPPROTO_IPV6;
		c->cmsg_type = IPV6_PKTINFO;
		c->cmsg_len = CMSG_LEN(sizeof(info));
		memcpy(CMSG_DATA(c), &info, sizeof(info));
		m->msg_controllen = sizeof(control->v6);
	} else {
		struct in_pktinfo info = {.ipi_spec_dst = ((struct sockaddr_in *)&name)->sin_addr};

		c->cmsg_level = IPPROTO_IP;
		c->cmsg_type = IP_PKTINFO;
		c->cmsg_len = CMSG_LEN(sizeof(info));
		memcpy(CMSG_DATA(c), &info, sizeof(info));
		m->msg_controllen = sizeof(control->v4);
	}
}

/* Sends a run of datagrams of one socket. One that cannot be sent does not keep back the others. */
static void send_run(struct datagram_writer *w, unsigned from, unsigned to)
{
	while (from < to) {
		int n = sendmmsg(
		    w->fds[from], &w->messages[from], to - from, MSG_DONTWAIT | MSG_NOSIGNAL);

		if (n > 0) {
			from += (unsigned)n;
		} else if (errno != EINTR) {
			w->lost++;
			from++;
		}
	}
}

static void send_all(struct datagram_writer *w)
{
	unsigned from, to;

	for (from = 0; from < w->count; from = to) {
		for (to = from + 1; to < w->count && w->fds[to] == w->fds[from]; to++)
			;
		send_run(w, from, to);
	}
	w->count = 0;
	w->used = 0;
}

uint8_t *datagram_writer_room(struct datagram_writer *w)
{
	if (w->count == DATAGRAM_BATCH || WRITER_SIZE - w->used < DATAGRAM_MAX)
		send_all(w);
	return w->memory + w->used;
}

void datagram_writer_put(
    struct datagram_writer *w, int fd, int family, const struct flow_key *key, size_t n)
{
	unsigned i = w->count;
	struct msghdr *m = &w->messages[i].msg_hdr;

	memset(m, 0, sizeof(*m));
	m->msg_namelen = name_for(family, &key->client, &w->names[i]);
	if (m->msg_namelen == 0) { /* an unnamed client cannot be answered */
		w->lost++;
		return;
	}
	m->msg_name = &w->names[i];
	w->iov[i].iov_base = w->memory + w->used;
	w->iov[i].iov_len = n;
	m->msg_iov = &w->iov[i];
	m->msg_iovlen = 1;
	if (key->local.family != AF_UNSPEC)
		put_source(m, &w->control[i], family, &key->local);
	w->fds[i] = fd;
	w->used += n;
	w->count++;
}

unsigned datagram_writer_flush(struct datagram_writer *w)
{
	unsigned lost;

	send_all(w);
	lost = w->lost;
	w->lost = 0;
	return lost;
}
