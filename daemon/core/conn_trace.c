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
#define BYTES_MAX (80u << 10)
#define FACTS_MAX (64u << 10)

/* Room for a record of so many bytes. NULL: nobody is interested any more, or there is none. */
static inline void *begin(struct conn *conn, enum trace_kind kind, size_t size)
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

static void tell_open(struct conn *conn)
{
	struct trace_open *r = begin(conn, TRACE_OPEN, sizeof(*r) + 4 * TRACE_TEXT_SIZE);
	uint8_t *at;

	if (r == NULL)
		return;
	r->src = conn->facts.src;
	r->dst = *facts_dst(&conn->facts);
	r->branch_of = conn->branch_of;
	r->proto = conn_proto(conn);
	at = trace_put_path((uint8_t *)(r + 1), &r->src);
	at = trace_put_path(at, &r->dst);
	at = trace_put_text(at, conn->listener->address);
	at = trace_put_text(at, conn->facts.server);
	keep(conn, r, at);
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
	if (conn->traced != 0)
		tell_open(conn);
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
	struct span parts[PARTS_MAX];
	size_t fact_count, part_count, size;
	bool whole; /* else it is too much, and nothing is */
};

/* What a matcher has gathered is made of all datagrams since the routes were first asked. */
static void find_parts(struct copied *c, const struct conn *conn, const struct match_input *in)
{
	size_t i, bytes = 0;

	c->parts[0] = in->bytes;
	c->part_count = 1;
	if (conn->flow != NULL && conn->matching->datagram > 0) {
		c->part_count = conn->matching->datagram + 1;
		if (c->part_count > PARTS_MAX ||
		    flow_look(conn->flow, 0, c->parts, c->part_count) < c->part_count) {
			c->whole = false;
			return;
		}
	}
	for (i = 0; i < c->part_count; i++)
		bytes += c->parts[i].n;
	c->whole = c->whole && bytes <= BYTES_MAX;
	c->size += bytes + c->part_count * sizeof(struct trace_part);
}

static void find_facts(struct copied *c, const struct fact *known)
{
	const struct fact *fact;
	size_t bytes = 0;

	c->facts = known;
	for (fact = known; fact != NULL; fact = fact->next) {
		bytes += sizeof(struct trace_fact) + strlen(fact->name) + 1 + fact->length;
		c->fact_count++;
	}
	c->whole = c->whole && bytes <= FACTS_MAX;
	c->size += bytes;
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

static void *put_copied(const struct copied *c, struct trace_look *r)
{
	uint8_t *at = (uint8_t *)(r + 1);
	const struct fact *fact;
	size_t i;

	r->fact_count = (uint32_t)c->fact_count;
	r->part_count = (uint32_t)c->part_count;
	at = trace_put_path(at, &r->facts.src);
	at = trace_put_path(at, &r->facts.dst);
	at = trace_put_path(at, &r->facts.remote);
	at = trace_put_path(at, &r->facts.local);
	for (fact = c->facts; fact != NULL; fact = fact->next)
		at = put_fact(at, fact);
	for (i = 0; i < c->part_count; i++) {
		struct trace_part part = {(uint32_t)c->parts[i].n};

		at = put(at, &part, sizeof(part));
		at = put(at, c->parts[i].p, part.length);
	}
	return at;
}

void conn_trace_look(struct conn *conn, const struct match_input *in, const struct fact *known,
    enum pick pick, size_t index)
{
	const struct match_state *m = conn->matching;
	struct copied c;
	struct trace_look *r;

	c.fact_count = c.size = 0;
	c.whole = true;
	find_parts(&c, conn, in);
	find_facts(&c, known);
	r = begin(conn, TRACE_LOOK, sizeof(*r) + (c.whole ? c.size + 4 * TRACE_TEXT_SIZE : 0));
	if (r == NULL)
		return;
	r->instance = instance_ref(m->instance);
	r->list = m->frame->list;
	r->next = m->frame->next;
	r->index = index;
	r->pick = pick;
	r->phase = in->phase;
	r->depth = depth_of(m->frame);
	r->bytes = (uint32_t)in->bytes.n;
	r->datagram = in->datagram;
	r->whole = c.whole;
	r->facts = conn->facts;
	keep(conn, r, c.whole ? put_copied(&c, r) : r + 1);
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
	struct trace_end *r = begin(conn, TRACE_END, sizeof(*r) + 3 * TRACE_TEXT_SIZE);
	uint8_t *at;

	if (r == NULL)
		return;
	r->age = ev_now(conn->worker->loop) - (double)conn->facts.start_ns / 1e9;
	r->bytes_in = conn->bytes_in;
	r->bytes_out = conn->bytes_out;
	r->reason = conn->reason;
	at = trace_put_text((uint8_t *)(r + 1), conn->facts.route);
	at = trace_put_text(at, conn->upstream);
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
