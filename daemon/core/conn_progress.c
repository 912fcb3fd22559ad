/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "daemon/core/conn_progress.h"

#include <math.h>

#include "daemon/core/conn.h"
#include "daemon/core/conn_event.h"
#include "daemon/core/conn_log.h"
#include "daemon/core/listener.h"
#include "daemon/core/worker.h"

#define LOOKS 16 /* in the shortest interval: how late a line may be */
#define PAUSE_MIN .1
#define PAUSE_MAX 60.
#define BATCH 1024 /* connections in a turn of the loop */

/* How many whole intervals it was old then. */
static double intervals(const struct conn *conn, ev_tstamp then)
{
	double age = then - (double)conn->facts.start_ns / 1e9;

	return age > 0 ? floor(age / conn->listener->log_interval) : 0;
}

static void look_at(const struct conn_progress *p, struct conn *conn)
{
	if (conn->listener->log_interval <= 0 || conn->ended ||
	    intervals(conn, p->now) <= intervals(conn, p->last))
		return;
	conn_log_progress(conn);
	conn_event_progress(conn);
}

/* Looks at some. Returns whether those were the last. */
static bool look(struct conn_progress *p)
{
	struct conn *conn;
	int i;

	for (i = 0; i < BATCH; i++) {
		conn = worker_conn_next(p->worker, p->after);
		if (conn == NULL)
			return true;
		p->after = conn->facts.id;
		look_at(p, conn);
	}
	return false;
}

static void wait(struct conn_progress *p, double seconds)
{
	ev_timer_stop(p->worker->loop, &p->timer);
	ev_timer_set(&p->timer, seconds, 0.);
	ev_timer_start(p->worker->loop, &p->timer);
}

static void on_timer(struct ev_loop *loop, ev_timer *timer, int events)
{
	struct conn_progress *p = timer->data;

	(void)events;
	if (p->after == 0)
		p->now = ev_now(loop);
	if (!look(p)) {
		wait(p, 0.);
		return;
	}
	p->last = p->now;
	p->after = 0;
	wait(p, p->pause);
}

void conn_progress_init(struct worker *w)
{
	struct conn_progress *p = &w->progress;

	p->worker = w;
	p->last = ev_now(w->loop);
	ev_timer_init(&p->timer, on_timer, 0., 0.);
	p->timer.data = p;
}

void conn_progress_stop(struct worker *w)
{
	ev_timer_stop(w->loop, &w->progress.timer);
}

static double pause_of(const struct worker *w)
{
	const struct listener *l;
	double shortest = 0;

	for (l = w->listeners; l != NULL; l = l->next)
		if (l->log_interval > 0 && (shortest == 0 || l->log_interval < shortest))
			shortest = l->log_interval;
	if (shortest == 0)
		return 0;
	return fmax(PAUSE_MIN, fmin(PAUSE_MAX, shortest / LOOKS));
}

void conn_progress_plan(struct worker *w)
{
	struct conn_progress *p = &w->progress;
	double pause = pause_of(w);

	if (pause == p->pause)
		return;
	p->pause = pause;
	p->after = 0;
	if (pause > 0)
		wait(p, pause);
	else
		conn_progress_stop(w);
}
