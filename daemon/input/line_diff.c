/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "daemon/input/line_diff.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "common/arena.h"

#define CONTEXT 3
#define TABLE_MAX (16u << 20) /* cells of the table of common lines */

struct lines {
	struct span *items; /* with their line feeds */
	size_t count;
};

/* One line of the result. */
struct step {
	char sign; /* ' ', '-', '+' */
	struct span line;
	size_t before, after; /* lines that came before this one in each text */
};

struct script {
	struct step *items;
	size_t count;
};

static void split(struct span text, struct lines *out)
{
	size_t i, n = 1;

	for (i = 0; i < text.n; i++)
		n += text.p[i] == '\n';
	out->items = mem_alloc(n * sizeof(*out->items));
	out->count = 0;
	while (text.n > 0) {
		const uint8_t *end = memchr(text.p, '\n', text.n);
		size_t length = end != NULL ? (size_t)(end - text.p) + 1 : text.n;

		out->items[out->count++] = span_of(text.p, length);
		text = span_of(text.p + length, text.n - length);
	}
}

static void add(struct script *s, char sign, struct span line)
{
	const struct step *last = s->count > 0 ? &s->items[s->count - 1] : NULL;

	s->items[s->count++] = (struct step){
	    .sign = sign,
	    .line = line,
	    .before = last != NULL ? last->before + (last->sign != '+') : 0,
	    .after = last != NULL ? last->after + (last->sign != '-') : 0,
	};
}

/*
 * The longest common subsequence of a[0..n) and b[0..m): length[i][j] is that of what is left from
 * line i and j on.
 */
static void compare(
    struct script *s, const struct span *a, size_t n, const struct span *b, size_t m)
{
	bool small = (n + 1) * (m + 1) <= TABLE_MAX;
	uint32_t *length = small ? mem_zalloc((n + 1) * (m + 1) * sizeof(*length)) : NULL;
	size_t i, j, row = m + 1;

	for (i = n; small && i-- > 0;) {
		for (j = m; j-- > 0;) {
			uint32_t down = length[(i + 1) * row + j], right = length[i * row + j + 1];

			length[i * row + j] = span_eq(a[i], b[j])
						  ? length[(i + 1) * row + j + 1] + 1
						  : (down > right ? down : right);
		}
	}
	for (i = j = 0; i < n || j < m;) {
		if (small && i < n && j < m && span_eq(a[i], b[j])) {
			add(s, ' ', a[i++]);
			j++;
		} else if (i < n && (j == m || !small ||
					length[(i + 1) * row + j] >= length[i * row + j + 1])) {
			add(s, '-', a[i++]);
		} else {
			add(s, '+', b[j++]);
		}
	}
	free(length);
}

/* What is the same at both ends need not be compared with everything. */
static void make_script(const struct lines *a, const struct lines *b, struct script *s)
{
	size_t first = 0, last = 0, least = a->count < b->count ? a->count : b->count, i;

	while (first < least && span_eq(a->items[first], b->items[first]))
		add(s, ' ', a->items[first++]);
	while (last < least - first &&
	       span_eq(a->items[a->count - last - 1], b->items[b->count - last - 1]))
		last++;
	compare(s, a->items + first, a->count - first - last, b->items + first,
	    b->count - first - last);
	for (i = a->count - last; i < a->count; i++)
		add(s, ' ', a->items[i]);
}

static void print_line(const struct step *step, FILE *to)
{
	fputc(step->sign, to);
	fwrite(step->line.p, 1, step->line.n, to);
	if (step->line.n == 0 || step->line.p[step->line.n - 1] != '\n')
		fputs("\n\\ No newline at end of file\n", to);
}

static void print_hunk(const struct script *s, size_t from, size_t end, FILE *to)
{
	size_t before = 0, after = 0, i;

	for (i = from; i < end; i++) {
		before += s->items[i].sign != '+';
		after += s->items[i].sign != '-';
	}
	fprintf(to, "@@ -%zu,%zu +%zu,%zu @@\n", s->items[from].before + (before > 0), before,
	    s->items[from].after + (after > 0), after);
	for (i = from; i < end; i++)
		print_line(&s->items[i], to);
}

static size_t next_change(const struct script *s, size_t from)
{
	while (from < s->count && s->items[from].sign == ' ')
		from++;
	return from;
}

static size_t after_change(const struct script *s, size_t from)
{
	while (from < s->count && s->items[from].sign != ' ')
		from++;
	return from;
}

static void print_script(const struct script *s, FILE *to)
{
	size_t change = next_change(s, 0), from, end;

	while (change < s->count) {
		from = change > CONTEXT ? change - CONTEXT : 0;
		do {
			end = after_change(s, change);
			change = next_change(s, end);
		} while (change < s->count && change - end <= 2 * CONTEXT);
		print_hunk(s, from, s->count - end > CONTEXT ? end + CONTEXT : s->count, to);
	}
}

void line_diff(struct span before, struct span after, const char *name, FILE *to)
{
	struct lines a, b;
	struct script s = {0};

	if (span_eq(before, after))
		return;
	split(before, &a);
	split(after, &b);
	s.items = mem_alloc((a.count + b.count + 1) * sizeof(*s.items));
	make_script(&a, &b, &s);
	fprintf(to, "--- %s\n+++ %s\n", name, name);
	print_script(&s, to);
	free(s.items);
	free(a.items);
	free(b.items);
}
