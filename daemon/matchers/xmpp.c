/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "daemon/core/matcher.h"
#include "daemon/wire/xmpp.h"

static const struct field fields[] = {
    FIELD_END,
};

static enum match_verdict match(const void *params, struct match_input *in)
{
	(void)params;
	return match_wire(in, xmpp_parse(in->bytes));
}

static int adapt(struct dispenser *d, json_t **out, struct error *err)
{
	dispenser_next(d); /* the name */
	if (dispenser_none(d, err) == -1 || dispenser_no_block(d, err) == -1)
		return -1;
	*out = json_object();
	return 0;
}

const struct matcher_type matcher_xmpp = {
    .name = "xmpp",
    .help = "an XMPP stream is opened",
    .bytes = true,
    .fields = fields,
    .match = match,
    .adapt = adapt,
};
