/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "daemon/http/field_match.h"

struct http_field_wanted {
	struct span name;
	bool absent;
	struct http_texts values; /* any of them; none: whatever it says */
};

static const struct shape values_shape = {.type = SHAPE_LIST, .of = &shape_text, .null = true};
const struct shape http_field_match_shape = {.type = SHAPE_MAP, .of = &values_shape};

int http_field_match_load(
    struct load *load, const struct jnode *node, void *target, struct error *err)
{
	struct http_field_match *m = target;
	const char *name;
	json_t *value;

	if (jnode_object(node, err) == -1)
		return -1;
	m->items = arena_array(load->arena, json_object_size(node->value), sizeof(*m->items));
	json_object_foreach (node->value, name, value) {
		struct jnode member = jnode_member(node, name);
		struct http_field_wanted *w = &m->items[m->count++];

		w->name = span_str(arena_strdup(load->arena, name));
		w->absent = json_is_null(value);
		if (!w->absent && http_texts_load(load, &member, &w->values, err) == -1)
			return -1;
	}
	return 0;
}

static bool fits(const struct http_field_wanted *w, struct span value, struct http_request *r)
{
	size_t i;

	for (i = 0; i < w->values.count; i++)
		if (http_wildcard(http_text_of(w->values.items[i], r), value, false))
			return true;
	return w->values.count == 0;
}

static bool is_so(const struct http_field_wanted *w, const struct http_fields *fields,
    struct span host, struct http_request *r)
{
	bool found = false;
	size_t i;

	if (host.n > 0 && http1_equal(w->name, span_str("Host")))
		return !w->absent && fits(w, host, r);
	for (i = 0; i < fields->count; i++) {
		if (!http1_equal(fields->items[i].name, w->name))
			continue;
		found = true;
		if (!w->absent && fits(w, fields->items[i].value, r))
			return true;
	}
	return w->absent && !found;
}

bool http_field_match(const struct http_field_match *m, const struct http_fields *fields,
    struct span host, struct http_request *r)
{
	size_t i;

	for (i = 0; i < m->count; i++)
		if (!is_so(&m->items[i], fields, host, r))
			return false;
	return true;
}
