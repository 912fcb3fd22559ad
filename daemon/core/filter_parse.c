/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "daemon/core/filter.h"

#include <stdlib.h>
#include <string.h>

#include "common/duration.h"
#include "daemon/core/filter_node.h"

/*
 * expression = all { "||" all }
 * all        = unary { "&&" unary }
 * unary      = "!" unary | "(" expression ")" | test
 * test       = FIELD [ ("==" | "!=" | "<" | "<=" | ">" | ">=" | "~") VALUE | "in" VALUE { "," VALUE
 * } ]
 *
 * A field alone asks whether it is set, and not zero.
 */

#define DEPTH_MAX 32
#define FIELDS_MAX 32

enum token_kind { TOKEN_END, TOKEN_WORD, TOKEN_SIGN };

struct parser {
	struct arena *arena;
	const struct filter_field *fields;
	const char *text, *at; /* at is behind the current token */
	const char *begin;     /* of the current token */
	enum token_kind kind;
	struct span token;
	unsigned depth;
	struct error *err;
};

/* ---- tokens -------------------------------------------------------------------------------- */

static int complain(struct parser *p, const char *message, const char *word)
{
	return error_set(p->err, ERROR_INVALID, "column %zu: %s%s%s%s",
	    (size_t)(p->begin - p->text) + 1, message, word != NULL ? " '" : "",
	    word != NULL ? word : "", word != NULL ? "'" : "");
}

static bool in_word(char c)
{
	return c != '\0' && strchr(" \t\r\n()&|!=<>~,\"'", c) == NULL;
}

static size_t sign_length(const char *at)
{
	static const char *const signs[] = {"&&", "||", "==", "!=", "<=", ">="};
	size_t i;

	for (i = 0; i < sizeof(signs) / sizeof(signs[0]); i++)
		if (strncmp(at, signs[i], 2) == 0)
			return 2;
	return 1;
}

static int advance(struct parser *p)
{
	const char *end;

	while (*p->at != '\0' && strchr(" \t\r\n", *p->at) != NULL)
		p->at++;
	p->begin = p->at;
	if (*p->at == '\0') {
		p->kind = TOKEN_END;
		p->token = span_of(p->at, 0);
		return 0;
	}
	if (*p->at == '"' || *p->at == '\'') {
		end = strchr(p->at + 1, *p->at);
		if (end == NULL)
			return complain(p, "the quote is not closed", NULL);
		p->kind = TOKEN_WORD;
		p->token = span_of(p->at + 1, (size_t)(end - p->at - 1));
		p->at = end + 1;
		return 0;
	}
	end = p->at;
	while (in_word(*end))
		end++;
	p->kind = end > p->at ? TOKEN_WORD : TOKEN_SIGN;
	if (end == p->at)
		end += sign_length(p->at);
	p->token = span_of(p->at, (size_t)(end - p->at));
	p->at = end;
	return 0;
}

static bool at_sign(const struct parser *p, const char *sign)
{
	return p->kind == TOKEN_SIGN && span_eq_str(p->token, sign);
}

static const char *token_text(struct parser *p)
{
	return arena_strndup(p->arena, (const char *)p->token.p, p->token.n);
}

/* ---- values -------------------------------------------------------------------------------- */

static bool read_number(const char *text, uint64_t *out)
{
	static const struct {
		const char *unit;
		uint64_t factor;
	} units[] = {{"", 1}, {"k", 1000}, {"K", 1000}, {"M", 1000000}, {"G", 1000000000},
	    {"Ki", 1u << 10}, {"Mi", 1u << 20}, {"Gi", 1u << 30}};
	char *end;
	unsigned long long n;
	size_t i;

	if (*text < '0' || *text > '9')
		return false;
	n = strtoull(text, &end, 10);
	for (i = 0; i < sizeof(units) / sizeof(units[0]); i++)
		if (strcmp(end, units[i].unit) == 0 && n <= UINT64_MAX / units[i].factor) {
			*out = n * units[i].factor;
			return true;
		}
	return false;
}

static bool read_seconds(const char *text, double *out)
{
	int64_t ns;
	uint64_t plain;

	if (read_number(text, &plain)) {
		*out = (double)plain;
		return true;
	}
	if (!duration_parse(text, &ns) || ns < 0)
		return false;
	*out = duration_seconds(ns);
	return true;
}

/* "1.2.3.4:80" or "[::1]:80". */
static bool read_with_port(const char *text, struct value *out)
{
	const char *colon = strrchr(text, ':');
	char ip[NETADDR_TEXT_MAX];
	uint64_t port;
	size_t n;

	if (colon == NULL || !read_number(colon + 1, &port) || port > UINT16_MAX)
		return false;
	n = (size_t)(colon - text);
	if (n > 2 && text[0] == '[' && text[n - 1] == ']') {
		text++;
		n -= 2;
	}
	if (n >= sizeof(ip))
		return false;
	memcpy(ip, text, n);
	ip[n] = '\0';
	if (!netaddr_parse_ip(ip, &out->range.net))
		return false;
	out->range.net.port = (uint16_t)port;
	out->with_port = true;
	return true;
}

static int read_address(struct parser *p, const char *text, enum op op, struct value *out)
{
	if (op == OP_IN ? cidr_parse(text, &out->range)
			: netaddr_parse_ip(text, &out->range.net) || read_with_port(text, out))
		return 0;
	return complain(p,
	    op == OP_IN ? "not an address range:" : "not an address, with or without a port:",
	    text);
}

static int read_value(struct parser *p, struct node *test, struct value *out)
{
	const char *text = token_text(p);

	out->text = span_str(text);
	switch (test->field->kind) {
	case FILTER_TEXT:
		return 0;
	case FILTER_NUMBER:
		return read_number(text, &out->number) ? 0 : complain(p, "not a number:", text);
	case FILTER_SECONDS:
		return read_seconds(text, &out->seconds)
			   ? 0
			   : complain(p, "not a duration such as 90s or 1h:", text);
	case FILTER_ADDRESS:
		return read_address(p, text, test->op, out);
	}
	return -1;
}

static struct value *add_value(struct parser *p, struct node *test)
{
	struct value **end = &test->values;

	while (*end != NULL)
		end = &(*end)->next;
	*end = arena_alloc(p->arena, sizeof(**end));
	return *end;
}

static int add_private_ranges(struct parser *p, struct node *test)
{
	size_t i;

	for (i = 0; cidr_private_ranges[i] != NULL; i++)
		if (!cidr_parse(cidr_private_ranges[i], &add_value(p, test)->range))
			return complain(p, "not an address range:", cidr_private_ranges[i]);
	return advance(p);
}

static int parse_value(struct parser *p, struct node *test)
{
	if (p->kind != TOKEN_WORD)
		return complain(p, "wanted a value", NULL);
	if (test->op == OP_IN && test->field->kind == FILTER_ADDRESS &&
	    span_eq_str(p->token, "private_ranges"))
		return add_private_ranges(p, test);
	if (read_value(p, test, add_value(p, test)) == -1)
		return -1;
	return advance(p);
}

/* ---- expressions --------------------------------------------------------------------------- */

static int parse_any(struct parser *p, struct node **out);

static int unknown_field(struct parser *p)
{
	const char *names[FIELDS_MAX + 1] = {NULL};
	const char *word = token_text(p), *near;
	size_t i;

	for (i = 0; i < FIELDS_MAX && p->fields[i].name != NULL; i++)
		names[i] = p->fields[i].name;
	near = error_suggest(word, names);
	if (near == NULL)
		return complain(p, "no such field:", word);
	return complain(
	    p, arena_printf(p->arena, "no such field: '%s', did you mean '%s'?", word, near), NULL);
}

static int parse_field(struct parser *p, struct node *test)
{
	const struct filter_field *f;

	if (p->kind != TOKEN_WORD)
		return complain(p, "wanted a field's name", NULL);
	for (f = p->fields; f->name != NULL; f++)
		if (span_eq_str(p->token, f->name))
			break;
	if (f->name == NULL)
		return unknown_field(p);
	test->field = f;
	return advance(p);
}

/* false: a field alone. */
static bool read_op(const struct parser *p, enum op *out)
{
	static const struct {
		const char *sign;
		enum op op;
	} ops[] = {{"==", OP_EQ}, {"=", OP_EQ}, {"!=", OP_NE}, {"<", OP_LT}, {"<=", OP_LE},
	    {">", OP_GT}, {">=", OP_GE}, {"~", OP_LIKE}};
	size_t i;

	if (p->kind == TOKEN_WORD && span_eq_str(p->token, "in")) {
		*out = OP_IN;
		return true;
	}
	for (i = 0; i < sizeof(ops) / sizeof(ops[0]); i++)
		if (at_sign(p, ops[i].sign)) {
			*out = ops[i].op;
			return true;
		}
	return false;
}

static bool op_fits(enum filter_kind kind, enum op op)
{
	bool orders = op == OP_LT || op == OP_LE || op == OP_GT || op == OP_GE;

	switch (kind) {
	case FILTER_TEXT:
		return !orders;
	case FILTER_NUMBER:
		return op != OP_LIKE;
	case FILTER_SECONDS:
		return orders;
	case FILTER_ADDRESS:
		return !orders && op != OP_LIKE;
	}
	return false;
}

static int parse_test(struct parser *p, struct node **out)
{
	struct node *test = arena_alloc(p->arena, sizeof(*test));

	*out = test;
	test->kind = NODE_TEST;
	test->op = OP_SET;
	if (parse_field(p, test) == -1)
		return -1;
	if (!read_op(p, &test->op))
		return 0;
	if (!op_fits(test->field->kind, test->op))
		return complain(p, "this comparison is not for", test->field->name);
	if (advance(p) == -1 || parse_value(p, test) == -1)
		return -1;
	while (test->op == OP_IN && at_sign(p, ","))
		if (advance(p) == -1 || parse_value(p, test) == -1)
			return -1;
	return 0;
}

static int parse_unary(struct parser *p, struct node **out)
{
	struct node *node;
	int rc;

	if (!at_sign(p, "!") && !at_sign(p, "("))
		return parse_test(p, out);
	if (++p->depth > DEPTH_MAX)
		return complain(p, "too many parentheses and '!' in one another", NULL);
	if (at_sign(p, "!")) {
		node = arena_alloc(p->arena, sizeof(*node));
		node->kind = NODE_NOT;
		*out = node;
		rc = advance(p) == -1 ? -1 : parse_unary(p, &node->parts);
	} else {
		rc = advance(p) == -1 ? -1 : parse_any(p, out);
		if (rc == 0)
			rc = at_sign(p, ")") ? advance(p) : complain(p, "wanted ')'", NULL);
	}
	p->depth--;
	return rc;
}

/* Parts with a sign between them. */
static int parse_list(struct parser *p, enum node_kind kind, const char *sign,
    int (*parse_part)(struct parser *p, struct node **out), struct node **out)
{
	struct node *list = arena_alloc(p->arena, sizeof(*list));
	struct node **end = &list->parts;

	list->kind = kind;
	*out = list;
	for (;;) {
		if (parse_part(p, end) == -1)
			return -1;
		end = &(*end)->next;
		if (!at_sign(p, sign))
			return 0;
		if (advance(p) == -1)
			return -1;
	}
}

static int parse_all(struct parser *p, struct node **out)
{
	return parse_list(p, NODE_ALL, "&&", parse_unary, out);
}

static int parse_any(struct parser *p, struct node **out)
{
	return parse_list(p, NODE_ANY, "||", parse_all, out);
}

struct filter *filter_new(struct span text, const struct filter_field *fields, struct error *err)
{
	struct arena *arena;
	struct filter *f;
	struct parser p;

	if (text.n > FILTER_SIZE_MAX) {
		error_set(err, ERROR_LIMIT, "a filter has at most %d bytes", FILTER_SIZE_MAX);
		return NULL;
	}
	arena = arena_new(1024);
	f = arena_alloc(arena, sizeof(*f));
	f->arena = arena;
	p = (struct parser){.arena = arena, .fields = fields, .err = err};
	p.text = p.at = p.begin = arena_strndup(arena, (const char *)text.p, text.n);
	if (advance(&p) == -1 || parse_any(&p, &f->root) == -1)
		goto out;
	if (p.kind == TOKEN_END)
		return f;
	complain(&p, "wanted '&&' or '||', not", token_text(&p));
out:
	arena_free(arena);
	return NULL;
}
