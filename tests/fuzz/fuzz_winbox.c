/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "daemon/wire/winbox.h"
#include "tests/fuzz/verdicts.h"

static enum wire_verdict parse(struct span bytes)
{
	struct winbox_auth auth;
	enum wire_verdict verdict = winbox_parse(bytes, &auth);

	if (verdict != WIRE_YES)
		return verdict;
	require(auth.username.p == bytes.p + 2);
	require(auth.username.n > 0 && auth.username.n + (auth.romon ? 2 : 0) <= 255);
	require(bytes.n >= auth.username.n + 2 + 34 && bytes.n <= 293);
	return verdict;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	check_verdicts(parse, data, size, true);
	return 0;
}
