/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What an import directive hands to what it imports: arguments, "{args[0]}" and "{args[1:]}", and
 * a block, "{block}" and "{blocks.name}".
 */
#ifndef DAEMON_INPUT_IMPORT_ARGS_H
#define DAEMON_INPUT_IMPORT_ARGS_H

#include <jansson.h>

#include "common/arena.h"
#include "daemon/input/lexer.h"

struct import_args {
	const char **items; /* the arguments */
	size_t count;
	struct tokens block; /* between the braces */
	struct token site;   /* the directive itself */
};

/*
 * Appends token's replacement to out: usually itself, with the arguments put into its text. What
 * refers to no argument stays, and warnings (an array, may be NULL) says so. *work grows by the
 * bytes of text that were made in arena and the tokens that were looked through.
 */
void import_args_apply(const struct import_args *args, const struct token *token,
    struct arena *arena, size_t *work, json_t *warnings, struct tokens *out);

#endif
