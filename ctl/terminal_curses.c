/* SPDX-License-Identifier: BSD-2-Clause */
/* Apart from all else, for <term.h> has macros such as "columns" and "lines". */
#include <config.h>

#include "ctl/terminal.h"

#include <curses.h>
#include <term.h>

static struct {
	char text[TERMINAL_RESET_MAX];
	size_t length;
} reset;

static int put(int c)
{
	if (reset.length < sizeof(reset.text))
		reset.text[reset.length++] = (char)c;
	return c;
}

void terminal_guard_curses(void)
{
	static const char *const names[] = {"sgr0", "rmkx", "cnorm", "rmcup"};
	size_t i;

	reset.length = 0;
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		const char *text = tigetstr(names[i]);

		if (text != NULL && text != (const char *)-1)
			tputs(text, 1, put);
	}
	terminal_guard_screen(reset.text, reset.length);
}
