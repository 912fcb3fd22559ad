/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "daemon/tls/automation.h"

#include <string.h>

#include "daemon/tls/acme_options.h"
#include "daemon/tls/subjects.h"

/* ---- issuers ------------------------------------------------------------------------------- */

struct internal_issuer_params {
	const char *ca;
	int64_t lifetime;
	bool sign_with_root;
};

static const struct field internal_fields[] = {
    FIELD_STRING(
	struct internal_issuer_params, ca, "ca", 0, "the authority's name; there is one: local"),
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
	if (params.ca != NULL && *params.ca != '\0' && strcmp(params.ca, "local") != 0)
		return jnode_error(
		    &ca, err, ERROR_UNSUPPORTED, "there is one internal authority, 'local'");
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
	int rc = load_acme(load, &node, &automation->public_issuer, err);

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

/* Has no effect here, and none is missed. */
static int ignore(struct load *load, const struct jnode *node, void *target, struct error *err)
{
	(void)load;
	(void)node;
	(void)target;
	(void)err;
	return 0;
}

/* A switch that may be off, or a list or object that may be empty. */
static int refuse(struct load *load, const struct jnode *node, void *target, struct error *err)
{
	(void)load;
	(void)target;
	if (json_is_null(node->value) || json_is_false(node->value) ||
	    (json_is_array(node->value) && json_array_size(node->value) == 0))
		return 0;
	return jnode_error(node, err, ERROR_UNSUPPORTED, "is not supported");
}

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
    FIELD_OTHER("on_demand", refuse, &shape_empty, "certificates made during handshakes"),
    FIELD_OTHER(
	"must_staple", refuse, &shape_empty, "certificates that demand a stapled OCSP response"),
    FIELD_OTHER(
	"reuse_private_keys", refuse, &shape_empty, "a renewed certificate with the old key"),
    FIELD_OTHER("get_certificate", refuse, &shape_empty, "certificates fetched during handshakes"),
    FIELD_OTHER("storage", refuse, &shape_empty, "a storage of the policy's own"),
    FIELD_BOOL(struct automation_policy, disable_ocsp_stapling, "disable_ocsp_stapling", 0,
	"no OCSP response goes with the certificates"),
    FIELD_OTHER(
	"ocsp_overrides", refuse, &shape_empty, "other responders than the certificates say"),
    FIELD_END,
};

const struct field automation_fields[] = {
    FIELD_OBJECTS(struct automation, policies, "policies", 0, policy_fields,
	struct automation_policy, "the first that has a name among its subjects is taken"),
    FIELD_OTHER("on_demand", ignore, &shape_any, "of use with a policy's on_demand alone"),
    FIELD_OTHER("ocsp_interval", ignore, &shape_any, "each response has its own time"),
    FIELD_OTHER("renew_interval", ignore, &shape_any, "each certificate has its own time"),
    FIELD_OTHER("storage_clean_interval", ignore, &shape_any, "nothing piles up"),
    FIELD_END,
};

bool automation_staples(const struct automation *automation, const char *name)
{
	const struct automation_policy *policy = subjects_find(automation->subjects, name);

	return policy == NULL || !policy->disable_ocsp_stapling;
}

struct managed_name automation_for(const struct automation *automation, const char *name)
{
	struct managed_name m = {.name = name, .key_type = KEY_P256};
	const struct automation_policy *policy = subjects_find(automation->subjects, name);

	if (tls_name_is_public(name)) {
		m.issuers = &automation->public_issuer;
		m.issuer_count = 1;
	}
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
