/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Who changes the terminal guards it: where a signal of a crash ends us it is given back as it was.
 */
#ifndef CTL_TERMINAL_H
#define CTL_TERMINAL_H

#include <stddef.h>

#define TERMINAL_RESET_MAX 256 /* bytes */

/*
 * Before it is changed: remembers how standard input is, and catches the signals. One within the
 * other are one.
 */
void terminal_guard(void);

/* What is then written to standard output to put the screen in order; longer texts are not. */
void terminal_guard_screen(const char *text, size_t length);

/* The same for what curses has done to it, once that has begun: what endwin() would write, which no
 * handler may call. */
void terminal_guard_curses(void);

/* The terminal is as it was, by who has changed it. */
void terminal_unguard(void);

#endif
