/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Aligned text in columns. On a terminal that is too narrow the least important columns go first,
 * then the widest of those that may be cut are; elsewhere nothing is.
 */
#ifndef CTL_TABLE_H
#define CTL_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#define TABLE_COLUMNS_MAX 24

struct table_column {
	const char *title;
	bool right;    /* aligned, as numbers are */
	bool cut;      /* may be cut where it does not fit ... */
	bool middle;   /* ... in its middle: its end matters, as an address's port does */
	unsigned drop; /* leaves at all where it does not fit, 1 first; 0: stays */
};

struct table_style {
	size_t width; /* of the terminal; 0: not a terminal, or not to be cut */
	bool headings;
	bool colours;
};

struct table;

/* columns is kept until table_free(). */
struct table *table_new(const struct table_column *columns, size_t count);
void table_free(struct table *t);

/* A new row, and its cells: text is copied, control characters are made visible; NULL is "-". */
void table_row(struct table *t);
void table_cell(struct table *t, size_t column, const char *text);

/* Returns 0, or -1 where writing failed. */
int table_print(const struct table *t, const struct table_style *style, FILE *to);

#endif
