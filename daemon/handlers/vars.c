/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "daemon/core/conn.h"
#include "daemon/core/explain.h"
#include "daemon/core/load.h"
#include "daemon/core/replacer.h"
#include "daemon/core/variable.h"

struct entry {
	struct template *name, *value;
};

struct params {
	struct entry *entries;
	size_t count;
};

#define NUMBER_TEXT_MAX 400 /* the longest number without an exponent takes 309 digits */

/* "-1.5e+20" becomes -150000000000000000000: no digits that are not the number's. */
static const char *large_text(const char *scientific, int exponent, char out[NUMBER_TEXT_MAX])
{
	const char *p = scientific;
	size_t n = 0;
	int after = -1; /* digits behind the first one */

	if (*p == '-')
		out[n++] = *p++;
	for (; *p != 'e'; p++) {
		if (*p != '.') {
			out[n++] = *p;
			after++;
		}
	}
	for (; after < exponent; after++)
		out[n++] = '0';
	out[n] = '\0';
	return out;
}

/* The fewest digits that are this number, without an exponent. */
static const char *real_text(double value, char out[NUMBER_TEXT_MAX])
{
	char scientific[32];
	int after = -1, exponent;

	do
		snprintf(scientific, sizeof(scientific), "%.*e", ++after, value);
	while (after < 16 && strtod(scientific, NULL) != value);
	exponent = (int)strtol(strchr(scientific, 'e') + 1, NULL, 10);
	if (exponent >= after)
		return large_text(scientific, exponent, out);
	snprintf(out, NUMBER_TEXT_MAX, "%.*f", after - exponent, value);
	return out;
}

/* What a JSON value is as a variable; NULL: it cannot be one. */
static const char *value_text(const json_t *value, char number[NUMBER_TEXT_MAX])
{
	switch (json_typeof(value)) {
	case JSON_STRING:
		return json_string_value(value);
	case JSON_INTEGER:
		snprintf(
		    number, NUMBER_TEXT_MAX, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
		return number;
	case JSON_REAL:
		return real_text(json_real_value(value), number);
	case JSON_TRUE:
		return "true";
	case JSON_FALSE:
		return "false";
	case JSON_NULL:
		return "";
	default:
		return NULL;
	}
}

static const struct shape number_shape = {.type = SHAPE_NUMBER};
static const struct shape *const value_shapes[] = {&shape_text, &number_shape, &shape_bool, NULL};
static const struct shape value_shape = {
    .type = SHAPE_EITHER, .choices = value_shapes, .null = true};
static const struct shape shape = {.type = SHAPE_MAP, .of = &value_shape};

static int load(struct load *load, const struct jnode *node, void *p, struct error *err)
{
	struct params *params = p;
	char number[NUMBER_TEXT_MAX];
	const char *name, *text;
	json_t *value;

	params->entries =
	    arena_array(load->arena, json_object_size(node->value), sizeof(*params->entries));
	json_object_foreach (node->value, name, value) {
		struct jnode member = jnode_member(node, name);
		struct entry *entry = &params->entries[params->count];

		if (strcmp(name, "handler") == 0 || strcmp(name, "@id") == 0)
			continue;
		text = value_text(value, number);
		if (text == NULL)
			return jnode_type_error(&member, "a string, a number or a boolean", err);
		entry->name = template_new(load->arena, name);
		entry->value = template_new(load->arena, text);
		params->count++;
	}
	return 0;
}

static void set_all(const struct params *params, struct facts *facts)
{
	struct buf name = {0}, value = {0};
	size_t i;

	for (i = 0; i < params->count; i++) {
		buf_clear(&name);
		buf_clear(&value);
		buf_append_str(&name, VARIABLE_PREFIX);
		template_expand(params->entries[i].name, facts, &name);
		template_expand(params->entries[i].value, facts, &value);
		facts_set_copied(facts, buf_str(&name), buf_span(&value));
	}
	buf_fini(&name);
	buf_fini(&value);
}

static enum handle_result handle(struct conn *conn, const void *p)
{
	set_all(p, &conn->facts);
	return HANDLE_NEXT;
}

static enum explained explain(struct explain *e, const void *p)
{
	set_all(p, e->in->facts);
	return EXPLAIN_NEXT;
}

/* --- Caddyfile ------------------------------------------------------------------------------- */

static bool one_of(const char *text, const char *const *words)
{
	for (; *words != NULL; words++) {
		if (strcmp(text, *words) == 0)
			return true;
	}
	return false;
}

/* A decimal number without anything before or behind it: an integer where it is one. */
static json_t *number(const char *text)
{
	long long integer;
	double real;
	char *end;

	if (text[strspn(text, "0123456789+-.eE")] != '\0' || strpbrk(text, "0123456789") == NULL)
		return NULL;
	errno = 0;
	integer = strtoll(text, &end, 10);
	if (*end == '\0' && errno == 0)
		return json_integer(integer);
	real = strtod(text, &end);
	if (*end != '\0' || !isfinite(real))
		return NULL;
	if (real == trunc(real) && fabs(real) < 9e18)
		return json_integer((json_int_t)real);
	return json_real(real);
}

/* As it stands there, quoted, it is a text; else perhaps a number or a boolean. */
static json_t *scalar(const struct dispenser *d)
{
	static const char *const yes[] = {"t", "T", "true", "True", "TRUE", NULL};
	static const char *const no[] = {"f", "F", "false", "False", "FALSE", NULL};
	const char *text = dispenser_text(d);
	json_t *value = NULL;

	if (!dispenser_quoted(d)) {
		value = number(text);
		if (value == NULL && (one_of(text, yes) || one_of(text, no)))
			value = json_boolean(one_of(text, yes));
	}
	return value != NULL ? value : json_string(text);
}

/* "<name> <value>", the cursor on the name */
static int adapt_variable(struct dispenser *d, json_t *out, struct error *err)
{
	const char *name = dispenser_text(d);

	if (strcmp(name, "handler") == 0)
		return dispenser_error(
		    d, err, ERROR_INVALID, "a variable cannot be called 'handler'");
	if (dispenser_args_left(d) != 1)
		return dispenser_arg_error(d, err);
	dispenser_next_arg(d);
	return json_object_set_new(out, name, scalar(d));
}

static int adapt(struct dispenser *d, json_t *out, struct error *err)
{
	int level;

	dispenser_next(d);
	level = d->nesting;
	if (dispenser_next_arg(d) && adapt_variable(d, out, err) == -1)
		return -1;
	while (dispenser_next_block(d, level)) {
		if (adapt_variable(d, out, err) == -1)
			return -1;
	}
	return 0;
}

const struct handler_type handler_vars = {
    .name = "vars",
    .help = "sets variables for placeholders and matchers",
    .params_size = sizeof(struct params),
    .any_fields = true,
    .shape = &shape,
    .load = load,
    .handle = handle,
    .explain = explain,
    .adapt = adapt,
    .datagrams = true,
};
