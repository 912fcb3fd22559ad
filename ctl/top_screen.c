/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "ctl/top_screen.h"

#include <curses.h>
#include <stdlib.h>

#include "ctl/terminal.h"

/* Lines above the table's rows, and with the one below. */
#define ABOVE 4
#define AROUND 5

static SCREEN *screen;

/* ---- beginning and end ----------------------------------------------------------------------- */

int top_screen_open(struct fault *fault)
{
	const char *term = getenv("TERM");

	terminal_guard();
	screen = newterm(NULL, stdout, stdin);
	if (screen == NULL) {
		terminal_unguard();
		return fault_set(fault, CONTROL_EXIT_USAGE,
		    "nothing is known of a terminal '%s': set TERM to what it is, or see "
		    "'pointsctl stats'",
		    term != NULL ? term : "");
	}
	terminal_guard_curses();
	cbreak();
	noecho();
	keypad(stdscr, TRUE);
	nodelay(stdscr, TRUE);
	set_escdelay(50);
	return 0;
}

void top_screen_close(void)
{
	endwin();
	delscreen(screen);
	screen = NULL;
	terminal_unguard();
}

/* ---- keys ------------------------------------------------------------------------------------ */

int top_screen_key(void)
{
	static const struct {
		int theirs, ours;
	} keys[] = {{ERR, TOP_KEY_NONE}, {'\r', TOP_KEY_ENTER}, {KEY_ENTER, TOP_KEY_ENTER},
	    {'\b', TOP_KEY_BACKSPACE}, {KEY_BACKSPACE, TOP_KEY_BACKSPACE}, {KEY_LEFT, TOP_KEY_LEFT},
	    {KEY_RIGHT, TOP_KEY_RIGHT}, {KEY_UP, TOP_KEY_UP}, {KEY_DOWN, TOP_KEY_DOWN},
	    {KEY_PPAGE, TOP_KEY_PAGE_UP}, {KEY_NPAGE, TOP_KEY_PAGE_DOWN}, {KEY_HOME, TOP_KEY_HOME},
	    {KEY_END, TOP_KEY_END}};
	int key = getch();
	size_t i;

	for (i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		if (keys[i].theirs == key)
			return keys[i].ours;
	return key > 0 && key < TOP_KEY_OTHER ? key : TOP_KEY_OTHER;
}

/* ---- drawing --------------------------------------------------------------------------------- */

size_t top_screen_page(void)
{
	return LINES > AROUND ? (size_t)(LINES - AROUND) : 0;
}

/* Empties line. */
static void put_line(int y, attr_t attributes, struct buf *line)
{
	struct buf fitting = {0};

	if (y >= 0 && y < LINES) {
		top_lines_fit(&fitting, buf_str(line), (size_t)COLS, FIT_LEFT);
		attrset(attributes);
		mvaddstr(y, 0, buf_str(&fitting));
	}
	buf_fini(&fitting);
	buf_clear(line);
}

static void put_table(const struct top_frame *frame, struct buf *line)
{
	const struct top_view *view = frame->view;
	struct top_columns columns = top_lines_columns(frame, (size_t)COLS);
	size_t i, page = top_screen_page();

	top_lines_titles(&columns, line);
	put_line(ABOVE - 1, A_REVERSE, line);
	for (i = 0; i < page && view->first + i < view->count; i++) {
		top_lines_row(&columns, &frame->rates->rows[view->first + i], line);
		put_line(ABOVE + (int)i, A_NORMAL, line);
	}
}

void top_screen_draw(const struct top_frame *frame)
{
	struct buf line = {0};
	int end;

	erase();
	top_lines_status(frame, &line);
	put_line(0, frame->problem[0] != '\0' ? A_REVERSE : A_BOLD, &line);
	top_lines_totals(frame, &line);
	put_line(1, A_NORMAL, &line);
	top_lines_view(frame, &line);
	put_line(2, A_NORMAL, &line);
	put_table(frame, &line);
	top_lines_bottom(frame, &line);
	end = (int)buf_len(&line);
	put_line(LINES - 1, frame->notice[0] != '\0' ? A_REVERSE : A_NORMAL, &line);
	curs_set(frame->view->typing ? 1 : 0);
	move(LINES - 1, end < COLS ? end : COLS - 1);
	refresh();
	buf_fini(&line);
}
