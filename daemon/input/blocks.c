/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "daemon/input/blocks.h"
#include "daemon/input/source.h"

/* Braces nested deeper than any adapter looks. */
#define NESTING_MAX 64

struct vector {
	void *items;
	size_t count, size;
};

struct parser {
	struct source source;
	struct tokens words; /* of the segment at hand, or the keys */
	struct vector segments, blocks;
};

static void *vector_add(struct vector *v, size_t item)
{
	if (v->count == v->size) {
		v->size = v->size ? 2 * v->size : 16;
		v->items = mem_realloc(v->items, v->size * item);
	}
	return (char *)v->items + v->count++ * item;
}

static void *keep(struct parser *p, const void *items, size_t count, size_t size)
{
	void *copy;

	if (count == 0)
		return NULL;
	copy = arena_array(p->source.arena, count, size);
	memcpy(copy, items, count * size);
	return copy;
}

static int check_empty_block(struct parser *p, struct error *err)
{
	if (!token_is(&p->source.current, "{}") || !source_line_ends(&p->source))
		return 0;
	return token_error(&p->source.current, err, ERROR_INVALID,
	    "'{}' is a word: write a block as '{', a line end and '}'");
}

/* A brace in a segment: what may stand beside it. */
static int check_brace(struct parser *p, bool new_line, struct error *err)
{
	const struct token *token = &p->source.current;

	if (token_is(token, "{")) {
		if (!source_line_ends(&p->source))
			return token_error(
			    token, err, ERROR_INVALID, "a line must end behind '%s'", token->text);
		if (new_line)
			return token_error(token, err, ERROR_INVALID,
			    "'%s' belongs at the end of the line before", token->text);
	} else if (token_is(token, "}") && !source_line_ends(&p->source)) {
		return token_error(
		    token, err, ERROR_INVALID, "a line must end behind '%s'", token->text);
	}
	return check_empty_block(p, err);
}

/* The directive at the current token, to the end of its line or block. */
static int segment(struct parser *p, struct error *err)
{
	struct token first = p->source.current;
	const struct token *token;
	int nesting = 0;

	p->words.count = 0;
	tokens_add(&p->words, &first);
	while ((token = source_peek(&p->source))) {
		bool new_line = token_starts_line(&p->source.current, token);

		if (new_line && nesting == 0 && !token_is(token, "{"))
			break;
		source_next(&p->source);
		token = &p->source.current;
		if (check_brace(p, new_line, err) == -1)
			return -1;
		if (new_line && strcmp(token->text, "import") == 0) {
			if (source_import(&p->source, false, err) == -1)
				return -1;
			continue;
		}
		if (token_is(token, "{") && ++nesting > NESTING_MAX)
			return token_error(
			    token, err, ERROR_INVALID, "blocks are nested too deeply");
		if (token_is(token, "}") && --nesting < 0)
			return token_error(
			    token, err, ERROR_INVALID, "'%s' closes nothing", token->text);
		tokens_add(&p->words, token);
	}
	if (nesting > 0)
		return token_error(
		    &first, err, ERROR_INVALID, "the block of '%s' is never closed", first.text);
	*(struct segment *)vector_add(&p->segments, sizeof(struct segment)) = (struct segment){
	    keep(p, p->words.items, p->words.count, sizeof *p->words.items), p->words.count};
	return 0;
}

/* The directives of a block, from the current token. Ends with the closing brace current. */
static int directives(struct parser *p, const struct block *block, struct error *err)
{
	bool more = p->source.has_current;

	while (more) {
		const struct token *token = &p->source.current;

		if (token_is(token, "}")) {
			if (block->braces)
				return 0;
			return token_error(
			    token, err, ERROR_INVALID, "'%s' closes nothing", token->text);
		}
		if (strcmp(token->text, "import") == 0) {
			if (source_import(&p->source, false, err) == -1)
				return -1;
		} else if (segment(p, err) == -1) {
			return -1;
		}
		more = source_next(&p->source);
	}
	return 0;
}

/* Everything up to the brace that closes the one at the current token, as it stands. */
static int raw_block(struct parser *p, struct tokens *out, struct error *err)
{
	struct token open = p->source.current;
	int depth = 1;

	if (!p->source.has_current || !token_is(&open, "{"))
		return token_error(
		    &open, err, ERROR_INVALID, "expected '{' instead of '%s'", open.text);
	while (source_next(&p->source)) {
		if (token_is(&p->source.current, "{"))
			depth++;
		else if (token_is(&p->source.current, "}") && --depth == 0)
			return 0;
		tokens_add(out, &p->source.current);
	}
	return token_error(&open, err, ERROR_INVALID, "this '%s' is never closed", open.text);
}

static int check_address(const struct token *token, struct error *err)
{
	size_t length = strlen(token->text);

	if (token_is(token, "}"))
		return token_error(token, err, ERROR_INVALID, "'}' closes nothing");
	if (token->text[0] == '@')
		return token_error(token, err, ERROR_INVALID,
		    "'%s': matchers are defined inside of blocks, not outside", token->text);
	if (length > 0 && token->text[length - 1] == '{' && !token->quote)
		return token_error(
		    token, err, ERROR_INVALID, "put a space before the '{' of '%s'", token->text);
	if (length > 0 && memchr(token->text, ',', length - 1))
		return token_error(
		    token, err, ERROR_INVALID, "put a space behind the comma in '%s'", token->text);
	return 0;
}

/* Takes one address of a block's keys, without a comma behind it, which sets *comma. */
static void add_key(struct parser *p, bool *comma)
{
	struct token key = p->source.current;
	size_t length = strlen(key.text);

	if (length == 0)
		return;
	*comma = key.text[length - 1] == ',';
	if (*comma)
		key.text = arena_strndup(p->source.arena, key.text, length - 1);
	if (key.text[0])
		tokens_add(&p->words, &key);
}

/*
 * A block's keys, from the current token. Ends on '{', which may stand on the next line, or on the
 * first token of the next line.
 */
static int keys(struct parser *p, bool *braces, struct error *err)
{
	bool comma = false, more = true;

	p->words.count = 0;
	while (more) {
		const struct token *token = &p->source.current;

		if (strcmp(token->text, "import") == 0 && source_at_line_start(&p->source)) {
			if (source_import(&p->source, true, err) == -1)
				return -1;
			more = source_next(&p->source);
			continue;
		}
		*braces = token_is(token, "{");
		if (*braces && comma)
			return token_error(token, err, ERROR_INVALID,
			    "expected another address instead of '%s'", token->text);
		if (*braces)
			return 0;
		if (check_address(token, err) == -1 || check_empty_block(p, err) == -1)
			return -1;
		add_key(p, &comma);
		more = source_next(&p->source);
		if (more && !comma && source_at_line_start(&p->source))
			break;
	}
	*braces = more && token_is(&p->source.current, "{");
	if (comma)
		return token_error(&p->source.previous, err, ERROR_INVALID,
		    "expected another address behind '%s'", p->source.previous.text);
	return 0;
}

static bool is_snippet(const struct block *block)
{
	size_t length = block->key_count == 1 ? strlen(block->keys[0].text) : 0;

	return length > 2 && block->keys[0].text[0] == '(' &&
	       block->keys[0].text[length - 1] == ')';
}

static int snippet(struct parser *p, const struct token *key, struct error *err)
{
	struct tokens body = {0};
	const char *name = arena_strndup(p->source.arena, key->text + 1, strlen(key->text) - 2);

	if (raw_block(p, &body, err) == -1) {
		tokens_fini(&body);
		return -1;
	}
	return source_define(&p->source, name, key, &body, err);
}

/* "import" as the only thing before a block: probably an import before the global options. */
static int check_options_place(const struct parser *p, const struct block *block, struct error *err)
{
	if (block->key_count == 0 && p->blocks.count > 0)
		return token_error(&p->source.current, err, ERROR_INVALID,
		    "a block without an address is the global options, which come first");
	return 0;
}

static void take_segments(struct parser *p, struct block *b)
{
	b->segment_count = p->segments.count;
	b->segments = keep(p, p->segments.items, b->segment_count, sizeof *b->segments);
}

/* The block that begins at the current token. */
static int block(struct parser *p, struct error *err)
{
	struct block b = {0};
	struct token open;

	if (keys(p, &b.braces, err) == -1)
		return -1;
	b.key_count = p->words.count;
	b.keys = keep(p, p->words.items, p->words.count, sizeof *p->words.items);
	if (!p->source.has_current && b.key_count == 0)
		return 0;
	if (is_snippet(&b) && p->source.has_current)
		return snippet(p, &b.keys[0], err);
	if (check_options_place(p, &b, err) == -1)
		return -1;
	p->segments.count = 0;
	open = p->source.current;
	if (b.braces)
		source_next(&p->source);
	if (directives(p, &b, err) == -1)
		return -1;
	if (b.braces && !p->source.has_current)
		return token_error(&open, err, ERROR_INVALID, "this '{' is never closed");
	take_segments(p, &b);
	if (b.key_count || b.segment_count)
		*(struct block *)vector_add(&p->blocks, sizeof b) = b;
	return 0;
}

static void parser_fini(struct parser *p)
{
	source_fini(&p->source);
	tokens_fini(&p->words);
	free(p->segments.items);
	free(p->blocks.items);
}

int blocks_parse(struct span text, const char *file, struct arena *arena, json_t *warnings,
    struct blocks *out, struct error *err)
{
	struct parser p = {0};
	int result;

	result = source_init(&p.source, text, file, arena, warnings, err);
	while (result == 0 && source_next(&p.source))
		result = block(&p, err);
	out->count = p.blocks.count;
	out->items = keep(&p, p.blocks.items, p.blocks.count, sizeof *out->items);
	parser_fini(&p);
	return result;
}

int blocks_parse_inside(struct span text, struct arena *arena, struct block *out, struct error *err)
{
	struct parser p = {0};
	int result;

	*out = (struct block){0};
	result = source_init(&p.source, text, NULL, arena, NULL, err);
	if (result == 0 && source_next(&p.source))
		result = directives(&p, out, err);
	take_segments(&p, out);
	parser_fini(&p);
	return result;
}
