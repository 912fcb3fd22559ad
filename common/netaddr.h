/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One socket address (IPv4, IPv6 or Unix) in 24 bytes, and CIDR ranges. IPv4-mapped IPv6 addresses
 * become IPv4 whenever a netaddr is made from a sockaddr or a text.
 */
#ifndef COMMON_NETADDR_H
#define COMMON_NETADDR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

struct netaddr {
	uint8_t family; /* AF_UNSPEC (zero: none), AF_INET, AF_INET6, AF_UNIX */
	uint16_t port;  /* host order; 0 for Unix */
	uint32_t scope; /* IPv6 zone index, 0: none */
	union {
		uint8_t ip[16]; /* network order; the first 4 bytes for AF_INET */
		/* AF_UNIX: borrowed, "@name" is abstract, "" or NULL is unnamed */
		const char *path;
	};
};

#define NETADDR_TEXT_MAX 128 /* room for any text made here, Unix paths included */

/* From and to the system's form. Paths are not copied: copy must outlive the netaddr. */
struct netaddr netaddr_from_sockaddr(const struct sockaddr *sa, socklen_t length);
/* Fills *out, returns its length; 0 where the family is AF_UNSPEC or a path is too long. */
socklen_t netaddr_to_sockaddr(const struct netaddr *addr, struct sockaddr_storage *out);

/* "1.2.3.4", "::1", "fe80::1%eth0" without brackets; the port becomes 0. false: no address. */
bool netaddr_parse_ip(const char *text, struct netaddr *out);

/* "1.2.3.4:80", "[::1]:80", a Unix path, "-" for none. Returns out. */
const char *netaddr_text(const struct netaddr *addr, char out[NETADDR_TEXT_MAX]);
/* The address without port and brackets. Returns out. */
const char *netaddr_ip_text(const struct netaddr *addr, char out[NETADDR_TEXT_MAX]);

bool netaddr_equal(const struct netaddr *a, const struct netaddr *b);    /* with the port */
bool netaddr_equal_ip(const struct netaddr *a, const struct netaddr *b); /* without it */

/* Is it 0.0.0.0 or ::? */
bool netaddr_is_any(const struct netaddr *addr);

/* A range of IP addresses. */
struct cidr {
	struct netaddr net;
	uint8_t bits;
};

/* "10.0.0.0/8", "fd00::/8", or one address; bits beyond the prefix are cleared. Is it one? */
bool cidr_parse(const char *text, struct cidr *out);
bool cidr_contains(const struct cidr *range, const struct netaddr *addr);

/* The ranges that "private_ranges" stands for, ended by NULL. */
extern const char *const cidr_private_ranges[];

#endif
