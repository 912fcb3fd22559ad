/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "daemon/wire/rdp.h"
#include "tests/fuzz/verdicts.h"

static enum wire_verdict parse(struct span bytes)
{
	struct rdp_request r;
	enum wire_verdict verdict = rdp_parse(bytes, &r);

	if (verdict != WIRE_YES)
		return verdict;
	require(bytes.n > 11 && bytes.n <= 259);
	require(
	    r.text.n == 0 || (r.text.p >= bytes.p + 11 && r.text.p + r.text.n < bytes.p + bytes.n));
	require((r.text.n > 0) == (r.line == RDP_LINE_COOKIE || r.line == RDP_LINE_CUSTOM));
	require(r.line != RDP_LINE_TOKEN || r.address.family == AF_INET);
	require(r.correlation_id.n == 0 ||
		(r.correlation_id.n == 16 && r.correlation_id.p + 32 <= bytes.p + bytes.n));
	return verdict;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	check_verdicts(parse, data, size, true);
	return 0;
}
