/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "common/netaddr.h"

#include <arpa/inet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/un.h>

const char *const cidr_private_ranges[] = {
    "192.168.0.0/16",
    "172.16.0.0/12",
    "10.0.0.0/8",
    "127.0.0.1/8",
    "fd00::/8",
    "::1",
    NULL,
};

/* IPv4-mapped addresses (RFC 4291 section 2.5.5.2) become IPv4. */
static void set_ip6(struct netaddr *addr, const uint8_t ip[16])
{
	static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};

	memset(addr->ip, 0, sizeof(addr->ip));
	if (memcmp(ip, mapped, sizeof(mapped)) == 0) {
		addr->family = AF_INET;
		addr->scope = 0;
		memcpy(addr->ip, ip + sizeof(mapped), 4);
	} else {
		addr->family = AF_INET6;
		memcpy(addr->ip, ip, 16);
	}
}

/*
 * The path in a Unix address, or "" for none. An abstract name starts with a NUL there, which
 * cannot be borrowed as text: such a peer is unnamed here.
 */
static const char *unix_path(const struct sockaddr_un *un, socklen_t length)
{
	size_t head = offsetof(struct sockaddr_un, sun_path);

	if (length <= head || memchr(un->sun_path, '\0', length - head) == NULL)
		return "";
	return un->sun_path;
}

struct netaddr netaddr_from_sockaddr(const struct sockaddr *sa, socklen_t length)
{
	const struct sockaddr_in *in = (const struct sockaddr_in *)sa;
	const struct sockaddr_in6 *in6 = (const struct sockaddr_in6 *)sa;
	struct netaddr addr = {.family = AF_UNSPEC};

	if (length < sizeof(sa->sa_family))
		return addr;
	if (sa->sa_family == AF_INET && length >= sizeof(*in)) {
		addr.family = AF_INET;
		addr.port = ntohs(in->sin_port);
		memcpy(addr.ip, &in->sin_addr, 4);
	} else if (sa->sa_family == AF_INET6 && length >= sizeof(*in6)) {
		addr.port = ntohs(in6->sin6_port);
		addr.scope = in6->sin6_scope_id;
		set_ip6(&addr, in6->sin6_addr.s6_addr);
	} else if (sa->sa_family == AF_UNIX) {
		addr.family = AF_UNIX;
		addr.path = unix_path((const struct sockaddr_un *)sa, length);
	}
	return addr;
}

static socklen_t unix_to_sockaddr(const char *path, struct sockaddr_un *un)
{
	size_t head = offsetof(struct sockaddr_un, sun_path), length;

	un->sun_family = AF_UNIX;
	if (path == NULL || path[0] == '\0')
		return (socklen_t)head;
	length = strlen(path);
	if (length >= sizeof(un->sun_path))
		return 0;
	memcpy(un->sun_path, path, length + 1);
	if (path[0] != '@')
		return (socklen_t)(head + length + 1);
	un->sun_path[0] = '\0';
	return (socklen_t)(head + length); /* no NUL belongs to an abstract name */
}

socklen_t netaddr_to_sockaddr(const struct netaddr *addr, struct sockaddr_storage *out)
{
	struct sockaddr_in *in = (struct sockaddr_in *)out;
	struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)out;

	memset(out, 0, sizeof(*out));
	switch (addr->family) {
	case AF_INET:
		in->sin_family = AF_INET;
		in->sin_port = htons(addr->port);
		memcpy(&in->sin_addr, addr->ip, 4);
		return sizeof(*in);
	case AF_INET6:
		in6->sin6_family = AF_INET6;
		in6->sin6_port = htons(addr->port);
		in6->sin6_scope_id = addr->scope;
		memcpy(&in6->sin6_addr, addr->ip, 16);
		return sizeof(*in6);
	case AF_UNIX:
		return unix_to_sockaddr(addr->path, (struct sockaddr_un *)out);
	default:
		return 0;
	}
}

/* An interface's name or its number. */
static bool parse_zone(const char *text, uint32_t *out)
{
	uint64_t number = 0;
	const char *p;

	*out = if_nametoindex(text);
	if (*out != 0)
		return true;
	for (p = text; *p >= '0' && *p <= '9' && number <= UINT32_MAX; p++)
		number = number * 10 + (uint64_t)(*p - '0');
	if (p == text || *p != '\0' || number == 0 || number > UINT32_MAX)
		return false;
	*out = (uint32_t)number;
	return true;
}

bool netaddr_parse_ip(const char *text, struct netaddr *out)
{
	char ip_text[INET6_ADDRSTRLEN];
	struct netaddr addr = {.family = AF_INET};
	size_t length = strcspn(text, "%");
	uint8_t ip[16];

	if (inet_pton(AF_INET, text, addr.ip) == 1) {
		*out = addr;
		return true;
	}
	if (length >= sizeof(ip_text))
		return false;
	memcpy(ip_text, text, length);
	ip_text[length] = '\0';
	if (inet_pton(AF_INET6, ip_text, ip) != 1)
		return false;
	if (text[length] == '%' && !parse_zone(text + length + 1, &addr.scope))
		return false;
	set_ip6(&addr, ip);
	*out = addr;
	return true;
}

/* Not by inet_ntop() and snprintf(): a short connection would spend a third of its time in them. */
static char *put_number(char *to, unsigned number)
{
	char digits[3 * sizeof(number)];
	size_t at = sizeof(digits);

	do
		digits[--at] = (char)('0' + number % 10);
	while ((number /= 10) > 0);
	memcpy(to, digits + at, sizeof(digits) - at);
	return to + sizeof(digits) - at;
}

static void put_ip4(char *to, const uint8_t ip[4])
{
	size_t i;

	for (i = 0; i < 4; i++) {
		if (i > 0)
			*to++ = '.';
		to = put_number(to, ip[i]);
	}
	*to = '\0';
}

const char *netaddr_ip_text(const struct netaddr *addr, char out[NETADDR_TEXT_MAX])
{
	char zone[IF_NAMESIZE];
	size_t used;

	if (addr->family == AF_UNIX) {
		snprintf(out, NETADDR_TEXT_MAX, "%s", addr->path != NULL ? addr->path : "");
		return out;
	}
	if (addr->family == AF_INET) {
		put_ip4(out, addr->ip);
		return out;
	}
	if (addr->family != AF_INET6)
		return strcpy(out, "-");
	inet_ntop(AF_INET6, addr->ip, out, NETADDR_TEXT_MAX);
	if (addr->scope == 0)
		return out;
	used = strlen(out);
	if (if_indextoname(addr->scope, zone) != NULL)
		snprintf(out + used, NETADDR_TEXT_MAX - used, "%%%s", zone);
	else
		snprintf(out + used, NETADDR_TEXT_MAX - used, "%%%u", (unsigned)addr->scope);
	return out;
}

const char *netaddr_text(const struct netaddr *addr, char out[NETADDR_TEXT_MAX])
{
	char ip[NETADDR_TEXT_MAX];
	char *end;

	netaddr_ip_text(addr, ip);
	if (addr->family == AF_INET)
		end = stpcpy(out, ip);
	else if (addr->family == AF_INET6)
		end = stpcpy(stpcpy(stpcpy(out, "["), ip), "]");
	else
		return strcpy(out, ip);
	*end++ = ':';
	*put_number(end, addr->port) = '\0';
	return out;
}

bool netaddr_equal_ip(const struct netaddr *a, const struct netaddr *b)
{
	const char *a_path, *b_path;

	if (a->family != b->family)
		return false;
	switch (a->family) {
	case AF_INET:
		return memcmp(a->ip, b->ip, 4) == 0;
	case AF_INET6:
		return a->scope == b->scope && memcmp(a->ip, b->ip, 16) == 0;
	case AF_UNIX:
		a_path = a->path != NULL ? a->path : "";
		b_path = b->path != NULL ? b->path : "";
		return strcmp(a_path, b_path) == 0;
	default:
		return true;
	}
}

bool netaddr_equal(const struct netaddr *a, const struct netaddr *b)
{
	return netaddr_equal_ip(a, b) && a->port == b->port;
}

bool netaddr_is_any(const struct netaddr *addr)
{
	static const uint8_t zero[16];

	switch (addr->family) {
	case AF_INET:
		return memcmp(addr->ip, zero, 4) == 0;
	case AF_INET6:
		return memcmp(addr->ip, zero, 16) == 0;
	default:
		return false;
	}
}

/* "0" to max, without sign or a leading zero. */
static bool parse_bits(const char *text, unsigned max, unsigned *out)
{
	size_t length = strlen(text);
	unsigned value = 0;

	if (length == 0 || length > 3 || strspn(text, "0123456789") != length ||
	    (text[0] == '0' && length > 1))
		return false;
	for (; *text != '\0'; text++)
		value = value * 10 + (unsigned)(*text - '0');
	*out = value;
	return value <= max;
}

static void clear_host_bits(uint8_t *ip, unsigned bits, unsigned size)
{
	unsigned i;

	for (i = 0; i < size; i++) {
		unsigned kept = bits > i * 8 ? bits - i * 8 : 0;

		if (kept < 8)
			ip[i] &= (uint8_t)(0xff00 >> kept);
	}
}

bool cidr_parse(const char *text, struct cidr *out)
{
	const char *slash = strchr(text, '/');
	size_t length = slash != NULL ? (size_t)(slash - text) : strlen(text);
	bool mapped;
	char ip[NETADDR_TEXT_MAX];
	struct netaddr net;
	unsigned size, bits;

	if (length >= sizeof(ip))
		return false;
	memcpy(ip, text, length);
	ip[length] = '\0';
	/* As Go's netip: a prefix has no zone. */
	if (!netaddr_parse_ip(ip, &net) || (slash != NULL && strchr(ip, '%') != NULL))
		return false;
	size = net.family == AF_INET ? 32 : 128;
	mapped = net.family == AF_INET && strchr(ip, ':') != NULL;
	bits = mapped ? 128 : size;
	if (slash != NULL && !parse_bits(slash + 1, bits, &bits))
		return false;
	if (mapped) {
		if (bits < 96)
			return false;
		bits -= 96;
	}
	clear_host_bits(net.ip, bits, size / 8);
	*out = (struct cidr){.net = net, .bits = (uint8_t)bits};
	return true;
}

bool cidr_contains(const struct cidr *range, const struct netaddr *addr)
{
	unsigned whole = range->bits / 8, rest = range->bits % 8;

	if (range->net.family != addr->family ||
	    (addr->family != AF_INET && addr->family != AF_INET6))
		return false;
	if (range->net.scope != 0 && range->net.scope != addr->scope)
		return false;
	if (memcmp(range->net.ip, addr->ip, whole) != 0)
		return false;
	return rest == 0 || ((range->net.ip[whole] ^ addr->ip[whole]) >> (8 - rest)) == 0;
}
