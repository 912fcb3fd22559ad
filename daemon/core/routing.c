/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "daemon/core/routing.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/core/answers.h"
#include "daemon/core/conn_tally.h"
#include "daemon/core/conn_trace.h"
#include "daemon/core/flow.h"
#include "daemon/core/instance.h"
#include "daemon/core/route_index.h"
#include "daemon/core/tally.h"
#include "daemon/core/worker.h"

static void routing_run(struct conn *conn);

/* ---- the rules ----------------------------------------------------------------------------- */

/* A yes is counted by who takes the route. */
static void count_verdict(
    const struct match_input *in, const struct route *route, enum match_verdict verdict)
{
	struct tally *tally;

	if (in->worker == NULL || route->identity == NULL || verdict == MATCH_YES)
		return;
	tally = tallies_of(route->identity->tallies, in->worker->index);
	counter_add(verdict == MATCH_NO ? &tally->said_no : &tally->said_more, 1);
}

enum pick routing_pick(
    const struct route_list *list, size_t from, struct match_input *in, size_t *index)
{
	enum match_verdict verdict;
	bool undecided = false;
	bool on_bytes;
	size_t i;

	for (i = from; i < list->count; i++) {
		if (list->index != NULL)
			i = route_index_skip(list->index, i, in, &undecided);
		if (i == list->count)
			break;
		if (list->items[i]->disabled)
			continue;
		verdict = matcher_sets_match(&list->items[i]->match, in, &on_bytes);
		count_verdict(in, list->items[i], verdict);
		switch (verdict) {
		case MATCH_NO:
			break;
		case MATCH_MORE:
			undecided = true;
			break;
		case MATCH_YES:
			/*
			 * What rests on facts waits for earlier routes that want bytes, and nothing
			 * behind it may be taken before it.
			 */
			if (undecided && !on_bytes)
				return PICK_MORE;
			*index = i;
			return PICK_ROUTE;
		}
	}
	return undecided ? PICK_MORE : PICK_NONE;
}

/* ---- the undecided of a worker ------------------------------------------------------------- */

static void undecided_add(struct worker *w, struct match_state *m)
{
	m->older = w->undecided_last;
	m->newer = NULL;
	if (m->older != NULL)
		m->older->newer = m;
	else
		w->undecided_first = m;
	w->undecided_last = m;
}

static void undecided_remove(struct worker *w, struct match_state *m)
{
	if (m->older != NULL)
		m->older->newer = m->newer;
	else
		w->undecided_first = m->newer;
	if (m->newer != NULL)
		m->newer->older = m->older;
	else
		w->undecided_last = m->older;
	w->matching_bytes -= m->held;
}

/* Counts what m's buffers hold now; over the budget the oldest undecided connection is closed. */
static void budget_update(struct worker *w, struct match_state *m)
{
	size_t held = m->cache.hello_bytes.size;
	const struct stream *s;

	if (m->cache.http_arena != NULL)
		held += arena_size(m->cache.http_arena);
	for (s = m->conn->client.top; s != NULL; s = s->below)
		held += s->ahead.size;
	w->matching_bytes += held - m->held;
	m->held = held;
	if (w->matching_bytes > MATCHING_BUDGET && w->undecided_first != m)
		conn_end(w->undecided_first->conn, END_MATCHING_BUDGET, NULL);
}

static struct match_state *match_state_new(struct worker *w)
{
	struct match_state *m = w->idle_match;

	if (m == NULL)
		return mem_zalloc(sizeof(*m));
	w->idle_match = m->newer;
	memset(m, 0, sizeof(*m));
	return m;
}

void routing_finish(struct conn *conn)
{
	struct match_state *m = conn->matching;

	if (m == NULL)
		return;
	conn->matching = NULL;
	if (m->cache.hello_length > 0 && m->cache.hello_result == HELLO_BAD)
		counter_add(&conn->worker->counters.hello_bad, 1);
	undecided_remove(conn->worker, m);
	match_cache_fini(&m->cache);
	instance_unref(m->instance);
	m->newer = conn->worker->idle_match;
	conn->worker->idle_match = m;
}

/* What was read ahead is looked at anew: it may be other bytes now. */
static void look_anew(struct match_state *m)
{
	match_cache_clear(&m->cache);
	m->datagram = 0;
}

/* ---- frames -------------------------------------------------------------------------------- */

static void frame_start(struct conn *conn, struct frame *f, const struct route_list *list)
{
	f->list = list;
	f->deadline = ev_now(conn->worker->loop) + duration_seconds(list->matching_timeout);
}

enum handle_result routing_enter(struct conn *conn, const struct route_list *list)
{
	struct match_state *m = conn->matching;
	struct frame *f = arena_alloc(conn->arena, sizeof(*f));

	f->outer = m->frame;
	frame_start(conn, f, list);
	m->frame = f;
	return HANDLE_NEXT;
}

/* From now on the connection counts as that top-level route's. */
static void belong_to(struct conn *conn, struct route *route)
{
	if (conn->route == route)
		return;
	conn_tally_route(conn, route);
	conn->route = route;
	conn->facts.route = route->name;
}

static void take(struct conn *conn, struct frame *f, size_t index)
{
	struct route *route = f->list->items[index];

	f->taken = route;
	f->handler = 0;
	f->next = index + 1;
	f->matched = true;
	conn->matching->phase = MATCH_LIVE;
	if (route->identity == NULL)
		return;
	/* A stream that an earlier route's handler pushed needs that route to the end. */
	belong_to(conn, route_enter(route));
	arena_release(conn->arena, (void (*)(void *))route_leave, route);
	if (f->outer == NULL)
		conn->facts.server = route->server;
}

/* No route of the list is left. Returns whether to go on (in the chain of the outer list). */
static bool fall_through(struct conn *conn, enum end_reason reason)
{
	struct match_state *m = conn->matching;
	struct frame *f = m->frame, *outer = f->outer;

	if (outer != NULL) {
		m->frame = outer;
		if (outer->taken->identity != NULL)
			belong_to(conn, outer->list->items[outer->next - 1]);
		m->phase = MATCH_LIVE;
		if (conn->flow != NULL) /* the first datagram again, for the routes of that list */
			look_anew(m);
		return true;
	}
	conn_end(conn, f->matched ? END_HANDLER_DONE : reason, NULL);
	return false;
}

enum prefetched { FETCHED_SOME, FETCHED_NOTHING, FETCH_FAILED };

/* ---- waiting for bytes --------------------------------------------------------------------- */

/* Of datagrams that were looked at, those that could not be kept are gone. */
static void skip_lost(struct match_state *m, const struct flow *flow)
{
	if (m->datagram < flow->kept_count)
		return;
	m->datagram = flow->kept_count > 0 ? flow->kept_count - 1 : 0;
	if (flow->kept_count == 0)
		match_cache_next_datagram(&m->cache);
}

static bool prefetch(struct conn *conn);

static void on_bytes(struct conn *conn, int events)
{
	(void)events;
	conn_wait(conn, 0, NULL);
	conn_timer_stop(conn);
	if (conn->flow != NULL)
		skip_lost(conn->matching, conn->flow);
	else if (!prefetch(conn)) /* routes are not asked twice about the same bytes */
		return;
	routing_run(conn);
}

static enum prefetched fetch(struct conn *conn);

static void on_match_timer(struct conn *conn)
{
	struct match_state *m = conn->matching;

	conn_wait(conn, 0, NULL);
	/* Bytes that have come count, however late we are to look. */
	switch (fetch(conn)) {
	case FETCHED_SOME:
		routing_run(conn);
		return;
	case FETCHED_NOTHING:
		break;
	case FETCH_FAILED:
		return;
	}
	if (ev_now(conn->worker->loop) >= m->frame->deadline) {
		conn_end(conn, END_MATCHING_TIMEOUT, NULL);
		return;
	}
	m->phase = MATCH_SILENT;
	routing_run(conn);
}

static size_t buffer_limit(const struct match_state *m)
{
	const struct route_list *list = m->frame->list;

	if (m->cache.hello_length > 0 && m->cache.hello_result == HELLO_MORE &&
	    list->matching_buffer < MATCHING_BUFFER_HELLO)
		return MATCHING_BUFFER_HELLO;
	return list->matching_buffer;
}

/* Arranges to be called when bytes come, or when patience ends. */
static void wait_bytes(struct conn *conn)
{
	struct match_state *m = conn->matching;
	struct frame *f = m->frame;
	const struct stream *top = conn->client.top;
	ev_tstamp now = ev_now(conn->worker->loop);
	ev_tstamp until = f->deadline;

	if (f->list->silence_timeout > 0 && conn->flow == NULL && buf_len(&top->ahead) == 0) {
		if (f->stream != top) {
			f->stream = top;
			f->silence = now + duration_seconds(f->list->silence_timeout);
		}
		if (f->silence < until)
			until = f->silence;
	}
	conn->state = "matching";
	conn_timer(conn, (int64_t)((until - now) * 1e9), on_match_timer);
	conn_wait_more(conn, on_bytes);
}

/* Goes on to the flow's next datagram. */
static enum prefetched next_datagram(struct conn *conn)
{
	struct match_state *m = conn->matching;
	struct span datagram;

	if (flow_look(conn->flow, m->datagram + 1, &datagram, 1) == 0)
		return FETCHED_NOTHING;
	m->datagram++;
	match_cache_next_datagram(&m->cache);
	return FETCHED_SOME;
}

/* Reads what there is. FETCHED_SOME: something new to look at, or the end of the stream. */
static enum prefetched fetch_bytes(struct conn *conn)
{
	struct match_state *m = conn->matching;
	struct stream *top = conn->client.top;
	size_t held = buf_len(&top->ahead), limit = buffer_limit(m);
	ssize_t n;

	if (held >= limit) {
		conn_end(conn, END_MATCHING_BUFFER, NULL);
		return FETCH_FAILED;
	}
	n = stream_peek(top, limit - held < PREFETCH_STEP ? limit - held : PREFETCH_STEP);
	if (n > 0) {
		conn_touch(conn);
		budget_update(conn->worker, m);
		return FETCHED_SOME;
	}
	if (n == 0) {
		m->phase = MATCH_ENDED;
		return FETCHED_SOME;
	}
	if (errno == EAGAIN)
		return FETCHED_NOTHING;
	conn_end(conn, errno == ECONNRESET ? END_CLIENT_RESET : END_TLS_ERROR, NULL);
	return FETCH_FAILED;
}

static enum prefetched fetch(struct conn *conn)
{
	return conn->flow != NULL ? next_datagram(conn) : fetch_bytes(conn);
}

/* Tries to get more bytes. Returns whether there is something new to look at. */
static bool prefetch(struct conn *conn)
{
	enum prefetched got = fetch(conn);

	if (got == FETCHED_NOTHING)
		wait_bytes(conn);
	return got == FETCHED_SOME;
}

/* ---- the loop ------------------------------------------------------------------------------ */

/*
 * Before all routes, and only while an answer is waiting to be asked for: is it a CA that validates
 * a name of ours (RFC 8737)? A client that has begun a hello will finish it.
 */
static enum match_verdict is_challenge(struct match_state *m, struct match_input *in)
{
	const struct hello *hello;

	if (m->frame->outer != NULL || m->frame->matched || in->datagram || in->bytes.n == 0)
		return MATCH_NO;
	switch (match_hello(in, &hello)) {
	case HELLO_OK:
		return answers_challenged(hello) ? MATCH_YES : MATCH_NO;
	case HELLO_MORE:
		return m->phase == MATCH_LIVE ? MATCH_MORE : MATCH_NO;
	default:
		return MATCH_NO;
	}
}

static struct span bytes_of(struct conn *conn)
{
	struct span datagram = span_of(NULL, 0);

	if (conn->flow == NULL)
		return buf_span(&conn->client.top->ahead);
	flow_look(conn->flow, conn->matching->datagram, &datagram, 1);
	return datagram;
}

/* Asks the routes of the current frame. Returns whether to go on now. */
static bool step_match(struct conn *conn)
{
	struct match_state *m = conn->matching;
	struct frame *f = m->frame;
	struct match_input in = {
	    .bytes = bytes_of(conn),
	    .datagram = conn->flow != NULL,
	    .phase = m->phase,
	    .facts = &conn->facts,
	    .cache = &m->cache,
	    .worker = conn->worker,
	};
	const struct fact *known = conn->facts.named;
	size_t index = 0;
	enum pick pick;

	if (answers_pending(ANSWER_TLS_ALPN)) {
		switch (is_challenge(m, &in)) {
		case MATCH_YES:
			answers_serve(conn);
			return false;
		case MATCH_MORE:
			return prefetch(conn);
		case MATCH_NO:
			break;
		}
	}
	pick = routing_pick(f->list, f->next, &in, &index);
	if (conn->traced != 0)
		conn_trace_look(conn, &in, known, pick, index);
	switch (pick) {
	case PICK_ROUTE:
		take(conn, f, index);
		return true;
	case PICK_MORE:
		return prefetch(conn);
	case PICK_NONE:
		break;
	}
	return fall_through(conn, m->phase == MATCH_SILENT ? END_SILENT : END_NO_ROUTE);
}

/* Runs the next handler of the current frame's chain. Returns whether to go on now. */
static bool step_chain(struct conn *conn)
{
	struct frame *f = conn->matching->frame;
	const struct handler *h;

	if (f->handler == f->taken->handler_count) {
		f->taken = NULL;
		return true;
	}
	h = &f->taken->handlers[f->handler++];
	if (conn->traced != 0 && f->handler > 1) /* of the first one the look tells */
		conn_trace_handler(conn, h->type->name);
	if (conn->flow != NULL && !h->type->datagrams) {
		conn_end(conn, END_DATAGRAMS, h->type->name);
		return false;
	}
	conn->state = "handling";
	switch (h->type->handle(conn, h->params)) {
	case HANDLE_NEXT:
		look_anew(conn->matching);
		return true;
	case HANDLE_DONE:
		routing_finish(conn);
		return false;
	case HANDLE_WAIT:
	case HANDLE_FAIL:
		break;
	}
	return false;
}

static void routing_run(struct conn *conn)
{
	bool more = true;

	while (more && !conn->ended && conn->matching != NULL)
		more = conn->matching->frame->taken != NULL ? step_chain(conn) : step_match(conn);
}

static struct match_state *begin(
    struct conn *conn, struct instance *instance, const struct route_list *list)
{
	struct match_state *m = match_state_new(conn->worker);

	m->conn = conn;
	m->instance = instance_ref(instance);
	m->frame = &m->outermost;
	frame_start(conn, m->frame, list);
	conn->matching = m;
	undecided_add(conn->worker, m);
	return m;
}

void routing_start(struct conn *conn, struct instance *instance, const struct server *server)
{
	begin(conn, instance, &server->routes)->server = server;
	routing_run(conn);
}

void routing_start_chain(struct conn *conn, struct instance *instance, const struct route *chain)
{
	static const struct route_list nothing;
	struct match_state *m = begin(conn, instance, &nothing);

	m->frame->taken = chain;
	m->frame->matched = true;
	if (conn->traced != 0 && chain->handler_count > 0)
		conn_trace_handler(conn, chain->handlers[0].type->name);
	routing_run(conn);
}

void conn_resume(struct conn *conn, enum handle_result result)
{
	if (conn->ended)
		return;
	if (result == HANDLE_NEXT) {
		look_anew(conn->matching);
		routing_run(conn);
	} else if (result == HANDLE_DONE) {
		routing_finish(conn);
	}
}
