/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "daemon/core/conn_trace.h"

#include "daemon/core/conn_row.h"
#include "daemon/core/flow.h"
#include "daemon/core/instance.h"
#include "daemon/core/listener.h"
#include "daemon/core/trace.h"
#include "daemon/core/trace_record.h"

/* What a look may carry: more than any connection has that is worth the copy. */
#define PARTS_MAX 16 /* datagrams that make one ClientHello */
#define COPIED_MAX (128u << 10)
_Static_assert(COPIED_MAX + 4096 < TRACE_RING_SIZE / 2, "a record finds room in an empty ring");

/* Room for a record of so many bytes. NULL: nobody is interested any more, or there is none. */
static inline void *room_for(struct conn *conn, enum trace_kind kind, size_t size)
{
	struct tracer *tracer = &conn->worker->tracer;
	uint8_t traces = tracer_running(tracer, conn->traced, conn->facts.id);
	struct trace_record *record;

	if (traces == 0 || (record = event_ring_room(&tracer->ring, size)) == NULL)
		return NULL;
	record->kind = (uint8_t)kind;
	record->traces = traces;
	record->id = conn->facts.id;
	record->time = ev_now(conn->worker->loop);
	return record;
}

static inline void keep(struct conn *conn, const void *record, const void *end)
{
	event_ring_keep(
	    &conn->worker->tracer.ring, (size_t)((const uint8_t *)end - (const uint8_t *)record));
}

/* ---- the beginning ------------------------------------------------------------------------- */

/* Open first: trace_is_over() must not find the last one admitted and not yet open. */
static bool admit(struct trace *t)
{
	uint64_t before = t->admitted;

	if (t->limit > 0 && before >= t->limit)
		return false;
	atomic_fetch_add(&t->open, 1);
	while (!atomic_compare_exchange_weak(&t->admitted, &before, before + 1)) {
		if (t->limit > 0 && before >= t->limit) {
			atomic_fetch_sub(&t->open, 1);
			return false;
		}
	}
	return true;
}

/* row is filled in on first use. */
static bool fits(const struct trace *t, struct conn *conn, struct conn_row *row)
{
	if (t->filter == NULL)
		return true;
	if (row->id == 0)
		conn_row_accepted(conn, row);
	return filter_match(t->filter, row);
}

void conn_trace_admit(struct conn *conn)
{
	const struct tracer *tracer = &conn->worker->tracer;
	struct conn_row row;
	uint8_t left;

	row.id = 0;
	for (left = tracer->running; left != 0; left &= (uint8_t)(left - 1)) {
		struct trace *t = tracer->slots[__builtin_ctz(left)].trace;

		if (fits(t, conn, &row) && admit(t))
			conn->traced |= left & (uint8_t)-left;
	}
}

/* The address is asked for while there is a socket. */
static struct trace_accepted accepted(struct conn *conn)
{
	facts_local(&conn->facts);
	return (struct trace_accepted){.branch_of = conn->branch_of, .proto = conn_proto(conn)};
}

static void tell_open(struct conn *conn)
{
	struct trace_open *r;
	uint8_t *at;

	conn->trace_begun = true;
	r = room_for(conn, TRACE_OPEN, sizeof(*r) + 4 * TRACE_TEXT_SIZE);
	if (r == NULL)
		return;
	r->accepted = accepted(conn);
	r->src = conn->facts.src;
	r->dst = *facts_dst(&conn->facts);
	at = trace_put_path((uint8_t *)(r + 1), &r->src);
	at = trace_put_path(at, &r->dst);
	at = trace_put_text(at, conn->listener->address);
	at = trace_put_text(at, conn->facts.server);
	keep(conn, r, at);
}

/* As room_for(), for what is not the first. */
static inline void *begin(struct conn *conn, enum trace_kind kind, size_t size)
{
	if (!conn->trace_begun)
		tell_open(conn);
	return room_for(conn, kind, size);
}

/* ---- matching ------------------------------------------------------------------------------ */

static uint32_t depth_of(const struct frame *f)
{
	uint32_t depth = 0;

	for (f = f->outer; f != NULL; f = f->outer)
		depth++;
	return depth;
}

/* What has to be copied for a look. */
struct copied {
	const struct fact *facts;
	uint32_t fact_count, part_count;
	size_t size;
	bool whole; /* else it is too much, and nothing is */
	struct span *parts;
};

/* What a matcher has gathered is made of all datagrams since the routes were first asked. */
static void find_datagrams(struct copied *c, const struct flow *flow, size_t count)
{
	c->whole = count <= PARTS_MAX && flow_look(flow, 0, c->parts, count) == count;
	c->part_count = c->whole ? (uint32_t)count : 0;
}

static void find_copied(struct copied *c, const struct conn *conn, const struct match_input *in)
{
	const struct fact *fact;
	uint32_t i;

	c->parts[0] = in->bytes;
	if (conn->flow != NULL && conn->matching->datagram > 0)
		find_datagrams(c, conn->flow, conn->matching->datagram + 1);
	for (i = 0; i < c->part_count; i++)
		c->size += sizeof(struct trace_part) + c->parts[i].n;
	for (fact = c->facts; fact != NULL; fact = fact->next) {
		c->size += sizeof(struct trace_fact) + strlen(fact->name) + 1 + fact->length;
		c->fact_count++;
	}
	c->whole = c->whole && c->size <= COPIED_MAX;
	if (!c->whole)
		c->size = 0;
}

static uint8_t *put(uint8_t *at, const void *bytes, size_t n)
{
	if (n > 0)
		memcpy(at, bytes, n);
	return at + n;
}

static uint8_t *put_fact(uint8_t *at, const struct fact *fact)
{
	struct trace_fact head = {(uint32_t)strlen(fact->name), (uint32_t)fact->length};

	at = put(at, &head, sizeof(head));
	at = put(at, fact->name, head.name_length + 1);
	return put(at, fact->value, fact->length);
}

static uint8_t *put_copied(uint8_t *at, const struct copied *c)
{
	const struct fact *fact;
	size_t i;

	for (fact = c->facts; fact != NULL; fact = fact->next)
		at = put_fact(at, fact);
	for (i = 0; i < c->part_count; i++) {
		struct trace_part part = {(uint32_t)c->parts[i].n};

		at = put(at, &part, sizeof(part));
		at = put(at, c->parts[i].p, part.length);
	}
	return at;
}

static uint8_t *put_addresses(uint8_t *at, const struct facts *facts)
{
	at = trace_put_path(at, &facts->src);
	at = trace_put_path(at, &facts->dst);
	at = trace_put_path(at, &facts->remote);
	return trace_put_path(at, &facts->local);
}

/* Steps that one record is made of are lost together. */
static void count_lost(struct conn *conn, bool open, bool chain)
{
	struct tracer *tracer = &conn->worker->tracer;

	if (tracer_running(tracer, conn->traced, conn->facts.id) != 0)
		event_ring_lose(&tracer->ring, (uint64_t)open + chain);
}

void conn_trace_look(struct conn *conn, const struct match_input *in, const struct fact *known,
    enum pick pick, size_t index)
{
	const struct match_state *m = conn->matching;
	const struct frame *f = m->frame;
	struct span parts[PARTS_MAX];
	struct copied c = {.facts = known, .parts = parts, .part_count = 1, .whole = true};
	bool open = !conn->trace_begun;
	struct trace_look *r;
	uint8_t *at;

	find_copied(&c, conn, in);
	conn->trace_begun = true;
	r = room_for(conn, TRACE_LOOK, sizeof(*r) + c.size + 5 * TRACE_TEXT_SIZE);
	if (r == NULL) {
		count_lost(
		    conn, open, pick == PICK_ROUTE && f->list->items[index]->handler_count > 0);
		return;
	}
	at = (uint8_t *)(r + 1);
	r->instance = instance_ref(m->instance);
	r->list = f->list;
	r->next = f->next;
	r->index = index;
	r->pick = pick;
	r->phase = in->phase;
	r->depth = depth_of(f);
	r->bytes = (uint32_t)in->bytes.n;
	r->datagram = in->datagram;
	r->whole = c.whole;
	r->fact_count = c.fact_count;
	r->part_count = c.part_count;
	r->open = open;
	if (open) {
		r->accepted = accepted(conn);
		at = trace_put_text(at, conn->listener->address);
	}
	r->facts = conn->facts;
	at = put_addresses(at, &r->facts);
	keep(conn, r, c.whole ? put_copied(at, &c) : at);
}

/* ---- afterwards ---------------------------------------------------------------------------- */

void conn_trace_handler(struct conn *conn, const char *name)
{
	struct trace_handler *r = begin(conn, TRACE_HANDLER, sizeof(*r));

	if (r == NULL)
		return;
	r->depth = depth_of(conn->matching->frame);
	r->name = name;
	keep(conn, r, r + 1);
}

void conn_trace_dial(struct conn *conn, const char *upstream, const char *problem)
{
	struct trace_dial *r = begin(conn, TRACE_DIAL, sizeof(*r) + 2 * TRACE_TEXT_SIZE);
	uint8_t *at;

	if (r == NULL)
		return;
	at = trace_put_text((uint8_t *)(r + 1), upstream);
	at = trace_put_text(at, problem);
	keep(conn, r, at);
}

static void tell_end(struct conn *conn, const char *detail)
{
	struct trace_end *r = begin(conn, TRACE_END, sizeof(*r) + 2 * TRACE_TEXT_SIZE);
	uint8_t *at;

	if (r == NULL)
		return;
	r->route = conn->route != NULL ? route_ref(conn->route) : NULL;
	r->start_ns = conn->facts.start_ns;
	r->bytes_in = conn->bytes_in;
	r->bytes_out = conn->bytes_out;
	r->reason = conn->reason;
	at = trace_put_text((uint8_t *)(r + 1), conn->upstream);
	at = trace_put_text(at, detail);
	keep(conn, r, at);
}

/* It is counted before it is told: who gets this step finds that the connection has ended. */
void conn_trace_end(struct conn *conn, const char *detail)
{
	struct tracer *tracer = &conn->worker->tracer;
	uint8_t left = tracer_running(tracer, conn->traced, conn->facts.id);

	for (; left != 0; left &= (uint8_t)(left - 1))
		atomic_fetch_sub(&tracer->slots[__builtin_ctz(left)].trace->open, 1);
	tell_end(conn, detail);
}
