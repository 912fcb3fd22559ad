/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include <stdlib.h>
#include <string.h>
#include <utlist.h>

#include "common/arena.h"
#include "daemon/config/secrets.h"
#include "daemon/control/call.h"
#include "daemon/control/method.h"
#include "daemon/core/instance.h"

/* A document as text: one for all who read the same one. */
struct shown {
	struct shown *prev, *next;
	json_t *document; /* a reference, so that no other is taken for it */
	bool secrets;
	unsigned refs;
	char *text;
	size_t size;
};

/* On its way to a client, as fast as that takes it. */
struct show {
	struct shown *shown;
	size_t sent;
};

static struct shown *all_shown;

static struct shown *shown_get(json_t *document, bool secrets)
{
	struct shown *s;
	json_t *json;

	DL_FOREACH (all_shown, s) {
		if (s->document == document && s->secrets == secrets) {
			s->refs++;
			return s;
		}
	}
	s = mem_zalloc(sizeof(*s));
	s->refs = 1;
	s->document = json_incref(document);
	s->secrets = secrets;
	json = secrets ? json_incref(document) : secrets_mask(document);
	s->text = json_dumps(json, JSON_COMPACT);
	s->size = s->text != NULL ? strlen(s->text) : 0;
	json_decref(json);
	DL_APPEND(all_shown, s);
	return s;
}

static void shown_put(struct shown *s)
{
	if (--s->refs > 0)
		return;
	DL_DELETE(all_shown, s);
	json_decref(s->document);
	free(s->text);
	free(s);
}

static void finish(struct call *call)
{
	struct show *show = call->state;

	pack_u64(pack_key(call_result(call), "bytes"), show->shown->size);
	shown_put(show->shown);
	free(show);
	call_finish(call);
}

static void go_on(struct call *call)
{
	struct show *show = call->state;
	const struct shown *s = show->shown;

	while (show->sent < s->size && !call_gone(call)) {
		struct span rest = span_of(s->text + show->sent, s->size - show->sent);

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

enum { SHOW_SECRETS };

static const struct param params[] = {
    {.name = "secrets",
	.type = PARAM_BOOL,
	.level = LEVEL_ADMIN,
	.help = "with the secrets themselves (admin)"},
    {.name = NULL},
};

static void run_show(struct call *call, const struct argument *args)
{
	const struct instance *instance = instance_current();
	struct show *show;
	struct error err;

	if (instance == NULL) {
		error_set(&err, ERROR_NOT_FOUND, "no document is in force");
		call_fail(call, &err);
		return;
	}
	show = mem_zalloc(sizeof(*show));
	show->shown = shown_get(instance->document, args[SHOW_SECRETS].yes);
	call->state = show;
	go_on(call);
}

const struct method method_config_show = {
    .name = CONTROL_CONFIG_SHOW,
    .help = "the document in force as JSON, secrets masked",
    .level = LEVEL_OBSERVE,
    .alone = true,
    .params = params,
    .run = run_show,
};
