/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include <strings.h>

#include "daemon/core/load.h"
#include "daemon/core/match_regexp.h"
#include "daemon/core/matcher.h"
#include "daemon/core/replacer.h"
#include "daemon/input/settings.h"
#include "daemon/regex/regex.h"
#include "daemon/wire/dns.h"

/* What a part of a question must be: a text (empty: anything), and match a pattern. */
struct filter {
	const char *text, *regexp;
	struct template *template;
	struct regex *pattern; /* NULL: none */
};

struct rule {
	struct filter class, name, type;
};

struct params {
	struct objects allow, deny; /* struct rule */
	bool default_deny, prefer_allow;
};

static const struct field rule_fields[] = {
    FIELD_STRING(struct rule, class.text, "class", FIELD_ENV | FIELD_PLACEHOLDERS, "IN, CH, ANY"),
    FIELD_STRING(struct rule, class.regexp, "class_regexp", FIELD_ENV, "pattern for the class"),
    FIELD_STRING(struct rule, name.text, "name", FIELD_ENV | FIELD_PLACEHOLDERS,
	"domain name with the dot at its end"),
    FIELD_STRING(struct rule, name.regexp, "name_regexp", FIELD_ENV,
	"pattern for the name, which is in lower case"),
    FIELD_STRING(struct rule, type.text, "type", FIELD_ENV | FIELD_PLACEHOLDERS, "A, MX, NS"),
    FIELD_STRING(struct rule, type.regexp, "type_regexp", FIELD_ENV, "pattern for the type"),
    FIELD_END,
};

static const struct field fields[] = {
    FIELD_OBJECTS(struct params, allow, "allow", 0, rule_fields, struct rule,
	"questions that match; any of these rules"),
    FIELD_OBJECTS(
	struct params, deny, "deny", 0, rule_fields, struct rule, "questions that do not match"),
    FIELD_BOOL(struct params, default_deny, "default_deny", 0,
	"of two lists: questions in neither do not match"),
    FIELD_BOOL(
	struct params, prefer_allow, "prefer_allow", 0, "of two lists: questions in both match"),
    FIELD_END,
};

/* --- loading --------------------------------------------------------------------------------- */

static int load_filter(struct load *load, const struct jnode *node, const char *key,
    struct filter *f, struct error *err)
{
	f->template = template_new(load->arena, f->text != NULL ? f->text : "");
	return match_pattern_load(load, node, key, f->regexp, REGEX_TEXT, &f->pattern, err);
}

static int load_rules(struct load *load, const struct jnode *node, const char *key,
    const struct objects *rules, struct error *err)
{
	struct jnode list = jnode_member(node, key);
	size_t i;

	for (i = 0; i < rules->count; i++) {
		struct rule *rule = (struct rule *)rules->items + i;
		struct jnode item = jnode_item(&list, i);

		if (load_filter(load, &item, "class_regexp", &rule->class, err) == -1 ||
		    load_filter(load, &item, "name_regexp", &rule->name, err) == -1 ||
		    load_filter(load, &item, "type_regexp", &rule->type, err) == -1)
			return -1;
	}
	return 0;
}

static int load_params(struct load *load, const struct jnode *node, void *params, struct error *err)
{
	struct params *p = params;

	if (load_rules(load, node, "allow", &p->allow, err) == -1)
		return -1;
	return load_rules(load, node, "deny", &p->deny, err);
}

/* --- matching -------------------------------------------------------------------------------- */

/* Without regard to case; the dot at the end of a name may be left out. */
static bool same_text(struct span wanted, const char *text)
{
	size_t n = strlen(text);

	if (n == wanted.n + 1 && wanted.n > 0 && text[n - 1] == '.')
		n--;
	return n == wanted.n && strncasecmp((const char *)wanted.p, text, n) == 0;
}

static bool match_filter(
    const struct filter *f, const char *text, struct facts *facts, struct buf *scratch)
{
	struct span wanted;

	buf_clear(scratch);
	template_expand(f->template, facts, scratch);
	wanted = buf_span(scratch);
	if (wanted.n > 0 && !same_text(wanted, text))
		return false;
	return f->pattern == NULL || regex_match(f->pattern, span_str(text), NULL, 0);
}

/* Does any rule say yes? Of a list without rules none does. */
static bool match_rules(const struct objects *rules, const struct dns_question *q,
    struct facts *facts, struct buf *scratch)
{
	size_t i;

	for (i = 0; i < rules->count; i++) {
		const struct rule *rule = (const struct rule *)rules->items + i;

		if (match_filter(&rule->class, dns_class_name(q->class), facts, scratch) &&
		    match_filter(&rule->type, dns_type_name(q->type), facts, scratch) &&
		    match_filter(&rule->name, q->name, facts, scratch))
			return true;
	}
	return false;
}

static bool permits(
    const struct params *p, const struct dns_question *q, struct facts *facts, struct buf *scratch)
{
	bool denied, allowed;

	if (dns_class_name(q->class) == NULL || dns_type_name(q->type) == NULL)
		return false; /* rules cannot name it */
	denied = match_rules(&p->deny, q, facts, scratch);
	if (p->allow.count == 0)
		return !denied && !p->default_deny;
	allowed = match_rules(&p->allow, q, facts, scratch);
	if (p->deny.count == 0)
		return allowed;
	if (denied)
		return allowed && p->prefer_allow;
	return allowed || !p->default_deny;
}

static bool permits_all(const struct params *p, struct dns_request *request, struct facts *facts)
{
	struct buf scratch = {0};
	struct dns_question question;
	bool permitted = true;

	if (p->allow.count == 0 && p->deny.count == 0)
		return true;
	while (permitted && dns_next_question(request, &question))
		permitted = permits(p, &question, facts, &scratch);
	buf_fini(&scratch);
	return permitted;
}

/* All requests that have come must be permitted: clients may send several at once. */
static enum match_verdict match_stream(const struct params *p, struct match_input *in)
{
	struct span rest = in->bytes;
	struct dns_request request;
	enum wire_verdict verdict;
	size_t used;

	do {
		verdict = dns_parse_stream(rest, &request, &used);
		if (verdict == WIRE_MORE && rest.p != in->bytes.p)
			return MATCH_YES;
		if (verdict != WIRE_YES)
			return match_wire(in, verdict);
		if (!permits_all(p, &request, in->facts))
			return MATCH_NO;
		span_skip(&rest, used);
	} while (rest.n > 0);
	return MATCH_YES;
}

static enum match_verdict match(const void *params, struct match_input *in)
{
	const struct params *p = params;
	struct dns_request request;

	if (!in->datagram)
		return match_stream(p, in);
	if (dns_parse(in->bytes, in->bytes.n, &request) != WIRE_YES)
		return MATCH_NO;
	return permits_all(p, &request, in->facts) ? MATCH_YES : MATCH_NO;
}

/* --- Caddyfile ------------------------------------------------------------------------------- */

/* "*" leaves a part out. */
static void put_part(json_t *rule, const char *key, const char *text)
{
	if (text != NULL && strcmp(text, "*") != 0)
		settings_put(rule, key, json_string(text));
}

/* "<name> [<type> [<class>]]" */
static int adapt_rule(
    struct dispenser *d, json_t *out, const char *key, bool regexp, struct error *err)
{
	size_t count = dispenser_args_left(d);
	json_t *list = json_object_get(out, key), *rule;

	if (count < 1 || count > 3)
		return dispenser_arg_error(d, err);
	if (list == NULL) {
		list = json_array();
		json_object_set_new(out, key, list);
	}
	rule = json_object();
	put_part(rule, regexp ? "name_regexp" : "name", dispenser_arg(d));
	put_part(rule, regexp ? "type_regexp" : "type", dispenser_arg(d));
	put_part(rule, regexp ? "class_regexp" : "class", dispenser_arg(d));
	return json_array_append_new(list, rule);
}

static int adapt_allow(struct dispenser *d, json_t *out, struct error *err)
{
	return adapt_rule(d, out, "allow", false, err);
}

static int adapt_allow_regexp(struct dispenser *d, json_t *out, struct error *err)
{
	return adapt_rule(d, out, "allow", true, err);
}

static int adapt_deny(struct dispenser *d, json_t *out, struct error *err)
{
	return adapt_rule(d, out, "deny", false, err);
}

static int adapt_deny_regexp(struct dispenser *d, json_t *out, struct error *err)
{
	return adapt_rule(d, out, "deny", true, err);
}

static int adapt_flag(struct dispenser *d, json_t *out, struct error *err)
{
	const char *option = dispenser_text(d);

	if (dispenser_none(d, err) == -1)
		return -1;
	return dispenser_set(d, out, option, json_true(), err);
}

static const struct setting settings[] = {
    {"allow", SETTING_CUSTOM, NULL, adapt_allow},
    {"allow_regexp", SETTING_CUSTOM, NULL, adapt_allow_regexp},
    {"deny", SETTING_CUSTOM, NULL, adapt_deny},
    {"deny_regexp", SETTING_CUSTOM, NULL, adapt_deny_regexp},
    {"default_deny", SETTING_CUSTOM, NULL, adapt_flag},
    {"prefer_allow", SETTING_CUSTOM, NULL, adapt_flag},
    {NULL, 0, NULL, NULL},
};

static int adapt(struct dispenser *d, json_t **out, struct error *err)
{
	return settings_adapt_module(d, settings, "dns option", out, err);
}

const struct matcher_type matcher_dns = {
    .name = "dns",
    .help = "DNS requests, perhaps by name, type and class",
    .bytes = true,
    .fields = fields,
    .params_size = sizeof(struct params),
    .load = load_params,
    .match = match,
    .adapt = adapt,
};
