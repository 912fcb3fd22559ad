/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include <strings.h>

#include "daemon/core/iprange.h"
#include "daemon/core/load.h"
#include "daemon/core/matcher.h"
#include "daemon/core/numbers.h"
#include "daemon/core/replacer.h"
#include "daemon/input/settings.h"
#include "daemon/wire/socks4.h"

struct params {
	struct strings commands, networks;
	struct numbers ports;
	struct iprange *set;            /* NULL: any network */
	bool accepted[SOCKS4_BIND + 1]; /* by command */
};

static const struct field fields[] = {
    FIELD_STRINGS(
	struct params, commands, "commands", FIELD_ENV, "CONNECT, BIND; both if there is none"),
    FIELD_STRINGS(struct params, networks, "networks", FIELD_ENV,
	"where the client wants to go: IP addresses, CIDR ranges, private_ranges"),
    FIELD_CUSTOM(struct params, ports, "ports", 0, numbers_load, &numbers_shape,
	"ports that it wants to go to"),
    FIELD_END,
};

static enum socks4_command find_command(const char *name)
{
	if (strcasecmp(name, "CONNECT") == 0)
		return SOCKS4_CONNECT;
	return strcasecmp(name, "BIND") == 0 ? SOCKS4_BIND : SOCKS4_NONE;
}

static int load_params(struct load *load, const struct jnode *node, void *params, struct error *err)
{
	struct params *p = params;
	struct jnode commands = jnode_member(node, "commands"), item;
	enum socks4_command command;
	size_t i;

	for (i = 0; i < p->commands.count; i++) {
		command = find_command(replace_at_load(load->arena, p->commands.items[i]));
		item = jnode_item(&commands, i);
		if (command == SOCKS4_NONE)
			return jnode_error(&item, err, ERROR_INVALID,
			    "'%s' is neither CONNECT nor BIND", p->commands.items[i]);
		p->accepted[command] = true;
	}
	if (p->commands.count == 0)
		p->accepted[SOCKS4_CONNECT] = p->accepted[SOCKS4_BIND] = true;
	if (p->networks.count == 0)
		return 0;
	return iprange_load(load, node, "networks", &p->networks, &p->set, err);
}

/* Does what has come go with the options? What has not come yet does. */
static bool accepts(const struct params *p, const struct socks4_request *request)
{
	if (request->command != SOCKS4_NONE && !p->accepted[request->command])
		return false;
	if (request->has_port && p->ports.count > 0 &&
	    !numbers_contain(&p->ports, request->dst.port))
		return false;
	return request->dst.family == AF_UNSPEC || p->set == NULL ||
	       iprange_contains(p->set, &request->dst);
}

static enum match_verdict match(const void *params, struct match_input *in)
{
	struct socks4_request request;
	enum wire_verdict verdict = socks4_parse(in->bytes, &request);

	if (verdict != WIRE_NO && !accepts(params, &request))
		return MATCH_NO;
	return match_wire(in, verdict);
}

static int adapt_networks(struct dispenser *d, json_t *out, struct error *err)
{
	return iprange_adapt_list(d, out, "networks", err);
}

static int adapt_ports(struct dispenser *d, json_t *out, struct error *err)
{
	return numbers_adapt(d, out, "ports", UINT16_MAX, err);
}

static const struct setting settings[] = {
    {"commands", SETTING_ADD, "commands", NULL},
    {"networks", SETTING_CUSTOM, NULL, adapt_networks},
    {"ports", SETTING_CUSTOM, NULL, adapt_ports},
    {NULL, 0, NULL, NULL},
};

static int adapt(struct dispenser *d, json_t **out, struct error *err)
{
	return settings_adapt_module(d, settings, "socks4 option", out, err);
}

const struct matcher_type matcher_socks4 = {
    .name = "socks4",
    .help = "a SOCKS 4 or 4a request, perhaps by command and destination",
    .bytes = true,
    .fields = fields,
    .params_size = sizeof(struct params),
    .load = load_params,
    .match = match,
    .adapt = adapt,
};
