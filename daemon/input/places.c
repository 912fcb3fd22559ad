/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "daemon/input/places.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uthash.h>

#include "common/arena.h"

#define TEXT_MAX 512
#define ARENA_SIZE 4096

struct place_note {
	json_t *value;
	const char *text;
	UT_hash_handle hh;
};

static _Thread_local struct places *listening;

void places_begin(struct places *places)
{
	*places = (struct places){.arena = arena_new(ARENA_SIZE), .outer = listening};
	listening = places;
}

void places_keep(struct places *places)
{
	if (listening == places)
		listening = places->outer;
}

void places_end(struct places *places)
{
	struct place_note *place, *next;

	places_keep(places);
	HASH_ITER (hh, places->table, place, next)
		json_decref(place->value);
	HASH_CLEAR(hh, places->table);
	arena_free(places->arena);
}

/* Many values come from one line, one after the other. */
static const char *text_of(struct places *places, const struct token *token)
{
	const struct token *last = places->last;
	char text[TEXT_MAX];

	if (last == NULL || token_starts_line(last, token) || token->line != last->line)
		places->last_text =
		    arena_strdup(places->arena, token_place(token, text, sizeof(text)));
	places->last = token;
	return places->last_text;
}

static struct place_note *find(const struct places *places, const json_t *value)
{
	struct place_note *found;

	HASH_FIND_PTR(places->table, &value, found);
	return found;
}

const char *places_of(const struct places *places, const json_t *value)
{
	const struct place_note *place = find(places, value);

	return place != NULL ? place->text : NULL;
}

static void note(json_t *value, const char *text)
{
	struct place_note *place = find(listening, value);

	if (place == NULL) {
		place = arena_alloc(listening->arena, sizeof(*place));
		place->value = json_incref(value);
		HASH_ADD_PTR(listening->table, value, place);
	}
	place->text = text;
}

void places_note(json_t *value, const struct token *token)
{
	if (listening == NULL ||
	    !(json_is_object(value) || json_is_array(value) || json_is_string(value)))
		return;
	note(value, text_of(listening, token));
}

void places_note_at(json_t *value, const struct dispenser *d)
{
	if (d->count > 0)
		places_note(value, &d->tokens[d->cursor < 0 ? 0 : d->cursor]);
}

void places_note_copy(json_t *copy, const json_t *value)
{
	const struct place_note *place = listening != NULL ? find(listening, value) : NULL;

	if (place != NULL)
		note(copy, place->text);
}

json_t *places_copy(const json_t *value)
{
	json_t *copy = json_deep_copy(value);

	places_note_copy(copy, value);
	return copy;
}

const char *places_find(const struct jnode *node, char *out, size_t size)
{
	const struct place_note *place = NULL;
	const struct jnode *at = node;
	int used;

	if (listening == NULL)
		return NULL;
	for (; at != NULL; at = at->parent) {
		place = at->value != NULL ? find(listening, at->value) : NULL;
		if (place != NULL)
			break;
	}
	if (place == NULL)
		return NULL;
	used = snprintf(out, size, "%s%s", place->text, at != node ? ": " : "");
	if (used > 0 && (size_t)used < size)
		jnode_path_from(at, node, out + used, size - (size_t)used);
	return out;
}
