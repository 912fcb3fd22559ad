/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "daemon/config/change_event.h"

#include <stdio.h>
#include <stdlib.h>

#include "common/arena.h"
#include "daemon/config/change.h"
#include "daemon/core/events.h"

struct passage {
	uint64_t number;
	char who[64];
	char comment[CHANGE_NOTE_MAX];
	void (*done)(void *arg);
	void *arg;
};

void change_event_refused(const char *who, const char *comment, const struct error *err)
{
	struct event e = {
	    .type = EVENT_CONFIG_REFUSED,
	    .revision = change_revision(),
	    .who = span_str(who),
	    .comment = span_str(comment != NULL ? comment : ""),
	    .code = span_str(error_code_name(err->code)),
	    .path = span_str(err->path),
	    .message = span_str(err->message),
	};

	events_publish(&e);
}

struct passage *passage_new(
    uint64_t number, const char *who, const char *comment, void (*done)(void *arg), void *arg)
{
	struct passage *p = mem_zalloc(sizeof(*p));

	p->number = number;
	snprintf(p->who, sizeof(p->who), "%s", who);
	snprintf(p->comment, sizeof(p->comment), "%s", comment != NULL ? comment : "");
	p->done = done;
	p->arg = arg;
	return p;
}

void change_event_taken(void *passage)
{
	struct passage *p = passage;
	struct event e = {
	    .type = EVENT_CONFIG_CHANGED,
	    .revision = p->number,
	    .who = span_str(p->who),
	    .comment = span_str(p->comment),
	};

	events_publish(&e);
	if (p->done != NULL)
		p->done(p->arg);
	free(p);
}
