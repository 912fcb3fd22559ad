/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tls [<e-mail>|internal|force_automate|<certificate file> <key file>] { … }
 *
 * It comes to several results: a connection policy always, and what certificates are made of:
 * loaders, issuers, a key type and the like.
 */
#include <config.h>

#include <string.h>

#include "daemon/config/directives.h"
#include "daemon/config/issuers.h"
#include "daemon/input/places.h"
#include "daemon/input/settings.h"
#include "daemon/tls/client_auth_adapt.h"

/* The options of the block, sorted by what they are for: members of one object. */
#define POLICY "policy."
#define ACME "acme."

static int check_word(
    struct dispenser *d, const char *what, const char *const *known, struct error *err)
{
	for (size_t i = 0; known[i]; i++)
		if (strcmp(known[i], dispenser_text(d)) == 0)
			return 0;
	return dispenser_unknown(d, what, known, err);
}

static int adapt_protocols(struct dispenser *d, json_t *out, struct error *err)
{
	static const char *const known[] = {"tls1.2", "tls1.3", NULL};
	const char *word = dispenser_arg(d);

	if (!word || dispenser_args_left(d) > 1)
		return dispenser_arg_error(d, err);
	if (check_word(d, "protocol", known, err) == -1)
		return -1;
	settings_put(out, POLICY "protocol_min", json_string(word));
	word = dispenser_arg(d);
	if (word && check_word(d, "protocol", known, err) == -1)
		return -1;
	if (word)
		settings_put(out, POLICY "protocol_max", json_string(word));
	return 0;
}

static int adapt_curves(struct dispenser *d, json_t *out, struct error *err)
{
	static const char *const known[] = {
	    "x25519mlkem768", "x25519", "secp256r1", "secp384r1", "secp521r1", NULL};
	json_t *list = member_array(member_object(out, "policy"), "curves");
	const char *word;

	while ((word = dispenser_arg(d))) {
		if (check_word(d, "curve", known, err) == -1)
			return -1;
		json_array_append_new(list, json_string(word));
	}
	return json_array_size(list) > 0 ? 0 : dispenser_arg_error(d, err);
}

static int adapt_client_auth(struct dispenser *d, json_t *out, struct error *err)
{
	json_t *auth;

	if (client_auth_adapt(d, &auth, err) == -1)
		return -1;
	settings_put(out, POLICY "client_authentication", auth);
	return 0;
}

static int adapt_eab(struct dispenser *d, json_t *out, struct error *err)
{
	const char *id = dispenser_arg(d), *key = dispenser_arg(d);

	if (!key || dispenser_args_left(d) > 0)
		return dispenser_arg_error(d, err);
	settings_put(
	    out, ACME "external_account", json_pack("{s:s, s:s}", "key_id", id, "mac_key", key));
	return 0;
}

static int adapt_issuer(struct dispenser *d, json_t *out, struct error *err)
{
	json_t *issuer;

	if (!dispenser_next_arg(d))
		return dispenser_arg_error(d, err);
	if (issuer_adapt(d, &issuer, err) == -1)
		return -1;
	json_array_append_new(member_array(out, "issuers"), issuer);
	return 0;
}

static int adapt_dns(struct dispenser *d, json_t *out, struct error *err)
{
	json_t *acme = member_object(out, "acme"), *provider;

	if (dns_provider_adapt(d, &provider, err) == -1)
		return -1;
	member_object(member_object(acme, "challenges"), "dns");
	if (provider)
		settings_put(acme, "challenges.dns.provider", provider);
	else
		json_object_set_new(out, "bare_dns", json_true());
	return 0;
}

/* An option of the DNS challenge: kept with its name, for what must be checked in the end. */
static int adapt_dns_setting(struct dispenser *d, json_t *out, struct error *err)
{
	strings_add(member_array(out, "dns_options"), dispenser_text(d));
	return setting_adapt(
	    d, acme_dns_settings, "option of tls", member_object(out, "acme"), err);
}

static int refuse_managers(struct dispenser *d, json_t *out, struct error *err)
{
	(void)out;
	return dispenser_error(d, err, ERROR_UNSUPPORTED,
	    "certificates are not fetched during handshakes: put them in with 'load' or "
	    "'pointsctl cert set'");
}

static int refuse_old_keys(struct dispenser *d, json_t *out, struct error *err)
{
	(void)out;
	return dispenser_error(d, err, ERROR_UNSUPPORTED,
	    "there is no 'reuse_private_keys' here: a renewed certificate has a new key; remove "
	    "it");
}

static const struct setting settings[] = {
    {"protocols", SETTING_CUSTOM, NULL, adapt_protocols},
    {"ciphers", SETTING_ADD, POLICY "cipher_suites", NULL},
    {"curves", SETTING_CUSTOM, NULL, adapt_curves},
    {"client_auth", SETTING_CUSTOM, NULL, adapt_client_auth},
    {"alpn", SETTING_STRINGS, POLICY "alpn", NULL},
    {"load", SETTING_ADD, "folders", NULL},
    {"ca", SETTING_STRING, ACME "ca", NULL},
    {"ca_root", SETTING_ADD, ACME "trusted_roots_pem_files", NULL},
    {"key_type", SETTING_STRING, "key_type", NULL},
    {"eab", SETTING_CUSTOM, NULL, adapt_eab},
    {"issuer", SETTING_CUSTOM, NULL, adapt_issuer},
    {"get_certificate", SETTING_CUSTOM, NULL, refuse_managers},
    {"dns", SETTING_CUSTOM, NULL, adapt_dns},
    {"propagation_delay", SETTING_CUSTOM, NULL, adapt_dns_setting},
    {"propagation_timeout", SETTING_CUSTOM, NULL, adapt_dns_setting},
    {"resolvers", SETTING_CUSTOM, NULL, adapt_dns_setting},
    {"dns_ttl", SETTING_CUSTOM, NULL, adapt_dns_setting},
    {"dns_challenge_override_domain", SETTING_CUSTOM, NULL, adapt_dns_setting},
    {"on_demand", SETTING_TRUE, "on_demand", NULL},
    {"reuse_private_keys", SETTING_CUSTOM, NULL, refuse_old_keys},
    {"insecure_secrets_log", SETTING_STRING, POLICY "insecure_secrets_log", NULL},
    {"renewal_window_ratio", SETTING_RATIO, "renewal_window_ratio", NULL},
    {0},
};

/* A certificate file is loaded once, whoever names it; policies find it by its tag. */
static void add_files(
    struct adaptation *a, json_t *out, const struct dispenser *d, const char *cert, const char *key)
{
	const char *tag = json_string_value(json_object_get(a->cert_tags, cert));
	json_t *files;

	if (!tag) {
		tag = arena_printf(a->arena, "cert%zu", json_object_size(a->cert_tags));
		json_object_set_new(a->cert_tags, cert, json_string(tag));
		files =
		    json_pack("{s:s, s:s, s:[s]}", "certificate", cert, "key", key, "tags", tag);
		json_array_append_new(member_array(out, "files"), files);
		places_note_at(files, d);
	}
	settings_put(out, POLICY "certificate_selection", json_pack("{s:[s]}", "any_tag", tag));
}

/* The words behind "tls". *words is how many there are. */
static int read_line(
    struct adaptation *a, struct dispenser *d, json_t *out, size_t *words, struct error *err)
{
	const char *first = dispenser_arg(d), *second = dispenser_arg(d);

	*words = (first != NULL) + (second != NULL);
	if (dispenser_args_left(d) > 0)
		return dispenser_arg_error(d, err);
	if (second) {
		add_files(a, out, d, first, second);
	} else if (first && strcmp(first, "internal") == 0) {
		json_object_set_new(out, "internal", json_true());
	} else if (first && strcmp(first, "force_automate") == 0) {
		json_object_set_new(out, "force_automate", json_true());
	} else if (first && !strchr(first, '@')) {
		return dispenser_error(d, err, ERROR_INVALID,
		    "one argument is 'internal', 'force_automate' or an e-mail address; two are a "
		    "certificate's file and its key's");
	} else if (first) {
		settings_put(out, ACME "email", json_string(first));
	}
	return 0;
}

/* What no option can check by itself. */
static int check(
    const struct adaptation *a, const struct dispenser *d, json_t *out, struct error *err)
{
	json_t *acme = json_object_get(out, "acme");
	bool provider = settings_get(acme, "challenges.dns.provider") ||
			adaptation_option(a, "dns") || adaptation_option(a, "acme_dns");

	if (json_object_get(out, "bare_dns") && !adaptation_option(a, "dns"))
		return dispenser_error(d, err, ERROR_INVALID,
		    "'dns' without a provider needs the global option 'dns'");
	if (json_object_get(out, "dns_options") && !provider)
		return dispenser_error(d, err, ERROR_INVALID,
		    "'%s' needs a DNS provider: 'dns' here or the global option 'acme_dns'",
		    json_string_value(json_array_get(json_object_get(out, "dns_options"), 0)));
	if (json_object_get(out, "issuers") && (acme || json_object_get(out, "internal")))
		return dispenser_error(d, err, ERROR_INVALID,
		    "'issuer' cannot be used with options that choose an issuer, too");
	if (acme && json_object_get(out, "internal"))
		return dispenser_error(
		    d, err, ERROR_INVALID, "'internal' cannot be used with options of ACME");
	return 0;
}

static void add_issuers(const struct adaptation *a, json_t *out, json_t *results)
{
	json_t *issuers = json_incref(json_object_get(out, "issuers")), *issuer;
	size_t i;

	if (!issuers && json_object_get(out, "acme"))
		issuers = issuers_implicit(a, json_object_get(out, "acme"));
	if (!issuers && json_object_get(out, "internal"))
		issuers = json_pack("[{s:s}]", "module", "internal");
	json_array_foreach (issuers, i, issuer)
		directive_result(results, "tls", "tls.cert_issuer", json_incref(issuer));
	json_decref(issuers);
}

/* A result of the class "tls." and key for a member that is there. */
static void add_member(json_t *out, json_t *results, const char *class, const char *key)
{
	json_t *value = json_object_get(out, key);

	if (value)
		directive_result(results, "tls", class, json_incref(value));
}

static void add_results(
    const struct adaptation *a, const struct dispenser *name, json_t *out, json_t *results)
{
	json_t *policy = member_object(out, "policy");

	places_note_at(policy, name);
	add_member(out, results, "tls.files", "files");
	add_member(out, results, "tls.folders", "folders");
	add_issuers(a, out, results);
	add_member(out, results, "tls.key_type", "key_type");
	add_member(out, results, "tls.on_demand", "on_demand");
	add_member(out, results, "tls.renewal_window_ratio", "renewal_window_ratio");
	add_member(out, results, "tls.force_automate", "force_automate");
	directive_result(results, "tls", "tls.connection_policy", json_incref(policy));
}

int directive_tls(
    const struct scope *scope, struct dispenser *d, json_t *results, struct error *err)
{
	struct dispenser name = *d;
	json_t *out = json_object();
	size_t words;
	int result = -1;

	if (read_line(scope->a, d, out, &words, err) == -1)
		goto out;
	if (words == 0 && (size_t)d->cursor + 1 == d->count) {
		dispenser_arg_error(d, err);
		goto out;
	}
	if (settings_adapt(d, settings, "option of tls", out, err) == -1)
		goto out;
	if (check(scope->a, &name, out, err) == -1)
		goto out;
	add_results(scope->a, &name, out, results);
	result = 0;
out:
	json_decref(out);
	return result;
}
