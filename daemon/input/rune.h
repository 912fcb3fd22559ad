/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Reading text one Unicode character at a time, as the Caddyfile's lexer and formatter do.
 */
#ifndef DAEMON_INPUT_RUNE_H
#define DAEMON_INPUT_RUNE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/span.h"

#define RUNE_NONE 0          /* at the end */
#define RUNE_BAD 0xffffffffu /* not UTF-8 (RFC 3629), or NUL */

/* The character at the front of s; *size is how many bytes it has (1 for RUNE_BAD). */
uint32_t rune_at(struct span s, size_t *size);

/* White space as Unicode has it, the line feed included. */
bool rune_is_space(uint32_t rune);

#endif
