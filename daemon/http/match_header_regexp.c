/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "daemon/core/match_regexp.h"
#include "daemon/http/matcher.h"

struct wanted {
	struct span name;
	struct match_regexp regexp;
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
		if (fields_load(match_regexp_fields, load, &member, NULL, load->arena, &w->regexp,
			err) == -1 ||
		    match_regexp_load(load, &member, "http.regexp", &w->regexp, err) == -1)
			return -1;
	}
	return 0;
}

static bool has(const struct wanted *w, struct http_request *r)
{
	size_t i;

	if (http1_equal(w->name, span_str("Host")) && r->host_port.n > 0)
		return match_regexp(&w->regexp, r->host_port, &r->facts);
	for (i = 0; i < r->fields.count; i++)
		if (http1_equal(r->fields.items[i].name, w->name) &&
		    match_regexp(&w->regexp, r->fields.items[i].value, &r->facts))
			return true;
	return false;
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

const struct http_matcher_type http_matcher_header_regexp = {
    .name = "header_regexp",
    .help = "regular expressions find something in the headers' values",
    .shape = &match_regexps_shape,
    .params_size = sizeof(struct params),
    .load = load_params,
    .match = match,
};
