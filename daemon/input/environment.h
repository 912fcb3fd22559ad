/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * "{$NAME}" and "{$NAME:default}" in a Caddyfile, replaced before it is split into words: a value
 * may be several words or lines.
 */
#ifndef DAEMON_INPUT_ENVIRONMENT_H
#define DAEMON_INPUT_ENVIRONMENT_H

#include "common/buf.h"
#include "common/error.h"
#include "common/span.h"

/* What a text may grow to. */
#define ENVIRONMENT_TEXT_MAX (64u << 20)

/*
 * Appends text to out with each such span replaced by the variable's value, or its default, or
 * nothing. Values are not looked at again. Returns 0, or -1 with err where it grows too large.
 */
int environment_expand(struct span text, struct buf *out, struct error *err);

#endif
