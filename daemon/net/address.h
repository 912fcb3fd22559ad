/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Addresses as operators write them: "[network/][host]:port", with port ranges, zones and Unix
 * sockets. Placeholders have been expanded before. A listening host must be an IP address (or
 * "localhost"); a host to dial may be a name.
 */
#ifndef DAEMON_NET_ADDRESS_H
#define DAEMON_NET_ADDRESS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/types.h>

#include "common/error.h"
#include "common/netaddr.h"

#define ADDRESS_HOST_MAX 256
#define ADDRESS_TEXT_MAX 320

enum address_network {
	NETWORK_TCP,
	NETWORK_TCP4,
	NETWORK_TCP6,
	NETWORK_UDP,
	NETWORK_UDP4,
	NETWORK_UDP6,
	NETWORK_UNIX,
	NETWORK_UNIXGRAM,
	NETWORK_UNIXPACKET,
	NETWORK_FD,
	NETWORK_FDGRAM,
};

struct address {
	enum address_network network;
	char host[ADDRESS_HOST_MAX]; /* name or IP without brackets, Unix path ("@name": abstract),
					descriptor's number; "": any address */
	uint16_t port;
	mode_t mode; /* Unix: permissions of the socket's file */
};

/* The same with consecutive ports. */
struct address_range {
	struct address first;
	uint16_t last_port;
};

/*
 * Read text. err says what is wrong and what would be right. Return 0, or -1. IP addresses come out
 * in their one normal form; an unspecified one to listen on ("0.0.0.0", "[::]") as "", no host to
 * dial as the loopback address.
 */
int address_parse_listen(const char *text, struct address_range *out, struct error *err);
int address_parse_dial(const char *text, struct address_range *out, struct error *err);

unsigned address_range_count(const struct address_range *range);
struct address address_range_at(const struct address_range *range, unsigned index);

/* "tcp/1.2.3.4:80", "tcp/[::1]:80", "tcp/:80", "unix//run/x.sock". Returns out. */
const char *address_text(const struct address *address, char out[ADDRESS_TEXT_MAX]);

/* "tcp", ... */
const char *address_network_name(enum address_network network);
/* SOCK_STREAM, SOCK_DGRAM or SOCK_SEQPACKET. */
int address_socket_type(enum address_network network);
bool address_is_ip(enum address_network network); /* TCP or UDP of some kind */
/* The family that the network or the host ask for; AF_UNSPEC: either of IPv4 and IPv6. */
int address_family(const struct address *address);

#endif
