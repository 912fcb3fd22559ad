/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "daemon/core/matcher.h"
#include "daemon/wire/proxy_header.h"

static const struct field fields[] = {
    FIELD_END,
};

static enum match_verdict match(const void *params, struct match_input *in)
{
	(void)params;
	switch (proxy_header_signature(in->bytes)) {
	case PROXY_HEADER_OK:
		return MATCH_YES;
	case PROXY_HEADER_MORE:
		return in->datagram ? MATCH_NO : MATCH_MORE;
	default:
		return MATCH_NO;
	}
}

static int adapt(struct dispenser *d, json_t **out, struct error *err)
{
	dispenser_next(d); /* the name */
	if (dispenser_none(d, err) != 0 || dispenser_no_block(d, err) != 0)
		return -1;
	*out = json_object();
	return 0;
}

const struct matcher_type matcher_proxy_protocol = {
    .name = "proxy_protocol",
    .help = "a PROXY protocol header begins, version 1 or 2",
    .bytes = true,
    .fields = fields,
    .match = match,
    .adapt = adapt,
};
