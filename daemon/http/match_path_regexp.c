/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "daemon/core/match_regexp.h"
#include "daemon/http/matcher.h"

static int load_params(struct load *load, const struct jnode *node, void *params, struct error *err)
{
	return match_regexp_load(load, node, "http.regexp", params, err);
}

static bool match(const void *params, struct http_request *r)
{
	return match_regexp(params, http_request_path(r, HTTP_PATH_CLEAN), &r->facts);
}

const struct http_matcher_type http_matcher_path_regexp = {
    .name = "path_regexp",
    .help = "a regular expression finds something in the path",
    .fields = match_regexp_fields,
    .params_size = sizeof(struct match_regexp),
    .load = load_params,
    .match = match,
};
