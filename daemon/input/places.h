/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Where the values of a document stand in the Caddyfile that it is made from. While somebody on
 * this thread listens, adapters note it, and what is said of a value, or of one within it, names
 * file and line instead of the way to a place that the operator never wrote.
 */
#ifndef DAEMON_INPUT_PLACES_H
#define DAEMON_INPUT_PLACES_H

#include <stdbool.h>
#include <stddef.h>
#include <jansson.h>

#include "daemon/input/dispenser.h"
#include "daemon/input/json.h"

struct place_note;

struct places {
	struct arena *arena;      /* texts */
	struct place_note *table; /* by value; each has a reference, so that none comes again */
	struct places *outer;     /* who listened before */
	const struct token *last;
	const char *last_text;
};

/*
 * Empties places, and has values noted in it until places_end(), which forgets them, or
 * places_keep(), from which on only places_of() knows of them.
 */
void places_begin(struct places *places);
void places_keep(struct places *places);
void places_end(struct places *places);

/* The value was made from token. Texts, lists and objects only: others may be shared. */
void places_note(json_t *value, const struct token *token);
/* The same, from the token at the cursor. */
void places_note_at(json_t *value, const struct dispenser *d);
/* copy stands where value does. */
void places_note_copy(json_t *copy, const json_t *value);
/* A deep copy that does. */
json_t *places_copy(const json_t *value);

/* "Caddyfile:7", borrowed; NULL: the value was not noted. */
const char *places_of(const struct places *places, const json_t *value);

/*
 * The same of a value, or of the innermost one around it that was noted, then, where that is
 * not node itself, ": " and the way from there ("tls.ca"). Returns out, or NULL where none was.
 */
const char *places_find(const struct jnode *node, char *out, size_t size);

#endif
