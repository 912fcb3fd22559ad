/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/core/bucket.h"
#include "daemon/core/conn.h"
#include "daemon/core/flow.h"
#include "daemon/core/handler_state.h"
#include "daemon/core/numbers.h"
#include "daemon/input/settings.h"

#define RATE_MAX INT64_C(1000000000000) /* bytes per second */

#define STEPS_PER_SECOND 100 /* in which waited-for bytes come */

struct limit {
	double bytes_per_second; /* 0: no limit */
	int64_t burst_size;      /* 0: as much as comes in a second */
	struct bucket_rate rate;
};

struct params {
	int64_t latency;
	struct limit own, total;
	struct bucket *total_bucket; /* of all connections */
};

/* What the connection reads through. */
struct throttle {
	struct stream stream; /* first */
	const struct params *params;
	struct bucket bucket;
	ev_timer timer;
};

static const struct field fields[] = {
    FIELD_DURATION(struct params, latency, "latency", 0, NULL,
	"delay before anything is read of a connection"),
    FIELD_FLOAT(struct params, own.bytes_per_second, "read_bytes_per_second", 0, NULL, 0, RATE_MAX,
	"bytes that are read of a connection per second; 0: no limit"),
    FIELD_INT(struct params, own.burst_size, "read_burst_size", 0, NULL, 0, INT32_MAX,
	"most bytes read of a connection at once; 0: what comes in a second"),
    FIELD_FLOAT(struct params, total.bytes_per_second, "total_read_bytes_per_second", 0, NULL, 0,
	RATE_MAX, "bytes that are read of all connections per second; 0: no limit"),
    FIELD_INT(struct params, total.burst_size, "total_read_burst_size", 0, NULL, 0, INT32_MAX,
	"most bytes read of all connections at once; 0: what comes in a second"),
    FIELD_END,
};

static void load_limit(struct limit *l)
{
	if (l->bytes_per_second > 0 && l->burst_size == 0)
		l->burst_size = (int64_t)l->bytes_per_second + 1;
	if (l->bytes_per_second > 0)
		l->rate = bucket_rate(l->bytes_per_second, (size_t)l->burst_size);
}

static int load(struct load *load, const struct jnode *node, void *p, struct error *err)
{
	struct params *params = p;

	(void)err;
	load_limit(&params->own);
	load_limit(&params->total);
	if (params->total.bytes_per_second > 0)
		params->total_bucket = handler_state(load, node, sizeof(*params->total_bucket));
	return 0;
}

/* ---- the stream ---------------------------------------------------------------------------- */

static struct throttle *throttle_of(struct stream *s)
{
	return (struct throttle *)s;
}

static void on_time(struct ev_loop *loop, ev_timer *w, int events)
{
	struct throttle *t = w->data;

	(void)loop;
	(void)events;
	stream_resume(&t->stream);
}

/* Without a rate a burst only bounds a read. */
static size_t bound(const struct limit *l, size_t size)
{
	return l->burst_size > 0 && size > (size_t)l->burst_size ? (size_t)l->burst_size : size;
}

/* What is worth a wake-up. */
static size_t step_of(const struct limit *l)
{
	size_t step = (size_t)(l->bytes_per_second / STEPS_PER_SECOND);

	if (step > l->rate.burst)
		step = l->rate.burst;
	return step > 0 ? step : 1;
}

static size_t take(struct bucket *b, const struct limit *l, int64_t now, size_t want)
{
	size_t n;

	if (l->bytes_per_second <= 0)
		return want;
	n = bucket_take(b, &l->rate, now, want);
	if (n == want || n >= step_of(l))
		return n;
	bucket_give(b, &l->rate, n);
	return 0;
}

static void give(struct bucket *b, const struct limit *l, size_t n)
{
	if (l->bytes_per_second > 0)
		bucket_give(b, &l->rate, n);
}

static ssize_t wait_for(struct throttle *t, const struct bucket *b, const struct limit *l)
{
	int64_t ns = bucket_wait(b, &l->rate, bucket_now(), step_of(l));

	ev_timer_set(&t->timer, duration_seconds(ns > 0 ? ns : 1), 0.);
	ev_timer_start(t->stream.endpoint->loop, &t->timer);
	stream_pause(&t->stream);
	errno = EAGAIN;
	return -1;
}

static ssize_t throttle_read(struct stream *s, void *to, size_t size)
{
	struct throttle *t = throttle_of(s);
	const struct params *p = t->params;
	int64_t now = bucket_now();
	size_t own, total;
	ssize_t n;

	if (s->paused) {
		errno = EAGAIN;
		return -1;
	}
	own = take(&t->bucket, &p->own, now, bound(&p->own, bound(&p->total, size)));
	if (own == 0)
		return wait_for(t, &t->bucket, &p->own);
	total = take(p->total_bucket, &p->total, now, own);
	if (total == 0) {
		give(&t->bucket, &p->own, own);
		return wait_for(t, p->total_bucket, &p->total);
	}
	n = stream_read(s->below, to, total);
	give(&t->bucket, &p->own, own - (n > 0 ? (size_t)n : 0));
	give(p->total_bucket, &p->total, total - (n > 0 ? (size_t)n : 0));
	return n;
}

static ssize_t throttle_write(struct stream *s, const struct iovec *iov, int count)
{
	return stream_write(s->below, iov, count);
}

static int throttle_flush(struct stream *s)
{
	return stream_flush(s->below);
}

static int throttle_shutdown(struct stream *s)
{
	return stream_shutdown(s->below);
}

static bool throttle_pending(const struct stream *s)
{
	(void)s;
	return false;
}

static int throttle_events(const struct stream *s, int want)
{
	return s->below->ops->events(s->below, want);
}

static void throttle_free(struct stream *s)
{
	ev_timer_stop(s->endpoint->loop, &throttle_of(s)->timer);
}

static const struct stream_ops throttle_ops = {
    .name = "throttle",
    .read = throttle_read,
    .write = throttle_write,
    .flush = throttle_flush,
    .shutdown = throttle_shutdown,
    .pending = throttle_pending,
    .events = throttle_events,
    .free = throttle_free,
};

/* ---- the connection ------------------------------------------------------------------------ */

static void push(struct conn *conn, const struct params *params)
{
	struct throttle *t = arena_alloc(conn->arena, sizeof(*t));

	t->params = params;
	t->stream.ops = &throttle_ops;
	ev_timer_init(&t->timer, on_time, 0., 0.);
	t->timer.data = t;
	endpoint_push(&conn->client, &t->stream);
}

/* ---- a client that sends datagrams ---------------------------------------------------------- */

/*
 * Nothing slows down who sends datagrams, so those over the rate are dropped. One that is longer
 * than the burst takes the whole of it.
 */
struct police {
	struct flow_filter filter; /* first */
	const struct params *params;
	struct bucket bucket;
};

/* As much of n as a burst can pay for; false: not now, and nothing was taken. */
static bool pay(struct bucket *b, const struct limit *l, int64_t now, size_t *n)
{
	size_t price = *n, paid;

	if (l->bytes_per_second <= 0) {
		*n = 0;
		return true;
	}
	if (price > l->rate.burst)
		price = l->rate.burst;
	paid = bucket_take(b, &l->rate, now, price);
	*n = paid;
	if (paid == price)
		return true;
	bucket_give(b, &l->rate, paid);
	return false;
}

static bool pass(struct conn *conn, struct flow_filter *filter, struct span *datagram)
{
	struct police *police = (struct police *)filter;
	const struct params *p = police->params;
	size_t own = datagram->n, total = datagram->n;
	int64_t now = bucket_now();

	if (pay(&police->bucket, &p->own, now, &own)) {
		if (pay(p->total_bucket, &p->total, now, &total))
			return true;
		give(&police->bucket, &p->own, own);
	}
	flow_lost(conn->flow);
	return false;
}

static void push_filter(struct conn *conn, const struct params *params)
{
	struct police *police = arena_alloc(conn->arena, sizeof(*police));

	police->filter.pass = pass;
	police->params = params;
	flow_filter(conn->flow, &police->filter);
}

/* ---- the chain ------------------------------------------------------------------------------ */

static void on_latency(struct conn *conn)
{
	conn_resume(conn, HANDLE_NEXT);
}

static enum handle_result handle(struct conn *conn, const void *p)
{
	const struct params *params = p;

	if (conn->flow != NULL)
		push_filter(conn, params);
	else
		push(conn, params);
	if (params->latency == 0)
		return HANDLE_NEXT;
	conn_wait(conn, 0, NULL);
	conn_timer(conn, params->latency, on_latency);
	return HANDLE_WAIT;
}

/* ---- Caddyfile ----------------------------------------------------------------------------- */

/* Zero is left out, as everywhere; nothing may stand twice. */
static int set(struct dispenser *d, json_t *out, json_t *value, struct error *err)
{
	const char *name = dispenser_text(d);

	if (json_number_value(value) != 0)
		return dispenser_set(d, out, name, value, err);
	json_decref(value);
	return 0;
}

static int adapt_rate(struct dispenser *d, json_t *out, struct error *err)
{
	struct dispenser option = *d;
	const char *text;
	double rate;
	char *end;

	if (dispenser_one(d, &text, err) == -1)
		return -1;
	rate = strtod(text, &end);
	if (end == text || *end != '\0' || !(rate >= 0 && rate <= (double)RATE_MAX))
		return dispenser_error(
		    d, err, ERROR_INVALID, "'%s' is not a number of bytes per second", text);
	return set(&option, out,
	    rate == floor(rate) ? json_integer((json_int_t)rate) : json_real(rate), err);
}

static int adapt_burst(struct dispenser *d, json_t *out, struct error *err)
{
	struct dispenser option = *d;
	const char *text;
	uint64_t size;

	if (dispenser_one(d, &text, err) == -1)
		return -1;
	if (!number_parse(text, INT32_MAX, &size))
		return dispenser_error(
		    d, err, ERROR_INVALID, "'%s' is not a number of bytes", text);
	return set(&option, out, json_integer((json_int_t)size), err);
}

static int adapt_latency(struct dispenser *d, json_t *out, struct error *err)
{
	struct dispenser option = *d;
	json_t *value;

	if (dispenser_duration(d, &value, err) == -1)
		return -1;
	return set(&option, out, value, err);
}

static const struct setting settings[] = {
    {"latency", SETTING_CUSTOM, NULL, adapt_latency},
    {"read_burst_size", SETTING_CUSTOM, NULL, adapt_burst},
    {"read_bytes_per_second", SETTING_CUSTOM, NULL, adapt_rate},
    {"total_read_burst_size", SETTING_CUSTOM, NULL, adapt_burst},
    {"total_read_bytes_per_second", SETTING_CUSTOM, NULL, adapt_rate},
    {NULL, 0, NULL, NULL},
};

static int adapt(struct dispenser *d, json_t *out, struct error *err)
{
	dispenser_next(d); /* the name */
	if (dispenser_none(d, err) == -1)
		return -1;
	return settings_adapt(d, settings, "throttle option", out, err);
}

const struct handler_type handler_throttle = {
    .name = "throttle",
    .help = "reads no faster than a rate, for each connection and for all",
    .fields = fields,
    .params_size = sizeof(struct params),
    .load = load,
    .handle = handle,
    .adapt = adapt,
    .datagrams = true,
};
