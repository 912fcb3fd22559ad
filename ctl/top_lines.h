/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The lines that `top` shows, as text that fits. Whatever comes from elsewhere cannot steer the
 * terminal. Each function appends one line, without its line feed.
 */
#ifndef CTL_TOP_LINES_H
#define CTL_TOP_LINES_H

#include <stddef.h>

#include "common/buf.h"
#include "ctl/rates.h"
#include "ctl/top_view.h"

/* What there is to see. */
struct top_frame {
	const struct snapshot_status *status;
	const struct rates *rates; /* those chosen first, as many as view->count */
	const struct top_view *view;
	size_t all;          /* rows of the kind, those that the filter leaves out included */
	const char *problem; /* the daemon does not answer, and why; "": it does */
	const char *notice;  /* in place of the keys; "": none */
};

void top_lines_status(const struct top_frame *frame, struct buf *out);
void top_lines_totals(const struct top_frame *frame, struct buf *out);
void top_lines_view(const struct top_frame *frame, struct buf *out);
void top_lines_bottom(const struct top_frame *frame, struct buf *out);

/* The columns that there is room for, and how wide they are. */
struct top_columns {
	size_t widths[RATES_COLUMNS]; /* places with a blank before; 0: not shown */
};
struct top_columns top_lines_columns(const struct top_frame *frame, size_t width);
void top_lines_titles(const struct top_columns *columns, struct buf *out);
void top_lines_row(const struct top_columns *columns, const struct rate *rate, struct buf *out);

/* Where text stands, and where it is cut: at its end, or in its middle. */
enum fit { FIT_LEFT, FIT_RIGHT, FIT_MIDDLE };

/*
 * Text in as many places, filled up with blanks or cut, with a ~ there. Bytes that are no printable
 * characters become '?'.
 */
void top_lines_fit(struct buf *out, const char *text, size_t width, enum fit fit);

#endif
