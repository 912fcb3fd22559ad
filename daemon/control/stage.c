/* SPDX-License-Identifier: BSD-2-Clause */
/* config.stage, and what it keeps. */
#include <config.h>

#include "daemon/control/stage.h"

#include <stdlib.h>
#include <string.h>
#include <ev.h>
#include <utlist.h>

#include "common/arena.h"
#include "daemon/control/call.h"
#include "daemon/control/method.h"
#include "daemon/core/worker.h"

struct staged {
	struct staged *prev, *next; /* in the order in which they were begun */
	const struct session *session;
	struct buf text;
	ev_timer timer;
};

static struct {
	struct staged *all;
	size_t bytes;
	double patience;
} stage = {.patience = STAGE_SECONDS};

void stage_patience(double seconds)
{
	stage.patience = seconds;
}

static struct staged *find(const struct session *session)
{
	struct staged *s;

	DL_FOREACH (stage.all, s)
		if (s->session == session)
			return s;
	return NULL;
}

/* Its text is the caller's. */
static struct buf take(struct staged *s)
{
	struct buf text = s->text;

	DL_DELETE(stage.all, s);
	stage.bytes -= buf_len(&text);
	ev_timer_stop(control_loop(), &s->timer);
	free(s);
	return text;
}

static void drop(struct staged *s)
{
	struct buf text = take(s);

	buf_fini(&text);
}

static void on_timer(struct ev_loop *loop, ev_timer *w, int events)
{
	(void)loop;
	(void)events;
	drop(w->data);
}

/* Its time begins again. */
static void start_timer(struct staged *s)
{
	ev_timer_stop(control_loop(), &s->timer);
	ev_timer_init(&s->timer, on_timer, stage.patience, 0.);
	s->timer.data = s;
	ev_timer_start(control_loop(), &s->timer);
}

void stage_forget(const struct session *session)
{
	struct staged *s = find(session);

	if (s != NULL)
		drop(s);
}

/* Lets go of the oldest ones until there is room for some more bytes; but not of keep. */
static void make_room(const struct staged *keep, size_t more)
{
	struct staged *s, *next;

	DL_FOREACH_SAFE(stage.all, s, next)
	if (stage.bytes + more > STAGE_ALL && s != keep)
		drop(s);
}

int stage_put(
    const struct session *session, size_t offset, struct span text, size_t *size, struct error *err)
{
	struct staged *s;

	if (offset == 0)
		stage_forget(session);
	s = find(session);
	*size = s != NULL ? buf_len(&s->text) : 0;
	if (offset != *size)
		return error_set(err, ERROR_CONFLICT,
		    "%zu bytes are staged here, not %zu; begin again at offset 0", *size, offset);
	if (text.n > STAGE_MAX - *size)
		return error_set(
		    err, ERROR_LIMIT, "a staged text has at most %u MiB", STAGE_MAX >> 20);
	if (s == NULL) {
		s = mem_zalloc(sizeof(*s));
		s->session = session;
		DL_APPEND(stage.all, s);
	}
	make_room(s, text.n);
	buf_append(&s->text, text.p, text.n);
	stage.bytes += text.n;
	*size += text.n;
	start_timer(s);
	return 0;
}

int stage_text(const struct session *session, const struct argument *text,
    const struct argument *staged, struct buf *held, struct span *out, struct error *err)
{
	struct staged *s = find(session);

	*held = (struct buf){0};
	if (text->given == staged->yes)
		return error_set(
		    err, ERROR_INVALID, "give the text, or say that it is staged: one of the two");
	*out = text->text;
	if (!staged->yes)
		return 0;
	if (s == NULL)
		return error_set(
		    err, ERROR_CONFLICT, "nothing is staged here (any more); upload it again");
	*held = take(s);
	*out = buf_span(held);
	return 0;
}

/* ---- config.stage --------------------------------------------------------------------------- */

enum { STAGE_OFFSET, STAGE_TEXT };

static const struct param params[] = {
    {.name = "offset",
	.type = PARAM_INT,
	.required = true,
	.max = STAGE_MAX,
	.help = "bytes that were uploaded before"},
    {.name = "text",
	.type = PARAM_TEXT,
	.required = true,
	.max = CONTROL_REQUEST_MAX,
	.help = "the next part"},
    {.name = NULL},
};

static void run_stage(struct call *call, const struct argument *args)
{
	struct error err;
	size_t size;

	if (stage_put(call->session, args[STAGE_OFFSET].number, args[STAGE_TEXT].text, &size,
		&err) == -1) {
		call_fail(call, &err);
		return;
	}
	pack_u64(pack_key(call_result(call), "bytes"), size);
	call_finish(call);
}

const struct method method_config_stage = {
    .name = CONTROL_CONFIG_STAGE,
    .help = "upload a part of a text that is too long for one request",
    .level = LEVEL_OPERATE,
    .params = params,
    .run = run_stage,
};
