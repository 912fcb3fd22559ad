/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "common/arena.h"
#include "daemon/config/secrets.h"
#include "daemon/control/call.h"
#include "daemon/control/method.h"
#include "daemon/core/instance.h"

/* A text on its way to a client, as fast as that takes it. */
struct show {
	char *text;
	size_t size, sent;
};

static void finish(struct call *call)
{
	struct show *show = call->state;

	pack_u64(pack_key(call_result(call), "bytes"), show->size);
	free(show->text);
	free(show);
	call_finish(call);
}

static void go_on(struct call *call)
{
	struct show *show = call->state;

	while (show->sent < show->size && !call_gone(call)) {
		struct span rest = span_of(show->text + show->sent, show->size - show->sent);

		if (!call_ready(call)) {
			call_wait(call, go_on);
			return;
		}
		rest.n = pack_text_cut(rest, CALL_CHUNK);
		call_chunk_text(call, rest);
		show->sent += rest.n;
	}
	finish(call);
}

static void run_show(struct call *call, const struct argument *args)
{
	const struct instance *instance = instance_current();
	struct show *show;
	struct error err;
	json_t *masked;

	(void)args;
	if (instance == NULL) {
		error_set(&err, ERROR_NOT_FOUND, "no document is in force");
		call_fail(call, &err);
		return;
	}
	show = mem_zalloc(sizeof(*show));
	masked = secrets_mask(instance->document);
	show->text = json_dumps(masked, JSON_COMPACT);
	show->size = show->text != NULL ? strlen(show->text) : 0;
	json_decref(masked);
	call->state = show;
	go_on(call);
}

const struct method method_config_show = {
    .name = CONTROL_CONFIG_SHOW,
    .help = "the document in force as JSON, secrets masked",
    .level = LEVEL_OBSERVE,
    .run = run_show,
};
