/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "daemon/http/field_match.h"

static bool match(const void *params, struct http_request *r)
{
	/* An absolute target says the host too, and goes before the header. */
	return http_field_match(params, &r->fields, r->host_port, r);
}

const struct http_matcher_type http_matcher_header = {
    .name = "header",
    .help = "every header has one of its values; '*' at an end stands for anything",
    .shape = &http_field_match_shape,
    .params_size = sizeof(struct http_field_match),
    .load = http_field_match_load,
    .match = match,
};
