/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "daemon/core/load.h"
#include "daemon/core/matcher.h"
#include "daemon/core/numbers.h"
#include "daemon/input/settings.h"
#include "daemon/wire/socks5.h"

struct params {
	struct numbers methods;
};

static const struct field fields[] = {
    FIELD_CUSTOM(struct params, methods, "auth_methods", 0, numbers_load_bytes,
	&numbers_shape_bytes, "methods that the client may offer; 0, 1 and 2 if there is none"),
    FIELD_END,
};

/* None, GSSAPI, user and password. */
static int load_params(struct load *load, const struct jnode *node, void *params, struct error *err)
{
	static uint16_t usual[] = {0, 1, 2};
	struct params *p = params;

	(void)load;
	(void)node;
	(void)err;
	if (p->methods.count == 0)
		p->methods = (struct numbers){.items = usual, .count = 3};
	return 0;
}

static enum match_verdict match(const void *params, struct match_input *in)
{
	const struct params *p = params;
	struct span methods;
	enum wire_verdict verdict = socks5_greeting_parse(in->bytes, &methods);
	uint8_t method;

	while (span_u8(&methods, &method)) {
		if (!numbers_contain(&p->methods, method))
			return MATCH_NO;
	}
	return match_wire(in, verdict);
}

static int adapt_methods(struct dispenser *d, json_t *out, struct error *err)
{
	return numbers_adapt(d, out, "auth_methods", UINT8_MAX, err);
}

static const struct setting settings[] = {
    {"auth_methods", SETTING_CUSTOM, NULL, adapt_methods},
    {NULL, 0, NULL, NULL},
};

static int adapt(struct dispenser *d, json_t **out, struct error *err)
{
	return settings_adapt_module(d, settings, "socks5 option", out, err);
}

const struct matcher_type matcher_socks5 = {
    .name = "socks5",
    .help = "a SOCKS 5 greeting, perhaps by the methods it offers",
    .bytes = true,
    .fields = fields,
    .params_size = sizeof(struct params),
    .load = load_params,
    .match = match,
    .adapt = adapt,
};
