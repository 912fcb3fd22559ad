/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "daemon/wire/socks4.h"

#define SOCKS4_VERSION 4

/*
 *	version   1
 *	command   1
 *	port      2
 *	address   4
 *	user          ended by a NUL; then a name likewise, in 4a
 */
enum wire_verdict socks4_parse(struct span bytes, struct socks4_request *out)
{
	struct span address;
	uint8_t version, command;

	*out = (struct socks4_request){0};
	if (!span_u8(&bytes, &version))
		return WIRE_MORE;
	if (version != SOCKS4_VERSION)
		return WIRE_NO;
	if (!span_u8(&bytes, &command))
		return WIRE_MORE;
	if (command != SOCKS4_CONNECT && command != SOCKS4_BIND)
		return WIRE_NO;
	out->command = command;
	out->has_port = span_u16(&bytes, &out->dst.port);
	if (!out->has_port || !span_take(&bytes, 4, &address))
		return WIRE_MORE;
	out->dst.family = AF_INET;
	memcpy(out->dst.ip, address.p, 4);
	return WIRE_YES;
}
