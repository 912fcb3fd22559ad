/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "daemon/core/flow.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/arena.h"
#include "common/log.h"
#include "daemon/core/conn.h"
#include "daemon/core/conn_table.h"
#include "daemon/core/listener.h"
#include "daemon/core/worker.h"

/* What all flows of a worker may keep; more is dropped. */
#define KEEP_ALL_BYTES (64u << 20)

#define TICK 0.25 /* seconds */

/* A datagram that nobody has taken yet. */
struct flow_kept {
	struct flow_kept *next;
	struct span bytes; /* in data, but for what filters took off */
	size_t size;
	uint8_t data[];
};

static struct flow_io *io_of(const struct flow *flow)
{
	return flow->conn->worker->flow_io;
}

static void count_lost(struct worker *w, unsigned n)
{
	if (n > 0)
		counter_add(&w->counters.datagrams_lost, n);
}

void flow_lost(const struct flow *flow)
{
	count_lost(flow->conn->worker, 1);
}

/* ---- what waits ---------------------------------------------------------------------------- */

static void drop_first(struct flow *flow)
{
	struct flow_kept *kept = flow->first;

	flow->first = kept->next;
	if (flow->first == NULL)
		flow->last = &flow->first;
	flow->kept_bytes -= kept->size;
	flow->kept_count--;
	io_of(flow)->kept_bytes -= kept->size;
	free(kept);
}

/* Copies a datagram that has not been taken, if there is room. */
static void keep(struct flow *flow, struct span datagram)
{
	struct flow_io *io = io_of(flow);
	struct flow_kept *kept;

	if (flow->kept_count == FLOW_KEEP_COUNT || io->kept_bytes > KEEP_ALL_BYTES ||
	    (flow->kept_count > 0 && flow->kept_bytes + datagram.n > FLOW_KEEP_BYTES)) {
		flow_lost(flow);
		return;
	}
	kept = mem_alloc(sizeof(*kept) + datagram.n);
	kept->next = NULL;
	kept->size = datagram.n;
	if (datagram.n > 0)
		memcpy(kept->data, datagram.p, datagram.n);
	kept->bytes = span_of(kept->data, datagram.n);
	*flow->last = kept;
	flow->last = &kept->next;
	flow->kept_count++;
	flow->kept_bytes += kept->size;
	io->kept_bytes += kept->size;
}

size_t flow_look(const struct flow *flow, size_t index, struct span *out, size_t max)
{
	const struct flow_kept *kept;
	size_t count = 0;

	for (kept = flow->first; kept != NULL && count < max; kept = kept->next) {
		if (index > 0)
			index--;
		else
			out[count++] = kept->bytes;
	}
	for (; index < flow->fresh_count && count < max; index++)
		out[count++] = flow->fresh[index];
	return count;
}

void flow_take(struct flow *flow, size_t count)
{
	for (; count > 0 && flow->first != NULL; count--)
		drop_first(flow);
	flow->fresh += count;
	flow->fresh_count -= count;
}

/* ---- filters ------------------------------------------------------------------------------- */

/* Passes fresh datagrams through a filter; those that it drops close their gap. */
static void filter_fresh(struct flow *flow, struct flow_filter *filter)
{
	size_t from, to = 0;

	for (from = 0; from < flow->fresh_count && !flow->conn->ended; from++)
		if (filter->pass(flow->conn, filter, &flow->fresh[from]))
			flow->fresh[to++] = flow->fresh[from];
	flow->fresh_count = to;
}

static void filter_kept(struct flow *flow, struct flow_filter *filter)
{
	size_t left;

	/* Each moves from the front to the end, so that their order is the same afterwards. */
	for (left = flow->kept_count; left > 0 && !flow->conn->ended; left--) {
		struct flow_kept *kept = flow->first;

		if (!filter->pass(flow->conn, filter, &kept->bytes)) {
			if (!flow->conn->ended)
				drop_first(flow);
			continue;
		}
		if (kept->next == NULL)
			continue;
		flow->first = kept->next;
		kept->next = NULL;
		*flow->last = kept;
		flow->last = &kept->next;
	}
}

void flow_filter(struct flow *flow, struct flow_filter *filter)
{
	struct flow_filter **at = &flow->filters;

	while (*at != NULL)
		at = &(*at)->next;
	*at = filter;
	filter_kept(flow, filter);
	filter_fresh(flow, filter);
}

/* ---- sending ------------------------------------------------------------------------------- */

uint8_t *flow_room(struct flow *flow)
{
	return datagram_writer_room(io_of(flow)->writer);
}

void flow_send_room(struct flow *flow, size_t n)
{
	struct listener *l = flow->conn->listener;

	if (l->io.fd != -1)
		datagram_writer_put(io_of(flow)->writer, l->io.fd, l->family, &flow->entry.key, n);
}

void flow_send(struct flow *flow, struct span datagram)
{
	if (datagram.n > DATAGRAM_MAX) {
		flow_lost(flow);
		return;
	}
	if (datagram.n > 0)
		memcpy(flow_room(flow), datagram.p, datagram.n);
	else
		flow_room(flow);
	flow_send_room(flow, datagram.n);
}

static void flush(struct flow_io *io)
{
	count_lost(io->worker, datagram_writer_flush(io->writer));
}

static void on_flush(struct ev_loop *loop, ev_prepare *p, int events)
{
	(void)loop;
	(void)events;
	flush(p->data);
}

/* ---- silence ------------------------------------------------------------------------------- */

static void watch_silence(struct flow *flow, double seconds)
{
	struct flow_io *io = io_of(flow);

	wheel_add(&io->wheel, &flow->idle, (uint64_t)(seconds / TICK) + 1);
	if (!ev_is_active(&io->tick))
		ev_timer_again(io->worker->loop, &io->tick);
}

static void on_due(struct wheel_item *item)
{
	struct flow *flow = (struct flow *)((char *)item - offsetof(struct flow, idle));
	struct conn *conn = flow->conn;
	double left = conn->active + conn->listener->idle_timeout - ev_now(conn->worker->loop);

	if (left > 0)
		watch_silence(flow, left);
	else
		conn_end(conn, END_IDLE_TIMEOUT, NULL);
}

static void on_tick(struct ev_loop *loop, ev_timer *w, int events)
{
	struct flow_io *io = w->data;

	(void)events;
	wheel_turn(&io->wheel, on_due);
	if (io->wheel.count == 0)
		ev_timer_stop(loop, w);
}

/* ---- receiving ----------------------------------------------------------------------------- */

static void note_refusal(struct listener *l, const struct netaddr *client, enum flow_room room)
{
	ev_tstamp now = ev_now(l->worker->loop);
	char text[NETADDR_TEXT_MAX];

	counter_add(&l->worker->counters.flows_refused, 1);
	if (now < l->silent_until)
		return;
	l->silent_until = now + LISTENER_COMPLAINTS;
	log_msg(LOG_WARN, "core", "%s: no more clients than max_flows%s allows; %s is ignored",
	    l->address, room == FLOW_SOURCE_FULL ? "_per_source" : "", netaddr_text(client, text));
}

/* Did it send to itself? Somebody who forges addresses could let us answer ourselves for ever. */
static bool is_own(const struct listener *l, const struct flow_key *key)
{
	const struct netaddr *local = key->local.family != AF_UNSPEC ? &key->local : &l->local;

	if (key->client.family == AF_UNIX)
		return netaddr_equal(&key->client, &l->local);
	return key->client.port == l->local.port && netaddr_equal_ip(&key->client, local);
}

/* NULL: it is none of ours. */
static struct flow *open_flow(struct listener *l, const struct flow_key *key, uint64_t hash)
{
	enum flow_room room;
	struct flow *flow;

	if (l->paused || is_own(l, key))
		return NULL;
	room = flow_table_room(&l->flows, key, &l->limits);
	if (room != FLOW_ROOM) {
		note_refusal(l, &key->client, room);
		return NULL;
	}
	flow = conn_new_flow(l, key)->flow;
	flow_table_add(&l->flows, &flow->entry, hash);
	watch_silence(flow, l->idle_timeout);
	return flow;
}

static struct flow *find_or_open(struct listener *l, const struct flow_key *key, bool *first)
{
	uint64_t hash;
	struct flow_entry *entry = flow_table_find(&l->flows, key, &hash);

	*first = entry == NULL;
	return entry != NULL ? (struct flow *)entry : open_flow(l, key, hash);
}

/* Hands datagrams to the flow. What is not taken now is kept. */
static void deliver(struct flow *flow, struct span *datagrams, size_t count, bool first)
{
	struct conn *conn = flow->conn;
	struct flow_filter *filter;
	size_t i;

	flow->fresh = datagrams;
	flow->fresh_count = count;
	for (filter = flow->filters; filter != NULL; filter = filter->next)
		filter_fresh(flow, filter);
	conn_touch(conn);
	if (first)
		conn_start(conn);
	else if (flow->wanted && flow->fresh_count > 0 && !conn->ended)
		conn->on_client(conn, EV_READ);
	for (i = 0; i < flow->fresh_count && !conn->ended; i++)
		keep(flow, flow->fresh[i]);
	flow->fresh_count = 0;
}

void flow_pass_on(struct flow *flow, const struct netaddr *origin, struct span datagram)
{
	struct flow_key key = flow->entry.key;
	struct flow *other;
	bool first;

	key.origin = *origin;
	other = find_or_open(flow->conn->listener, &key, &first);
	if (other != NULL && other != flow)
		deliver(other, &datagram, 1, first);
	else
		flow_lost(flow);
}

/*
 * Takes a run of datagrams of one client from the front of batch. Returns how many. The first one
 * of a flow goes alone: it may be all that the flow ever gets.
 */
static size_t take_run(struct listener *l, const struct datagram *batch, size_t count)
{
	const struct flow_key *key = &batch[0].key;
	struct span datagrams[DATAGRAM_BATCH];
	bool first;
	struct flow *flow = find_or_open(l, key, &first);
	size_t n = 0;

	if (flow == NULL) {
		count_lost(l->worker, 1);
		return 1;
	}
	do {
		datagrams[n] = batch[n].bytes;
		n++;
	} while (!first && n < count && flow_key_equal(key, &batch[n].key));
	deliver(flow, datagrams, n, first);
	return n;
}

static struct flow_io *flow_io_new(struct worker *w)
{
	struct flow_io *io = mem_zalloc(sizeof(*io));

	io->worker = w;
	io->reader = datagram_reader_new();
	io->writer = datagram_writer_new();
	ev_timer_init(&io->tick, on_tick, 0., TICK);
	io->tick.data = io;
	ev_prepare_init(&io->flush, on_flush);
	io->flush.data = io;
	ev_prepare_start(w->loop, &io->flush);
	ev_unref(w->loop);
	return io;
}

void flow_io_free(struct flow_io *io)
{
	if (io == NULL)
		return;
	ev_timer_stop(io->worker->loop, &io->tick);
	ev_ref(io->worker->loop);
	ev_prepare_stop(io->worker->loop, &io->flush);
	datagram_reader_free(io->reader);
	datagram_writer_free(io->writer);
	free(io);
}

bool flow_receive(struct listener *l)
{
	struct worker *w = l->worker;
	struct datagram batch[DATAGRAM_BATCH];
	unsigned cut = 0;
	size_t i;
	int n;

	if (w->flow_io == NULL)
		w->flow_io = flow_io_new(w);
	n = datagram_reader_read(w->flow_io->reader, l->io.fd, batch, &cut);
	if (n == -1)
		return false;
	count_lost(w, cut);
	for (i = 0; i < (size_t)n;)
		i += take_run(l, &batch[i], (size_t)n - i);
	return (size_t)n + cut == DATAGRAM_BATCH;
}

void flow_flush(struct listener *l)
{
	if (l->worker->flow_io != NULL)
		flush(l->worker->flow_io);
}

/* ---- the end ------------------------------------------------------------------------------- */

void flow_close(struct flow *flow)
{
	while (flow->first != NULL)
		drop_first(flow);
	wheel_remove(&io_of(flow)->wheel, &flow->idle);
	flow_table_remove(&flow->conn->listener->flows, &flow->entry);
}
