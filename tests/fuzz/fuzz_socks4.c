/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "daemon/wire/socks4.h"
#include "tests/fuzz/verdicts.h"

static enum wire_verdict parse(struct span bytes)
{
	struct socks4_request request;
	enum wire_verdict verdict = socks4_parse(bytes, &request);

	require((verdict == WIRE_YES) == (request.dst.family == AF_INET));
	require(verdict != WIRE_NO || request.command == SOCKS4_NONE);
	return verdict;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	check_verdicts(parse, data, size, false);
	return 0;
}
