/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "daemon/config/confirm.h"

#include <stdio.h>
#include <ev.h>

#include "common/log.h"
#include "daemon/config/change.h"
#include "daemon/config/concern.h"
#include "daemon/core/worker.h"

#define AGAIN 5.0 /* seconds, where taking it back has failed */

static struct {
	uint64_t revision; /* 0: none waits */
	json_t *before;
	ev_timer timer;
	unsigned seconds;
} waiting;

uint64_t confirm_waiting(double *left)
{
	*left = waiting.revision != 0 ? ev_timer_remaining(control_loop(), &waiting.timer) : 0.;
	return waiting.revision;
}

int confirm_check(struct error *err)
{
	double left;
	uint64_t revision = confirm_waiting(&left);

	if (revision == 0)
		return 0;
	return error_set(err, ERROR_BUSY,
	    "revision %llu waits to be confirmed for another %.0f s; confirm it or roll it back",
	    (unsigned long long)revision, left);
}

void confirm_forget(void)
{
	if (waiting.revision == 0)
		return;
	ev_timer_stop(control_loop(), &waiting.timer);
	json_decref(waiting.before);
	waiting.before = NULL;
	waiting.revision = 0;
}

/* change_document() ends the waiting where it succeeds. */
static void take_back(struct ev_loop *loop, ev_timer *w, int events)
{
	char comment[CHANGE_NOTE_MAX], text[1600];
	const struct change change = {
	    .document = waiting.before, .who = "confirm", .comment = comment, .overrides = true};
	uint64_t revision = waiting.revision;
	struct error err;

	(void)events;
	snprintf(comment, sizeof(comment), "revision %llu was not confirmed within %u s",
	    (unsigned long long)waiting.revision, waiting.seconds);
	if (change_document(&change, NULL, NULL, &err) == 0) {
		concerns_call_off(revision - 1);
		log_msg(
		    LOG_WARN, "config", "%s: the document before it is in force again", comment);
		return;
	}
	log_msg(LOG_ERROR, "config", "%s, and cannot be taken back yet: %s", comment,
	    error_text(&err, text, sizeof(text)));
	ev_timer_set(w, AGAIN, 0.);
	ev_timer_start(loop, w);
}

void confirm_begin(json_t *before, uint64_t revision, unsigned seconds)
{
	confirm_forget();
	waiting.revision = revision;
	waiting.before = json_incref(before);
	waiting.seconds = seconds;
	ev_timer_init(&waiting.timer, take_back, seconds, 0.);
	ev_timer_start(control_loop(), &waiting.timer);
}

int confirm_accept(uint64_t revision, struct error *err)
{
	if (waiting.revision == 0)
		return error_set(err, ERROR_NOT_FOUND, "no change waits to be confirmed");
	if (revision != 0 && revision != waiting.revision)
		return error_set(err, ERROR_CONFLICT,
		    "revision %llu waits to be confirmed, not %llu",
		    (unsigned long long)waiting.revision, (unsigned long long)revision);
	confirm_forget();
	return 0;
}
