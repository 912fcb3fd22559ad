/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "daemon/config/automation.h"
#include "daemon/config/automation_policies.h"
#include "daemon/config/issuers.h"
#include "daemon/core/subject.h"
#include "daemon/input/settings.h"

struct work {
	const struct adaptation *a;
	json_t *app;
	struct automation_policies policies;
	size_t catch_all; /* index of the policy for every name; the count + 1 is none */
	bool has_catch_all;
	json_t *forced; /* names that are to have certificates of their own */
	json_t *files, *folders;
};

static int place(struct error *err, const struct served *site)
{
	const struct token *token = site->addresses[0]->token;

	return error_at(err, "%s:%u", token->file, token->line);
}

/* The settings that global options give to every policy; *any says whether there are some. */
static int base_settings(const struct adaptation *a, json_t **out, bool *any, struct error *err)
{
	json_t *issuers = json_deep_copy(adaptation_option(a, "cert_issuer")), *issuer;
	bool local = adaptation_option(a, "local_certs") != NULL;
	size_t i;

	*out = json_object();
	if (issuers && local) {
		json_decref(issuers);
		error_set(err, ERROR_INVALID,
		    "the options 'local_certs' and 'cert_issuer' contradict each other");
		return adaptation_at(a, "local_certs", err);
	}
	if (local)
		issuers = json_pack("[{s:s}]", "module", "internal");
	json_array_foreach (issuers, i, issuer)
		if (issuers_have_defaults(a) && issuer_fill_in(a, issuer, err) == -1) {
			json_decref(issuers);
			return -1;
		}
	if (issuers)
		json_object_set_new(*out, "issuers", issuers);
	if (adaptation_option(a, "key_type"))
		json_object_set(*out, "key_type", adaptation_option(a, "key_type"));
	if (adaptation_option(a, "ocsp_stapling"))
		json_object_set_new(*out, "disable_ocsp_stapling", json_true());
	if (adaptation_option(a, "renewal_window_ratio"))
		json_object_set(
		    *out, "renewal_window_ratio", adaptation_option(a, "renewal_window_ratio"));
	*any = json_object_size(*out) > 0 || issuers_have_defaults(a);
	return 0;
}

static struct automation_policy *add_policy(struct work *w, json_t *settings)
{
	struct automation_policy *policy =
	    automation_policies_add(&w->policies, json_array(), settings);

	policy->configured = json_object_get(settings, "issuers") != NULL;
	return policy;
}

/* Names of a site's keys that are not for HTTP, sorted. */
static json_t *https_names(const struct adaptation *a, const struct served *site)
{
	long http = adaptation_number(a, "http_port", HTTP_PORT);
	json_t *names = json_array();

	for (size_t i = 0; i < site->count; i++) {
		const struct site_address *address = site->addresses[i];
		bool plain = strcmp(address->scheme, "http") == 0 ||
			     (*address->port && strtol(address->port, NULL, 10) == http);

		if (*address->host && !plain)
			json_array_append_new(names, json_string(address->host));
	}
	strings_unique(names);
	strings_sort(names);
	return names;
}

static bool all_http(const struct served *site)
{
	for (size_t i = 0; i < site->count; i++)
		if (strcmp(site->addresses[i]->scheme, "http") != 0)
			return false;
	return true;
}

/* What the "tls" directive says goes over the base. */
static void add_directive(json_t *settings, const struct site *site)
{
	static const char *const keys[] = {"on_demand", "key_type", "renewal_window_ratio"};
	json_t *issuers = site_values(site, "tls.cert_issuer");
	char class[64];

	for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
		snprintf(class, sizeof class, "tls.%s", keys[i]);
		if (site_value(site, class))
			json_object_set(settings, keys[i], site_value(site, class));
	}
	if (issuers)
		json_object_set_new(settings, "issuers", json_deep_copy(issuers));
}

/* An ACME issuer listens for challenges where the site does, unless it is told otherwise. */
static void set_bind_host(json_t *settings, const struct site *site)
{
	json_t *issuers = json_object_get(settings, "issuers"), *issuer, *bind;
	size_t i, j;

	json_array_foreach (site_values(site, "bind"), i, bind) {
		json_t *host = json_array_get(json_object_get(bind, "addresses"), 0);

		json_array_foreach (issuers, j, issuer) {
			if (!issuer_is_acme(issuer))
				continue;
			member_object(issuer, "challenges");
			if (host && !settings_get(issuer, "challenges.bind_host"))
				settings_put(issuer, "challenges.bind_host", json_incref(host));
		}
	}
}

/*
 * Where a site has public and internal names and no issuer is configured, the internal names get
 * a policy of their own.
 */
static int split_names(struct work *w, size_t index, const struct served *site, struct error *err)
{
	struct automation_policy *policy = &w->policies.items[index], *second;
	json_t *public = json_array(), *internal = json_array(), *name;
	size_t i;

	json_array_foreach (policy->subjects, i, name) {
		const char *text = json_string_value(name);

		if (!subject_qualifies(text)) {
			json_decref(public);
			json_decref(internal);
			error_set(err, ERROR_INVALID,
			    "there can be no certificate for the name '%s'", text);
			return place(err, site);
		}
		json_array_append(
		    automation_policy_is_public(policy, text) ? public : internal, name);
	}
	if (json_array_size(public) == 0 || json_array_size(internal) == 0) {
		json_decref(public);
		json_decref(internal);
		return 0;
	}
	json_decref(policy->subjects);
	policy->subjects = public;
	second = automation_policies_add(&w->policies, internal, json_deep_copy(policy->settings));
	json_object_set_new(
	    second->settings, "issuers", json_pack("[{s:s}]", "module", "internal"));
	return 0;
}

/* A site for every name shares the policy for every name: they must agree. */
static int check_catch_all(const struct work *w, const struct served *site, struct error *err)
{
	json_t *issuers = site_values(site->site, "tls.cert_issuer");
	json_t *general = json_object_get(w->policies.items[w->catch_all].settings, "issuers");

	if (!issuers || (general && json_equal(issuers, general)))
		return 0;
	error_set(err, ERROR_CONFLICT,
	    "this site is for every name, and its issuers are not those of the global options or "
	    "of another such site");
	return place(err, site);
}

/* The policy of a site: its own, or the one for every name, as *index. */
static int site_policy(
    struct work *w, const struct served *site, bool every_name, size_t *index, struct error *err)
{
	json_t *settings;
	bool any;

	*index = w->policies.count;
	if (every_name && w->has_catch_all) {
		*index = w->catch_all;
		return check_catch_all(w, site, err);
	}
	if (base_settings(w->a, &settings, &any, err) == -1) {
		json_decref(settings);
		return -1;
	}
	add_policy(w, settings);
	if (every_name) {
		w->catch_all = *index;
		w->has_catch_all = true;
	}
	return 0;
}

static int add_site(struct work *w, const struct served *site, struct error *err)
{
	struct automation_policy *policy;
	bool every_name;
	json_t *hosts;
	size_t index;

	if (all_http(site))
		return 0;
	hosts = served_hosts(site);
	every_name = json_array_size(hosts) == 0;
	if (site_value(site->site, "tls.force_automate"))
		json_array_extend(w->forced, hosts);
	json_decref(hosts);
	if (site_policy(w, site, every_name, &index, err) == -1)
		return -1;
	policy = &w->policies.items[index];
	add_directive(policy->settings, site->site);
	policy->configured = json_object_get(policy->settings, "issuers") != NULL;
	set_bind_host(policy->settings, site->site);
	json_decref(policy->subjects);
	policy->subjects = https_names(w->a, site);
	if (!policy->configured && split_names(w, index, site, err) == -1)
		return -1;
	json_array_extend(w->files, json_array_get(site_values(site->site, "tls.files"), 0));
	json_array_extend(w->folders, json_array_get(site_values(site->site, "tls.folders"), 0));
	return 0;
}

static int add_sites(struct work *w, const struct pairings *pairings, struct error *err)
{
	long http = adaptation_number(w->a, "http_port", HTTP_PORT);

	for (size_t i = 0; i < pairings->count; i++) {
		const struct pairing *pairing = &pairings->items[i];

		if (!listens_beyond_port(pairing->listen, http))
			continue;
		for (size_t j = 0; j < pairing->count; j++)
			if (add_site(w, &pairing->sites[j], err) == -1)
				return -1;
	}
	return 0;
}

/* Names that share a block with a key for every name: no route tells that they are served. */
static void hidden_names(const struct adaptation *a, const struct served *site, json_t *out)
{
	bool every_name = false;
	json_t *names;

	for (size_t i = 0; i < site->count; i++)
		every_name = every_name || !*site->addresses[i]->host;
	if (!every_name)
		return;
	names = https_names(a, site);
	json_array_extend(out, names);
	json_decref(names);
}

/* Names to obtain certificates for besides those that the http app finds. */
static void add_names(struct work *w, const struct pairings *pairings)
{
	json_t *names = json_array(), *internal = json_array(), *name;
	size_t i;

	if (!adaptation_auto_https(w->a, "off") && !adaptation_auto_https(w->a, "disable_certs"))
		for (i = 0; i < pairings->count; i++)
			for (size_t j = 0; j < pairings->items[i].count; j++)
				hidden_names(w->a, &pairings->items[i].sites[j], names);
	strings_unique(names);
	json_array_foreach (names, i, name)
		if (!subject_is_public(json_string_value(name)))
			json_array_append(internal, name);
	strings_add_all(names, w->forced);
	strings_sort(names);
	if (json_array_size(names) > 0)
		settings_put(w->app, "certificates.automate", json_incref(names));
	json_decref(names);
	if (json_array_size(internal) > 0)
		automation_policies_add(&w->policies, internal,
		    json_pack("{s:[{s:s}]}", "issuers", "module", "internal"));
	else
		json_decref(internal);
}

static bool all_public(const struct automation_policy *policy)
{
	json_t *name;
	size_t i;

	json_array_foreach (policy->subjects, i, name)
		if (!automation_policy_is_public(policy, json_string_value(name)))
			return false;
	return true;
}

/* Writes the global options for ACME into each policy that they are for. */
static int fill_in_policies(struct work *w, struct error *err)
{
	const char *email = adaptation_text(w->a, "email", NULL);
	bool defaults = email || issuers_have_defaults(w->a);

	for (size_t i = 0; i < w->policies.count; i++) {
		struct automation_policy *policy = &w->policies.items[i];
		json_t *issuers = json_object_get(policy->settings, "issuers"), *issuer;
		size_t j;

		if (!issuers && defaults && all_public(policy)) {
			bool one = adaptation_option(w->a, "acme_ca") != NULL;

			issuers = issuers_default(email && !one ? email : "");
			json_object_set_new(policy->settings, "issuers", issuers);
			policy->configured = true;
		}
		if (!policy->configured)
			continue;
		json_array_foreach (issuers, j, issuer)
			if (issuer_fill_in(w->a, issuer, err) == -1)
				return -1;
	}
	return 0;
}

/* The place of the last key with this host. */
static int place_of(struct error *err, const struct pairings *pairings, const char *host)
{
	const struct token *token = NULL;

	for (size_t i = 0; i < pairings->count; i++)
		for (size_t j = 0; j < pairings->items[i].count; j++) {
			const struct served *site = &pairings->items[i].sites[j];

			for (size_t k = 0; k < site->count; k++)
				if (strcmp(site->addresses[k]->host, host) == 0)
					token = site->addresses[k]->token;
		}
	return token ? error_at(err, "%s:%u", token->file, token->line) : -1;
}

/* A name in two policies: which one counts? */
static int check_overlap(const struct work *w, const struct pairings *pairings, struct error *err)
{
	json_t *seen = json_object(), *name;
	size_t i;

	for (size_t p = 0; p < w->policies.count; p++)
		json_array_foreach (w->policies.items[p].subjects, i, name) {
			const char *text = json_string_value(name);

			if (json_object_get(seen, text)) {
				json_decref(seen);
				error_set(err, ERROR_CONFLICT,
				    "the certificate of '%s' is configured in two ways, by sites "
				    "at different addresses",
				    text);
				return place_of(err, pairings, text);
			}
			json_object_set_new(seen, text, json_true());
		}
	json_decref(seen);
	return 0;
}

static void write_policies(struct work *w)
{
	json_t *list = json_array();

	for (size_t i = 0; i < w->policies.count; i++) {
		json_t *policy = json_copy(w->policies.items[i].settings);

		if (json_array_size(w->policies.items[i].subjects) > 0)
			json_object_set(policy, "subjects", w->policies.items[i].subjects);
		json_array_append_new(list, policy);
	}
	if (json_array_size(list) > 0)
		settings_put(w->app, "automation.policies", list);
	else
		json_decref(list);
}

static void write_options(struct work *w)
{
	static const char *const options[][2] = {
	    {"on_demand_tls", "automation.on_demand"},
	    {"renew_interval", "automation.renew_interval"},
	    {"ocsp_interval", "automation.ocsp_interval"},
	    {"dns", "dns"},
	};

	json_t *value;

	for (size_t i = 0; i < sizeof options / sizeof options[0]; i++) {
		value = adaptation_option(w->a, options[i][0]);
		if (value)
			settings_put(w->app, options[i][1], json_deep_copy(value));
	}
	if (adaptation_option(w->a, "storage_check"))
		json_object_set_new(w->app, "disable_storage_check", json_true());
	value = adaptation_option(w->a, "storage_clean_interval");
	if (json_is_string(value))
		json_object_set_new(w->app, "disable_storage_clean", json_true());
	else if (value)
		settings_put(w->app, "automation.storage_clean_interval", json_incref(value));
	if (adaptation_option(w->a, "ocsp_stapling"))
		json_object_set_new(w->app, "disable_ocsp_stapling", json_true());
	if (json_array_size(w->files) > 0)
		settings_put(w->app, "certificates.load_files", json_incref(w->files));
	if (json_array_size(w->folders) > 0)
		settings_put(w->app, "certificates.load_folders", json_incref(w->folders));
}

static int make(struct work *w, const struct pairings *pairings, struct error *err)
{
	json_t *settings;
	bool any;

	if (base_settings(w->a, &settings, &any, err) == -1) {
		json_decref(settings);
		return -1;
	}
	if (any) {
		add_policy(w, settings);
		w->has_catch_all = true;
	} else {
		json_decref(settings);
	}
	if (add_sites(w, pairings, err) == -1)
		return -1;
	write_options(w);
	add_names(w, pairings);
	if (fill_in_policies(w, err) == -1)
		return -1;
	automation_policies_join(&w->policies);
	if (check_overlap(w, pairings, err) == -1)
		return -1;
	write_policies(w);
	return 0;
}

int automation_make(
    const struct adaptation *a, const struct pairings *pairings, json_t **out, struct error *err)
{
	struct work w = {.a = a,
	    .app = json_object(),
	    .forced = json_array(),
	    .files = json_array(),
	    .folders = json_array()};
	int result = make(&w, pairings, err);

	*out = NULL;
	if (result == 0 && json_object_size(w.app) > 0)
		*out = json_incref(w.app);
	automation_policies_fini(&w.policies);
	json_decref(w.app);
	json_decref(w.forced);
	json_decref(w.files);
	json_decref(w.folders);
	return result;
}
