/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "daemon/http/matcher.h"

struct wanted {
	struct span name;
	bool absent;              /* null: the request must not have it */
	struct http_texts values; /* any of them; none: whatever it says */
};

struct params {
	struct wanted *items;
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
		struct wanted *w = &p->items[p->count++];

		w->name = span_str(arena_strdup(load->arena, name));
		w->absent = json_is_null(value);
		if (!w->absent && http_texts_load(load, &member, &w->values, err) == -1)
			return -1;
	}
	return 0;
}

static bool fits(const struct wanted *w, struct span value, struct http_request *r)
{
	size_t i;

	for (i = 0; i < w->values.count; i++)
		if (http_wildcard(http_text_of(w->values.items[i], r), value, false))
			return true;
	return w->values.count == 0;
}

static bool has(const struct wanted *w, struct http_request *r)
{
	bool found = false;
	size_t i;

	/* An absolute target says the host too, and goes before the header. */
	if (http1_equal(w->name, span_str("Host")) && r->host_port.n > 0)
		return !w->absent && fits(w, r->host_port, r);
	for (i = 0; i < r->fields.count; i++) {
		if (!http1_equal(r->fields.items[i].name, w->name))
			continue;
		found = true;
		if (!w->absent && fits(w, r->fields.items[i].value, r))
			return true;
	}
	return w->absent && !found;
}

static bool match(const void *params, struct http_request *r)
{
	const struct params *p = params;
	size_t i;

	for (i = 0; i < p->count; i++)
		if (!has(&p->items[i], r))
			return false;
	return true;
}

const struct http_matcher_type http_matcher_header = {
    .name = "header",
    .help = "every header has one of its values; '*' at an end stands for anything",
    .params_size = sizeof(struct params),
    .load = load_params,
    .match = match,
};
