/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "daemon/wire/wireguard.h"

enum { TYPE_INITIATION = 1, TYPE_TRANSPORT = 4 };

static enum wire_verdict check(
    struct span bytes, uint8_t type, uint32_t reserved, size_t size, bool whole)
{
	uint8_t head[4] = {
	    type, (uint8_t)(reserved >> 8), (uint8_t)(reserved >> 16), (uint8_t)(reserved >> 24)};

	if (bytes.n > size || (whole && bytes.n < size) ||
	    wire_begins(bytes, span_of(head, sizeof(head))) == WIRE_NO)
		return WIRE_NO;
	return bytes.n == size ? WIRE_YES : WIRE_MORE;
}

enum wire_verdict wireguard_parse(struct span bytes, uint32_t reserved, bool whole)
{
	enum wire_verdict verdict =
	    check(bytes, TYPE_INITIATION, reserved, WIREGUARD_INITIATION_SIZE, whole);

	/* With no byte yet both want more; with one they exclude each other. */
	if (verdict != WIRE_NO)
		return verdict;
	return check(bytes, TYPE_TRANSPORT, reserved, WIREGUARD_KEEPALIVE_SIZE, whole);
}
