/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What is different between two texts, line by line, as diff -u shows it.
 */
#ifndef DAEMON_INPUT_LINE_DIFF_H
#define DAEMON_INPUT_LINE_DIFF_H

#include <stdio.h>

#include "common/span.h"

/*
 * Writes to to how before becomes after, in the unified format with three lines of context, both
 * called name. Equal texts: nothing. Where very many lines differ in a row they are shown as
 * replaced whole.
 */
void line_diff(struct span before, struct span after, const char *name, FILE *to);

#endif
