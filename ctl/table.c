/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "ctl/table.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <libsmartcols.h>

#include "common/arena.h"

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

/* Places that a text takes, all characters taken for one wide. */
static size_t places(const char *text)
{
	size_t n = 0;

	for (; *text != '\0'; text++)
		n += ((unsigned char)*text & 0xc0) != 0x80;
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

/* Which columns are shown. */
static void choose(
    const struct table *t, const struct table_style *style, bool shown[TABLE_COLUMNS_MAX])
{
	size_t i, total = 0, widths[TABLE_COLUMNS_MAX];
	unsigned drop;

	for (i = 0; i < t->column_count; i++) {
		shown[i] = true;
		widths[i] = column_width(t, i, style->headings) + 1;
		total += widths[i];
	}
	for (drop = 1; style->width > 0 && drop <= TABLE_COLUMNS_MAX; drop++)
		for (i = 0; i < t->column_count && total > style->width + 1; i++)
			if (t->columns[i].drop == drop) {
				shown[i] = false;
				total -= widths[i];
			}
}

static void add_columns(const struct table *t, struct libscols_table *tb,
    const struct table_style *style, const bool *shown)
{
	struct libscols_column *column;
	size_t i;

	for (i = 0; i < t->column_count; i++) {
		if (!shown[i])
			continue;
		column = scols_table_new_column(tb, t->columns[i].title, 0,
		    (t->columns[i].right ? SCOLS_FL_RIGHT : 0) |
			(t->columns[i].cut && style->width > 0 ? SCOLS_FL_TRUNC : 0));
		if (column != NULL && style->colours)
			scols_cell_set_color(scols_column_get_header(column), "\033[1m");
	}
}

static void add_rows(const struct table *t, struct libscols_table *tb, const bool *shown)
{
	struct libscols_line *line;
	size_t row, i, column;

	for (row = 0; row < t->row_count; row++) {
		line = scols_table_new_line(tb, NULL);
		for (i = 0, column = 0; line != NULL && i < t->column_count; i++)
			if (shown[i])
				scols_line_set_data(
				    line, column++, t->cells[row * t->column_count + i]);
	}
}

/* The library prints nothing at all for a table without rows. */
static int print_headings(
    const struct table *t, const struct table_style *style, const bool *shown, FILE *to)
{
	const char *between = "";
	size_t i;

	if (!style->headings)
		return 0;
	for (i = 0; i < t->column_count; i++)
		if (shown[i]) {
			fprintf(to, "%s%s", between, t->columns[i].title);
			between = " ";
		}
	return fputc('\n', to) == EOF ? -1 : 0;
}

int table_print(const struct table *t, const struct table_style *style, FILE *to)
{
	struct libscols_table *tb = scols_new_table();
	bool shown[TABLE_COLUMNS_MAX];
	int rc;

	if (tb == NULL)
		return -1;
	choose(t, style, shown);
	if (t->row_count == 0) {
		scols_unref_table(tb);
		return print_headings(t, style, shown, to);
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
	add_columns(t, tb, style, shown);
	add_rows(t, tb, shown);
	rc = scols_print_table(tb);
	scols_unref_table(tb);
	return rc == 0 ? 0 : -1;
}
