/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "daemon/http/matcher.h"

struct params {
	struct http_texts methods;
};

static int load_params(struct load *load, const struct jnode *node, void *params, struct error *err)
{
	struct params *p = params;

	return http_texts_load(load, node, &p->methods, err);
}

/* The document may have them in lower case; what a client sends must be right. */
static bool equal_upper(struct span method, struct span wanted)
{
	size_t i;

	for (i = 0; i < method.n; i++)
		if (method.p[i] >= 'a' && method.p[i] <= 'z')
			return false;
	return http1_equal(method, wanted);
}

static bool match(const void *params, struct http_request *r)
{
	const struct params *p = params;
	size_t i;

	for (i = 0; i < p->methods.count; i++)
		if (equal_upper(r->method, http_text_of(p->methods.items[i], r)))
			return true;
	return false;
}

const struct http_matcher_type http_matcher_method = {
    .name = "method",
    .help = "the request's method is one of these",
    .shape = &shape_texts,
    .params_size = sizeof(struct params),
    .load = load_params,
    .match = match,
};
