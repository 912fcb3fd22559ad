/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "daemon/core/load.h"
#include "daemon/core/matcher.h"
#include "daemon/tls/hello_match.h"
#include "daemon/wire/quic.h"

/* The client's datagrams are put together once for all matchers. */
static enum wire_verdict gather(struct match_input *in)
{
	struct match_cache *cache = in->cache;

	if (cache->quic == NULL) {
		if (!quic_may_begin(in->bytes))
			return WIRE_NO;
		cache->quic = mem_zalloc(sizeof(*cache->quic));
	}
	if (!cache->quic_taken)
		quic_gather_add(cache->quic, in->bytes);
	cache->quic_taken = true;
	return cache->quic->verdict;
}

/* Set for every hello, whatever the options say of it. */
static void capture(struct facts *facts, const struct quic_gather *g)
{
	facts_set(facts, "l4.quic.version", span_str(quic_version_name(g->version)));
	facts_set(facts, "l4.quic.tls.server_name", g->hello.server_name);
	facts_set(facts, "l4.quic.tls.version", span_str("tls1.3"));
}

static enum match_verdict match(const void *params, struct match_input *in)
{
	if (!in->datagram)
		return MATCH_NO;
	switch (gather(in)) {
	case WIRE_YES:
		capture(in->facts, in->cache->quic);
		return hello_match(params, &in->cache->quic->hello, in->facts) ? MATCH_YES
									       : MATCH_NO;
	case WIRE_MORE: /* in a further datagram */
		return MATCH_MORE;
	default:
		return MATCH_NO;
	}
}

static int adapt(struct dispenser *d, json_t **out, struct error *err)
{
	dispenser_next(d); /* the name */
	return hello_match_adapt(d, out, err);
}

const struct matcher_type matcher_quic = {
    .name = "quic",
    .help = "a QUIC client's first datagrams, perhaps with a server name or protocol",
    .bytes = true,
    .fields = hello_match_fields,
    .params_size = sizeof(struct hello_match),
    .load = hello_match_load,
    .match = match,
    .adapt = adapt,
};
