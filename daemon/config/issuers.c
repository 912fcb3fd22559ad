/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include <string.h>

#include "daemon/config/issuers.h"
#include "daemon/input/settings.h"

#define ZEROSSL_DIRECTORY "https://acme.zerossl.com/v2/DV90"

static int adapt_dir(struct dispenser *d, json_t *out, struct error *err)
{
	const char *url;

	if (dispenser_one(d, &url, err) == -1)
		return -1;
	return dispenser_set(d, out, "ca", json_string(url), err);
}

static int adapt_eab(struct dispenser *d, json_t *out, struct error *err)
{
	json_t *eab = json_object();

	if (dispenser_args_left(d) != 2) {
		json_decref(eab);
		return dispenser_arg_error(d, err);
	}
	json_object_set_new(eab, "key_id", json_string(dispenser_arg(d)));
	json_object_set_new(eab, "mac_key", json_string(dispenser_arg(d)));
	json_object_set_new(out, "external_account", eab);
	return 0;
}

static int adapt_distributed(struct dispenser *d, json_t *out, struct error *err)
{
	const char *word;

	if (dispenser_one(d, &word, err) == -1)
		return -1;
	if (strcmp(word, "false") != 0)
		return dispenser_error(d, err, ERROR_INVALID, "'distributed' can only be 'false'");
	settings_put(out, "challenges.distributed", json_false());
	return 0;
}

int dns_provider_adapt(struct dispenser *d, json_t **out, struct error *err)
{
	const char *name = dispenser_arg(d);
	json_t *command = NULL;

	*out = NULL;
	if (!name)
		return 0;
	if (strcmp(name, "hook") != 0)
		return dispenser_error(d, err, ERROR_UNSUPPORTED,
		    "the DNS provider '%s' is not built in: let a program of yours set the record, "
		    "'dns hook <program>'",
		    name);
	if (dispenser_strings(d, &command, err) == -1)
		return -1;
	*out = json_object();
	json_object_set_new(*out, "name", json_string("hook"));
	json_object_set_new(*out, "command", command);
	return 0;
}

static int adapt_dns(struct dispenser *d, json_t *out, struct error *err)
{
	json_t *provider, *dns = member_object(member_object(out, "challenges"), "dns");

	if (dns_provider_adapt(d, &provider, err) == -1)
		return -1;
	if (provider)
		json_object_set_new(dns, "provider", provider);
	return 0;
}

static int adapt_propagation_timeout(struct dispenser *d, json_t *out, struct error *err)
{
	struct dispenser ahead = *d;
	const char *text = dispenser_arg(&ahead);
	json_t *value;

	if (text && strcmp(text, "-1") == 0) {
		dispenser_arg(d);
		settings_put(out, "challenges.dns.propagation_timeout", json_integer(-1));
		return dispenser_none(d, err);
	}
	if (dispenser_duration(d, &value, err) == -1)
		return -1;
	settings_put(out, "challenges.dns.propagation_timeout", value);
	return 0;
}

static int adapt_chains(struct dispenser *d, json_t *out, struct error *err)
{
	json_t *chains;

	if (preferred_chains_adapt(d, &chains, err) == -1)
		return -1;
	json_object_set_new(out, "preferred_chains", chains);
	return 0;
}

#define DNS_SETTINGS                                                                               \
	{"propagation_delay", SETTING_DURATION, "challenges.dns.propagation_delay", NULL},         \
	    {"propagation_timeout", SETTING_CUSTOM, NULL, adapt_propagation_timeout},              \
	    {"resolvers", SETTING_STRINGS, "challenges.dns.resolvers", NULL},                      \
	    {"dns_ttl", SETTING_DURATION, "challenges.dns.ttl", NULL},                             \
	{                                                                                          \
		"dns_challenge_override_domain", SETTING_STRING, "challenges.dns.override_domain", \
		    NULL                                                                           \
	}

const struct setting acme_dns_settings[] = {DNS_SETTINGS, {0}};

static const struct setting acme_settings[] = {
    {"lifetime", SETTING_DURATION, "certificate_lifetime", NULL},
    {"dir", SETTING_CUSTOM, NULL, adapt_dir},
    {"test_dir", SETTING_STRING, "test_ca", NULL},
    {"email", SETTING_STRING, "email", NULL},
    {"profile", SETTING_STRING, "profile", NULL},
    {"timeout", SETTING_DURATION, "acme_timeout", NULL},
    {"disable_http_challenge", SETTING_TRUE, "challenges.http.disabled", NULL},
    {"disable_tlsalpn_challenge", SETTING_TRUE, "challenges.tls-alpn.disabled", NULL},
    {"distributed", SETTING_CUSTOM, NULL, adapt_distributed},
    {"alt_http_port", SETTING_PORT, "challenges.http.alternate_port", NULL},
    {"alt_tlsalpn_port", SETTING_PORT, "challenges.tls-alpn.alternate_port", NULL},
    {"eab", SETTING_CUSTOM, NULL, adapt_eab},
    {"trusted_roots", SETTING_STRINGS, "trusted_roots_pem_files", NULL},
    {"dns", SETTING_CUSTOM, NULL, adapt_dns},
    DNS_SETTINGS,
    {"preferred_chains", SETTING_CUSTOM, NULL, adapt_chains},
    {0},
};

static const struct setting internal_settings[] = {
    {"ca", SETTING_STRING, "ca", NULL},
    {"lifetime", SETTING_DURATION, "lifetime", NULL},
    {"sign_with_root", SETTING_TRUE, "sign_with_root", NULL},
    {0},
};

static const struct setting chain_settings[] = {
    {"root_common_name", SETTING_ADD, "root_common_name", NULL},
    {"any_common_name", SETTING_ADD, "any_common_name", NULL},
    {0},
};

int preferred_chains_adapt(struct dispenser *d, json_t **out, struct error *err)
{
	const char *word = dispenser_arg(d);

	*out = json_object();
	if (word && strcmp(word, "smallest") != 0) {
		dispenser_error(d, err, ERROR_INVALID, "expected 'smallest', not '%s'", word);
		goto fail;
	}
	if (word)
		json_object_set_new(*out, "smallest", json_true());
	if (dispenser_none(d, err) == -1 ||
	    settings_adapt(d, chain_settings, "option of preferred_chains", *out, err) == -1)
		goto fail;
	if (json_object_size(*out) == 1)
		return 0;
	dispenser_error(d, err, ERROR_INVALID,
	    "preferred_chains takes one of 'smallest', 'root_common_name' and 'any_common_name'");
fail:
	json_decref(*out);
	*out = NULL;
	return -1;
}

static int adapt_acme(struct dispenser *d, json_t *out, struct error *err)
{
	const char *directory = dispenser_arg(d);

	if (directory)
		json_object_set_new(out, "ca", json_string(directory));
	if (dispenser_none(d, err) == -1)
		return -1;
	return settings_adapt(d, acme_settings, "option of the acme issuer", out, err);
}

static int adapt_internal(struct dispenser *d, json_t *out, struct error *err)
{
	if (dispenser_none(d, err) == -1)
		return -1;
	return settings_adapt(d, internal_settings, "option of the internal issuer", out, err);
}

int issuer_adapt(struct dispenser *d, json_t **out, struct error *err)
{
	static const char *const known[] = {"acme", "internal", NULL};
	const char *name = dispenser_text(d);
	struct dispenser segment;
	int result;

	if (strcmp(name, "zerossl") == 0)
		return dispenser_error(d, err, ERROR_UNSUPPORTED,
		    "ZeroSSL's own interface is not built in: use 'acme " ZEROSSL_DIRECTORY
		    "' with 'eab'");
	if (strcmp(name, known[0]) != 0 && strcmp(name, known[1]) != 0)
		return dispenser_unknown(d, "issuer", known, err);
	segment = dispenser_segment(d);
	dispenser_next(&segment);
	*out = json_object();
	json_object_set_new(*out, "module", json_string(name));
	if (strcmp(name, "acme") == 0)
		result = adapt_acme(&segment, *out, err);
	else
		result = adapt_internal(&segment, *out, err);
	if (result == -1) {
		json_decref(*out);
		*out = NULL;
	}
	return result;
}

bool issuer_is_acme(const json_t *issuer)
{
	return strcmp(json_string_value(json_object_get(issuer, "module")), "acme") == 0;
}

json_t *issuers_default(const char *email)
{
	json_t *issuers = json_array();

	json_array_append_new(issuers, json_pack("{s:s}", "module", "acme"));
	if (email[strspn(email, " \t")])
		json_array_append_new(issuers, json_pack("{s:s, s:s, s:s}", "module", "acme", "ca",
						   ZEROSSL_DIRECTORY, "email", email));
	return issuers;
}

/* Puts what local has over base, objects member by member; lists of files add up. */
static void merge(json_t *base, const json_t *local)
{
	const char *key;
	json_t *value, *old;

	json_object_foreach ((json_t *)local, key, value) {
		old = json_object_get(base, key);
		if (json_is_object(old) && json_is_object(value))
			merge(old, value);
		else if (old && strcmp(key, "trusted_roots_pem_files") == 0)
			strings_add_all(old, value);
		else
			json_object_set_new(base, key, json_deep_copy(value));
	}
}

json_t *issuers_implicit(const struct adaptation *a, const json_t *local)
{
	json_t *global = adaptation_option(a, "cert_issuer"), *issuers = json_array(), *issuer;
	const char *email = json_string_value(json_object_get(local, "email"));
	size_t i;

	json_array_foreach (global, i, issuer)
		if (issuer_is_acme(issuer))
			json_array_append_new(issuers, json_deep_copy(issuer));
	if (json_array_size(issuers) == 0) {
		bool own = json_object_get(local, "ca") != NULL;

		json_decref(issuers);
		issuers = issuers_default(email && !own ? email : "");
	}
	json_array_foreach (issuers, i, issuer)
		merge(issuer, local);
	return issuers;
}

static const char *const defaults[] = {
    "acme_ca", "acme_ca_root", "acme_dns", "acme_eab", "preferred_chains"};

bool issuers_have_defaults(const struct adaptation *a)
{
	for (size_t i = 0; i < sizeof defaults / sizeof defaults[0]; i++)
		if (adaptation_option(a, defaults[i]))
			return true;
	return false;
}

/* Sets key (a way) to a global option's value where issuer has none. */
static void fill(const struct adaptation *a, json_t *issuer, const char *key, const char *option)
{
	json_t *value = adaptation_option(a, option);

	if (value && !settings_get(issuer, key))
		settings_put(issuer, key, json_deep_copy(value));
}

/*
 * The provider of an issuer that is to use DNS and names none: that of "acme_dns", which makes all
 * use DNS, else that of "dns". The document has no provider for all.
 */
static int fill_dns(const struct adaptation *a, json_t *issuer, struct error *err)
{
	json_t *provider = adaptation_option(a, "acme_dns");
	bool wanted = provider || settings_get(issuer, "challenges.dns");

	if (!wanted || settings_get(issuer, "challenges.dns.provider"))
		return 0;
	if (!provider || json_is_null(provider))
		provider = adaptation_option(a, "dns");
	if (provider) {
		settings_put(issuer, "challenges.dns.provider", json_deep_copy(provider));
		return 0;
	}
	if (!adaptation_option(a, "acme_dns"))
		return 0;
	error_set(err, ERROR_INVALID,
	    "the option 'acme_dns' names no provider, and there is no option 'dns'");
	return adaptation_at(a, "acme_dns", err);
}

int issuer_fill_in(const struct adaptation *a, json_t *issuer, struct error *err)
{
	json_t *root = adaptation_option(a, "acme_ca_root"), *binds;

	if (!issuer_is_acme(issuer))
		return 0;
	fill(a, issuer, "email", "email");
	fill(a, issuer, "ca", "acme_ca");
	if (root)
		strings_add(
		    member_array(issuer, "trusted_roots_pem_files"), json_string_value(root));
	if (fill_dns(a, issuer, err) == -1)
		return -1;
	fill(a, issuer, "external_account", "acme_eab");
	fill(a, issuer, "preferred_chains", "preferred_chains");
	fill(a, issuer, "certificate_lifetime", "cert_lifetime");
	if (settings_get(issuer, "challenges.dns")) {
		bool provided = adaptation_option(a, "acme_dns") ||
				settings_get(issuer, "challenges.dns.provider");

		if (provided)
			fill(a, issuer, "challenges.dns.resolvers", "tls_resolvers");
		return 0;
	}
	fill(a, issuer, "challenges.http.alternate_port", "http_port");
	fill(a, issuer, "challenges.tls-alpn.alternate_port", "https_port");
	binds = json_array_get(adaptation_option(a, "default_bind"), 0);
	if (binds && !settings_get(issuer, "challenges.bind_host"))
		settings_put(issuer, "challenges.bind_host",
		    json_incref(json_array_get(json_object_get(binds, "addresses"), 0)));
	return 0;
}
