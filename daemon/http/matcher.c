/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "daemon/http/matcher.h"

#include "daemon/core/trust.h"
#include "daemon/http/matchers_tbl.h"

#define DECLARE(name) extern const struct http_matcher_type http_matcher_##name;
HTTP_MATCHERS(DECLARE)
#undef DECLARE

const struct http_matcher_type *const http_matcher_types[] = {
#define ENTRY(name) &http_matcher_##name,
    HTTP_MATCHERS(ENTRY)
#undef ENTRY
	NULL,
};

const struct http_matcher_type *http_matcher_type_find(const char *name)
{
	const struct http_matcher_type *const *t;

	for (t = http_matcher_types; *t != NULL; t++)
		if (strcmp((*t)->name, name) == 0)
			return *t;
	return NULL;
}

static int unknown_matcher(const struct jnode *node, const char *name, struct error *err)
{
	const char *names[sizeof(http_matcher_types) / sizeof(http_matcher_types[0])];
	const char *near;
	size_t i;

	for (i = 0; http_matcher_types[i] != NULL; i++)
		names[i] = http_matcher_types[i]->name;
	names[i] = NULL;
	near = error_suggest(name, names);
	if (near != NULL)
		return jnode_error(node, err, ERROR_INVALID,
		    "unknown HTTP matcher '%s', did you mean '%s'?", name, near);
	return jnode_error(node, err, ERROR_INVALID, "unknown HTTP matcher '%s'", name);
}

static int load_matcher(
    struct load *load, const struct jnode *node, struct http_matcher *out, struct error *err)
{
	const struct http_matcher_type *type = http_matcher_type_find(node->key);
	void *params;

	if (type == NULL)
		return unknown_matcher(node, node->key, err);
	params = arena_alloc(load->arena, type->params_size);
	out->type = type;
	out->params = params;
	if (type->fields == NULL && trust_field(load, &trust_placeholders, node, err) == -1)
		return -1;
	if (type->fields != NULL &&
	    fields_load(type->fields, load, node, NULL, load->arena, params, err) == -1)
		return -1;
	return type->load != NULL ? type->load(load, node, params, err) : 0;
}

static int load_set(
    struct load *load, const struct jnode *node, struct http_matcher_set *out, struct error *err)
{
	const char *name;
	json_t *value;

	if (jnode_object(node, err) == -1)
		return -1;
	out->items = arena_array(load->arena, json_object_size(node->value), sizeof(*out->items));
	json_object_foreach (node->value, name, value) {
		struct jnode member = jnode_member(node, name);

		if (load_matcher(load, &member, &out->items[out->count++], err) == -1)
			return -1;
	}
	return 0;
}

int http_matcher_sets_load(
    struct load *load, const struct jnode *node, void *target, struct error *err)
{
	struct http_matcher_sets *out = target;
	size_t i;

	if (jnode_array(node, err) == -1)
		return -1;
	out->count = json_array_size(node->value);
	out->items = arena_array(load->arena, out->count, sizeof(*out->items));
	for (i = 0; i < out->count; i++) {
		struct jnode item = jnode_item(node, i);

		if (load_set(load, &item, &out->items[i], err) == -1)
			return -1;
	}
	return 0;
}

static bool module_at(size_t i, struct shape_module *out)
{
	const struct http_matcher_type *t = http_matcher_types[i];

	if (t == NULL)
		return false;
	*out = (struct shape_module){t->name, t->help, t->fields, t->shape};
	return true;
}

static const struct shape set_shape = {
    .type = SHAPE_KEYED, .name = "http_matcher_set", .module = module_at};
const struct shape http_matcher_sets_shape = {.type = SHAPE_LIST, .of = &set_shape};

bool http_matcher_set_match(const struct http_matcher_set *set, struct http_request *r)
{
	size_t i;

	for (i = 0; i < set->count; i++)
		if (!set->items[i].type->match(set->items[i].params, r))
			return false;
	return true;
}

bool http_matcher_sets_match(const struct http_matcher_sets *sets, struct http_request *r)
{
	size_t i;

	for (i = 0; i < sets->count; i++)
		if (http_matcher_set_match(&sets->items[i], r))
			return true;
	return sets->count == 0;
}

int http_texts_load(
    struct load *load, const struct jnode *node, struct http_texts *out, struct error *err)
{
	const char *text;
	size_t i;

	if (jnode_array(node, err) == -1)
		return -1;
	out->count = json_array_size(node->value);
	out->items = arena_array(load->arena, out->count, sizeof(struct http_text *));
	for (i = 0; i < out->count; i++) {
		struct jnode item = jnode_item(node, i);

		if (jnode_string(&item, &text, err) == -1)
			return -1;
		out->items[i] = http_text_new(load->arena, text, HTTP_TEXT_DROP);
	}
	return 0;
}
