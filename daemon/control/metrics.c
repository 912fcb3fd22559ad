/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "daemon/control/metrics.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/arena.h"
#include "daemon/control/call.h"
#include "daemon/control/stats.h"
#include "daemon/core/worker.h"
#include "daemon/regex/regex.h"

enum metric_type { METRIC_COUNTER, METRIC_GAUGE, METRIC_HISTOGRAM, METRIC_INFO };

struct family;

struct metrics {
	enum metrics_format format;
	struct stats *stats;
	struct tally daemon;                /* what the row of the daemon has counted */
	const char **labels;                /* of each row: what stands between the braces */
	char bounds[HISTOGRAM_BUCKETS][16]; /* of the family, as le has them: "0.001", "+Inf" */
	/* The cursor: a kind with its rows, a family, a row that is next. */
	enum stats_kind kind;
	size_t first, end;
	size_t family, row;
	bool ended;
};

/* Metrics of one name, for the kinds in a mask. */
struct family {
	const char *name; /* behind "pointsman_route_" */
	enum metric_type type;
	const char *unit; /* the name's last word; NULL: none */
	const char *help;
	unsigned kinds;
	/* Appends the row's lines; what it has not met may have none. */
	void (*write)(struct metrics *m, const struct family *f, const struct stats_row *row,
	    struct buf *out);
	size_t offset;        /* of the counter or the histogram in struct tally */
	const double *bounds; /* of the histogram */
};

#define KIND(name) (1u << STATS_##name)
#define ALL_KINDS ((1u << STATS_KIND_COUNT) - 1)
#define THINGS (ALL_KINDS & ~KIND(DAEMON))

/* ---- pieces --------------------------------------------------------------------------------- */

static uint64_t value(const struct metrics *m, const struct stats_row *row, size_t offset)
{
	if (row->tallies != NULL)
		return tallies_counter(row->tallies, offset);
	return counter_get((const _Atomic uint64_t *)((const uint8_t *)&m->daemon + offset));
}

static void put_u64(struct buf *out, uint64_t number)
{
	char digits[20];
	size_t n = sizeof(digits);

	do {
		digits[--n] = (char)('0' + number % 10);
		number /= 10;
	} while (number > 0);
	buf_append(out, digits + n, sizeof(digits) - n);
}

/* A label's value (OpenMetrics: escaped-string). */
static void put_label(struct buf *out, const char *name, const char *text)
{
	buf_append_str(out, buf_len(out) > 0 ? "," : "");
	buf_append_str(out, name);
	buf_append_str(out, "=\"");
	for (; *text != '\0'; text++) {
		if (*text == '\\' || *text == '"')
			buf_append(out, "\\", 1);
		if (*text == '\n')
			buf_append_str(out, "\\n");
		else
			buf_append(out, text, 1);
	}
	buf_append(out, "\"", 1);
}

static const char *make_labels(const struct stats_row *row, struct arena *arena)
{
	struct buf text = {0};
	const char *out;

	if (row->kind != STATS_DAEMON)
		put_label(&text, stats_kinds[row->kind], row->name);
	if (row->server != NULL)
		put_label(&text, "server", row->server);
	out = arena_strndup(arena, buf_str(&text), buf_len(&text));
	buf_fini(&text);
	return out;
}

static void put_name(struct buf *out, enum stats_kind kind, const char *name)
{
	buf_append_str(out, "pointsman_");
	if (kind != STATS_DAEMON) {
		buf_append_str(out, stats_kinds[kind]);
		buf_append(out, "_", 1);
	}
	buf_append_str(out, name);
}

/* A line up to its number: with another label where name is not NULL. */
static void begin_line(struct metrics *m, const struct family *f, const struct stats_row *row,
    const char *suffix, const char *name, const char *text, struct buf *out)
{
	const char *labels = m->labels[row - m->stats->rows];
	bool some = labels[0] != '\0' || name != NULL;

	put_name(out, row->kind, f->name);
	buf_append_str(out, suffix);
	buf_append_str(out, some ? "{" : "");
	buf_append_str(out, labels);
	if (name != NULL) {
		buf_append_str(out, labels[0] != '\0' ? "," : "");
		buf_append_str(out, name);
		buf_append_str(out, "=\"");
		buf_append_str(out, text);
		buf_append_str(out, "\"");
	}
	buf_append_str(out, some ? "} " : " ");
}

static void put_line(struct metrics *m, const struct family *f, const struct stats_row *row,
    const char *name, const char *text, uint64_t number, struct buf *out)
{
	begin_line(m, f, row, f->type == METRIC_COUNTER ? "_total" : "", name, text, out);
	put_u64(out, number);
	buf_append(out, "\n", 1);
}

/* ---- families ------------------------------------------------------------------------------- */

static void write_counter(
    struct metrics *m, const struct family *f, const struct stats_row *row, struct buf *out)
{
	put_line(m, f, row, NULL, NULL, value(m, row, f->offset), out);
}

static void write_active(
    struct metrics *m, const struct family *f, const struct stats_row *row, struct buf *out)
{
	struct tally sum;

	stats_read(row, &sum);
	put_line(m, f, row, NULL, NULL, tally_active(&sum), out);
}

/* Where it has occurred. */
static void write_some(struct metrics *m, const struct family *f, const struct stats_row *row,
    const char *name, const char *text, uint64_t number, struct buf *out)
{
	if (number > 0)
		put_line(m, f, row, name, text, number, out);
}

static void write_ends(
    struct metrics *m, const struct family *f, const struct stats_row *row, struct buf *out)
{
	struct tally sum;
	int i;

	stats_read(row, &sum);
	for (i = 0; i < END_REASON_COUNT; i++)
		write_some(m, f, row, "reason", end_reason_name((enum end_reason)i),
		    counter_get(&sum.ended[i]), out);
}

static void write_problems(
    struct metrics *m, const struct family *f, const struct stats_row *row, struct buf *out)
{
	size_t at = offsetof(struct tally, dial_failures);
	int i;

	for (i = 0; i < DIAL_PROBLEM_COUNT; i++)
		write_some(m, f, row, "problem", dial_problem_name((enum dial_problem)i),
		    value(m, row, at + (size_t)i * sizeof(uint64_t)), out);
}

static void write_handshakes(
    struct metrics *m, const struct family *f, const struct stats_row *row, struct buf *out)
{
	uint64_t all = value(m, row, offsetof(struct tally, handshakes));
	uint64_t resumed = value(m, row, offsetof(struct tally, handshakes_resumed));
	uint64_t failed = value(m, row, offsetof(struct tally, handshakes_failed));

	write_some(m, f, row, "result", "full", all > resumed ? all - resumed : 0, out);
	write_some(m, f, row, "result", "resumed", resumed, out);
	write_some(m, f, row, "result", "failed", failed, out);
}

static void write_verdicts(
    struct metrics *m, const struct family *f, const struct stats_row *row, struct buf *out)
{
	put_line(m, f, row, "verdict", "yes", value(m, row, offsetof(struct tally, opened)), out);
	put_line(m, f, row, "verdict", "no", value(m, row, offsetof(struct tally, said_no)), out);
	put_line(
	    m, f, row, "verdict", "more", value(m, row, offsetof(struct tally, said_more)), out);
}

static void put_number(struct metrics *m, const struct family *f, const struct stats_row *row,
    const char *suffix, uint64_t number, struct buf *out)
{
	begin_line(m, f, row, suffix, NULL, NULL, out);
	put_u64(out, number);
	buf_append(out, "\n", 1);
}

static void put_buckets(struct metrics *m, const struct family *f, const struct stats_row *row,
    const uint64_t counts[HISTOGRAM_BUCKETS], struct buf *out)
{
	uint64_t sum = 0;
	int i;

	for (i = 0; i < HISTOGRAM_BUCKETS; i++) {
		sum += counts[i];
		begin_line(m, f, row, "_bucket", "le", m->bounds[i], out);
		put_u64(out, sum);
		buf_append(out, "\n", 1);
	}
	put_number(m, f, row, "_count", sum, out);
}

/* Where there is something in it: it is many lines. */
static void write_histogram(
    struct metrics *m, const struct family *f, const struct stats_row *row, struct buf *out)
{
	uint64_t counts[HISTOGRAM_BUCKETS], us, all = 0;
	int i;

	us = value(m, row, f->offset + offsetof(struct histogram, sum_us));
	for (i = 0; i < HISTOGRAM_BUCKETS; i++) {
		counts[i] = value(m, row,
		    f->offset + offsetof(struct histogram, buckets) + (size_t)i * sizeof(uint64_t));
		all += counts[i];
	}
	if (all == 0)
		return;
	put_buckets(m, f, row, counts, out);
	begin_line(m, f, row, "_sum", NULL, NULL, out);
	buf_printf(out, "%llu.%06llu\n", (unsigned long long)(us / 1000000),
	    (unsigned long long)(us % 1000000));
}

/* ---- of the daemon alone -------------------------------------------------------------------- */

static void write_build(
    struct metrics *m, const struct family *f, const struct stats_row *row, struct buf *out)
{
	begin_line(m, f, row, "_info", "version", PACKAGE_VERSION, out);
	buf_append_str(out, "1\n");
}

static void write_revision(
    struct metrics *m, const struct family *f, const struct stats_row *row, struct buf *out)
{
	put_line(m, f, row, NULL, NULL, call_revision(), out);
}

static void write_workers(
    struct metrics *m, const struct family *f, const struct stats_row *row, struct buf *out)
{
	put_line(m, f, row, NULL, NULL, workers_count(), out);
}

static void write_regex(
    struct metrics *m, const struct family *f, const struct stats_row *row, struct buf *out)
{
	put_line(m, f, row, NULL, NULL, regex_limit_hits(), out);
}

/* offset is one into struct counters. */
static void write_worker_counter(
    struct metrics *m, const struct family *f, const struct stats_row *row, struct buf *out)
{
	uint64_t sum = 0;
	unsigned i;

	for (i = 0; i < workers_count(); i++) {
		const uint8_t *counters = (const uint8_t *)&worker_at(i)->counters;

		sum += counter_get((const _Atomic uint64_t *)(counters + f->offset));
	}
	put_line(m, f, row, NULL, NULL, sum, out);
}

static const struct family families[] = {
    {"build", METRIC_INFO, NULL, "Which program this is.", KIND(DAEMON), write_build, 0, NULL},
    {"revision", METRIC_GAUGE, NULL, "Revision of the document in force.", KIND(DAEMON),
	write_revision, 0, NULL},
    {"workers", METRIC_GAUGE, NULL, "Threads that carry connections.", KIND(DAEMON), write_workers,
	0, NULL},
    {"connections", METRIC_COUNTER, NULL, "Connections that came.", ALL_KINDS, write_counter,
	offsetof(struct tally, opened), NULL},
    {"connections_active", METRIC_GAUGE, NULL, "Connections that are open now.", ALL_KINDS,
	write_active, 0, NULL},
    {"ends", METRIC_COUNTER, NULL, "Connections that have ended, by reason.", ALL_KINDS, write_ends,
	0, NULL},
    {"passed", METRIC_COUNTER, NULL, "Connections that went on to a later route.", KIND(ROUTE),
	write_counter, offsetof(struct tally, passed), NULL},
    {"received_bytes", METRIC_COUNTER, "bytes", "Payload from clients.", ALL_KINDS, write_counter,
	offsetof(struct tally, bytes_in), NULL},
    {"sent_bytes", METRIC_COUNTER, "bytes", "Payload to clients.", ALL_KINDS, write_counter,
	offsetof(struct tally, bytes_out), NULL},
    {"handshakes", METRIC_COUNTER, NULL, "TLS handshakes with clients, by result.", ALL_KINDS,
	write_handshakes, 0, NULL},
    {"verdicts", METRIC_COUNTER, NULL,
	"Answers of the route when it was asked: yes is a connection that it took.", KIND(ROUTE),
	write_verdicts, 0, NULL},
    {"dials", METRIC_COUNTER, NULL, "Tries to connect.", KIND(DAEMON) | KIND(UPSTREAM),
	write_counter, offsetof(struct tally, dials), NULL},
    {"dial_failures", METRIC_COUNTER, NULL, "Tries to connect that failed, by problem.",
	KIND(UPSTREAM), write_problems, 0, NULL},
    {"duration_seconds", METRIC_HISTOGRAM, "seconds", "How long connections lasted.", THINGS,
	write_histogram, offsetof(struct tally, durations), histogram_durations},
    {"match_seconds", METRIC_HISTOGRAM, "seconds", "From the accept until a route was taken.",
	THINGS & ~KIND(UPSTREAM), write_histogram, offsetof(struct tally, delays),
	histogram_delays},
    {"connect_seconds", METRIC_HISTOGRAM, "seconds", "From the first try until it was connected.",
	KIND(UPSTREAM), write_histogram, offsetof(struct tally, delays), histogram_delays},
    {"accept_errors", METRIC_COUNTER, NULL, "Connections that could not be accepted.", KIND(DAEMON),
	write_worker_counter, offsetof(struct counters, accept_errors), NULL},
    {"flows_refused", METRIC_COUNTER, NULL, "Datagrams of new clients over max_flows.",
	KIND(DAEMON), write_worker_counter, offsetof(struct counters, flows_refused), NULL},
    {"datagrams_lost", METRIC_COUNTER, NULL, "Datagrams that could not be carried on.",
	KIND(DAEMON), write_worker_counter, offsetof(struct counters, datagrams_lost), NULL},
    {"malformed_hellos", METRIC_COUNTER, NULL, "Malformed ClientHellos.", KIND(DAEMON),
	write_worker_counter, offsetof(struct counters, hello_bad), NULL},
    {"spliced_bytes", METRIC_COUNTER, "bytes", "Payload that was moved without copying.",
	KIND(DAEMON), write_worker_counter, offsetof(struct counters, bytes_spliced), NULL},
    {"regexp_limits", METRIC_COUNTER, NULL, "Regular expressions that met a limit.", KIND(DAEMON),
	write_regex, 0, NULL},
};

#define FAMILY_COUNT (sizeof(families) / sizeof(families[0]))

/* ---- the whole ------------------------------------------------------------------------------ */

static void make_bounds(struct metrics *m, const double *bounds)
{
	int i;

	for (i = 0; i < HISTOGRAM_BUCKETS - 1; i++)
		snprintf(m->bounds[i], sizeof(m->bounds[i]),
		    bounds[i] == floor(bounds[i]) ? "%.1f" : "%g", bounds[i]);
	snprintf(m->bounds[i], sizeof(m->bounds[i]), "+Inf");
}

static void put_head(struct metrics *m, const struct family *f, struct buf *out)
{
	static const char *const types[] = {"counter", "gauge", "histogram", "info"};
	bool open = m->format == METRICS_OPENMETRICS;
	const char *type = f->type == METRIC_INFO && !open ? "gauge" : types[f->type];
	const char *suffix = open                        ? ""
			     : f->type == METRIC_COUNTER ? "_total"
			     : f->type == METRIC_INFO    ? "_info"
							 : "";

	if (f->bounds != NULL)
		make_bounds(m, f->bounds);
	buf_append_str(out, "# HELP ");
	put_name(out, m->kind, f->name);
	buf_printf(out, "%s %s\n# TYPE ", suffix, f->help);
	put_name(out, m->kind, f->name);
	buf_printf(out, "%s %s\n", suffix, type);
	if (f->unit == NULL || !open)
		return;
	buf_append_str(out, "# UNIT ");
	put_name(out, m->kind, f->name);
	buf_printf(out, " %s\n", f->unit);
}

/* The rows of a kind stand together. */
static void find_rows(struct metrics *m)
{
	m->first = m->end;
	while (m->end < m->stats->count && m->stats->rows[m->end].kind == m->kind)
		m->end++;
	m->row = m->first;
}

/* Goes on to the next family, or the next kind. false: that was the last one. */
static bool step(struct metrics *m)
{
	do {
		if (++m->family < FAMILY_COUNT)
			continue;
		if (m->kind + 1 == STATS_KIND_COUNT)
			return false;
		m->family = 0;
		m->kind++;
		find_rows(m);
	} while ((families[m->family].kinds & (1u << m->kind)) == 0);
	m->row = m->first;
	return true;
}

bool metrics_next(struct metrics *m, struct buf *out)
{
	size_t before = buf_len(out);

	while (!m->ended && buf_len(out) - before < METRICS_PART / 2) {
		const struct family *f = &families[m->family];

		if (m->row < m->end) {
			if (m->row == m->first)
				put_head(m, f, out);
			f->write(m, f, &m->stats->rows[m->row++], out);
			continue;
		}
		m->ended = !step(m);
		if (m->ended && m->format == METRICS_OPENMETRICS)
			buf_append_str(out, "# EOF\n");
	}
	return buf_len(out) > before;
}

struct metrics *metrics_new(enum metrics_format format)
{
	struct metrics *m = mem_zalloc(sizeof(*m));
	size_t i;

	m->format = format;
	m->stats = stats_new(NULL);
	m->labels = arena_array(m->stats->arena, m->stats->count, sizeof(*m->labels));
	for (i = 0; i < m->stats->count; i++)
		m->labels[i] = make_labels(&m->stats->rows[i], m->stats->arena);
	m->kind = STATS_DAEMON;
	find_rows(m);
	stats_read(&m->stats->rows[m->first], &m->daemon);
	return m;
}

void metrics_free(struct metrics *m)
{
	stats_free(m->stats);
	free(m);
}

const char *metrics_content_type(enum metrics_format format)
{
	return format == METRICS_OPENMETRICS
		   ? "application/openmetrics-text; version=1.0.0; charset=utf-8"
		   : "text/plain; version=0.0.4; charset=utf-8";
}
