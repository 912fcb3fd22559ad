/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "daemon/control/call.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/arena.h"
#include "daemon/control/audit.h"
#include "daemon/control/method.h"
#include "daemon/control/session.h"
#include "daemon/core/instance.h"

uint64_t call_revision(void)
{
	const struct instance *instance = instance_current();

	return instance != NULL ? instance->revision : 0;
}

const char *call_who(const struct call *call, char out[CALL_WHO_MAX])
{
	snprintf(
	    out, CALL_WHO_MAX, "uid %u pid %d", (unsigned)call->caller.uid, (int)call->caller.pid);
	return out;
}

struct call *call_new(struct session *session, const struct method *method, uint32_t id)
{
	struct call *call = mem_zalloc(sizeof(*call));

	call->session = session;
	call->caller = *session_caller(session);
	call->method = method;
	call->id = id;
	pack_init(&call->pack, &call->message);
	return call;
}

static void call_send(struct call *call)
{
	if (call->session != NULL)
		session_send(call->session, buf_span(&call->message));
	buf_clear(&call->message);
}

static void call_free(struct call *call)
{
	assert(call->resume == NULL);
	if (call->session != NULL)
		session_forget(call->session, call);
	buf_fini(&call->message);
	buf_fini(&call->what);
	free(call);
}

/* ---- the response -------------------------------------------------------------------------- */

static void begin_response(struct call *call)
{
	buf_clear(&call->message);
	pack_array_of(&call->pack, 4);
	pack_u64(&call->pack, CONTROL_RESPONSE);
	pack_u64(&call->pack, call->id);
}

struct pack_box *call_result(struct call *call)
{
	begin_response(call);
	pack_nil(&call->pack);
	pack_map_open(&call->pack, &call->map);
	pack_u64(pack_key(&call->map, "rev"), call_revision());
	return &call->map;
}

void call_finish(struct call *call)
{
	if (buf_len(&call->message) == 0)
		call_result(call);
	pack_close(&call->map);
	call_send(call);
	audit_log(call, NULL);
	call_free(call);
}

static void pack_error(struct pack_box *map, const struct error *err)
{
	pack_str(pack_key(map, "code"), error_code_name(err->code));
	pack_str(pack_key(map, "message"), err->message);
	if (err->path[0] != '\0')
		pack_str(pack_key(map, "path"), err->path);
}

static void fail(
    struct call *call, const struct error *err, const char *hint, const struct errors *errors)
{
	struct pack_box others, other;
	size_t i;

	begin_response(call);
	pack_map_open(&call->pack, &call->map);
	pack_error(&call->map, err);
	if (hint != NULL)
		pack_str(pack_key(&call->map, "hint"), hint);
	if (errors != NULL && errors->count > 1) {
		pack_array_open(pack_key(&call->map, "others"), &others);
		for (i = 1; i < errors->count; i++) {
			pack_map_open(pack_item(&others), &other);
			pack_error(&other, &errors->items[i]);
			pack_close(&other);
		}
		pack_close(&others);
	}
	pack_close(&call->map);
	pack_nil(&call->pack);
	call_send(call);
	audit_log(call, err);
	call_free(call);
}

void call_fail_hint(struct call *call, const struct error *err, const char *hint)
{
	fail(call, err, hint, NULL);
}

void call_fail_all(struct call *call, const struct error *err, const struct errors *errors)
{
	fail(call, err, NULL, errors);
}

void call_fail(struct call *call, const struct error *err)
{
	call_fail_hint(call, err, NULL);
}

/* ---- chunks -------------------------------------------------------------------------------- */

static void begin_chunk(struct call *call)
{
	buf_clear(&call->message);
	pack_array_of(&call->pack, 3);
	pack_u64(&call->pack, CONTROL_NOTIFICATION);
	pack_str(&call->pack, CONTROL_CHUNK);
	pack_array_of(&call->pack, 1);
	pack_map_open(&call->pack, &call->map);
	pack_u64(pack_key(&call->map, "id"), call->id);
	pack_u64(pack_key(&call->map, "rev"), call_revision());
}

struct pack_box *call_chunk(struct call *call)
{
	begin_chunk(call);
	pack_array_open(pack_key(&call->map, "items"), &call->items);
	return &call->items;
}

size_t call_chunk_size(const struct call *call)
{
	return buf_len(&call->message);
}

void call_chunk_send(struct call *call)
{
	pack_close(&call->items);
	pack_close(&call->map);
	call_send(call);
}

void call_chunk_send_seq(struct call *call, uint64_t seq)
{
	pack_close(&call->items);
	pack_u64(pack_key(&call->map, "seq"), seq);
	pack_close(&call->map);
	call_send(call);
}

void call_chunk_text(struct call *call, struct span text)
{
	begin_chunk(call);
	pack_text(pack_key(&call->map, "text"), text);
	pack_close(&call->map);
	call_send(call);
}

bool call_ended(const struct call *call)
{
	return call->session == NULL || session_ended(call->session);
}

bool call_ready(const struct call *call)
{
	return call->session == NULL || session_roomy(call->session);
}

void call_wait(struct call *call, void (*resume)(struct call *call))
{
	assert(call->session != NULL);
	buf_fini(&call->message); /* many may wait for long */
	call->resume = resume;
}

void call_go_on(struct call *call)
{
	void (*resume)(struct call *) = call->resume;

	call->resume = NULL;
	resume(call);
}
