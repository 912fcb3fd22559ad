/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "daemon/core/match_regexp.h"
#include "daemon/http/field_texts.h"
#include "daemon/http/matcher.h"

struct var {
	struct http_text *text; /* what is looked at */
	struct http_texts values;
	struct match_regexp regexp;
};

/* Unlike other matchers' members these are an OR. */
struct params {
	struct var *items;
	size_t count;
};

/*
 * "{placeholder}" is one; anything else is the name of a variable of the request. Nothing in here
 * sets those but the server itself: the client's address.
 */
static struct http_text *var_text(struct arena *arena, const char *key)
{
	size_t n = strlen(key);

	if (n < 2 || key[0] != '{' || key[n - 1] != '}' || strchr(key + 1, '{') != NULL)
		key = strcmp(key, "client_ip") == 0 ? "{http.vars.client_ip}" : "";
	return http_text_new(arena, key, HTTP_TEXT_DROP);
}

static int load_vars(struct load *load, const struct jnode *node, struct params *p,
    int (*load_var)(struct load *load, const struct jnode *node, struct var *v, struct error *err),
    struct error *err)
{
	const char *name;
	json_t *value;

	if (jnode_object(node, err) == -1)
		return -1;
	p->items = arena_array(load->arena, json_object_size(node->value), sizeof(*p->items));
	json_object_foreach (node->value, name, value) {
		struct jnode member = jnode_member(node, name);
		struct var *v = &p->items[p->count++];

		v->text = var_text(load->arena, name);
		if (load_var(load, &member, v, err) == -1)
			return -1;
	}
	return 0;
}

/* ---- vars ---------------------------------------------------------------------------------- */

static int load_values(
    struct load *load, const struct jnode *node, struct var *v, struct error *err)
{
	return http_texts_load(load, node, &v->values, err);
}

static int load_params(struct load *load, const struct jnode *node, void *params, struct error *err)
{
	return load_vars(load, node, params, load_values, err);
}

static bool match(const void *params, struct http_request *r)
{
	const struct params *p = params;
	struct span text;
	size_t i, k;

	for (i = 0; i < p->count; i++) {
		text = http_text_of(p->items[i].text, r);
		for (k = 0; k < p->items[i].values.count; k++)
			if (span_eq(http_text_of(p->items[i].values.items[k], r), text))
				return true;
	}
	return p->count == 0;
}

const struct http_matcher_type http_matcher_vars = {
    .name = "vars",
    .help = "a placeholder, or a variable of the request, has one of the values",
    .shape = &http_field_texts_shape,
    .params_size = sizeof(struct params),
    .load = load_params,
    .match = match,
};

/* ---- vars_regexp --------------------------------------------------------------------------- */

static int load_regexp(
    struct load *load, const struct jnode *node, struct var *v, struct error *err)
{
	if (fields_load(match_regexp_fields, load, node, NULL, load->arena, &v->regexp, err) == -1)
		return -1;
	return match_regexp_load(load, node, "http.regexp", &v->regexp, err);
}

static int load_regexps(
    struct load *load, const struct jnode *node, void *params, struct error *err)
{
	return load_vars(load, node, params, load_regexp, err);
}

static bool match_regexps(const void *params, struct http_request *r)
{
	const struct params *p = params;
	size_t i;

	for (i = 0; i < p->count; i++)
		if (match_regexp(&p->items[i].regexp, http_text_of(p->items[i].text, r), &r->facts))
			return true;
	return false;
}

const struct http_matcher_type http_matcher_vars_regexp = {
    .name = "vars_regexp",
    .help = "a regular expression finds something in a placeholder, or in a variable",
    .shape = &match_regexps_shape,
    .params_size = sizeof(struct params),
    .load = load_regexps,
    .match = match_regexps,
};
