/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "ctl/top_view.h"

#include <string.h>

#include "common/duration.h"

void top_view_init(struct top_view *view, enum rates_kind kind, int64_t interval)
{
	*view = (struct top_view){
	    .kind = kind, .by = RATES_CONNECTIONS, .interval = interval, .page = 1};
}

/* ---- rows ------------------------------------------------------------------------------------ */

void top_view_fit(struct top_view *view, size_t count, size_t page)
{
	view->count = count;
	view->page = page > 0 ? page : 1;
	if (view->first + view->page > count)
		view->first = count > view->page ? count - view->page : 0;
}

static void scroll(struct top_view *view, int key)
{
	size_t step = key == TOP_KEY_PAGE_UP || key == TOP_KEY_PAGE_DOWN ? view->page : 1;

	if (key == TOP_KEY_HOME)
		view->first = 0;
	else if (key == TOP_KEY_END)
		view->first = view->count;
	else if (key == TOP_KEY_DOWN || key == TOP_KEY_PAGE_DOWN)
		view->first += step;
	else
		view->first -= step < view->first ? step : view->first;
	top_view_fit(view, view->count, view->page);
}

static void look_at(struct top_view *view, enum rates_kind kind)
{
	view->kind = kind;
	view->first = 0;
}

/* ---- order ----------------------------------------------------------------------------------- */

static void sort_by(struct top_view *view, enum rates_column by)
{
	view->by = by;
	view->reverse = false;
	view->first = 0;
}

/* To the next column, or the one before; upstreams have no server. */
static void sort_beside(struct top_view *view, int step)
{
	unsigned by = view->by;

	do
		by = (by + RATES_COLUMNS + (unsigned)step) % RATES_COLUMNS;
	while (by == RATES_SERVER && view->kind == RATES_UPSTREAM);
	sort_by(view, (enum rates_column)by);
}

/* Each column has a key. */
static void sort_key(struct top_view *view, int key)
{
	static const char keys[] = "nsacioe";
	const char *at = memchr(keys, key, RATES_COLUMNS);

	if (at != NULL && key < TOP_KEY_OTHER)
		sort_by(view, (enum rates_column)(at - keys));
}

/* ---- how often ------------------------------------------------------------------------------- */

/* From what was asked for to the next step. */
static void change_interval(struct top_view *view, bool longer)
{
	static const int steps[] = {200, 500, 1000, 2000, 5000, 10000, 30000, 60000}; /* ms */
	const size_t count = sizeof(steps) / sizeof(steps[0]);
	size_t i;

	for (i = 0; i < count; i++) {
		int64_t step = steps[longer ? i : count - 1 - i] * DURATION_MS;

		if (longer ? step > view->interval : step < view->interval) {
			view->interval = step;
			return;
		}
	}
}

/* ---- the filter ------------------------------------------------------------------------------ */

static void rub_out(char *text)
{
	size_t n = strlen(text);

	while (n > 0 && ((unsigned char)text[n - 1] & 0xc0) == 0x80)
		n--;
	text[n > 0 ? n - 1 : 0] = '\0';
}

static void type(struct top_view *view, int key)
{
	size_t n = strlen(view->filter);

	if (key == TOP_KEY_ENTER) {
		view->typing = false;
	} else if (key == TOP_KEY_ESCAPE) {
		view->typing = false;
		view->filter[0] = '\0';
	} else if (key == TOP_KEY_BACKSPACE) {
		rub_out(view->filter);
	} else if (key >= ' ' && key < TOP_KEY_OTHER && n + 1 < sizeof(view->filter)) {
		view->filter[n] = (char)key;
		view->filter[n + 1] = '\0';
	}
	view->first = 0;
}

/* ---- all ------------------------------------------------------------------------------------- */

void top_view_key(struct top_view *view, int key)
{
	if (key >= TOP_KEY_UP) {
		scroll(view, key);
		return;
	}
	if (view->typing) {
		type(view, key);
		return;
	}
	switch (key) {
	case 'q':
		view->left = true;
		break;
	case '1':
	case '2':
	case '3':
		look_at(view, (enum rates_kind)(key - '1'));
		break;
	case TOP_KEY_TAB:
		look_at(view, (enum rates_kind)((view->kind + 1) % RATES_KINDS));
		break;
	case TOP_KEY_LEFT:
	case '<':
		sort_beside(view, -1);
		break;
	case TOP_KEY_RIGHT:
	case '>':
		sort_beside(view, 1);
		break;
	case 'r':
		view->reverse = !view->reverse;
		break;
	case 'p':
		view->paused = !view->paused;
		break;
	case '+':
	case '-':
		change_interval(view, key == '+');
		break;
	case '/':
		view->typing = true;
		break;
	case TOP_KEY_ESCAPE:
		view->filter[0] = '\0';
		break;
	default:
		sort_key(view, key);
	}
}
