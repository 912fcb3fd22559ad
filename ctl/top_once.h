/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What two looks at the daemon say, printed once.
 */
#ifndef CTL_TOP_ONCE_H
#define CTL_TOP_ONCE_H

#include "ctl/command.h"
#include "ctl/rates.h"

/* What JSON has of each row, and beside them. */
extern const struct column top_once_columns[], top_once_beside[];

/* Looks, waits interval (ns), looks again and prints. kind NULL: all. As a command's run(). */
int top_once(struct context *c, const enum rates_kind *kind, int64_t interval);

#endif
