/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "ctl/table.h"

#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>
#include <wctype.h>
#include <libsmartcols.h>

#include "common/arena.h"

#define CUT_MIN 4 /* places of a column that is cut */
#define ESCAPED 4 /* of a byte that cannot be printed */

struct table {
	const struct table_column *columns;
	size_t column_count;
	struct arena *arena;
	const char **cells; /* row by row */
	size_t row_count, row_size;
};

struct table *table_new(const struct table_column *columns, size_t count)
{
	struct table *t = mem_zalloc(sizeof(*t));

	assert(count <= TABLE_COLUMNS_MAX);
	t->columns = columns;
	t->column_count = count;
	t->arena = arena_new(4096);
	return t;
}

void table_free(struct table *t)
{
	arena_free(t->arena);
	free(t->cells);
	free(t);
}

void table_row(struct table *t)
{
	size_t i;

	if (t->row_count == t->row_size) {
		t->row_size = t->row_size == 0 ? 64 : t->row_size * 2;
		t->cells = mem_realloc(t->cells, t->row_size * t->column_count * sizeof(*t->cells));
	}
	t->row_count++;
	for (i = 0; i < t->column_count; i++)
		table_cell(t, i, NULL);
}

void table_cell(struct table *t, size_t column, const char *text)
{
	t->cells[(t->row_count - 1) * t->column_count + column] =
	    text == NULL || text[0] == '\0' ? "-" : arena_strdup(t->arena, text);
}

/*
 * The bytes of the first character, and the places that it takes: what cannot be printed is shown
 * by the library as \xHH, byte by byte, and so is a "\x" that stands there already.
 */
static size_t character(const char *text, size_t *places)
{
	mbstate_t state = {0};
	wchar_t wide;
	size_t n = mbrtowc(&wide, text, MB_CUR_MAX, &state);

	if (n == 0 || n > MB_CUR_MAX || (text[0] == '\\' && text[1] == 'x')) {
		*places = ESCAPED;
		return 1;
	}
	*places = iswprint((wint_t)wide) ? (size_t)wcwidth(wide) : n * ESCAPED;
	return n;
}

/* How many bytes at the front of text take no more places than max, and how many those take. */
static size_t fitting(const char *text, size_t max, size_t *places)
{
	size_t at = 0, n, more;

	for (*places = 0; text[at] != '\0'; at += n) {
		n = character(text + at, &more);
		if (*places + more > max)
			break;
		*places += more;
	}
	return at;
}

static size_t places(const char *text)
{
	size_t n;

	fitting(text, SIZE_MAX, &n);
	return n;
}

static size_t column_width(const struct table *t, size_t column, bool headings)
{
	size_t i, n, width = headings ? places(t->columns[column].title) : 0;

	for (i = 0; i < t->row_count; i++) {
		n = places(t->cells[i * t->column_count + column]);
		if (n > width)
			width = n;
	}
	return width;
}

/* Takes from the widest columns that may be cut, so that short ones stay whole. */
static void cut(const struct table *t, size_t *widths, size_t excess)
{
	size_t i, widest;

	for (; excess > 0; excess--) {
		widest = t->column_count;
		for (i = 0; i < t->column_count; i++)
			if (t->columns[i].cut && widths[i] > CUT_MIN &&
			    (widest == t->column_count || widths[i] > widths[widest]))
				widest = i;
		if (widest == t->column_count)
			return;
		widths[widest]--;
	}
}

/* How wide each column is; 0: it is not shown. */
static void choose(
    const struct table *t, const struct table_style *style, size_t widths[TABLE_COLUMNS_MAX])
{
	size_t i, total = 0;
	unsigned drop;

	for (i = 0; i < t->column_count; i++) {
		widths[i] = column_width(t, i, style->headings);
		total += widths[i] + 1; /* and the blank behind it; the last one has none */
	}
	if (style->width == 0)
		return;
	for (drop = 1; drop <= TABLE_COLUMNS_MAX; drop++)
		for (i = 0; i < t->column_count && total > style->width + 1; i++)
			if (t->columns[i].drop == drop) {
				total -= widths[i] + 1;
				widths[i] = 0;
			}
	if (total > style->width + 1)
		cut(t, widths, total - style->width - 1);
}

/* "tcp/[2001:db8~78]:443": the mark takes one place. */
static const char *cut_middle(const struct table *t, const char *text, size_t width)
{
	size_t used, n = fitting(text, (width - 1) / 2, &used), left = places(text), more;
	const char *end = text;

	for (; left > width - 1 - used; left -= more)
		end += character(end, &more);
	return arena_printf(t->arena, "%.*s~%s", (int)n, text, end);
}

/* The library would cut all columns alike, a short name as much as a long text. */
static const char *cut_text(const struct table *t, const char *text, size_t width, bool middle)
{
	size_t used, n = fitting(text, width, &used);

	if (text[n] == '\0')
		return text;
	return middle ? cut_middle(t, text, width) : arena_strndup(t->arena, text, n);
}

static void add_columns(const struct table *t, struct libscols_table *tb,
    const struct table_style *style, const size_t *widths)
{
	struct libscols_column *column;
	size_t i;

	for (i = 0; i < t->column_count; i++) {
		if (widths[i] == 0)
			continue;
		column =
		    scols_table_new_column(tb, cut_text(t, t->columns[i].title, widths[i], false),
			0, t->columns[i].right ? SCOLS_FL_RIGHT : 0);
		if (column != NULL && style->colours)
			scols_cell_set_color(scols_column_get_header(column), "\033[1m");
	}
}

static void add_rows(const struct table *t, struct libscols_table *tb, const size_t *widths)
{
	struct libscols_line *line;
	size_t row, i, column;

	for (row = 0; row < t->row_count; row++) {
		line = scols_table_new_line(tb, NULL);
		for (i = 0, column = 0; line != NULL && i < t->column_count; i++)
			if (widths[i] > 0)
				scols_line_set_data(line, column++,
				    cut_text(t, t->cells[row * t->column_count + i], widths[i],
					t->columns[i].middle));
	}
}

/* The library prints nothing at all for a table without rows. */
static int print_headings(
    const struct table *t, const struct table_style *style, const size_t *widths, FILE *to)
{
	const char *between = "";
	size_t i;

	if (!style->headings)
		return 0;
	for (i = 0; i < t->column_count; i++)
		if (widths[i] > 0) {
			fprintf(to, "%s%s", between, t->columns[i].title);
			between = " ";
		}
	return fputc('\n', to) == EOF ? -1 : 0;
}

int table_print(const struct table *t, const struct table_style *style, FILE *to)
{
	struct libscols_table *tb = scols_new_table();
	size_t widths[TABLE_COLUMNS_MAX];
	int rc;

	if (tb == NULL)
		return -1;
	choose(t, style, widths);
	if (t->row_count == 0) {
		scols_unref_table(tb);
		return print_headings(t, style, widths, to);
	}
	scols_table_set_stream(tb, to);
	scols_table_enable_noheadings(tb, !style->headings);
	scols_table_enable_colors(tb, style->colours);
	if (style->width > 0) {
		scols_table_set_termforce(tb, SCOLS_TERMFORCE_ALWAYS);
		scols_table_set_termwidth(tb, style->width);
	} else {
		scols_table_set_termforce(tb, SCOLS_TERMFORCE_NEVER);
	}
	add_columns(t, tb, style, widths);
	add_rows(t, tb, widths);
	rc = scols_print_table(tb);
	scols_unref_table(tb);
	return rc == 0 ? 0 : -1;
}
