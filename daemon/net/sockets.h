/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Every socket of the daemon, listening or outgoing, comes from here.
 */
#ifndef DAEMON_NET_SOCKETS_H
#define DAEMON_NET_SOCKETS_H

#include <stdbool.h>

#include "common/error.h"
#include "common/netaddr.h"
#include "daemon/net/address.h"

/*
 * Opens count sockets that listen on address, one for each worker, non-blocking, into fds (the
 * caller's to close). An address that another program has, or that is not ours to use, is an error
 * that says so; one that only this process has, in part, such as ":80" beside "10.0.0.1:80", is
 * none. What cannot be bound several times (Unix sockets, descriptors) is one socket, duplicated;
 * for datagrams it is in one place of fds and the others are -1. The file of a Unix socket that
 * nobody listens on is replaced. Returns 0, or -1 with err and nothing left open.
 */
int sockets_listen(const struct address *address, unsigned count, int *fds, struct error *err);

/*
 * A non-blocking socket of type (SOCK_STREAM, SOCK_DGRAM) whose connection to address has been
 * started: the descriptor, or -1 with errno (EMFILE: descriptors.h). *done: the connection stands
 * already, as one of datagrams always does. local (may be NULL) is the address to come from, its
 * port 0 for any.
 */
int sockets_connect(
    int type, const struct netaddr *address, const struct netaddr *local, bool *done);

/*
 * A non-blocking socket of type that is bound to local (its port 0: the system chooses one), for
 * one client's use; one of streams listens. *bound is its address. The descriptor, or -1 with errno
 * (EMFILE: descriptors.h).
 */
int sockets_open(int type, const struct netaddr *local, struct netaddr *bound);

/* Takes a connection from a socket that listens: the descriptor, non-blocking, or -1 with errno. */
int sockets_accept(int fd, struct netaddr *from);

/*
 * Two non-blocking stream sockets that are connected with each other. Returns 0, or -1 with errno
 * (EMFILE: descriptors.h).
 */
int sockets_pair(int fds[2]);

/* The address that the socket is bound to; AF_UNSPEC: it cannot be told. */
struct netaddr sockets_name(int fd);

/* The address of this machine from which addr would be reached. Returns 0, or -1 with errno. */
int sockets_source(const struct netaddr *addr, struct netaddr *out);

/* Is addr an address of this machine? Asks the system. */
bool sockets_is_own(const struct netaddr *addr);

/* How a connection that was started has ended, once its socket is writable: 0, or an errno. */
int sockets_connected(int fd);

/* Probes of a TCP connection whose other side is silent. 0: as any socket's. */
struct keepalive {
	int64_t idle;     /* ns until the first one; 0: interval */
	int64_t interval; /* ns between them */
	int64_t count;    /* unanswered ones that end the connection */
};

/* What k says, and no more. Sockets that are not TCP are left alone. */
void sockets_set_keepalive(int fd, const struct keepalive *k);

#endif
