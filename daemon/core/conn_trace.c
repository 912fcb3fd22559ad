/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "daemon/core/conn_trace.h"

#include <math.h>
#include <string.h>

#include "common/pack.h"
#include "daemon/core/conn_row.h"
#include "daemon/core/explain.h"
#include "daemon/core/trace.h"

#define TEXT_MAX 256
#define NAME_MAX_SHOWN 128 /* of captures */
#define ROUTES_MAX 64      /* told of one look; the one that is taken is always */
/* A step has EVENT_SIZE_MAX bytes at the most; a text may be written with four for each. */
#define ROUTES_SIZE 4096
#define CAPTURES_SIZE (EVENT_SIZE_MAX - 1024 - 5 * TEXT_MAX)

/* A step that is being written down. */
struct step {
	struct conn *conn;
	uint8_t traces; /* 0: nobody is interested any more */
	struct pack pack;
	struct pack_box map;
};

static bool begin(struct step *s, struct conn *conn, const char *name)
{
	struct tracer *tracer = &conn->worker->tracer;

	s->conn = conn;
	s->traces = tracer_running(tracer, conn->traced, conn->facts.id);
	if (s->traces == 0)
		return false;
	trace_step_begin(tracer);
	pack_init(&s->pack, &tracer->step);
	s->map = (struct pack_box){.pack = &s->pack};
	pack_u64(pack_key(&s->map, "id"), conn->facts.id);
	pack_str(pack_key(&s->map, "step"), name);
	return true;
}

static void tell(struct step *s)
{
	trace_step_send(&s->conn->worker->tracer, s->traces, s->map.count);
}

static void pack_cut(struct pack *pack, struct span text)
{
	if (text.n == 0)
		pack_nil(pack);
	else
		pack_text(pack, span_of(text.p, pack_text_cut(text, TEXT_MAX)));
}

static void pack_name(struct pack *pack, const char *text)
{
	pack_cut(pack, text != NULL ? span_str(text) : span_of(NULL, 0));
}

/* ---- the beginning ------------------------------------------------------------------------- */

/* Open first: trace_is_over() must not find the last one admitted and not yet open. */
static bool admit(struct trace *t, const struct conn_row *row)
{
	uint64_t before = t->admitted;

	if (t->filter != NULL && !filter_match(t->filter, row))
		return false;
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

static void pack_address(struct pack *pack, const struct netaddr *addr)
{
	char text[NETADDR_TEXT_MAX];

	pack_str(pack, netaddr_text(addr, text));
}

static void tell_open(struct conn *conn, const struct conn_row *row)
{
	struct step s;

	if (!begin(&s, conn, "open"))
		return;
	pack_address(pack_key(&s.map, "src"), &row->src);
	pack_address(pack_key(&s.map, "dst"), &row->dst);
	pack_cut(pack_key(&s.map, "listener"), row->listener);
	pack_cut(pack_key(&s.map, "server"), row->server);
	pack_cut(pack_key(&s.map, "proto"), row->proto);
	if (conn->branch_of != 0)
		pack_u64(pack_key(&s.map, "branch_of"), conn->branch_of);
	else
		pack_nil(pack_key(&s.map, "branch_of"));
	tell(&s);
}

void conn_trace_admit(struct conn *conn)
{
	const struct tracer *tracer = &conn->worker->tracer;
	struct conn_row row;
	unsigned i;

	conn_row_read(conn, &row);
	for (i = 0; i < TRACES_MAX; i++)
		if ((tracer->running & 1u << i) != 0 && admit(tracer->slots[i].trace, &row))
			conn->traced |= (uint8_t)(1u << i);
	if (conn->traced != 0)
		tell_open(conn, &row);
}

/* ---- matching ------------------------------------------------------------------------------ */

/* The routes of one look, on their way into a step. */
struct look {
	struct step *step;
	struct pack_box routes, route, matchers;
	bool open; /* a route is */
	uint64_t omitted;
};

static bool has_room(const struct look *l)
{
	return buf_len(l->step->pack.out) < ROUTES_SIZE;
}

static void close_route(struct look *l)
{
	if (!l->open)
		return;
	pack_close(&l->matchers);
	pack_close(&l->route);
	l->open = false;
}

static void on_route(void *arg, const struct explain *e, const struct route *route, size_t index,
    const char *verdict)
{
	struct look *l = arg;

	(void)e;
	close_route(l);
	pack_map_open(pack_item(&l->routes), &l->route);
	pack_name(pack_key(&l->route, "route"), route->name);
	pack_u64(pack_key(&l->route, "index"), index);
	pack_str(pack_key(&l->route, "verdict"), verdict);
	pack_array_open(pack_key(&l->route, "matchers"), &l->matchers);
	l->open = true;
}

static void on_matcher(
    void *arg, size_t set, const struct matcher_type *type, enum match_verdict verdict)
{
	struct look *l = arg;
	struct pack_box map;

	if (!has_room(l)) {
		l->omitted++;
		return;
	}
	pack_map_open(pack_item(&l->matchers), &map);
	pack_u64(pack_key(&map, "set"), set);
	pack_str(pack_key(&map, "matcher"), type->name);
	pack_str(pack_key(&map, "verdict"), match_verdict_name(verdict));
	pack_close(&map);
}

/* Matchers write captures: into these, which nobody reads. */
static void copy_facts(struct facts *out, const struct facts *from, struct arena *arena)
{
	const struct fact *fact;

	*out = *from;
	out->arena = arena;
	out->named = NULL;
	for (fact = from->named; fact != NULL; fact = fact->next)
		facts_set(out, fact->name, span_of(fact->value, fact->length));
}

/* What was not told is counted: routes in the middle, where there are many, and their matchers. */
static void tell_routes(struct look *l, const struct frame *f, const struct match_input *in,
    enum pick pick, size_t index)
{
	size_t end = pick == PICK_ROUTE ? index : f->list->count, i = f->next;
	struct arena *arena = arena_new(1024);
	struct facts facts;
	struct match_input copy = *in;
	struct explain e = {.in = &copy, .arg = l, .route = on_route, .matcher = on_matcher};

	copy_facts(&facts, in->facts, arena);
	copy.facts = &facts;
	for (; i < end && i - f->next < ROUTES_MAX && has_room(l); i++)
		explain_route(&e, f->list->items[i], i);
	l->omitted += end - i;
	if (pick == PICK_ROUTE)
		explain_route(&e, f->list->items[index], index);
	close_route(l);
	arena_free(arena);
}

static void pack_captures(struct pack *pack, const struct fact *fact)
{
	struct pack_box map;

	pack_map_open(pack, &map);
	for (; fact != NULL && buf_len(pack->out) < CAPTURES_SIZE; fact = fact->next)
		if (strlen(fact->name) <= NAME_MAX_SHOWN)
			pack_cut(pack_key(&map, fact->name), span_of(fact->value, fact->length));
	pack_close(&map);
}

static const char *decision(enum pick pick)
{
	static const char *const words[] = {
	    [PICK_ROUTE] = "taken", [PICK_MORE] = "more", [PICK_NONE] = "none"};

	return words[pick];
}

static uint64_t depth_of(const struct frame *f)
{
	uint64_t depth = 0;

	for (f = f->outer; f != NULL; f = f->outer)
		depth++;
	return depth;
}

void conn_trace_look(struct conn *conn, const struct match_input *in, enum pick pick, size_t index)
{
	const struct frame *f = conn->matching->frame;
	struct step s;
	struct look l = {.step = &s};

	if (!begin(&s, conn, "match"))
		return;
	pack_u64(pack_key(&s.map, "depth"), depth_of(f));
	pack_u64(pack_key(&s.map, "bytes"), in->bytes.n);
	pack_str(pack_key(&s.map, "state"), match_phase_name(in->phase));
	pack_array_open(pack_key(&s.map, "routes"), &l.routes);
	tell_routes(&l, f, in, pick, index);
	pack_close(&l.routes);
	pack_u64(pack_key(&s.map, "omitted"), l.omitted);
	pack_str(pack_key(&s.map, "decision"), decision(pick));
	if (pick == PICK_ROUTE)
		pack_captures(pack_key(&s.map, "captures"), in->facts->named);
	else
		pack_nil(pack_key(&s.map, "captures"));
	tell(&s);
}

/* ---- afterwards ---------------------------------------------------------------------------- */

void conn_trace_handler(struct conn *conn, const char *name)
{
	struct step s;

	if (!begin(&s, conn, "handler"))
		return;
	pack_u64(pack_key(&s.map, "depth"), depth_of(conn->matching->frame));
	pack_str(pack_key(&s.map, "handler"), name);
	tell(&s);
}

void conn_trace_dial(struct conn *conn, const char *upstream, const char *problem)
{
	struct step s;

	if (!begin(&s, conn, "dial"))
		return;
	pack_name(pack_key(&s.map, "upstream"), upstream);
	pack_name(pack_key(&s.map, "problem"), problem);
	tell(&s);
}

static void tell_end(struct conn *conn, const char *detail)
{
	double age = ev_now(conn->worker->loop) - (double)conn->facts.start_ns / 1e9;
	struct step s;

	if (!begin(&s, conn, "end"))
		return;
	pack_name(pack_key(&s.map, "route"), conn->facts.route);
	pack_name(pack_key(&s.map, "upstream"), conn->upstream);
	pack_str(pack_key(&s.map, "reason"), end_reason_name(conn->reason));
	pack_name(pack_key(&s.map, "detail"), detail);
	pack_double(pack_key(&s.map, "duration"), age > 0 ? floor(age * 1e3 + 0.5) / 1e3 : 0);
	pack_u64(pack_key(&s.map, "bytes_in"), conn->bytes_in);
	pack_u64(pack_key(&s.map, "bytes_out"), conn->bytes_out);
	tell(&s);
}

/* It is counted before it is told: who gets this step finds that the connection has ended. */
void conn_trace_end(struct conn *conn, const char *detail)
{
	struct tracer *tracer = &conn->worker->tracer;
	uint8_t traces = tracer_running(tracer, conn->traced, conn->facts.id);
	unsigned i;

	for (i = 0; i < TRACES_MAX; i++)
		if ((traces & 1u << i) != 0)
			atomic_fetch_sub(&tracer->slots[i].trace->open, 1);
	tell_end(conn, detail);
}
