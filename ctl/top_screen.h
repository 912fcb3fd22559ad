/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The terminal while `top` has it: one at a time, of this process.
 */
#ifndef CTL_TOP_SCREEN_H
#define CTL_TOP_SCREEN_H

#include "ctl/fault.h"
#include "ctl/top_lines.h"

/* 0, or -1 with fault: nothing is known of such a terminal. */
int top_screen_open(struct fault *fault);
/* What stood there before comes back. */
void top_screen_close(void);

/* A key that waits (enum top_key), TOP_KEY_NONE: none does. */
int top_screen_key(void);

/* How many rows of the table it has room for now. */
size_t top_screen_page(void);

void top_screen_draw(const struct top_frame *frame);

#endif
