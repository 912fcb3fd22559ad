/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include <strings.h>

#include "daemon/core/load.h"
#include "daemon/core/match_regexp.h"
#include "daemon/core/matcher.h"
#include "daemon/core/replacer.h"
#include "daemon/input/settings.h"
#include "daemon/regex/regex.h"
#include "daemon/wire/winbox.h"

struct params {
	struct strings modes;
	const char *username, *username_regexp;
	bool standard, romon;
	struct template *name;
	struct regex *pattern; /* NULL: none */
};

static const struct field fields[] = {
    FIELD_STRINGS(
	struct params, modes, "modes", FIELD_ENV, "standard, romon; both if there is none"),
    FIELD_STRING(struct params, username, "username", FIELD_ENV | FIELD_PLACEHOLDERS,
	"the user's name as typed at login"),
    FIELD_STRING(struct params, username_regexp, "username_regexp", FIELD_ENV,
	"regular expression for it, Go's syntax; not looked at beside username"),
    FIELD_END,
};

static int load_modes(
    struct load *load, const struct jnode *node, struct params *p, struct error *err)
{
	struct jnode modes = jnode_member(node, "modes"), item;
	size_t i;

	p->standard = p->romon = p->modes.count == 0;
	for (i = 0; i < p->modes.count; i++) {
		const char *mode = replace_at_load(load->arena, p->modes.items[i]);

		item = jnode_item(&modes, i);
		if (strcasecmp(mode, "standard") == 0)
			p->standard = true;
		else if (strcasecmp(mode, "romon") == 0)
			p->romon = true;
		else
			return jnode_error(
			    &item, err, ERROR_INVALID, "'%s' is neither standard nor romon", mode);
	}
	return 0;
}

static int load_params(struct load *load, const struct jnode *node, void *params, struct error *err)
{
	struct params *p = params;

	if (load_modes(load, node, p, err) == -1)
		return -1;
	p->name = template_new(load->arena, p->username != NULL ? p->username : "");
	return match_pattern_load(
	    load, node, "username_regexp", p->username_regexp, REGEX_TEXT, &p->pattern, err);
}

static bool match_name(const struct params *p, struct span name, struct facts *facts)
{
	if (!template_equals(p->name, facts, span_str("")))
		return template_equals(p->name, facts, name);
	return p->pattern == NULL || regex_match(p->pattern, name, NULL, 0);
}

static enum match_verdict match(const void *params, struct match_input *in)
{
	const struct params *p = params;
	struct winbox_auth auth;
	enum wire_verdict verdict = winbox_parse(in->bytes, &auth);

	if (verdict != WIRE_YES)
		return match_wire(in, verdict);
	if (!(auth.romon ? p->romon : p->standard) || !match_name(p, auth.username, in->facts))
		return MATCH_NO;
	facts_set(in->facts, "l4.winbox.username", auth.username);
	return MATCH_YES;
}

static int adapt_modes(struct dispenser *d, json_t *out, struct error *err)
{
	json_t *list = NULL;

	if (dispenser_args_left(d) > 2)
		return dispenser_arg_error(d, err);
	if (dispenser_strings(d, &list, err) == -1) {
		json_decref(list);
		return -1;
	}
	return dispenser_set(d, out, "modes", list, err);
}

/* One of the two, once. */
static int adapt_username(struct dispenser *d, json_t *out, struct error *err)
{
	const char *option = dispenser_text(d), *text;

	if (json_object_get(out, "username") != NULL ||
	    json_object_get(out, "username_regexp") != NULL)
		return dispenser_error(
		    d, err, ERROR_INVALID, "there may be one 'username' or one 'username_regexp'");
	if (dispenser_one(d, &text, err) == -1)
		return -1;
	settings_put(out, option, json_string(text));
	return 0;
}

static const struct setting settings[] = {
    {"modes", SETTING_CUSTOM, NULL, adapt_modes},
    {"username", SETTING_CUSTOM, NULL, adapt_username},
    {"username_regexp", SETTING_CUSTOM, NULL, adapt_username},
    {NULL, 0, NULL, NULL},
};

static int adapt(struct dispenser *d, json_t **out, struct error *err)
{
	return settings_adapt_module(d, settings, "winbox option", out, err);
}

const struct matcher_type matcher_winbox = {
    .name = "winbox",
    .help = "MikroTik's Winbox, perhaps by mode and user",
    .bytes = true,
    .fields = fields,
    .params_size = sizeof(struct params),
    .load = load_params,
    .match = match,
    .adapt = adapt,
};
