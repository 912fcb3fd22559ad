/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "daemon/stopping.h"

#include <ev.h>

#include "common/duration.h"
#include "common/log.h"
#include "daemon/certs/certs.h"
#include "daemon/config/change.h"
#include "daemon/core/instance.h"
#include "daemon/core/worker.h"

#define DRAIN_DEFAULT (30 * DURATION_S) /* where the document has no grace_period */
#define DRAIN_POLL 0.05

static struct {
	bool begun;
	int64_t grace; /* what the document said when it began */
	ev_timer timer;
	ev_tstamp until;
} stopping;

static uint64_t open_connections(void)
{
	uint64_t accepted, ended;

	workers_connections(&accepted, &ended);
	return accepted - ended;
}

static void on_drain(struct ev_loop *loop, ev_timer *w, int events)
{
	uint64_t left = open_connections();

	(void)events;
	if (left > 0 && ev_now(loop) < stopping.until)
		return;
	if (left > 0)
		log_msg(LOG_WARN, "core", "%llu connections were still open and are ended",
		    (unsigned long long)left);
	ev_timer_stop(loop, w);
	ev_break(loop, EVBREAK_ALL);
}

/* The document goes with the listeners. */
static void close_listeners(void)
{
	const struct instance *in = instance_current();
	char text[sizeof(((struct error *)0)->path) + sizeof(((struct error *)0)->message) + 4];
	struct error err;

	stopping.grace = in != NULL && in->grace_period > 0 ? in->grace_period : DRAIN_DEFAULT;
	certs_drain();
	if (change_stop(&err) == -1)
		log_msg(LOG_ERROR, "core", "cannot close the listeners: %s",
		    error_text(&err, text, sizeof(text)));
}

struct stopping_facts stopping_begin(int64_t drain)
{
	struct ev_loop *loop = control_loop();
	struct stopping_facts facts = {.connections = open_connections()};
	char text[DURATION_TEXT_MAX];

	if (!stopping.begun) {
		close_listeners();
		ev_timer_init(&stopping.timer, on_drain, DRAIN_POLL, DRAIN_POLL);
		ev_timer_start(loop, &stopping.timer);
	}
	stopping.begun = true;
	facts.drain = drain >= 0 ? drain : stopping.grace;
	stopping.until = ev_now(loop) + duration_seconds(facts.drain);
	log_msg(LOG_INFO, "core",
	    "draining %llu connections for at most %s; a second signal ends them",
	    (unsigned long long)facts.connections, duration_text(facts.drain, text));
	return facts;
}

bool stopping_begun(void)
{
	return stopping.begun;
}
