/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "daemon/config/fragment.h"

#include <ctype.h>
#include <string.h>

#include "common/arena.h"
#include "daemon/core/adapt.h"
#include "daemon/input/blocks.h"
#include "daemon/input/lexer.h"

#define FRAGMENT_ARENA 16384

bool fragment_is_json(const char *text)
{
	while (isspace((unsigned char)*text))
		text++;
	return *text == '{' || *text == '[' || *text == '"';
}

/* Nothing but matchers and one route. */
static int check_segments(const struct block *block, struct error *err)
{
	const struct token *first;
	size_t i, routes = 0;

	for (i = 0; i < block->segment_count; i++) {
		first = &block->segments[i].tokens[0];
		if (first->text[0] == '@')
			continue;
		if (strcmp(first->text, "route") != 0)
			return token_error(first, err, ERROR_INVALID,
			    "'%s' stands for no route: only a 'route' block and its matchers "
			    "('@name ...') can be here",
			    first->text);
		if (++routes > 1)
			return token_error(
			    first, err, ERROR_INVALID, "a second route: add one at a time");
	}
	if (routes == 0)
		return error_set(err, ERROR_INVALID,
		    "there is no route: write it as JSON or as a 'route' block");
	return 0;
}

/* The segments as the block of a server has them: in braces, behind a word. */
static struct dispenser in_braces(const struct block *block, struct arena *arena)
{
	static const struct token word = {.text = "fragment", .file = "Caddyfile"};
	struct token *tokens;
	size_t i, count = 3, used = 0;

	for (i = 0; i < block->segment_count; i++)
		count += block->segments[i].count;
	tokens = arena_array(arena, count, sizeof(*tokens));
	tokens[used++] = word;
	tokens[used] = word;
	tokens[used++].text = "{";
	for (i = 0; i < block->segment_count; i++) {
		memcpy(tokens + used, block->segments[i].tokens,
		    block->segments[i].count * sizeof(*tokens));
		used += block->segments[i].count;
	}
	tokens[used] = tokens[used - 1];
	tokens[used].text = "}";
	tokens[used].quote = 0;
	tokens[used].line += tokens[used].line_breaks + 1;
	tokens[used++].line_breaks = 0;
	return dispenser_of(tokens, used);
}

static int adapt(const struct block *block, struct arena *arena, json_t **out, struct error *err)
{
	struct dispenser d = in_braces(block, arena);
	json_t *server = json_object();
	int rc;

	dispenser_next(&d);
	rc = adapt_routes(&d, server, 0, err);
	if (rc == 0)
		*out = json_incref(json_array_get(json_object_get(server, "routes"), 0));
	json_decref(server);
	return rc;
}

int fragment_route(const char *text, size_t length, json_t **out, struct error *err)
{
	struct arena *arena = arena_new(FRAGMENT_ARENA);
	struct block block;
	int rc = -1;

	if (blocks_parse_inside(span_of(text, length), arena, &block, err) == 0 &&
	    check_segments(&block, err) == 0)
		rc = adapt(&block, arena, out, err);
	arena_free(arena);
	return rc;
}
