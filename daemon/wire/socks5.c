/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "daemon/wire/socks5.h"

#include <netinet/in.h>

#define SOCKS5_VERSION 5

enum { TYPE_IPV4 = 1, TYPE_NAME = 3, TYPE_IPV6 = 4 };

/*
 *	version    1
 *	count      1   1 to 255
 *	methods        a byte each
 */
enum wire_verdict socks5_greeting_parse(struct span bytes, struct span *methods)
{
	uint8_t version, count;

	*methods = span_of(NULL, 0);
	if (!span_u8(&bytes, &version))
		return WIRE_MORE;
	if (version != SOCKS5_VERSION)
		return WIRE_NO;
	if (!span_u8(&bytes, &count))
		return WIRE_MORE;
	if (count == 0)
		return WIRE_NO;
	span_take(&bytes, bytes.n < count ? bytes.n : count, methods);
	return methods->n == count ? WIRE_YES : WIRE_MORE;
}

/*
 *	version    1   1
 *	user           with its length before it, 1
 *	password       likewise
 */
enum wire_verdict socks5_password_parse(
    struct span bytes, struct span *user, struct span *password, size_t *length)
{
	struct span left = bytes;
	uint8_t version;

	if (!span_u8(&left, &version))
		return WIRE_MORE;
	if (version != SOCKS5_PASSWORD_VERSION)
		return WIRE_NO;
	if (!span_vec8(&left, user) || !span_vec8(&left, password))
		return WIRE_MORE;
	*length = bytes.n - left.n;
	return WIRE_YES;
}

static struct netaddr address_of(int family, struct span ip)
{
	struct sockaddr_in6 six = {.sin6_family = AF_INET6};
	struct sockaddr_in four = {.sin_family = AF_INET};

	if (family == AF_INET) {
		memcpy(&four.sin_addr, ip.p, ip.n);
		return netaddr_from_sockaddr((struct sockaddr *)&four, sizeof(four));
	}
	memcpy(&six.sin6_addr, ip.p, ip.n);
	return netaddr_from_sockaddr((struct sockaddr *)&six, sizeof(six));
}

static bool is_name(struct span name)
{
	size_t i;

	for (i = 0; i < name.n; i++) {
		uint8_t c = name.p[i];

		if (!(c >= 'a' && c <= 'z') && !(c >= 'A' && c <= 'Z') && !(c >= '0' && c <= '9') &&
		    c != '-' && c != '.' && c != '_')
			return false;
	}
	return name.n > 0 && name.n <= SOCKS5_NAME_MAX;
}

/*
 *	type       1
 *	address    4, 16, or a name with its length before it, 1
 *	port       2
 *
 * An address of an unknown type has no length that could be known.
 */
static enum wire_verdict take_target(
    struct span *bytes, struct socks5_target *out, enum socks5_reply *problem)
{
	struct span ip;
	uint8_t type;

	*out = (struct socks5_target){.name = span_of(NULL, 0)};
	*problem = SOCKS5_SUCCEEDED;
	if (!span_u8(bytes, &type))
		return WIRE_MORE;
	switch (type) {
	case TYPE_IPV4:
	case TYPE_IPV6:
		if (!span_take(bytes, type == TYPE_IPV4 ? 4 : 16, &ip))
			return WIRE_MORE;
		out->address = address_of(type == TYPE_IPV4 ? AF_INET : AF_INET6, ip);
		break;
	case TYPE_NAME:
		if (!span_vec8(bytes, &out->name))
			return WIRE_MORE;
		if (!is_name(out->name))
			*problem = SOCKS5_HOST_UNREACHABLE;
		break;
	default:
		*problem = SOCKS5_ADDRESS_UNKNOWN;
		return WIRE_YES;
	}
	return span_u16(bytes, &out->address.port) ? WIRE_YES : WIRE_MORE;
}

/*
 *	version    1
 *	command    1
 *	0          1
 *	address
 */
enum wire_verdict socks5_request_parse(
    struct span bytes, struct socks5_request *out, size_t *length)
{
	struct span left = bytes;
	uint8_t version;

	if (!span_u8(&left, &version))
		return WIRE_MORE;
	if (version != SOCKS5_VERSION)
		return WIRE_NO;
	if (!span_u8(&left, &out->command) || !span_skip(&left, 1) ||
	    take_target(&left, &out->target, &out->problem) == WIRE_MORE)
		return WIRE_MORE;
	*length = bytes.n - left.n;
	return WIRE_YES;
}

/*
 *	0          2
 *	fragment   1   0: it is whole
 *	address
 *	data
 */
bool socks5_datagram_parse(struct span bytes, struct socks5_target *out, struct span *payload)
{
	enum socks5_reply problem;
	uint8_t fragment;

	if (!span_skip(&bytes, 2) || !span_u8(&bytes, &fragment) || fragment != 0 ||
	    take_target(&bytes, out, &problem) == WIRE_MORE || problem != SOCKS5_SUCCEEDED)
		return false;
	*payload = bytes;
	return true;
}

static size_t write_address(uint8_t *out, const struct netaddr *addr)
{
	size_t n = addr->family == AF_INET6 ? 16 : 4;

	out[0] = n == 16 ? TYPE_IPV6 : TYPE_IPV4;
	if (addr->family == AF_INET || addr->family == AF_INET6)
		memcpy(out + 1, addr->ip, n);
	else
		memset(out + 1, 0, n);
	out[1 + n] = (uint8_t)(addr->port >> 8);
	out[2 + n] = (uint8_t)addr->port;
	return 3 + n;
}

size_t socks5_reply_write(
    uint8_t out[SOCKS5_REPLY_MAX], enum socks5_reply reply, const struct netaddr *addr)
{
	out[0] = SOCKS5_VERSION;
	out[1] = (uint8_t)reply;
	out[2] = 0;
	return 3 + write_address(out + 3, addr);
}

size_t socks5_datagram_head_write(uint8_t out[SOCKS5_DATAGRAM_HEAD_MAX], const struct netaddr *from)
{
	memset(out, 0, 3);
	return 3 + write_address(out + 3, from);
}
