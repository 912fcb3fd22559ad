/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "daemon/config/confirm.h"
#include "daemon/control/call.h"
#include "daemon/control/method.h"

static const struct param params[] = {
    {.name = "revision",
	.type = PARAM_INT,
	.max = UINT64_MAX,
	.help = "only if it is this one that waits"},
    {.name = NULL},
};

static void run_confirm(struct call *call, const struct argument *args)
{
	struct error err;
	double left;
	uint64_t revision = confirm_waiting(&left);

	if (confirm_accept(args[0].number, &err) == -1) {
		call_fail(call, &err);
		return;
	}
	call->changed_to = revision;
	pack_u64(pack_key(call_result(call), "revision"), revision);
	call_finish(call);
}

const struct method method_config_confirm = {
    .name = CONTROL_CONFIG_CONFIRM,
    .help = "let a change stay that would be taken back",
    .level = LEVEL_OPERATE,
    .changes = true,
    .params = params,
    .run = run_confirm,
};
