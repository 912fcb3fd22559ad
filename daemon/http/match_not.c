/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "daemon/http/matcher.h"

static bool match(const void *params, struct http_request *r)
{
	const struct http_matcher_sets *sets = params;
	size_t i;

	for (i = 0; i < sets->count; i++)
		if (http_matcher_set_match(&sets->items[i], r))
			return false;
	return true;
}

const struct http_matcher_type http_matcher_not = {
    .name = "not",
    .help = "none of the matcher sets in it matches",
    .shape = &http_matcher_sets_shape,
    .params_size = sizeof(struct http_matcher_sets),
    .load = http_matcher_sets_load,
    .match = match,
};
