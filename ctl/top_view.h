/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What somebody in front of `top` wants to see, and what keys do to it.
 */
#ifndef CTL_TOP_VIEW_H
#define CTL_TOP_VIEW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ctl/rates.h"

/* Others are the byte that was typed. */
enum top_key {
	TOP_KEY_NONE = 0,
	TOP_KEY_TAB = '\t',
	TOP_KEY_ENTER = '\n',
	TOP_KEY_ESCAPE = 0x1b,
	TOP_KEY_BACKSPACE = 0x7f,
	TOP_KEY_OTHER = 256, /* no byte: the size has changed, and keys without a meaning */
	TOP_KEY_LEFT,
	TOP_KEY_RIGHT,
	TOP_KEY_UP, /* from here on: they scroll */
	TOP_KEY_DOWN,
	TOP_KEY_PAGE_UP,
	TOP_KEY_PAGE_DOWN,
	TOP_KEY_HOME,
	TOP_KEY_END,
};

struct top_view {
	enum rates_kind kind;
	enum rates_column by;
	bool reverse;
	char filter[64];
	bool typing; /* the filter, that is */
	bool paused;
	bool left;
	int64_t interval; /* ns */
	size_t first;     /* row on the screen */
	size_t page;      /* how many there is room for */
	size_t count;     /* how many there are */
};

void top_view_init(struct top_view *view, enum rates_kind kind, int64_t interval);

void top_view_key(struct top_view *view, int key);

/* As many rows as these, with room for page of them: scrolls no further than that. */
void top_view_fit(struct top_view *view, size_t count, size_t page);

#endif
