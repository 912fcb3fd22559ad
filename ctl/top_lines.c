/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "ctl/top_lines.h"

#include <inttypes.h>
#include <string.h>
#include <wchar.h>

#include "common/duration.h"
#include "ctl/human.h"

/* ---- text that fits -------------------------------------------------------------------------- */

/* A character, printable: its bytes and places. */
struct glyph {
	const char *bytes;
	size_t length, places;
};

/* Moves *text behind it; false: that was the end. */
static bool next_glyph(const char **text, mbstate_t *state, struct glyph *out)
{
	wchar_t wide;
	size_t n;
	int places;

	if (**text == '\0')
		return false;
	n = mbrtowc(&wide, *text, strlen(*text), state);
	places = n < (size_t)-2 ? wcwidth(wide) : -1;
	if (n >= (size_t)-2) {
		*state = (mbstate_t){0};
		n = 1;
	}
	*out = (struct glyph){*text, n, (size_t)places};
	if (places < 0)
		*out = (struct glyph){"?", 1, 1};
	*text += n;
	return true;
}

static size_t places_of(const char *text)
{
	mbstate_t state = {0};
	struct glyph glyph;
	size_t n = 0;

	while (next_glyph(&text, &state, &glyph))
		n += glyph.places;
	return n;
}

static void blanks(struct buf *out, size_t n)
{
	buf_printf(out, "%*s", (int)n, "");
}

/* Puts what fits into room places, of those that are in text. Returns how many it takes. */
static size_t put_front(struct buf *out, const char **text, size_t room)
{
	mbstate_t state = {0};
	const char *next = *text;
	struct glyph glyph;
	size_t n = 0;

	while (next_glyph(&next, &state, &glyph) && n + glyph.places <= room) {
		buf_append(out, glyph.bytes, glyph.length);
		n += glyph.places;
		*text = next;
	}
	return n;
}

/* Moves text on until what is left takes no more than room places. */
static const char *end_of(const char *text, size_t room)
{
	mbstate_t state = {0};
	struct glyph glyph;
	size_t left = places_of(text);

	while (left > room && next_glyph(&text, &state, &glyph))
		left -= glyph.places;
	return text;
}

void top_lines_fit(struct buf *out, const char *text, size_t width, enum fit fit)
{
	size_t used = places_of(text), room, n;

	if (width == 0)
		return;
	if (fit == FIT_RIGHT && used < width)
		blanks(out, width - used);
	if (used <= width) {
		put_front(out, &text, width);
		blanks(out, fit == FIT_RIGHT ? 0 : width - used);
		return;
	}
	room = fit == FIT_MIDDLE ? (width - 1) / 2 : width - 1;
	n = put_front(out, &text, room) + 1;
	buf_append_str(out, "~");
	if (fit == FIT_MIDDLE) {
		text = end_of(text, width - n);
		n += put_front(out, &text, width - n);
	}
	blanks(out, width - n);
}

/* ---- above and below ------------------------------------------------------------------------- */

static const char *const titles[RATES_COLUMNS] = {
    "NAME", "SERVER", "ACTIVE", "CONNS/S", "IN/S", "OUT/S", "ERRORS/S"};

void top_lines_status(const struct top_frame *frame, struct buf *out)
{
	const struct snapshot_status *status = frame->status;
	char uptime[HUMAN_MAX];

	if (frame->problem[0] != '\0') {
		buf_printf(out, "trying again: %s", frame->problem);
		return;
	}
	buf_printf(out,
	    "pointsmand %s  up %s  revision %" PRIu64 "  workers %" PRIu64 "  connections %" PRIu64,
	    status->version, human_seconds(status->uptime, uptime), status->revision,
	    status->workers, status->connections);
}

/* A value of a column as text. */
static const char *value_text(double value, enum rates_column column, char out[HUMAN_MAX])
{
	if (value < 0)
		return "-";
	if (column == RATES_BYTES_IN || column == RATES_BYTES_OUT)
		return human_byte_rate(value, out);
	if (column == RATES_ACTIVE && value < 1e6) {
		snprintf(out, HUMAN_MAX, "%.0f", value);
		return out;
	}
	return human_rate(value, out);
}

void top_lines_totals(const struct top_frame *frame, struct buf *out)
{
	static const char *const names[RATES_COLUMNS] = {
	    [RATES_CONNECTIONS] = "all: conns/s ",
	    [RATES_BYTES_IN] = "  in/s ",
	    [RATES_BYTES_OUT] = "  out/s ",
	    [RATES_ERRORS] = "  errors/s ",
	};
	const struct rate *daemon = &frame->rates->daemon;
	char text[HUMAN_MAX], interval[DURATION_TEXT_MAX];
	int i;

	for (i = RATES_CONNECTIONS; i < RATES_COLUMNS; i++)
		buf_printf(out, "%s%s", names[i],
		    daemon->row != NULL ? value_text(daemon->values[i], i, text) : "-");
	if (frame->view->paused)
		buf_append_str(out, "  paused");
	else
		buf_printf(out, "  every %s", duration_text(frame->view->interval, interval));
}

void top_lines_view(const struct top_frame *frame, struct buf *out)
{
	const struct top_view *view = frame->view;
	int kind;

	for (kind = 0; kind < RATES_KINDS; kind++)
		buf_printf(out, kind == (int)view->kind ? "[%d %ss]" : " %d %ss ", kind + 1,
		    rates_kinds[kind]);
	if (view->filter[0] != '\0')
		buf_printf(out, "  %zu of %zu", view->count, frame->all);
	else
		buf_printf(out, "  %zu", frame->all);
	if (view->first > 0)
		buf_printf(out, " from %zu", view->first + 1);
	buf_printf(out, "  by %s%s", titles[view->by], view->reverse ? " reversed" : "");
	if (view->filter[0] != '\0')
		buf_printf(out, "  with '%s'", view->filter);
}

void top_lines_bottom(const struct top_frame *frame, struct buf *out)
{
	if (frame->view->typing)
		buf_printf(out, "show those with: %s", frame->view->filter);
	else if (frame->notice[0] != '\0')
		buf_append_str(out, frame->notice);
	else
		buf_append_str(out, "q quit  1-3 what  <> nsacioe sort  r reverse  / filter  "
				    "p pause  +- interval");
}

/* ---- the table ------------------------------------------------------------------------------- */

#define NAME_MIN 16

static size_t longest_server(const struct top_frame *frame)
{
	size_t i, n, longest = places_of(titles[RATES_SERVER]);

	for (i = 0; i < frame->rates->count; i++) {
		const struct snapshot_row *row = frame->rates->rows[i].row;

		if (row->kind != frame->view->kind || row->server == NULL)
			continue;
		n = places_of(row->server);
		longest = n > longest ? n : longest;
	}
	return longest;
}

struct top_columns top_lines_columns(const struct top_frame *frame, size_t width)
{
	/* Where it is too narrow they go in this order. */
	static const enum rates_column dispensable[] = {
	    RATES_SERVER, RATES_ERRORS, RATES_ACTIVE, RATES_CONNECTIONS, RATES_BYTES_IN};
	struct top_columns c = {.widths = {0, 0, 8, 8, 6, 6, 9}};
	size_t i, longest, used = 0;

	if (frame->view->kind != RATES_UPSTREAM) {
		longest = longest_server(frame);
		c.widths[RATES_SERVER] = 1 + (longest > width / 4 ? width / 4 : longest);
	}
	for (i = RATES_SERVER; i < RATES_COLUMNS; i++)
		used += c.widths[i];
	for (i = 0; i < sizeof(dispensable) / sizeof(dispensable[0]); i++) {
		if (used + NAME_MIN <= width)
			break;
		used -= c.widths[dispensable[i]];
		c.widths[dispensable[i]] = 0;
	}
	c.widths[RATES_NAME] = width > used ? width - used : 0;
	return c;
}

/* The name begins at the edge, before all others stands a blank. */
static void put_cell(
    const struct top_columns *c, enum rates_column column, const char *text, struct buf *out)
{
	bool first = column == RATES_NAME;
	enum fit fit = first ? FIT_MIDDLE : FIT_LEFT; /* of an address, the port is behind */

	if (c->widths[column] == 0)
		return;
	if (!first)
		buf_append_str(out, " ");
	if (column >= RATES_ACTIVE)
		fit = FIT_RIGHT;
	top_lines_fit(out, text, c->widths[column] - !first, fit);
}

void top_lines_titles(const struct top_columns *columns, struct buf *out)
{
	int i;

	for (i = 0; i < RATES_COLUMNS; i++)
		put_cell(columns, i, titles[i], out);
}

void top_lines_row(const struct top_columns *columns, const struct rate *rate, struct buf *out)
{
	const struct snapshot_row *row = rate->row;
	char text[HUMAN_MAX];
	int i;

	put_cell(columns, RATES_NAME, row->name, out);
	put_cell(columns, RATES_SERVER, row->server != NULL ? row->server : "-", out);
	for (i = RATES_ACTIVE; i < RATES_COLUMNS; i++)
		put_cell(columns, i, value_text(rate->values[i], i, text), out);
}
