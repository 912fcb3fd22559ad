/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <uthash.h>

#include "common/buf.h"
#include "daemon/input/environment.h"
#include "daemon/input/import_args.h"
#include "daemon/input/json.h"
#include "daemon/input/source.h"

/* Tokens that are still to come; the one below goes on where the top one ends. */
struct frame {
	struct frame *below;
	struct tokens tokens;
	size_t next;
};

struct snippet {
	UT_hash_handle hh;
	const char *name;
	struct tokens tokens;
};

/* One import that was done: what the tokens it brought in point at. */
struct import_site {
	struct token token; /* first: tokens point here */
	const struct snippet *snippet;
	dev_t device; /* of the file, where it is none */
	ino_t inode;
};

static void push(struct source *s, struct tokens *tokens)
{
	struct frame *frame = mem_zalloc(sizeof *frame);

	frame->tokens = *tokens;
	frame->below = s->top;
	s->top = frame;
}

static void pop(struct source *s)
{
	struct frame *frame = s->top;

	s->top = frame->below;
	tokens_fini(&frame->tokens);
	free(frame);
}

const struct token *source_peek(struct source *s)
{
	while (s->top && s->top->next == s->top->tokens.count)
		pop(s);
	return s->top ? &s->top->tokens.items[s->top->next] : NULL;
}

bool source_next(struct source *s)
{
	const struct token *token = source_peek(s);

	if (s->has_current) {
		s->previous = s->current;
		s->has_previous = true;
	}
	s->has_current = token != NULL;
	if (!token)
		return false;
	s->current = *token;
	s->top->next++;
	return true;
}

bool source_at_line_start(const struct source *s)
{
	return !s->has_previous || token_starts_line(&s->previous, &s->current);
}

bool source_line_ends(struct source *s)
{
	const struct token *token = source_peek(s);

	return !token || token_starts_line(&s->current, token);
}

static int too_many(const struct token *at, struct error *err)
{
	return token_error(at, err, ERROR_LIMIT, "imports make the configuration too large");
}

/* Splits text into tokens, after its environment variables were replaced. */
static int lex(
    struct source *s, struct span text, const char *file, struct tokens *out, struct error *err)
{
	struct buf expanded = {0};
	int result;

	if (s->closed)
		return lexer_run(text, file, s->arena, out, err);
	if (environment_expand(text, &expanded, err) == -1) {
		buf_fini(&expanded);
		return error_at(err, "%s", file);
	}
	result = lexer_run(buf_span(&expanded), file, s->arena, out, err);
	buf_fini(&expanded);
	return result;
}

int source_init(struct source *s, struct span text, const char *file, struct arena *arena,
    json_t *warnings, struct error *err)
{
	struct tokens tokens = {0};
	struct stat st;

	*s = (struct source){.arena = arena, .warnings = warnings, .closed = !file};
	if (file && stat(file, &st) == 0) {
		s->device = st.st_dev;
		s->inode = st.st_ino;
	}
	file = arena_strdup(arena, file ? file : "Caddyfile");
	if (lex(s, text, file, &tokens, err) == -1) {
		tokens_fini(&tokens);
		return -1;
	}
	s->taken = tokens.count;
	push(s, &tokens);
	return 0;
}

void source_fini(struct source *s)
{
	struct snippet *snippet, *next;

	while (s->top)
		pop(s);
	HASH_ITER (hh, s->snippets, snippet, next) {
		HASH_DEL(s->snippets, snippet);
		tokens_fini(&snippet->tokens);
		free(snippet);
	}
}

int source_define(struct source *s, const char *name, const struct token *at, struct tokens *tokens,
    struct error *err)
{
	struct snippet *snippet;

	HASH_FIND_STR(s->snippets, name, snippet);
	if (snippet) {
		tokens_fini(tokens);
		return token_error(at, err, ERROR_INVALID, "snippet '%s' was defined before", name);
	}
	snippet = mem_zalloc(sizeof *snippet);
	snippet->name = arena_strdup(s->arena, name);
	snippet->tokens = *tokens;
	HASH_ADD_KEYPTR(hh, s->snippets, snippet->name, strlen(snippet->name), snippet);
	return 0;
}

/* A regular file's content, at most JSON_SIZE_MAX bytes. */
static int read_file(const char *path, struct buf *out, struct stat *st)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	ssize_t n = -1;

	if (fd == -1)
		return -1;
	if (fstat(fd, st) == -1)
		goto out;
	if (!S_ISREG(st->st_mode)) {
		errno = S_ISDIR(st->st_mode) ? EISDIR : EINVAL;
		goto out;
	}
	do {
		n = read(fd, buf_reserve(out, 65536), 65536);
		if (n > 0)
			buf_commit(out, (size_t)n);
		if (buf_len(out) > JSON_SIZE_MAX) {
			errno = EFBIG;
			n = -1;
		}
	} while (n > 0);
out:
	close(fd);
	return n == -1 ? -1 : 0;
}

/* Does the chain that led to token hold the snippet, or else the file, already? */
static int check_chain(
    const struct source *s, const struct import_site *site, const char *what, struct error *err)
{
	bool cycle =
	    !site->snippet && site->device == s->device && site->inode == s->inode && s->inode != 0;
	unsigned depth = 0;

	for (const struct token *t = site->token.imported_by; t && !cycle; t = t->imported_by) {
		const struct import_site *above = (const struct import_site *)t;

		cycle = site->snippet ? above->snippet == site->snippet
				      : !above->snippet && above->device == site->device &&
					    above->inode == site->inode;
		if (++depth >= IMPORT_DEPTH_MAX)
			return token_error(&site->token, err, ERROR_LIMIT,
			    "imports are nested more than %u deep", IMPORT_DEPTH_MAX);
	}
	if (cycle)
		return token_error(&site->token, err, ERROR_INVALID, "'%s' imports itself", what);
	return 0;
}

/*
 * Tells whether the tokens that pass are the definition of a snippet in what is imported: its
 * placeholders wait for its own import.
 */
struct definition {
	bool top_level;
	bool named, inside;
	size_t word; /* on its line */
	int nesting;
};

static bool in_definition(
    struct definition *def, const struct token *previous, const struct token *token)
{
	size_t length = strlen(token->text);

	if (!def->inside && def->top_level && def->nesting == 0) {
		if (!previous || token_starts_line(previous, token))
			def->word = 0;
		else
			def->word++;
		if (def->word == 0 && length >= 3 && token->text[0] == '(' &&
		    token->text[length - 1] == ')')
			def->named = true;
	}
	if (token_is(token, "{")) {
		def->nesting++;
		if (def->word == 1 && def->named && def->nesting == 1) {
			def->inside = true;
			def->named = false;
		}
	} else if (token_is(token, "}")) {
		def->nesting--;
		if (def->nesting == 0)
			def->inside = false;
	}
	return def->inside;
}

/* Appends imported, as seen from the import at site, to out. */
static int place(struct source *s, const struct tokens *imported, const struct import_site *site,
    const struct import_args *args, struct definition *def, struct tokens *out, struct error *err)
{
	for (size_t i = 0; i < imported->count; i++) {
		struct token token = imported->items[i];
		size_t before = out->count;

		token.imported_by = &site->token;
		if (in_definition(def, before ? &out->items[before - 1] : NULL, &token))
			tokens_add(out, &token);
		else
			import_args_apply(args, &token, s->arena, &s->bytes, s->warnings, out);
		s->taken += out->count - before;
		if (s->taken > TOKENS_MAX || s->bytes > IMPORT_BYTES_MAX)
			return too_many(&site->token, err);
	}
	return 0;
}

static struct import_site *new_site(struct source *s, const struct import_args *args)
{
	struct import_site *site = arena_alloc(s->arena, sizeof *site);

	site->token = args->site;
	return site;
}

static int import_snippet(struct source *s, const struct snippet *snippet,
    const struct import_args *args, struct definition *def, struct tokens *out, struct error *err)
{
	struct import_site *site = new_site(s, args);

	site->snippet = snippet;
	if (check_chain(s, site, snippet->name, err) == -1)
		return -1;
	return place(s, &snippet->tokens, site, args, def, out, err);
}

static int import_file(struct source *s, const char *path, const struct import_args *args,
    struct definition *def, struct tokens *out, struct error *err)
{
	struct import_site *site = new_site(s, args);
	struct tokens tokens = {0};
	struct buf text = {0};
	struct stat st;
	int result = -1;

	if (read_file(path, &text, &st) == -1) {
		token_error(
		    &args->site, err, ERROR_INVALID, "cannot import %s: %s", path, strerror(errno));
		goto out;
	}
	site->device = st.st_dev;
	site->inode = st.st_ino;
	s->bytes += buf_len(&text);
	if (s->bytes > IMPORT_BYTES_MAX)
		too_many(&args->site, err);
	else if (check_chain(s, site, path, err) == 0 &&
		 lex(s, buf_span(&text), arena_strdup(s->arena, path), &tokens, err) == 0)
		result = place(s, &tokens, site, args, def, out, err);
out:
	tokens_fini(&tokens);
	buf_fini(&text);
	return result;
}

static size_t count_char(const char *text, char c)
{
	size_t count = 0;

	for (; *text; text++)
		count += *text == c;
	return count;
}

/* The pattern, relative to the folder of the file that the directive stands in. */
static const char *pattern_path(struct source *s, const struct token *site, const char *pattern)
{
	const char *slash = strrchr(site->file, '/');

	if (pattern[0] == '/' || !slash)
		return pattern;
	return arena_printf(s->arena, "%.*s/%s", (int)(slash - site->file), site->file, pattern);
}

static int import_files(struct source *s, const char *pattern, const struct import_args *args,
    struct definition *def, struct tokens *out, struct error *err)
{
	const char *path = pattern_path(s, &args->site, pattern);
	bool wild = strpbrk(path, "*?[]") != NULL;
	glob_t found = {0};
	int result = 0;

	if (s->closed)
		return token_error(&args->site, err, ERROR_INVALID,
		    "no snippet '%s', and files cannot be imported here", pattern);
	if (count_char(path, '*') > 1 || count_char(path, '?') > 1 ||
	    (strchr(path, '[') && strchr(path, ']')))
		return token_error(&args->site, err, ERROR_INVALID,
		    "a pattern may have one '*' and one '?' only: %s", path);
	if (!wild)
		return import_file(s, path, args, def, out, err);
	if (glob(path, 0, NULL, &found) == 0)
		for (size_t i = 0; i < found.gl_pathc && result == 0; i++)
			result = import_file(s, found.gl_pathv[i], args, def, out, err);
	else if (s->warnings)
		json_array_append_new(s->warnings, json_sprintf("%s:%u: no file is called %s",
						       args->site.file, args->site.line, path));
	globfree(&found);
	return result;
}

/* The block behind an import directive. */
static int take_block(struct source *s, struct tokens *out, struct error *err)
{
	const struct token *token = source_peek(s);
	struct token open;
	int depth = 1;

	if (!token || token_starts_line(&s->current, token) || !token_is(token, "{"))
		return 0;
	open = *token;
	source_next(s);
	while (source_next(s)) {
		if (token_is(&s->current, "{") && out->count == 0)
			return token_error(&s->current, err, ERROR_INVALID,
			    "a block without a name cannot be handed to an import");
		if (token_is(&s->current, "{"))
			depth++;
		else if (token_is(&s->current, "}") && --depth == 0)
			return 0;
		tokens_add(out, &s->current);
	}
	return token_error(&open, err, ERROR_INVALID, "this '{' is never closed");
}

/* The directive's words: *pattern and the arguments. */
static int take_args(
    struct source *s, const char **pattern, struct import_args *args, struct error *err)
{
	const struct token *token;
	size_t size = 0;

	args->site = s->current;
	*pattern = NULL;
	while ((token = source_peek(s)) && !token_starts_line(&s->current, token) &&
	       !token_is(token, "{")) {
		source_next(s);
		if (!*pattern) {
			*pattern = s->current.text;
			continue;
		}
		if (args->count == size) {
			size = size ? 2 * size : 8;
			args->items = mem_realloc(args->items, size * sizeof *args->items);
		}
		args->items[args->count++] = s->current.text;
	}
	if (!*pattern || !**pattern)
		return token_error(&args->site, err, ERROR_INVALID,
		    "import needs the name of a snippet or a file");
	return take_block(s, &args->block, err);
}

int source_import(struct source *s, bool top_level, struct error *err)
{
	struct definition def = {.top_level = top_level, .nesting = top_level ? 0 : 1};
	struct token before = s->previous;
	bool had_before = s->has_previous;
	struct import_args args = {0};
	struct tokens tokens = {0};
	struct snippet *snippet;
	const char *pattern;
	int result = -1;

	if (take_args(s, &pattern, &args, err) == 0) {
		HASH_FIND_STR(s->snippets, pattern, snippet);
		if (snippet)
			result = import_snippet(s, snippet, &args, &def, &tokens, err);
		else
			result = import_files(s, pattern, &args, &def, &tokens, err);
	}
	if (result == 0)
		push(s, &tokens);
	else
		tokens_fini(&tokens);
	free(args.items);
	tokens_fini(&args.block);
	s->current = before;
	s->has_current = had_before;
	s->has_previous = false;
	return result;
}
