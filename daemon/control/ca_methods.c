/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "daemon/certs/internal.h"
#include "daemon/control/call.h"
#include "daemon/control/method.h"

static void run_root(struct call *call, const struct argument *args)
{
	const char *pem = internal_ca_root_pem();
	struct error err;

	(void)args;
	if (pem == NULL) {
		error_set(&err, ERROR_NOT_FOUND, "the internal CA has not been made yet");
		call_fail(call, &err);
		return;
	}
	pack_str(pack_key(call_result(call), "pem"), pem);
	call_finish(call);
}

const struct method method_ca_root = {
    .name = CONTROL_CA_ROOT,
    .help = "the root certificate of the internal CA, to be trusted by clients",
    .level = LEVEL_OBSERVE,
    .run = run_root,
};
