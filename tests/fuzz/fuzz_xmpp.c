/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "daemon/wire/xmpp.h"
#include "tests/fuzz/verdicts.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	check_verdicts(xmpp_parse, data, size, false);
	return 0;
}
