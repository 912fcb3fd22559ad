/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The Caddyfile formatter: one space between words, one tab a level, blocks on lines of their own,
 * at most one blank line. What the words mean stays the same, and formatting again changes nothing.
 */
#ifndef DAEMON_INPUT_FORMAT_H
#define DAEMON_INPUT_FORMAT_H

#include "common/buf.h"
#include "common/span.h"

/* Appends in, formatted, to out. Any bytes are taken; what is no Caddyfile is kept as it can be. */
void caddyfile_format(struct span in, struct buf *out);

#endif
