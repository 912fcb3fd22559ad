/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Short placeholders of site blocks, such as "{host}" and "{query.name}", and the long ones that
 * they stand for.
 */
#ifndef DAEMON_CONFIG_SHORTHAND_H
#define DAEMON_CONFIG_SHORTHAND_H

#include "common/arena.h"

/* text with its short placeholders written out: text itself, or a copy in arena. */
const char *shorthand_expand(struct arena *arena, const char *text);

#endif
