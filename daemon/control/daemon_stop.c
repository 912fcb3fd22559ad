/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "daemon/control/daemon_stop.h"

#include "common/duration.h"
#include "daemon/control/call.h"
#include "daemon/control/method.h"

static struct stopping_facts (*stop)(int64_t drain);

void control_stop_set(struct stopping_facts (*by)(int64_t drain))
{
	stop = by;
}

enum { STOP_DRAIN };

static const struct param stop_params[] = {
    [STOP_DRAIN] = {"drain_s", PARAM_INT, .max = CONTROL_DRAIN_SECONDS_MAX,
	.help = "how long connections may go on; as the document says"},
    {.name = NULL},
};

static void run_stop(struct call *call, const struct argument *args)
{
	const struct argument *drain = &args[STOP_DRAIN];
	struct stopping_facts facts;
	struct pack_box *result;
	struct error err;

	if (stop == NULL) {
		error_set(&err, ERROR_UNSUPPORTED, "this daemon is not ended this way");
		call_fail(call, &err);
		return;
	}
	facts = stop(drain->given ? (int64_t)drain->number * DURATION_S : -1);
	result = call_result(call);
	pack_u64(pack_key(result, "connections"), facts.connections);
	pack_double(pack_key(result, "drain"), duration_seconds(facts.drain));
	call_finish(call);
}

const struct method method_daemon_stop = {
    .name = CONTROL_DAEMON_STOP,
    .help = "end the daemon, after its connections or a time",
    .level = LEVEL_ADMIN,
    .changes = true,
    .params = stop_params,
    .run = run_stop,
};
