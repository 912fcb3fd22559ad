/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "daemon/core/iprange.h"
#include "daemon/core/load.h"
#include "daemon/core/matcher.h"

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

static enum match_verdict match(const void *params, struct match_input *in)
{
	const struct params *p = params;

	return iprange_contains(p->set, facts_dst(in->facts)) ? MATCH_YES : MATCH_NO;
}

static int adapt(struct dispenser *d, json_t **out, struct error *err)
{
	dispenser_next(d); /* the name */
	return iprange_adapt_object(d, out, err);
}

const struct matcher_type matcher_local_ip = {
    .name = "local_ip",
    .help = "the address that the client connected to is in one of the ranges",
    .fields = fields,
    .params_size = sizeof(struct params),
    .load = load_params,
    .match = match,
    .adapt = adapt,
};
