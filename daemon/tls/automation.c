/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "daemon/tls/automation.h"

#include <string.h>

#include "daemon/core/replacer.h"
#include "daemon/tls/acme_options.h"
#include "daemon/tls/pki.h"
#include "daemon/tls/subjects.h"

/* ---- issuers ------------------------------------------------------------------------------- */

struct internal_issuer_params {
	const char *ca;
	int64_t lifetime;
	bool sign_with_root;
};

static const struct field internal_fields[] = {
    FIELD_STRING(
	struct internal_issuer_params, ca, "ca", 0, "the name of an authority of the pki app"),
    FIELD_DURATION(struct internal_issuer_params, lifetime, "lifetime", 0, "12h",
	"how long certificates are valid"),
    FIELD_BOOL(struct internal_issuer_params, sign_with_root, "sign_with_root", 0,
	"not available: the intermediate signs"),
    FIELD_END,
};

static int load_internal(
    struct load *load, const struct jnode *node, struct issuer_spec *spec, struct error *err)
{
	struct internal_issuer_params params;
	struct jnode ca = jnode_member(node, "ca"), root = jnode_member(node, "sign_with_root");

	if (fields_load(internal_fields, load, node, "module", load->arena, &params, err) == -1)
		return -1;
	spec->ca = pki_find(load->instance, params.ca);
	if (spec->ca == NULL)
		return jnode_error(&ca, err, ERROR_NOT_FOUND,
		    "there is no authority '%s' in apps.pki.certificate_authorities", params.ca);
	if (params.sign_with_root)
		return jnode_error(&root, err, ERROR_UNSUPPORTED,
		    "certificates are signed by the intermediate alone");
	spec->kind = ISSUER_INTERNAL;
	spec->lifetime = params.lifetime;
	return 0;
}

static void unref_acme(void *options)
{
	acme_options_unref(options);
}

static int load_acme(
    struct load *load, const struct jnode *node, struct issuer_spec *spec, struct error *err)
{
	spec->kind = ISSUER_ACME;
	spec->acme = acme_options_load(load, node, err);
	if (spec->acme == NULL)
		return -1;
	arena_release(load->arena, unref_acme, spec->acme);
	return 0;
}

int automation_defaults(struct load *load, struct automation *automation, struct error *err)
{
	json_t *json = json_pack("{s:s}", "module", "acme");
	struct jnode node = jnode_root(json);
	int rc;

	automation->internal_issuer =
	    (struct issuer_spec){.kind = ISSUER_INTERNAL, .ca = pki_find(load->instance, NULL)};
	rc = load_acme(load, &node, &automation->public_issuer, err);
	automation->subjects =
	    subjects_new(load->arena, automation->policies.items, automation->policies.count);
	json_decref(json);
	return rc;
}

static const struct issuer_type {
	struct shape_module module;
	int (*load)(struct load *load, const struct jnode *node, struct issuer_spec *spec,
	    struct error *err);
} issuer_types[] = {
    {{"internal", "certificates of our own authority", internal_fields, NULL}, load_internal},
    {{"acme", "certificates from a CA that speaks ACME", acme_fields, NULL}, load_acme},
};

#define ISSUER_TYPES (sizeof(issuer_types) / sizeof(issuer_types[0]))

static int unknown_issuer(const struct jnode *node, const char *name, struct error *err)
{
	const char *names[ISSUER_TYPES + 1] = {NULL}, *near;
	size_t i;

	if (strcmp(name, "zerossl") == 0)
		return jnode_error(node, err, ERROR_UNSUPPORTED,
		    "use the acme issuer with ZeroSSL's directory and an account binding");
	for (i = 0; i < ISSUER_TYPES; i++)
		names[i] = issuer_types[i].module.name;
	near = error_suggest(name, names);
	return jnode_error(node, err, ERROR_INVALID, "unknown issuer '%s', %s%s%s", name,
	    near != NULL ? "did you mean '" : "known are internal and acme",
	    near != NULL ? near : "", near != NULL ? "'?" : "");
}

static int load_issuer(
    struct load *load, const struct jnode *node, struct issuer_spec *spec, struct error *err)
{
	struct jnode member = jnode_member(node, "module");
	const char *name;
	size_t i;

	if (jnode_object(node, err) == -1)
		return -1;
	if (member.value == NULL)
		return jnode_error(&member, err, ERROR_INVALID,
		    "is required: the issuer's name, internal or acme");
	if (jnode_string(&member, &name, err) == -1)
		return -1;
	for (i = 0; i < ISSUER_TYPES; i++)
		if (strcmp(issuer_types[i].module.name, name) == 0)
			return issuer_types[i].load(load, node, spec, err);
	return unknown_issuer(&member, name, err);
}

static bool module_at(size_t i, struct shape_module *out)
{
	if (i >= ISSUER_TYPES)
		return false;
	*out = issuer_types[i].module;
	return true;
}

static const struct shape issuer_shape = {
    .type = SHAPE_TAGGED, .name = "issuer", .tag = "module", .module = module_at};
static const struct shape issuers_shape = {.type = SHAPE_LIST, .of = &issuer_shape};

/* target is the policy. */
static int load_issuers(
    struct load *load, const struct jnode *node, void *target, struct error *err)
{
	struct automation_policy *policy = target;
	size_t i, count;

	if (jnode_array(node, err) == -1)
		return -1;
	count = json_array_size(node->value);
	policy->issuers = arena_array(load->arena, count, sizeof(*policy->issuers));
	for (i = 0; i < count; i++) {
		struct jnode item = jnode_item(node, i);

		if (load_issuer(load, &item, &policy->issuers[i], err) == -1)
			return -1;
	}
	policy->issuer_count = count;
	return 0;
}

/* ---- what is there for other programs' files ------------------------------------------------ */

#define FIELD_OTHER(n, fn, sh, h)                                                                  \
	{                                                                                          \
		.name = n, .type = FIELD_TYPE_CUSTOM, .flags = FIELD_HIDDEN, .load = fn,           \
		.shape = sh, .help = h                                                             \
	}

/* ---- policies ------------------------------------------------------------------------------ */

static const struct field policy_fields[] = {
    FIELD_STRINGS(
	struct automation_policy, subjects, "subjects", 0, "the names it is for; none: every name"),
    {.name = "issuers",
	.type = FIELD_TYPE_CUSTOM,
	.load = load_issuers,
	.shape = &issuers_shape,
	.help = "who makes the certificates: internal, acme; the first that succeeds"},
    FIELD_ENUM(struct automation_policy, key_type, "key_type", 0, "p256", key_type_names,
	"the kind of key"),
    {.name = "renewal_window_ratio",
	.type = FIELD_TYPE_FLOAT,
	FIELD_AT(struct automation_policy, renewal_window_ratio),
	.min = 0,
	.max = 1,
	.help = "which part of the lifetime is left when a certificate is renewed"},
    FIELD_BOOL(struct automation_policy, one_certificate, "one_certificate", 0,
	"one certificate by ACME for all names that the policy is for, 100 in each (ours)"),
    FIELD_BOOL(struct automation_policy, on_demand, "on_demand", 0,
	"certificates are made when a client first asks for the name"),
    FIELD_OTHER("must_staple", field_refuse, &shape_empty,
	"certificates that demand a stapled OCSP response"),
    FIELD_OTHER(
	"reuse_private_keys", field_refuse, &shape_empty, "a renewed certificate with the old key"),
    FIELD_OTHER(
	"get_certificate", field_refuse, &shape_empty, "certificates fetched during handshakes"),
    FIELD_OTHER("storage", field_refuse, &shape_empty, "a storage of the policy's own"),
    FIELD_BOOL(struct automation_policy, disable_ocsp_stapling, "disable_ocsp_stapling", 0,
	"no OCSP response goes with the certificates"),
    FIELD_OTHER(
	"ocsp_overrides", field_refuse, &shape_empty, "other responders than the certificates say"),
    FIELD_END,
};

struct permission {
	const char *endpoint;
};

static const struct field permission_fields[] = {
    FIELD_STRING(struct permission, endpoint, "endpoint", FIELD_REQUIRED | FIELD_ENV,
	"the URL that is asked, with ?domain=NAME; a status of 200 to 299 means yes"),
    FIELD_END,
};

static int load_permission(
    struct load *load, const struct jnode *node, void *target, struct error *err)
{
	struct jnode module = jnode_member(node, "module"), member = jnode_member(node, "endpoint");
	struct permission p = {0};
	const char *name = "";

	if (jnode_object(node, err) == -1 ||
	    (module.value != NULL && jnode_string(&module, &name, err) == -1))
		return -1;
	if (strcmp(name, "http") != 0)
		return jnode_error(
		    &module, err, ERROR_UNSUPPORTED, "permission is asked over HTTP only: http");
	if (fields_load(permission_fields, load, node, "module", load->arena, &p, err) == -1)
		return -1;
	p.endpoint = replace_at_load(load->arena, p.endpoint);
	if (strncmp(p.endpoint, "http://", 7) != 0 && strncmp(p.endpoint, "https://", 8) != 0)
		return jnode_error(&member, err, ERROR_INVALID, "must be an http or https URL");
	*(const char **)target = p.endpoint;
	return 0;
}

static bool permission_at(size_t i, struct shape_module *out)
{
	static const struct shape_module http = {
	    "http", "asks an endpoint over HTTP", permission_fields, NULL};

	*out = http;
	return i == 0;
}

static const struct shape permission_shape = {
    .type = SHAPE_TAGGED, .tag = "module", .module = permission_at};

static const struct field on_demand_fields[] = {
    FIELD_CUSTOM(struct on_demand, endpoint, "permission", 0, load_permission, &permission_shape,
	"{module: http, endpoint}"),
    FIELD_END,
};
static const struct shape on_demand_shape = {
    .type = SHAPE_OBJECT, .fields = on_demand_fields, .null = true};

static int load_on_demand(
    struct load *load, const struct jnode *node, void *target, struct error *err)
{
	if (json_is_null(node->value))
		return 0;
	return fields_load(on_demand_fields, load, node, NULL, load->arena, target, err);
}

const struct field automation_fields[] = {
    FIELD_OBJECTS(struct automation, policies, "policies", 0, policy_fields,
	struct automation_policy, "the first that has a name among its subjects is taken"),
    FIELD_CUSTOM(struct automation, on_demand, "on_demand", FIELD_OPEN, load_on_demand,
	&on_demand_shape, "who is asked whether a name may have a certificate on demand"),
    FIELD_OTHER("ocsp_interval", field_ignore, &shape_any, "each response has its own time"),
    FIELD_OTHER("renew_interval", field_ignore, &shape_any, "each certificate has its own time"),
    FIELD_OTHER("storage_clean_interval", field_ignore, &shape_any, "nothing piles up"),
    FIELD_END,
};

bool automation_on_demand(const struct automation *automation, const char *name)
{
	const struct automation_policy *policy = subjects_find(automation->subjects, name);

	return policy != NULL && policy->on_demand;
}

bool automation_has_on_demand(const struct automation *automation)
{
	const struct automation_policy *policy = automation->policies.items;
	size_t i;

	for (i = 0; i < automation->policies.count; i++)
		if (policy[i].on_demand)
			return true;
	return false;
}

bool automation_staples(const struct automation *automation, const char *name)
{
	const struct automation_policy *policy = subjects_find(automation->subjects, name);

	return policy == NULL || !policy->disable_ocsp_stapling;
}

struct managed_name automation_for(const struct automation *automation, const char *name)
{
	struct managed_name m = {.name = name,
	    .key_type = KEY_P256,
	    .issuers = &automation->internal_issuer,
	    .issuer_count = 1};
	const struct automation_policy *policy = subjects_find(automation->subjects, name);

	if (tls_name_is_public(name))
		m.issuers = &automation->public_issuer;
	if (policy == NULL)
		return m;
	m.key_type = (enum key_type)policy->key_type;
	m.renewal_ratio = policy->renewal_window_ratio;
	m.group = policy->one_certificate ? policy : NULL;
	if (policy->issuer_count > 0) {
		m.issuers = policy->issuers;
		m.issuer_count = policy->issuer_count;
	}
	return m;
}
