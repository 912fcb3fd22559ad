/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "daemon/core/matcher.h"
#include "daemon/core/numbers.h"
#include "daemon/wire/wireguard.h"

struct params {
	int64_t zero;
};

static const struct field fields[] = {
    FIELD_INT(struct params, zero, "zero", 0, "0", 0, UINT32_MAX,
	"what stands in the reserved bytes, where that is not zero"),
    FIELD_END,
};

static enum match_verdict match(const void *params, struct match_input *in)
{
	const struct params *p = params;

	return match_wire(in, wireguard_parse(in->bytes, (uint32_t)p->zero, in->datagram));
}

/* "wireguard [<zero>]" */
static int adapt(struct dispenser *d, json_t **out, struct error *err)
{
	const char *text;
	uint64_t zero = 0;

	dispenser_next(d); /* the name */
	if (dispenser_args_left(d) > 1)
		return dispenser_arg_error(d, err);
	text = dispenser_arg(d);
	if (text != NULL && !number_parse(text, UINT32_MAX, &zero))
		return dispenser_error(
		    d, err, ERROR_INVALID, "'%s' is not a number from 0 to %u", text, UINT32_MAX);
	if (dispenser_no_block(d, err) == -1)
		return -1;
	*out = json_object();
	if (zero != 0)
		json_object_set_new(*out, "zero", json_integer((json_int_t)zero));
	return 0;
}

const struct matcher_type matcher_wireguard = {
    .name = "wireguard",
    .help = "a WireGuard handshake initiation or keepalive",
    .bytes = true,
    .fields = fields,
    .params_size = sizeof(struct params),
    .match = match,
    .adapt = adapt,
};
