/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The Caddyfile formatter: formatting again changes nothing, and what was formatted has the same
 * words as before, on the same lines. Braces may move, and those written to a word are cut off it.
 */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "daemon/input/format.h"
#include "daemon/input/lexer.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool is_brace(const struct token *token)
{
	return token_is(token, "{") || token_is(token, "}");
}

static void compare(const struct tokens *a, const struct tokens *b)
{
	for (size_t i = 0; i < a->count; i++) {
		const struct token *x = &a->items[i], *y = &b->items[i];

		if (strcmp(x->text, y->text) != 0 || x->quote != y->quote)
			abort();
		if (i == 0 || is_brace(x) || is_brace(x - 1))
			continue;
		if (token_starts_line(x - 1, x) != token_starts_line(y - 1, y))
			abort();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *arena = arena_new(4096);
	struct tokens before = {0}, after = {0};
	struct buf text = {0}, once = {0}, twice = {0};
	struct error err;

	/*
	 * A last word "<<A" is a heredoc only with a line end behind it. Carriage returns inside of
	 * lines are left out: they are nothing, but here they would be looked at one by one.
	 */
	for (size_t i = 0; i < size; i++)
		if (data[i] != '\r' || (i + 1 < size && data[i + 1] == '\n'))
			buf_append(&text, &data[i], 1);
	buf_append_str(&text, "\n");
	if (memmem(text.data, buf_len(&text), "\xef\xbb\xbf", 3) != NULL)
		goto out; /* a byte order mark that came to the front would be taken for one */
	caddyfile_format(buf_span(&text), &once);
	caddyfile_format(buf_span(&once), &twice);
	if (!span_eq(buf_span(&once), buf_span(&twice)))
		abort();
	if (lexer_run(buf_span(&text), "before", arena, &before, &err) == 0) {
		if (lexer_run(buf_span(&once), "after", arena, &after, &err) == -1)
			abort();
		if (before.count == after.count)
			compare(&before, &after);
	}
out:
	tokens_fini(&before);
	tokens_fini(&after);
	buf_fini(&text);
	buf_fini(&once);
	buf_fini(&twice);
	arena_free(arena);
	return 0;
}
