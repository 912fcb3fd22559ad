/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "daemon/control/rows.h"

#include <stdlib.h>
#include <string.h>

#include "common/arena.h"
#include "daemon/control/call.h"

void rows_text(struct pack *pack, const char *text)
{
	struct span span;

	if (text == NULL) {
		pack_nil(pack);
		return;
	}
	span = span_str(text);
	span.n = span.n > ROW_TEXT_MAX ? pack_text_cut(span, ROW_TEXT_MAX) : span.n;
	pack_text(pack, span);
}

void rows_texts(struct pack *pack, const json_t *list)
{
	struct pack_box box;
	json_t *text;
	size_t i;

	pack_array_open(pack, &box);
	json_array_foreach (list, i, text) {
		if (i == ROW_TEXTS_MAX)
			break;
		rows_text(pack_item(&box), json_string_value(text));
	}
	pack_close(&box);
}

static void finish(struct rows *rows)
{
	struct call *call = rows->call;
	struct pack_box *result = call_result(call);

	pack_u64(pack_key(result, "count"), rows->sent);
	if (rows->result != NULL)
		rows->result(rows, result);
	instance_unref(rows->instance);
	if (rows->release != NULL)
		rows->release(rows->state);
	free(rows);
	call_finish(call);
}

/* False: there are no more. */
static bool send_chunk(struct rows *rows)
{
	struct pack_box *items = call_chunk(rows->call);
	size_t before = rows->sent;
	bool more = true;

	while (call_chunk_size(rows->call) < CALL_CHUNK) {
		more = rows->next(rows, items);
		if (!more)
			break;
		rows->sent++;
	}
	if (rows->sent > before)
		call_chunk_send(rows->call);
	return more;
}

static void go_on(struct call *call)
{
	struct rows *rows = call->state;

	while (!call_gone(call)) {
		if (!call_ready(call)) {
			call_wait(call, go_on);
			return;
		}
		if (!send_chunk(rows))
			break;
	}
	finish(rows);
}

void rows_start(struct call *call, bool (*next)(struct rows *rows, struct pack_box *items))
{
	rows_start_with(call, next, NULL, NULL);
}

void rows_start_with(struct call *call, bool (*next)(struct rows *rows, struct pack_box *items),
    void *state, void (*release)(void *state))
{
	rows_start_full(call, next, NULL, state, release);
}

void rows_start_full(struct call *call, bool (*next)(struct rows *rows, struct pack_box *items),
    void (*result)(struct rows *rows, struct pack_box *result), void *state,
    void (*release)(void *state))
{
	struct instance *instance = instance_current();
	struct rows *rows;
	struct error err;

	if (instance == NULL) {
		error_set(&err, ERROR_NOT_FOUND, "no document is in force");
		if (release != NULL)
			release(state);
		call_fail(call, &err);
		return;
	}
	rows = mem_zalloc(sizeof(*rows));
	rows->call = call;
	rows->instance = instance_ref(instance);
	rows->next = next;
	rows->result = result;
	rows->state = state;
	rows->release = release;
	call->state = rows;
	go_on(call);
}
