/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "daemon/wire/socks5.h"
#include "tests/fuzz/verdicts.h"

static enum wire_verdict parse(struct span bytes)
{
	struct span methods;
	enum wire_verdict verdict = socks5_greeting_parse(bytes, &methods);

	require(methods.n == 0 || methods.p + methods.n <= bytes.p + bytes.n);
	require(verdict != WIRE_YES || methods.n == bytes.p[1]);
	return verdict;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	check_verdicts(parse, data, size, false);
	return 0;
}
