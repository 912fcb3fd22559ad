/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A Caddyfile's outline: server blocks with their keys, each a list of segments (a directive with
 * its arguments and block). What a segment means is decided elsewhere.
 */
#ifndef DAEMON_INPUT_BLOCKS_H
#define DAEMON_INPUT_BLOCKS_H

#include <stdbool.h>
#include <stddef.h>
#include <jansson.h>

#include "common/arena.h"
#include "common/error.h"
#include "common/span.h"
#include "daemon/input/dispenser.h"

struct segment {
	struct token *tokens;
	size_t count;
};

struct block {
	struct token *keys; /* none: the global options */
	size_t key_count;
	struct segment *segments;
	size_t segment_count;
	bool braces;
};

struct blocks {
	struct block *items;
	size_t count;
};

/*
 * Reads text, which came from file (NULL: from elsewhere; then it may neither import files nor
 * read the environment). Everything in out lives in arena. warnings is an array to append texts
 * to, or NULL. Returns 0, or -1 with err.
 */
int blocks_parse(struct span text, const char *file, struct arena *arena, json_t *warnings,
    struct blocks *out, struct error *err);

/*
 * The same for a text that is the inside of one block, and came from elsewhere than a file. out has
 * no keys.
 */
int blocks_parse_inside(
    struct span text, struct arena *arena, struct block *out, struct error *err);

#endif
