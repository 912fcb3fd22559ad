/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include <stdio.h>

#include "daemon/core/iprange.h"
#include "daemon/core/load.h"
#include "daemon/core/match_regexp.h"
#include "daemon/core/matcher.h"
#include "daemon/core/numbers.h"
#include "daemon/core/replacer.h"
#include "daemon/input/settings.h"
#include "daemon/regex/regex.h"
#include "daemon/wire/rdp.h"

/* A text, and a pattern for it. */
struct filter {
	const char *text, *regexp;
	struct template *template;
	struct regex *pattern; /* NULL: none */
};

struct params {
	struct filter cookie, custom;
	struct strings ips;
	struct numbers ports;
	struct iprange *set; /* NULL: any */
};

static const struct field fields[] = {
    FIELD_STRING(struct params, cookie.text, "cookie_hash", FIELD_ENV | FIELD_PLACEHOLDERS,
	"the user's name in a cookie 'mstshash'"),
    FIELD_STRING(struct params, cookie.regexp, "cookie_hash_regexp", FIELD_ENV,
	"regular expression for it, Go's syntax"),
    FIELD_STRINGS(struct params, ips, "cookie_ips", FIELD_ENV,
	"where a routing token 'msts' leads: IP addresses, CIDR ranges, private_ranges"),
    FIELD_CUSTOM(struct params, ports, "cookie_ports", 0, numbers_load, &numbers_shape,
	"ports that it leads to"),
    FIELD_STRING(struct params, custom.text, "custom_info", FIELD_ENV | FIELD_PLACEHOLDERS,
	"any other text in the place of cookie and token"),
    FIELD_STRING(struct params, custom.regexp, "custom_info_regexp", FIELD_ENV,
	"regular expression for it, Go's syntax"),
    FIELD_END,
};

static int load_filter(struct load *load, const struct jnode *node, const char *key,
    struct filter *f, struct error *err)
{
	f->template = template_new(load->arena, f->text != NULL ? f->text : "");
	return match_pattern_load(load, node, key, f->regexp, REGEX_TEXT, &f->pattern, err);
}

static int load_params(struct load *load, const struct jnode *node, void *params, struct error *err)
{
	struct params *p = params;

	if (load_filter(load, node, "cookie_hash_regexp", &p->cookie, err) == -1 ||
	    load_filter(load, node, "custom_info_regexp", &p->custom, err) == -1)
		return -1;
	if (p->ips.count == 0)
		return 0;
	return iprange_load(load, node, "cookie_ips", &p->ips, &p->set, err);
}

/* --- matching -------------------------------------------------------------------------------- */

static void capture_base64(struct facts *facts, const char *name, struct span bytes)
{
	static const char digits[] =
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	char out[25];
	size_t n = 0, i, k;
	uint32_t bits;

	for (i = 0; i < bytes.n && n + 4 < sizeof(out); i += 3) {
		for (bits = 0, k = 0; k < 3; k++)
			bits = bits << 8 | (i + k < bytes.n ? bytes.p[i + k] : 0);
		for (k = 0; k < 4; k++)
			out[n++] = i + k > bytes.n ? '=' : digits[bits >> (18 - 6 * k) & 63];
	}
	facts_set(facts, name, span_of(out, n));
}

static void capture_address(struct facts *facts, const struct netaddr *address)
{
	char text[NETADDR_TEXT_MAX];

	facts_set(facts, "l4.rdp.cookie_ip", span_str(netaddr_ip_text(address, text)));
	snprintf(text, sizeof(text), "%u", address->port);
	facts_set(facts, "l4.rdp.cookie_port", span_str(text));
}

/* Set for every request, whatever the options say of it. */
static void capture(struct facts *facts, const struct rdp_request *request)
{
	if (request->line == RDP_LINE_COOKIE)
		facts_set(facts, "l4.rdp.cookie_hash", request->text);
	if (request->line == RDP_LINE_CUSTOM)
		facts_set(facts, "l4.rdp.custom_info", request->text);
	if (request->address.family != AF_UNSPEC)
		capture_address(facts, &request->address);
	if (request->correlation_id.n > 0)
		capture_base64(facts, "l4.rdp.correlation_id", request->correlation_id);
}

/* present: the request has what the filter is for. */
static bool match_text(const struct filter *f, bool present, struct span text, struct facts *facts)
{
	bool wanted = !template_equals(f->template, facts, span_str(""));

	if (!present)
		return !wanted && f->pattern == NULL;
	if (wanted && !template_equals(f->template, facts, text))
		return false;
	return f->pattern == NULL || regex_match(f->pattern, text, NULL, 0);
}

static bool match_address(const struct params *p, const struct netaddr *address)
{
	if (p->set == NULL && p->ports.count == 0)
		return true;
	if (address->family == AF_UNSPEC || (p->set != NULL && !iprange_contains(p->set, address)))
		return false;
	return p->ports.count == 0 || numbers_contain(&p->ports, address->port);
}

static enum match_verdict match(const void *params, struct match_input *in)
{
	const struct params *p = params;
	struct rdp_request r;
	enum wire_verdict verdict = rdp_parse(in->bytes, &r);

	if (verdict != WIRE_YES)
		return match_wire(in, verdict);
	capture(in->facts, &r);
	return match_text(&p->cookie, r.line == RDP_LINE_COOKIE, r.text, in->facts) &&
		       match_text(&p->custom, r.line == RDP_LINE_CUSTOM, r.text, in->facts) &&
		       match_address(p, &r.address)
		   ? MATCH_YES
		   : MATCH_NO;
}

/* --- Caddyfile ------------------------------------------------------------------------------- */

/* Options of one kind, by what they set; those of different kinds exclude each other. */
static const char *const kinds[][3] = {
    {"cookie_hash", "cookie_hash_regexp", NULL},
    {"cookie_ips", "cookie_ports", NULL},
    {"custom_info", "custom_info_regexp", NULL},
};

static bool has_kind(const json_t *out, size_t kind)
{
	size_t i;

	for (i = 0; kinds[kind][i] != NULL; i++) {
		if (json_object_get(out, kinds[kind][i]) != NULL)
			return true;
	}
	return false;
}

static int check_kind(const struct dispenser *d, const json_t *out, size_t kind, struct error *err)
{
	size_t i;

	for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		if (i != kind && has_kind(out, i))
			return dispenser_error(d, err, ERROR_INVALID,
			    "'%s' cannot be combined with what stands before it",
			    dispenser_text(d));
	}
	return 0;
}

/* A text or a pattern: one in all. */
static int adapt_text(struct dispenser *d, json_t *out, size_t kind, struct error *err)
{
	const char *option = dispenser_text(d), *text;

	if (check_kind(d, out, kind, err) == -1)
		return -1;
	if (has_kind(out, kind))
		return dispenser_error(d, err, ERROR_INVALID,
		    "there may be one '%s' or one pattern for it", kinds[kind][0]);
	if (dispenser_one(d, &text, err) == -1)
		return -1;
	settings_put(out, option, json_string(text));
	return 0;
}

static int adapt_cookie(struct dispenser *d, json_t *out, struct error *err)
{
	return adapt_text(d, out, 0, err);
}

static int adapt_custom(struct dispenser *d, json_t *out, struct error *err)
{
	return adapt_text(d, out, 2, err);
}

static int adapt_ips(struct dispenser *d, json_t *out, struct error *err)
{
	if (check_kind(d, out, 1, err) == -1)
		return -1;
	return iprange_adapt_list(d, out, "cookie_ips", err);
}

static int adapt_ports(struct dispenser *d, json_t *out, struct error *err)
{
	if (check_kind(d, out, 1, err) == -1)
		return -1;
	return numbers_adapt(d, out, "cookie_ports", UINT16_MAX, err);
}

static const struct setting settings[] = {
    {"cookie_hash", SETTING_CUSTOM, NULL, adapt_cookie},
    {"cookie_hash_regexp", SETTING_CUSTOM, NULL, adapt_cookie},
    {"cookie_ip", SETTING_CUSTOM, NULL, adapt_ips},
    {"cookie_port", SETTING_CUSTOM, NULL, adapt_ports},
    {"custom_info", SETTING_CUSTOM, NULL, adapt_custom},
    {"custom_info_regexp", SETTING_CUSTOM, NULL, adapt_custom},
    {NULL, 0, NULL, NULL},
};

static int adapt(struct dispenser *d, json_t **out, struct error *err)
{
	return settings_adapt_module(d, settings, "rdp option", out, err);
}

const struct matcher_type matcher_rdp = {
    .name = "rdp",
    .help = "an RDP client, perhaps by cookie, routing token or other text",
    .bytes = true,
    .fields = fields,
    .params_size = sizeof(struct params),
    .load = load_params,
    .match = match,
    .adapt = adapt,
};
