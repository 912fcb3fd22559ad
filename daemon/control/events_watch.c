/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * events.watch: goes through the history of events at the client's pace and waits at its end for
 * more. A client that is too slow finds that the oldest ones have gone, and is told which.
 */
#include <config.h>

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/arena.h"
#include "common/duration.h"
#include "daemon/control/call.h"
#include "daemon/control/event_log.h"
#include "daemon/control/event_pack.h"
#include "daemon/control/method.h"
#include "daemon/control/time_text.h"
#include "daemon/core/events.h"

enum { WATCH_TYPES, WATCH_FILTER, WATCH_SINCE, WATCH_SINCE_TIME };

static const struct param params[] = {
    {.name = "types", .type = PARAM_TEXT, .help = "only these, with commas"},
    {.name = "filter", .type = PARAM_TEXT, .max = FILTER_SIZE_MAX, .help = "only those that match"},
    {.name = "since", .type = PARAM_INT, .max = UINT64_MAX, .help = "those after this number, too"},
    {.name = "since_time",
	.type = PARAM_TEXT,
	.max = TIME_TEXT_MAX - 1,
	.help = "the time of that event: one of an earlier daemon's is told"},
    {.name = NULL},
};

struct watch {
	struct event_reader reader; /* first */
	struct call *call;
	struct filter *filter; /* NULL: all */
	uint64_t seq;          /* of the last one that was looked at */
};

/* ---- the next event ------------------------------------------------------------------------ */

static uint32_t may_be_missing(const uint8_t *written)
{
	struct event e;

	event_read(written, &e);
	return span_eq_str(e.reason, CONTROL_LOST_UNHEARD) ? EVENTS_CONN : EVENTS_NOTED;
}

/* That events are missing is told to whoever may miss one, whatever the filter is. */
static bool is_wanted(const struct watch *w, const uint8_t *written)
{
	enum event_type type = event_type_of(written);
	struct event e;

	if (type == EVENT_LOST)
		return (w->reader.types & (may_be_missing(written) | EVENT_BIT(type))) != 0;
	if ((w->reader.types & EVENT_BIT(type)) == 0)
		return false;
	if (w->filter == NULL)
		return true;
	event_read(written, &e);
	e.seq = w->seq;
	return filter_match_kind(w->filter, &e, EVENT_BIT(type));
}

/* All up to last, which becomes its number, so that a client may go on from it. */
static void pack_forgotten(const struct watch *w, uint64_t last, struct pack *pack)
{
	struct timespec now;
	struct buf packed = {0};
	struct event e = {
	    .type = EVENT_LOST,
	    .name = event_name(EVENT_LOST),
	    .seq = last,
	    .reason = span_str(CONTROL_LOST_FORGOTTEN),
	    .first = w->seq + 1,
	    .last = last,
	    .count = last - w->seq,
	};

	clock_gettime(CLOCK_REALTIME, &now);
	e.time_ns = (int64_t)now.tv_sec * DURATION_S + now.tv_nsec;
	event_pack(&e, &packed);
	pack_raw(pack, buf_span(&packed));
	buf_fini(&packed);
}

/* Puts the next one that is wanted into items; false: there is none. */
static bool pack_next(struct watch *w, struct pack_box *items)
{
	const struct event_history *h = event_log_history();
	const uint8_t *written;
	struct span packed;

	if (w->seq + 1 < h->first) {
		pack_forgotten(w, h->first - 1, pack_item(items));
		w->seq = h->first - 1;
		return true;
	}
	while (event_history_get(h, w->seq + 1, &written, &packed)) {
		w->seq++;
		if (is_wanted(w, written)) {
			pack_raw(pack_item(items), packed);
			return true;
		}
	}
	return false;
}

/* ---- the stream ---------------------------------------------------------------------------- */

static void finish(struct watch *w)
{
	struct call *call = w->call;

	event_log_leave(&w->reader);
	pack_u64(pack_key(call_result(call), "seq"), w->seq);
	filter_free(w->filter);
	free(w);
	call_finish(call);
}

/* False: there are no more for now. */
static bool send_chunk(struct watch *w)
{
	struct pack_box *items = call_chunk(w->call);

	while (call_chunk_size(w->call) < CALL_CHUNK)
		if (!pack_next(w, items))
			break;
	if (items->count == 0)
		return false;
	call_chunk_send_seq(w->call, w->seq);
	return true;
}

static void go_on(struct call *call)
{
	struct watch *w = call->state;

	if (call_ended(call)) {
		finish(w);
		return;
	}
	while (call_ready(call) && send_chunk(w))
		;
	call_wait(call, go_on);
}

static void on_news(struct event_reader *reader)
{
	call_go_on(((struct watch *)reader)->call);
}

static void start(struct watch *w, const struct argument *since)
{
	w->reader.news = on_news;
	event_log_join(&w->reader);
	w->seq = since->given ? since->number : events_last();
	/* An empty chunk first: the client knows that it watches, and from where on. */
	call_chunk(w->call);
	call_chunk_send_seq(w->call, w->seq);
	go_on(w->call);
}

/* ---- the request --------------------------------------------------------------------------- */

static int read_filter(const struct argument *arg, struct filter **out, struct error *err)
{
	if (!arg->given)
		return 0;
	*out = filter_new(arg->text, event_fields, err);
	return *out == NULL ? error_at(err, "filter") : 0;
}

static int read_types(
    const struct argument *arg, uint32_t *out, const char **hint, struct error *err)
{
	if (!arg->given)
		return 0;
	*out = event_types(arg->text, hint, err);
	return *out == 0 ? error_at(err, "types") : 0;
}

static int started_anew(struct error *err)
{
	char start[TIME_TEXT_MAX];

	error_set(err, ERROR_CONFLICT,
	    "the daemon was started anew at %s, after that event, and its last one is number %llu; "
	    "leave this out, or begin with 0",
	    time_text(event_log_started(), start), (unsigned long long)events_last());
	return error_at(err, "since");
}

/* Numbers begin anew with each daemon; times do not. They are compared as texts. */
static int check_since_time(const struct argument *arg, struct error *err)
{
	static const char form[] = "0000-00-00T00:00:00.000Z";
	char start[TIME_TEXT_MAX];
	size_t i;

	if (!arg->given)
		return 0;
	for (i = 0; arg->text.n == strlen(form) && form[i] != '\0'; i++)
		if (form[i] == '0' ? !isdigit(arg->text.p[i]) : arg->text.p[i] != form[i])
			break;
	if (i < strlen(form)) {
		error_set(err, ERROR_INVALID, "must be a time as events have it, such as %s",
		    time_text(event_log_started(), start));
		return error_at(err, "since_time");
	}
	time_text(event_log_started(), start);
	return memcmp(arg->text.p, start, strlen(form)) < 0 ? started_anew(err) : 0;
}

static int check_since(const struct argument *args, struct error *err)
{
	const struct argument *since = &args[WATCH_SINCE], *time = &args[WATCH_SINCE_TIME];

	if (time->given && !since->given) {
		error_set(err, ERROR_INVALID, "goes with since alone");
		return error_at(err, "since_time");
	}
	if (check_since_time(time, err) == -1)
		return -1;
	return since->given && since->number > events_last() ? started_anew(err) : 0;
}

static void run_watch(struct call *call, const struct argument *args)
{
	uint32_t types = EVENTS_ALL;
	struct filter *filter = NULL;
	const char *hint = NULL;
	struct watch *w;
	struct error err;

	if (check_since(args, &err) == -1 ||
	    read_types(&args[WATCH_TYPES], &types, &hint, &err) == -1 ||
	    read_filter(&args[WATCH_FILTER], &filter, &err) == -1) {
		call_fail_hint(call, &err, hint);
		return;
	}
	w = mem_zalloc(sizeof(*w));
	w->reader.types = types;
	w->call = call;
	w->filter = filter;
	call->state = w;
	start(w, &args[WATCH_SINCE]);
}

const struct method method_events_watch = {
    .name = CONTROL_EVENTS_WATCH,
    .help = "what happens, as it happens",
    .level = LEVEL_OBSERVE,
    .endless = true,
    .params = params,
    .run = run_watch,
};
