/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "daemon/wire/wireguard.h"
#include "tests/fuzz/verdicts.h"

static enum wire_verdict parse(struct span bytes)
{
	enum wire_verdict stream = wireguard_parse(bytes, 0, false);
	enum wire_verdict datagram = wireguard_parse(bytes, 0, true);

	require(datagram == (stream == WIRE_YES ? WIRE_YES : WIRE_NO));
	return stream;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	check_verdicts(parse, data, size, true);
	return 0;
}
