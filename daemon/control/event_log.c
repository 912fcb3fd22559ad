/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "daemon/control/event_log.h"

#include <time.h>
#include <ev.h>
#include <utlist.h>

#include "common/buf.h"
#include "common/duration.h"
#include "daemon/control/event_pack.h"
#include "daemon/core/events.h"
#include "daemon/core/worker.h"

static struct {
	struct event_subscriber subscriber; /* take NULL: not started */
	struct event_history history;
	struct event_reader *readers;
	struct buf packed;
	ev_prepare tell; /* never started, only fed: once for many events */
	ev_timer linger; /* to the end of asking for events of connections */
	double linger_seconds;
	uint64_t untold; /* connection_events() when we stopped asking */
	int64_t started; /* ns since 1970 */
} events = {.linger_seconds = EVENT_LOG_LINGER};

/* ---- what comes ---------------------------------------------------------------------------- */

static void on_tell(struct ev_loop *loop, ev_prepare *w, int revents)
{
	struct event_reader *reader, *next;

	(void)loop;
	(void)w;
	(void)revents;
	DL_FOREACH_SAFE(events.readers, reader, next)
	reader->news(reader);
}

static void take(struct event_subscriber *subscriber, const struct event *e)
{
	uint8_t written[EVENT_SIZE_MAX];
	size_t n = event_write(e, written);

	(void)subscriber;
	buf_clear(&events.packed);
	event_pack(e, &events.packed);
	event_history_add(&events.history, span_of(written, n), buf_span(&events.packed));
	if (events.readers != NULL)
		ev_feed_event(control_loop(), &events.tell, EV_CUSTOM);
}

/* ---- events of connections: only while they are read --------------------------------------- */

/* How many there have been, told or not. */
static uint64_t connection_events(void)
{
	uint64_t accepted, ended;

	workers_connections(&accepted, &ended);
	return accepted + ended;
}

static bool asks_for_connections(void)
{
	return (events.subscriber.wants & EVENTS_CONN) != 0;
}

/* Who reads from before this point on is told how many are missing. */
static void ask_for_connections(void)
{
	struct event e = {
	    .type = EVENT_LOST,
	    .reason = span_str(CONTROL_LOST_UNHEARD),
	    .count = connection_events() - events.untold,
	};

	ev_timer_stop(control_loop(), &events.linger);
	if (asks_for_connections())
		return;
	events_want(&events.subscriber, EVENTS_ALL);
	if (e.count > 0)
		events_publish(&e);
}

static void on_linger(struct ev_loop *loop, ev_timer *w, int revents)
{
	(void)loop;
	(void)w;
	(void)revents;
	events_want(&events.subscriber, EVENTS_ALL & ~EVENTS_CONN);
	events.untold = connection_events();
}

static bool anyone_reads_connections(void)
{
	const struct event_reader *reader;

	DL_FOREACH (events.readers, reader)
		if (reader->types & EVENTS_CONN)
			return true;
	return false;
}

void event_log_linger(double seconds)
{
	events.linger_seconds = seconds;
}

/* ---- readers ------------------------------------------------------------------------------- */

const struct event_history *event_log_history(void)
{
	return &events.history;
}

void event_log_join(struct event_reader *reader)
{
	if (reader->types & EVENTS_CONN)
		ask_for_connections();
	DL_APPEND(events.readers, reader);
}

void event_log_leave(struct event_reader *reader)
{
	DL_DELETE(events.readers, reader);
	if (!asks_for_connections() || anyone_reads_connections() || ev_is_active(&events.linger))
		return;
	ev_timer_set(&events.linger, events.linger_seconds, 0.);
	ev_timer_start(control_loop(), &events.linger);
}

/* ---- start and stop ------------------------------------------------------------------------ */

void event_log_start(void)
{
	struct timespec now;

	if (events.subscriber.take != NULL)
		return;
	event_history_init(&events.history, EVENT_LOG_SIZE, events_last() + 1);
	ev_prepare_init(&events.tell, on_tell);
	ev_timer_init(&events.linger, on_linger, 0., 0.);
	clock_gettime(CLOCK_REALTIME, &now);
	events.started = (int64_t)now.tv_sec * DURATION_S + now.tv_nsec;
	events.untold = connection_events();
	events.subscriber.take = take;
	events.subscriber.wants = EVENTS_ALL & ~EVENTS_CONN;
	events_subscribe(&events.subscriber);
}

int64_t event_log_started(void)
{
	return events.started;
}

void event_log_stop(void)
{
	if (events.subscriber.take == NULL)
		return;
	events_unsubscribe(&events.subscriber);
	events.subscriber.take = NULL;
	ev_clear_pending(control_loop(), &events.tell);
	ev_timer_stop(control_loop(), &events.linger);
	event_history_fini(&events.history);
	buf_fini(&events.packed);
}
