/* SPDX-License-Identifier: BSD-2-Clause */
/* metrics: what is counted, as OpenMetrics. */
#include <config.h>

#include <stdlib.h>

#include "common/arena.h"
#include "daemon/control/call.h"
#include "daemon/control/method.h"
#include "daemon/control/metrics.h"

/* On its way to a client, as fast as that takes it. */
struct text {
	struct metrics *metrics;
	uint64_t sent;
};

static void finish(struct call *call)
{
	struct text *text = call->state;

	pack_u64(pack_key(call_result(call), "bytes"), text->sent);
	metrics_free(text->metrics);
	free(text);
	call_finish(call);
}

static void go_on(struct call *call)
{
	struct text *text = call->state;
	struct buf part = {0};

	while (!call_gone(call)) {
		if (!call_ready(call)) {
			buf_fini(&part);
			call_wait(call, go_on);
			return;
		}
		buf_clear(&part);
		if (!metrics_next(text->metrics, &part))
			break;
		call_chunk_text(call, buf_span(&part));
		text->sent += buf_len(&part);
	}
	buf_fini(&part);
	finish(call);
}

static void run_metrics(struct call *call, const struct argument *args)
{
	struct text *text = mem_zalloc(sizeof(*text));

	(void)args;
	text->metrics = metrics_new(METRICS_OPENMETRICS);
	call->state = text;
	go_on(call);
}

const struct method method_metrics = {
    .name = CONTROL_METRICS,
    .help = "what is counted, as OpenMetrics",
    .level = LEVEL_OBSERVE,
    .alone = true,
    .run = run_metrics,
};
