/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "daemon/http/field_texts.h"
#include "daemon/http/matcher.h"

struct param {
	struct http_text *name;
	struct http_texts values; /* any of them; "*" is any value */
};

struct params {
	struct param *items; /* all of them; none: the query must be empty */
	size_t count;
};

static int load_params(struct load *load, const struct jnode *node, void *params, struct error *err)
{
	struct params *p = params;
	const char *name;
	json_t *value;

	if (jnode_object(node, err) == -1)
		return -1;
	p->items = arena_array(load->arena, json_object_size(node->value), sizeof(*p->items));
	json_object_foreach (node->value, name, value) {
		struct jnode member = jnode_member(node, name);
		struct param *param = &p->items[p->count++];

		param->name = http_text_new(load->arena, name, HTTP_TEXT_DROP);
		if (http_texts_load(load, &member, &param->values, err) == -1)
			return -1;
	}
	return 0;
}

static bool wanted(const struct http_texts *values, struct span value, struct http_request *r)
{
	struct span text;
	size_t i;

	for (i = 0; i < values->count; i++) {
		text = http_text_of(values->items[i], r);
		if (span_eq(text, value) || span_eq_str(text, "*"))
			return true;
	}
	return false;
}

static bool has(const struct param *param, struct http_request *r)
{
	struct span query = r->query, name = http_text_of(param->name, r), n, v;

	while (http_next_param(r->arena, &query, &n, &v))
		if (span_eq(n, name) && wanted(&param->values, v, r))
			return true;
	return false;
}

static bool match(const void *params, struct http_request *r)
{
	const struct params *p = params;
	struct span query = r->query, name, value;
	size_t i;

	if (p->count == 0)
		return !http_next_param(r->arena, &query, &name, &value);
	if (!http_query_valid(r->query))
		return false;
	for (i = 0; i < p->count; i++)
		if (!has(&p->items[i], r))
			return false;
	return true;
}

const struct http_matcher_type http_matcher_query = {
    .name = "query",
    .help = "every parameter has one of its values; '*' is any",
    .shape = &http_field_texts_shape,
    .params_size = sizeof(struct params),
    .load = load_params,
    .match = match,
};
