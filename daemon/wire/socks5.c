/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "daemon/wire/socks5.h"

#define SOCKS5_VERSION 5

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
