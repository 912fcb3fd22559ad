/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "ctl/rates.h"

#include <stdlib.h>
#include <string.h>

#include "common/arena.h"
#include "common/unpack.h"

const char *const rates_kinds[RATES_KINDS + 1] = {"listener", "route", "upstream", "daemon"};

const char *const rates_columns[RATES_COLUMNS] = {
    "name", "server", "active", "connections", "bytes_in", "bytes_out", "errors"};

/* ---- looks ---------------------------------------------------------------------------------- */

void snapshot_init(struct snapshot *s)
{
	*s = (struct snapshot){.arena = arena_new(4096)};
}

void snapshot_fini(struct snapshot *s)
{
	arena_free(s->arena);
	free(s->rows);
	*s = (struct snapshot){0};
}

static bool read_kind(const msgpack_object *value, enum rates_kind *out)
{
	struct span text;
	int kind;

	if (!unpack_text(value, &text))
		return false;
	for (kind = 0; kind <= RATES_KINDS; kind++) {
		if (span_eq_str(text, rates_kinds[kind])) {
			*out = (enum rates_kind)kind;
			return true;
		}
	}
	return false;
}

static const char *read_name(struct snapshot *s, const msgpack_object *value)
{
	struct span text;

	if (!unpack_text(value, &text))
		return NULL;
	return arena_strndup(s->arena, (const char *)text.p, text.n);
}

static void append(struct snapshot *s, const struct snapshot_row *row)
{
	if (s->count == s->size) {
		s->size = s->size == 0 ? 32 : 2 * s->size;
		s->rows = mem_realloc(s->rows, s->size * sizeof(*s->rows));
	}
	s->rows[s->count++] = *row;
}

void snapshot_add(struct snapshot *s, const msgpack_object *item)
{
	struct snapshot_row row = {.kind = RATES_DAEMON};
	int i;

	if (!read_kind(unpack_get(item, "kind"), &row.kind))
		return;
	row.name = read_name(s, unpack_get(item, "name"));
	row.server = read_name(s, unpack_get(item, "server"));
	if (row.name == NULL)
		return;
	for (i = RATES_ACTIVE; i < RATES_COLUMNS; i++)
		unpack_u64(unpack_get(item, rates_columns[i]), &row.numbers[i]);
	append(s, &row);
}

void snapshot_status(struct snapshot *s, const msgpack_object *result)
{
	struct snapshot_status *status = &s->status;

	unpack_copy(unpack_get(result, "version"), status->version, sizeof(status->version));
	unpack_u64(unpack_get(result, "pid"), &status->pid);
	unpack_u64(unpack_get(result, "rev"), &status->revision);
	unpack_u64(unpack_get(result, "workers"), &status->workers);
	unpack_u64(unpack_get(result, "connections"), &status->connections);
	unpack_double(unpack_get(result, "uptime"), &status->uptime);
}

static int compare_servers(const struct snapshot_row *a, const struct snapshot_row *b)
{
	return strcmp(a->server != NULL ? a->server : "", b->server != NULL ? b->server : "");
}

/* By what a row is found again in the next snapshot. */
static int compare_rows(const void *one, const void *other)
{
	const struct snapshot_row *a = one, *b = other;
	int rc;

	if (a->kind != b->kind)
		return a->kind < b->kind ? -1 : 1;
	rc = compare_servers(a, b);
	return rc != 0 ? rc : strcmp(a->name, b->name);
}

void snapshot_end(struct snapshot *s, double time)
{
	if (s->count > 0)
		qsort(s->rows, s->count, sizeof(*s->rows), compare_rows);
	s->time = time;
}

/* ---- rates ---------------------------------------------------------------------------------- */

static bool went_back(const struct snapshot_row *before, const struct snapshot_row *now)
{
	int i;

	for (i = RATES_CONNECTIONS; i < RATES_COLUMNS; i++)
		if (now->numbers[i] < before->numbers[i])
			return true;
	return false;
}

/* before NULL: there is none */
static struct rate rate_of(
    const struct snapshot_row *before, const struct snapshot_row *now, double seconds)
{
	struct rate rate = {.row = now};
	bool known = before != NULL && !went_back(before, now);
	int i;

	rate.values[RATES_ACTIVE] = (double)now->numbers[RATES_ACTIVE];
	for (i = RATES_CONNECTIONS; i < RATES_COLUMNS; i++)
		rate.values[i] =
		    known ? (double)(now->numbers[i] - before->numbers[i]) / seconds : RATE_UNKNOWN;
	return rate;
}

/* Both are in the same order: *at goes along with the rows of the newer one. */
static const struct snapshot_row *same_before(
    const struct snapshot *before, size_t *at, const struct snapshot_row *now)
{
	int order = 1;

	while (*at < before->count && (order = compare_rows(&before->rows[*at], now)) < 0)
		++*at;
	return *at < before->count && order == 0 ? &before->rows[(*at)++] : NULL;
}

void rates_make(struct rates *out, const struct snapshot *before, const struct snapshot *now)
{
	const struct snapshot none = {0};
	bool same = before->arena != NULL && before->status.pid == now->status.pid &&
		    now->time > before->time;
	size_t i, at = 0;

	rates_fini(out);
	if (same)
		out->seconds = now->time - before->time;
	else
		before = &none;
	out->rows = mem_alloc((now->count + 1) * sizeof(*out->rows));
	for (i = 0; i < now->count; i++) {
		const struct snapshot_row *row = &now->rows[i];
		struct rate rate = rate_of(same_before(before, &at, row), row, out->seconds);

		if (row->kind == RATES_DAEMON)
			out->daemon = rate;
		else
			out->rows[out->count++] = rate;
	}
}

void rates_fini(struct rates *rates)
{
	free(rates->rows);
	*rates = (struct rates){0};
}

/* ---- which, and in which order ----------------------------------------------------------------
 */

static bool contains(const char *text, const char *part)
{
	return text != NULL && strcasestr(text, part) != NULL;
}

static bool is_wanted(const struct rate *rate, const struct rates_wanted *wanted)
{
	return rate->row->kind == wanted->kind && (contains(rate->row->name, wanted->filter) ||
						      contains(rate->row->server, wanted->filter));
}

static int compare_numbers(double a, double b)
{
	return a > b ? -1 : a < b ? 1 : 0;
}

static int compare_column(const struct rate *a, const struct rate *b, enum rates_column by)
{
	if (by == RATES_NAME)
		return strcmp(a->row->name, b->row->name);
	if (by == RATES_SERVER)
		return compare_servers(a->row, b->row);
	return compare_numbers(a->values[by], b->values[by]);
}

/* Names are not, they have no values. */
static bool is_unknown(const struct rate *rate, enum rates_column by)
{
	return rate->values[by] < 0;
}

static int compare_rates(const void *one, const void *other, void *arg)
{
	const struct rate *a = one, *b = other;
	const struct rates_wanted *wanted = arg;
	int rc;

	if (is_unknown(a, wanted->by) != is_unknown(b, wanted->by))
		return is_unknown(a, wanted->by) ? 1 : -1;
	rc = compare_column(a, b, wanted->by);
	if (rc != 0)
		return wanted->reverse ? -rc : rc;
	return compare_rows(a->row, b->row);
}

size_t rates_choose(struct rates *rates, const struct rates_wanted *wanted, size_t *all)
{
	struct rates_wanted order = *wanted;
	size_t i, count = 0;

	*all = 0;
	for (i = 0; i < rates->count; i++) {
		struct rate rate = rates->rows[i];

		*all += rate.row->kind == wanted->kind;
		if (!is_wanted(&rate, wanted))
			continue;
		rates->rows[i] = rates->rows[count];
		rates->rows[count++] = rate;
	}
	if (count > 0)
		qsort_r(rates->rows, count, sizeof(*rates->rows), compare_rates, &order);
	return count;
}
