/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "daemon/regex/go_syntax.h"

#include <ctype.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/regex/go_class.h"

#define REPEAT_MAX 1000
#define PATTERN_SHOWN 200

/* An open parenthesis, and the pattern itself. */
struct level {
	size_t start;   /* in the output */
	size_t repeats; /* most copies of anything in it, by nested {n,m} */
};

struct translator {
	struct go_reader in;
	struct arena *arena;
	struct buf *out;
	struct go_groups *groups;
	struct level levels[GO_NESTING_MAX + 1];
	size_t depth;
	/* The last thing that a repetition could follow. */
	bool atom, repeated;
	bool wrap; /* it must be put in a group first */
	size_t atom_start, atom_repeats;
};

int go_syntax_error(struct error *err, const char *pattern, size_t position, const char *what)
{
	size_t n = strlen(pattern);

	return error_set(err, ERROR_INVALID, "regular expression '%.*s%s', position %zu: %s",
	    (int)(n > PATTERN_SHOWN ? PATTERN_SHOWN : n), pattern, n > PATTERN_SHOWN ? "..." : "",
	    position + 1, what);
}

static int refuse(const struct translator *t, size_t position, const char *what, struct error *err)
{
	return go_syntax_error(err, t->in.pattern, position, what);
}

/* --- atoms ----------------------------------------------------------------------------------- */

static void atom_begin(struct translator *t)
{
	t->atom = true;
	t->repeated = false;
	t->wrap = false;
	t->atom_start = buf_len(t->out);
	t->atom_repeats = 1;
}

static void no_atom(struct translator *t)
{
	t->atom = false;
	t->repeated = false;
}

static void literal(struct translator *t, uint32_t c)
{
	atom_begin(t);
	t->wrap = go_put_literal(t->out, c, t->in.text) > 1 && !t->in.text;
}

/* PCRE2 refuses a repetition right behind an assertion, and takes it behind a group. */
static void assertion(struct translator *t, const char *what)
{
	atom_begin(t);
	t->wrap = true;
	buf_append_str(t->out, what);
}

static void wrap_atom(struct translator *t)
{
	size_t n = buf_len(t->out) - t->atom_start;
	uint8_t *at;

	buf_reserve(t->out, 4);
	at = t->out->data + t->out->start + t->atom_start;
	memmove(at + 3, at, n);
	memcpy(at, "(?:", 3);
	at[n + 3] = ')';
	buf_commit(t->out, 4);
	t->wrap = false;
}

/* --- repetitions ----------------------------------------------------------------------------- */

/* Digits as Go has them here: no leading zero. Values above the limit are all the same. */
static bool read_count(const char **p, size_t *out)
{
	const char *s = *p;

	if (!isdigit((unsigned char)*s) || (s[0] == '0' && isdigit((unsigned char)s[1])))
		return false;
	for (*out = 0; isdigit((unsigned char)*s); s++) {
		if (*out <= REPEAT_MAX)
			*out = *out * 10 + (size_t)(*s - '0');
	}
	*p = s;
	return true;
}

/* {n}, {n,} or {n,m} at s. Returns its length; 0: it is no repetition, and "{" stands for itself.
 */
static size_t read_braces(const char *s, size_t *min, size_t *max, bool *open)
{
	const char *p = s + 1;

	*open = false;
	if (!read_count(&p, min))
		return 0;
	*max = *min;
	if (*p == ',') {
		p++;
		*open = *p == '}';
		if (!*open && !read_count(&p, max))
			return 0;
	}
	return *p == '}' ? (size_t)(p + 1 - s) : 0;
}

/* Writes the repetition of length bytes at the position, and "?" behind it. */
static int repeat(struct translator *t, size_t length, size_t copies, struct error *err)
{
	size_t position = t->in.at;

	if (t->repeated)
		return refuse(t, position,
		    "a repetition of a repetition (possessive ones are not supported)", err);
	if (!t->atom)
		return refuse(t, position, "a repetition of nothing", err);
	t->atom_repeats *= copies;
	if (t->atom_repeats > REPEAT_MAX)
		return refuse(t, position, "more than 1000 repetitions", err);
	if (t->wrap)
		wrap_atom(t);
	buf_append(t->out, t->in.pattern + position, length);
	t->in.at += length;
	if (go_peek(&t->in, 0) == '?') {
		buf_append(t->out, "?", 1);
		t->in.at++;
	}
	t->repeated = true;
	return 0;
}

static void count_repeats(struct translator *t)
{
	if (t->atom && t->atom_repeats > t->levels[t->depth].repeats)
		t->levels[t->depth].repeats = t->atom_repeats;
}

static int braces(struct translator *t, struct error *err)
{
	size_t min, max, length;
	bool open;

	length = read_braces(t->in.pattern + t->in.at, &min, &max, &open);
	if (length == 0) {
		count_repeats(t);
		literal(t, '{');
		t->in.at++;
		return 0;
	}
	if (min > REPEAT_MAX || max > REPEAT_MAX)
		return refuse(t, t->in.at, "more than 1000 repetitions", err);
	if (!open && min > max)
		return refuse(t, t->in.at, "the repetition's bounds are in the wrong order", err);
	return repeat(t, length, open ? min : max, err);
}

/* --- groups ---------------------------------------------------------------------------------- */

static int open_level(struct translator *t, size_t position, struct error *err)
{
	if (t->depth == GO_NESTING_MAX)
		return refuse(t, position, "parentheses nested too deeply", err);
	t->depth++;
	t->levels[t->depth] = (struct level){.start = buf_len(t->out)};
	no_atom(t);
	return 0;
}

/* The array doubles: at a power of two it is full. */
static void add_group(struct translator *t, const char *name)
{
	struct go_groups *g = t->groups;
	const char **names;

	if ((g->count & (g->count - 1)) == 0) {
		names = arena_array(t->arena, g->count > 0 ? 2 * g->count : 1, sizeof(*names));
		if (g->count > 0)
			memcpy(names, g->names, g->count * sizeof(*names));
		g->names = names;
	}
	g->names[g->count++] = name;
}

/* "(?P<name>" or "(?<name>", n bytes before the name. */
static int named_group(struct translator *t, size_t n, struct error *err)
{
	const char *name = t->in.pattern + t->in.at + n;
	size_t length = strcspn(name, ">"), i;
	char *copy;

	for (i = 0; i < length && (isalnum((unsigned char)name[i]) || name[i] == '_'); i++)
		;
	if (length == 0 || i < length || name[length] != '>')
		return refuse(t, t->in.at, "the group's name is missing or malformed", err);
	copy = arena_strndup(t->arena, name, length);
	if (open_level(t, t->in.at, err) != 0)
		return -1;
	add_group(t, copy);
	buf_append(t->out, "(", 1);
	t->in.at += n + length + 1;
	return 0;
}

/* Length of the flags in "(?i-s:" or "(?i)", both ends included; 0: they are none. */
static size_t flags_length(const char *s)
{
	const char *p = s + 2;
	bool negative = false, seen = false;

	for (; *p != '\0' && strchr("imsU-", *p) != NULL; p++) {
		if (*p == '-' && negative)
			return 0;
		negative = negative || *p == '-';
		seen = *p != '-';
	}
	if ((*p != ':' && *p != ')') || (negative && !seen))
		return 0;
	return (size_t)(p + 1 - s);
}

static const char *refused_group(const char *s)
{
	if (strncmp(s, "(?=", 3) == 0 || strncmp(s, "(?!", 3) == 0 || strncmp(s, "(?<=", 4) == 0 ||
	    strncmp(s, "(?<!", 4) == 0)
		return "look-around is not supported";
	if (strncmp(s, "(?>", 3) == 0)
		return "atomic groups are not supported";
	if (strncmp(s, "(?(", 3) == 0)
		return "conditions are not supported";
	if (strncmp(s, "(?R", 3) == 0 || strncmp(s, "(?&", 3) == 0 || strncmp(s, "(?P>", 4) == 0 ||
	    (s[0] == '(' && s[1] == '?' && isdigit((unsigned char)s[2])))
		return "recursion is not supported";
	if (strncmp(s, "(?P=", 4) == 0)
		return "back-references are not supported";
	if (strncmp(s, "(?C", 3) == 0)
		return "call-outs are not supported";
	return "unknown kind of group after '(?'";
}

static int open_group(struct translator *t, struct error *err)
{
	const char *s = t->in.pattern + t->in.at;
	size_t length;

	count_repeats(t);
	if (s[1] != '?') {
		if (open_level(t, t->in.at, err) != 0)
			return -1;
		add_group(t, NULL);
		length = 1;
	} else if (strncmp(s, "(?P<", 4) == 0) {
		return named_group(t, 4, err);
	} else if (s[2] == '<' && s[3] != '=' && s[3] != '!') {
		return named_group(t, 3, err);
	} else {
		length = flags_length(s);
		if (length == 0)
			return refuse(t, t->in.at, refused_group(s), err);
		if (s[length - 1] == ')')
			no_atom(t);
		else if (open_level(t, t->in.at, err) != 0)
			return -1;
	}
	buf_append(t->out, s, length);
	t->in.at += length;
	return 0;
}

static int close_group(struct translator *t, struct error *err)
{
	struct level level;

	if (t->depth == 0)
		return refuse(t, t->in.at, "')' without '('", err);
	count_repeats(t);
	level = t->levels[t->depth--];
	buf_append(t->out, ")", 1);
	t->in.at++;
	t->atom = true;
	t->repeated = false;
	t->wrap = false;
	t->atom_start = level.start;
	t->atom_repeats = level.repeats > 0 ? level.repeats : 1;
	return 0;
}

/* --- escapes --------------------------------------------------------------------------------- */

static void quoted(struct translator *t)
{
	t->in.at += 2;
	while (t->in.at < t->in.length && strncmp(t->in.pattern + t->in.at, "\\E", 2) != 0) {
		count_repeats(t);
		literal(t, go_next(&t->in));
	}
	if (t->in.at < t->in.length)
		t->in.at += 2;
}

static int escape(struct translator *t, struct error *err)
{
	static const struct {
		char letter;
		const char *out;
	} assertions[] = {{'A', "\\A"}, {'b', "\\b"}, {'B', "\\B"}, {'z', "\\z"}};
	const char *what = NULL;
	uint32_t c;
	size_t i;
	int letter = go_peek(&t->in, 1);

	count_repeats(t);
	if (letter == 'Q') {
		quoted(t);
		return 0;
	}
	for (i = 0; i < sizeof(assertions) / sizeof(assertions[0]); i++) {
		if (letter != assertions[i].letter)
			continue;
		assertion(t, assertions[i].out);
		t->in.at += 2;
		return 0;
	}
	atom_begin(t);
	if (go_class_escape(&t->in, false, t->out, &what))
		return what == NULL ? 0 : refuse(t, t->in.at, what, err);
	what = go_escape(&t->in, &c);
	if (what != NULL)
		return refuse(t, t->in.at, what, err);
	if (t->in.text || c < 0x80 || c > 0xff)
		literal(t, c);
	else
		buf_printf(t->out, "\\x%02x", (unsigned)c); /* that byte */
	return 0;
}

/* --- the whole ------------------------------------------------------------------------------- */

static int bracket(struct translator *t, struct error *err)
{
	const char *what;

	count_repeats(t);
	atom_begin(t);
	what = go_class(&t->in, t->out);
	return what == NULL ? 0 : refuse(t, t->in.at, what, err);
}

static int step(struct translator *t, struct error *err)
{
	int c = go_peek(&t->in, 0);

	switch (c) {
	case '(':
		return open_group(t, err);
	case ')':
		return close_group(t, err);
	case '*':
	case '+':
	case '?':
		return repeat(t, 1, 1, err);
	case '{':
		return braces(t, err);
	case '[':
		return bracket(t, err);
	case '\\':
		return escape(t, err);
	case '|':
		count_repeats(t);
		no_atom(t);
		buf_append(t->out, "|", 1);
		break;
	case '^':
		count_repeats(t);
		assertion(t, "^");
		break;
	case '$':
		count_repeats(t);
		assertion(t, "$");
		break;
	case '.':
		count_repeats(t);
		atom_begin(t);
		buf_append(t->out, ".", 1);
		break;
	default:
		count_repeats(t);
		literal(t, go_next(&t->in));
		return 0;
	}
	t->in.at++;
	return 0;
}

int go_syntax_translate(struct arena *arena, const char *pattern, bool text, struct buf *out,
    struct go_groups *groups, struct error *err)
{
	struct translator *t;
	size_t length = strlen(pattern);
	int result = 0;

	if (length > GO_PATTERN_MAX)
		return error_set(err, ERROR_LIMIT,
		    "a regular expression of %zu bytes is too long (%d are the most)", length,
		    GO_PATTERN_MAX);
	t = mem_zalloc(sizeof(*t));
	t->in = (struct go_reader){.pattern = pattern, .length = length, .text = text};
	t->arena = arena;
	t->out = out;
	t->groups = groups;
	*groups = (struct go_groups){0};
	add_group(t, NULL);
	while (result == 0 && t->in.at < length)
		result = step(t, err);
	if (result == 0 && t->depth > 0)
		result = refuse(t, length, "')' is missing", err);
	free(t);
	return result;
}
