/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "daemon/core/adapt.h"
#include "daemon/core/load.h"
#include "daemon/core/matcher.h"

struct params {
	struct matcher_sets sets;
};

static int load_params(struct load *load, const struct jnode *node, void *params, struct error *err)
{
	struct params *p = params;

	return matcher_sets_load(load, node, &p->sets, err);
}

/*
 * Of a silent client nothing is known, so that neither a matcher that wants bytes nor its negation
 * may say yes: inside, matchers are asked as if more could come. Once the stream has ended no more
 * will, and a want-more is a no like any other.
 */
static enum match_verdict match(const void *params, struct match_input *in)
{
	const struct params *p = params;
	struct match_input inner = *in;

	if (p->sets.count == 0)
		return MATCH_YES;
	if (in->phase == MATCH_SILENT)
		inner.phase = MATCH_LIVE;
	switch (matcher_sets_match(&p->sets, &inner, NULL)) {
	case MATCH_NO:
		return MATCH_YES;
	case MATCH_MORE:
		return MATCH_MORE; /* which the set that holds this one takes as no, too */
	default:
		return MATCH_NO;
	}
}

static bool rests_on_bytes(const void *params)
{
	const struct params *p = params;
	size_t i;

	for (i = 0; i < p->sets.count; i++) {
		if (p->sets.items[i].bytes)
			return true;
	}
	return false;
}

/* One set: what stands in a Caddyfile's `not` is AND-ed before it is negated. */
static int adapt(struct dispenser *d, json_t **out, struct error *err)
{
	json_t *set;

	dispenser_next(d); /* the name */
	if (adapt_matcher_set(d, &set, err) != 0)
		return -1;
	*out = json_array();
	json_array_append_new(*out, set);
	return 0;
}

const struct matcher_type matcher_not = {
    .name = "not",
    .help = "none of the matcher sets in it matches",
    .shape = &matcher_sets_shape,
    .params_size = sizeof(struct params),
    .load = load_params,
    .match = match,
    .rests_on_bytes = rests_on_bytes,
    .adapt = adapt,
};
