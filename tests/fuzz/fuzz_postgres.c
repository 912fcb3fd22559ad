/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "daemon/wire/postgres.h"
#include "tests/fuzz/verdicts.h"

static enum wire_verdict parse(struct span bytes)
{
	struct postgres_first first;
	enum wire_verdict verdict = postgres_parse(bytes, &first);
	struct span rest, name, value;

	if (verdict != WIRE_YES)
		return verdict;
	require(first.length >= 8 && first.length <= POSTGRES_LENGTH_MAX);
	rest = first.parameters;
	require(rest.n == 0 || (rest.p > bytes.p && rest.p + rest.n <= bytes.p + bytes.n));
	while (postgres_next_parameter(&rest, &name, &value))
		require(name.n > 0 && value.p + value.n < bytes.p + bytes.n);
	require(first.kind != POSTGRES_STARTUP || (rest.n == 1 && rest.p[0] == 0));
	return verdict;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	check_verdicts(parse, data, size, false);
	return 0;
}
