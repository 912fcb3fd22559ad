/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include <stdio.h>

#include "daemon/core/load.h"
#include "daemon/core/matcher.h"
#include "daemon/tls/hello_match.h"

static struct span version_name(uint16_t version, char unknown[8])
{
	static const char *const names[] = {"ssl3.0", "tls1.0", "tls1.1", "tls1.2", "tls1.3"};

	if (version >= 0x0300 && version <= 0x0304)
		return span_str(names[version - 0x0300]);
	snprintf(unknown, 8, "0x%04x", version);
	return span_str(unknown);
}

/* Set for every hello, whatever the options say of it. */
static void capture(struct facts *facts, const struct hello *hello)
{
	char unknown[8];

	facts_set(facts, "l4.tls.server_name", hello->server_name);
	facts_set(facts, "l4.tls.version", version_name(hello->version, unknown));
}

static enum match_verdict match(const void *params, struct match_input *in)
{
	const struct hello *hello;

	switch (match_hello(in, &hello)) {
	case HELLO_OK:
		capture(in->facts, hello);
		return hello_match(params, hello, in->facts) ? MATCH_YES : MATCH_NO;
	case HELLO_MORE:
		return in->datagram ? MATCH_NO : MATCH_MORE;
	default:
		return MATCH_NO;
	}
}

/* Exact server names and nothing else. */
static bool keys(const void *params, struct strings *out)
{
	return hello_match_names(params, out);
}

static enum match_verdict key(struct match_input *in, struct span *out)
{
	const struct hello *hello;

	switch (match_hello(in, &hello)) {
	case HELLO_OK:
		capture(in->facts, hello);
		*out = hello->server_name;
		return MATCH_YES;
	case HELLO_MORE:
		return in->datagram ? MATCH_NO : MATCH_MORE;
	default:
		return MATCH_NO;
	}
}

static int adapt(struct dispenser *d, json_t **out, struct error *err)
{
	dispenser_next(d); /* the name */
	return hello_match_adapt(d, out, err);
}

const struct matcher_type matcher_tls = {
    .name = "tls",
    .help = "a TLS ClientHello, perhaps with a server name or protocol",
    .bytes = true,
    .fields = hello_match_fields,
    .params_size = sizeof(struct hello_match),
    .load = hello_match_load,
    .match = match,
    .keys = keys,
    .key = key,
    .adapt = adapt,
};
