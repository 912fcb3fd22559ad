/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "daemon/http/field_texts.h"

#include "daemon/http/match_adapt.h"

static struct span canonical(struct arena *arena, struct span name)
{
	char *copy = arena_strndup(arena, (const char *)name.p, name.n);

	http_canonical_header(copy);
	return span_of(copy, name.n);
}

static int load_one(
    struct load *load, const struct jnode *node, struct http_field_text *out, struct error *err)
{
	struct span name;

	out->name = http_text_new(load->arena, node->key, HTTP_TEXT_KEEP);
	if (http_text_is_constant(out->name)) {
		name = http_text_constant(out->name);
		if (!http1_is_token(name) && !span_eq_str(name, "*"))
			return jnode_error(
			    node, err, ERROR_INVALID, "'%s' cannot be a header's name", node->key);
		out->canonical = canonical(load->arena, name);
	}
	return http_texts_load(load, node, &out->values, err);
}

const struct shape http_field_texts_shape = {.type = SHAPE_MAP, .of = &shape_texts};

int http_field_texts_load(
    struct load *load, const struct jnode *node, void *target, struct error *err)
{
	struct http_field_texts *out = target;
	const char *name;
	json_t *value;

	if (jnode_object(node, err) == -1)
		return -1;
	out->items = arena_array(load->arena, json_object_size(node->value), sizeof(*out->items));
	json_object_foreach (node->value, name, value) {
		struct jnode member = jnode_member(node, name);

		if (load_one(load, &member, &out->items[out->count++], err) == -1)
			return -1;
	}
	return 0;
}

struct span http_field_text_name(const struct http_field_text *f, struct http_request *r)
{
	if (f->canonical.n > 0)
		return f->canonical;
	return canonical(r->arena, http_text_of(f->name, r));
}
