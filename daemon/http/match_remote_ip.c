/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "daemon/core/iprange.h"
#include "daemon/http/matcher.h"

struct params {
	struct strings ranges;
	struct iprange *set;
};

static const struct field fields[] = {
    FIELD_STRINGS(
	struct params, ranges, "ranges", FIELD_ENV, "IP addresses, CIDR ranges, or private_ranges"),
    FIELD_END,
};

static int load_params(struct load *load, const struct jnode *node, void *params, struct error *err)
{
	struct params *p = params;

	return iprange_load(load, node, "ranges", &p->ranges, &p->set, err);
}

static bool match(const void *params, struct http_request *r)
{
	const struct params *p = params;

	return iprange_contains(p->set, &r->facts.src);
}

static bool match_client(const void *params, struct http_request *r)
{
	const struct params *p = params;

	return iprange_contains(p->set, &r->client);
}

const struct http_matcher_type http_matcher_remote_ip = {
    .name = "remote_ip",
    .help = "the client's address is in one of the ranges",
    .fields = fields,
    .params_size = sizeof(struct params),
    .load = load_params,
    .match = match,
};

const struct http_matcher_type http_matcher_client_ip = {
    .name = "client_ip",
    .help = "the client, or the one that a trusted proxy names, is in one of the ranges",
    .fields = fields,
    .params_size = sizeof(struct params),
    .load = load_params,
    .match = match_client,
};
