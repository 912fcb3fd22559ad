/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include <stdlib.h>
#include <string.h>
#include <uthash.h>

#include "daemon/config/connection_policies.h"
#include "daemon/config/http_servers.h"
#include "daemon/config/route_list.h"
#include "daemon/config/server_logs.h"
#include "daemon/config/server_options.h"
#include "daemon/input/places.h"
#include "daemon/input/settings.h"

/* The length of what is literal in a host or path: without stars and placeholders. */
static size_t specificity(const char *text)
{
	size_t length = 0;

	while (*text) {
		const char *close = *text == '{' ? strchr(text, '}') : NULL;

		if (close) {
			text = close + 1;
			continue;
		}
		length += *text != '*';
		text++;
	}
	return length;
}

/* How specific a site is, by its most specific key. */
struct rank {
	size_t host, path;
	bool wildcard; /* some key is a wildcard or has no host */
};

static struct rank rank(const struct served *site)
{
	struct rank r = {0};
	size_t path = 0;

	for (size_t i = 0; i < site->count; i++) {
		const struct site_address *address = site->addresses[i];

		if (strchr(address->host, '*') || !*address->host)
			r.wildcard = true;
		if (specificity(address->host) > r.host)
			r.host = specificity(address->host);
		if (specificity(address->path) > path) {
			path = specificity(address->path);
			r.path = strlen(address->path);
		}
	}
	return r;
}

/* Only the first site that matches a request is used: names before wildcards, longer first. */
static bool more_specific(const void *a, const void *b, void *context)
{
	struct rank x = rank(a), y = rank(b);

	(void)context;
	if (x.host == 0 || y.host == 0)
		return x.host != 0;
	if (x.wildcard != y.wildcard)
		return y.wildcard;
	if (x.host == y.host)
		return x.path > y.path;
	return x.host > y.host;
}

struct seen_key {
	UT_hash_handle hh;
	const struct site *site;
};

/* Two sites with the same key at the same address. */
static int check_unique(const struct pairing *pairing, struct error *err)
{
	struct seen_key *seen = NULL, *entry, *next;
	int result = 0;

	for (size_t i = 0; i < pairing->count && result == 0; i++)
		for (size_t j = 0; j < pairing->sites[i].count && result == 0; j++) {
			const struct token *token = pairing->sites[i].addresses[j]->token;

			HASH_FIND_STR(seen, token->text, entry);
			if (entry && entry->site != pairing->sites[i].site)
				result = token_error(token, err, ERROR_INVALID,
				    "there are two sites '%s' at one address", token->text);
			if (entry)
				continue;
			entry = mem_zalloc(sizeof *entry);
			entry->site = pairing->sites[i].site;
			HASH_ADD_KEYPTR(hh, seen, token->text, strlen(token->text), entry);
		}
	HASH_ITER (hh, seen, entry, next) {
		HASH_DEL(seen, entry);
		free(entry);
	}
	return result;
}

static void set_auto_https(const struct adaptation *a, json_t *server)
{
	static const struct {
		const char *word, *key;
	} words[] = {{"off", "disable"}, {"disable_redirects", "disable_redirects"},
	    {"disable_certs", "disable_certificates"},
	    {"ignore_loaded_certs", "ignore_loaded_certificates"}};

	for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
		if (adaptation_auto_https(a, words[i].word))
			json_object_set_new(
			    member_object(server, "automatic_https"), words[i].key, json_true());
}

/* The set of hosts for each path that the keys have: matchers of the site's route, or NULL. */
static json_t *site_matchers(const struct served *site)
{
	json_t *sets = json_array(), *set = NULL;
	bool all_hosts = false;
	size_t i, j;

	for (i = 0; i < site->count; i++) {
		const struct site_address *address = site->addresses[i];

		json_array_foreach (sets, j, set) {
			const char *path =
			    json_string_value(json_array_get(json_object_get(set, "path"), 0));

			if (strcmp(path ? path : "", address->path) == 0)
				break;
		}
		if (j == json_array_size(sets)) {
			set = json_object();
			if (*address->path)
				json_object_set_new(set, "path", json_pack("[s]", address->path));
			json_array_append_new(sets, set);
		}
		if (!*address->host && !all_hosts) {
			json_object_del(set, "host");
			all_hosts = true;
		}
		if (!all_hosts)
			json_array_append_new(
			    member_array(set, "host"), json_string(address->host));
	}
	json_array_foreach (sets, j, set)
		if (json_object_get(set, "host"))
			strings_unique(json_object_get(set, "host"));
	for (j = json_array_size(sets); j > 0; j--)
		if (json_object_size(json_array_get(sets, j - 1)) == 0)
			json_array_remove(sets, j - 1);
	if (json_array_size(sets) > 0)
		return sets;
	json_decref(sets);
	return NULL;
}

static bool matches_hosts(const json_t *routes)
{
	json_t *route, *set;
	size_t i, j;

	json_array_foreach ((json_t *)routes, i, route)
		json_array_foreach (json_object_get(route, "match"), j, set)
			if (json_object_get(set, "host"))
				return true;
	return false;
}

/* Adds the routes of a site; alone on its server and for every host, it needs no subroute. */
static void add_routes(json_t *list, json_t *matchers, json_t *routes, bool alone)
{
	json_t *route;

	if (!matchers && json_array_size(routes) == 0)
		return;
	if (!matchers && alone && !matches_hosts(routes)) {
		json_array_extend(list, routes);
		return;
	}
	route = json_pack("{s:b}", "terminal", 1);
	if (matchers)
		json_object_set(route, "match", matchers);
	if (json_array_size(routes) > 0)
		json_object_set_new(route, "handle",
		    json_pack("[{s:s, s:O}]", "handler", "subroute", "routes", routes));
	json_array_append_new(list, route);
}

static int check_order(const struct adaptation *a, const struct site *site, struct error *err)
{
	json_t *result;
	size_t i, j;

	json_array_foreach (site_values(site, "route"), i, result) {
		const char *name = json_string_value(json_object_get(result, "directive"));

		for (j = 0; j < a->order_count && strcmp(a->order[j], name) != 0; j++)
			;
		if (j == a->order_count)
			return token_error(&site->block->keys[0], err, ERROR_INVALID,
			    "the directive '%s' has no place in the order", name);
	}
	return 0;
}

/* What the server must do about TLS because of a key. */
struct tls_need {
	bool wanted;    /* some key is served with TLS */
	bool automatic; /* for all of them a policy is made without being asked for */
	json_t *skip;   /* hosts that are for HTTP by their scheme, as a set */
};

static void look_at_key(const struct adaptation *a, json_t *server, const struct served *site,
    const struct site_address *address, struct tls_need *need)
{
	long http = adaptation_number(a, "http_port", HTTP_PORT);
	long https = adaptation_number(a, "https_port", HTTPS_PORT);
	bool is_http = strcmp(address->scheme, "http") == 0, enabled;
	long port = *address->port ? atol(address->port) : -1;

	if (is_http && *address->host &&
	    listens_beyond_port(json_object_get(server, "listen"), http) &&
	    !json_object_get(need->skip, address->host)) {
		json_object_set_new(need->skip, address->host, json_true());
		json_array_append_new(
		    member_array(member_object(server, "automatic_https"), "skip"),
		    json_string(address->host));
	}
	enabled = site_values(site->site, "tls.connection_policy") ||
		  (*address->host && !json_object_get(need->skip, address->host));
	if (strcmp(address->scheme, "https") == 0 || (!is_http && port != http && enabled))
		need->wanted = true;
	need->automatic = need->automatic && (port == https || (port != http && *address->host));
}

/* HTTP and HTTPS cannot be spoken by one server. */
static int check_schemes(const struct adaptation *a, const json_t *server,
    const struct pairing *pairing, struct error *err)
{
	long http = adaptation_number(a, "http_port", HTTP_PORT);
	long https = adaptation_number(a, "https_port", HTTPS_PORT);
	bool policies = json_array_size(json_object_get(server, "tls_connection_policies")) > 0;
	enum { NEITHER, HTTP, HTTPS } said = NEITHER;

	for (size_t i = 0; i < pairing->count; i++)
		for (size_t j = 0; j < pairing->sites[i].count; j++) {
			const struct site_address *address = pairing->sites[i].addresses[j];
			long port = *address->port ? atol(address->port) : -1;
			bool is_http = strcmp(address->scheme, "http") == 0 || port == http;
			bool is_https =
			    strcmp(address->scheme, "https") == 0 || port == https || policies;

			if (!is_http && !is_https && *address->host)
				continue;
			is_http = is_http || !is_https;
			if (said == (is_http ? HTTPS : HTTP))
				return token_error(address->token, err, ERROR_INVALID,
				    "'%s' is for %s, but another site at the same address is not%s",
				    address->token->text, is_http ? "HTTP" : "HTTPS",
				    is_http && !*address->scheme && !*address->host
					? " (perhaps https:// is missing)"
					: "");
			if (is_http && policies)
				return token_error(address->token, err, ERROR_INVALID,
				    "'%s' is for HTTP, but has options for TLS",
				    address->token->text);
			said = is_http ? HTTP : HTTPS;
		}
	return 0;
}

/* A policy for every name, where the server needs one that is not made by itself. */
static void add_catch_all(
    const struct adaptation *a, struct connection_policies *policies, const struct tls_need *need)
{
	const char *first = adaptation_text(a, "default_sni", "");
	const char *fallback = adaptation_text(a, "fallback_sni", "");
	json_t *policy;

	if (!need->wanted || policies->catch_all)
		return;
	if (json_array_size(policies->list) == 0 && need->automatic && !*first && !*fallback)
		return;
	policy = json_object();
	settings_put(policy, "default_sni", json_string(first));
	settings_put(policy, "fallback_sni", json_string(fallback));
	json_array_append_new(policies->list, policy);
}

/* Sites, one by one: routes, policies and what their keys ask for. */
static int add_sites(struct adaptation *a, json_t *server, const struct pairing *pairing,
    struct connection_policies *policies, struct tls_need *need, struct error *err)
{
	json_t *list = member_array(server, "routes");

	for (size_t i = 0; i < pairing->count; i++) {
		const struct served *site = &pairing->sites[i];
		json_t *matchers, *routes, *hosts = served_hosts(site);

		connection_policies_add(a, policies, site, hosts);
		json_decref(hosts);
		for (size_t j = 0; j < site->count; j++)
			look_at_key(a, server, site, site->addresses[j], need);
		if (check_order(a, site->site, err) == -1)
			return -1;
		routes = route_list_build(a, site_values(site->site, "route"), true);
		matchers = site_matchers(site);
		add_routes(list, matchers, routes, pairing->count == 1);
		json_decref(matchers);
		json_decref(routes);
	}
	return 0;
}

static int make_server(
    struct adaptation *a, struct pairing *pairing, json_t *server, struct error *err)
{
	struct connection_policies policies = {.list = json_array(), .exposed = json_array()};
	struct tls_need need = {
	    .automatic = !adaptation_auto_https(a, "off"), .skip = json_object()};
	int result = -1;

	json_object_set(server, "listen", pairing->listen);
	if (pairing->protocols)
		json_object_set(server, "listen_protocols", pairing->protocols);
	set_auto_https(a, server);
	if (check_unique(pairing, err) == -1)
		goto out;
	stable_sort(pairing->sites, pairing->count, sizeof *pairing->sites, more_specific, NULL);
	if (add_sites(a, server, pairing, &policies, &need, err) == -1)
		goto out;
	server_logs_add(server, pairing);
	json_object_set(server, "tls_connection_policies", policies.list);
	if (check_schemes(a, server, pairing, err) == -1)
		goto out;
	connection_policies_shield(&policies);
	add_catch_all(a, &policies, &need);
	if (connection_policies_join(policies.list, err) == -1) {
		error_at(err, "%s:%u", pairing->sites[0].addresses[0]->token->file,
		    pairing->sites[0].addresses[0]->token->line);
		goto out;
	}
	route_list_join(json_object_get(server, "routes"));
	if (json_array_size(policies.list) == 0)
		json_object_del(server, "tls_connection_policies");
	if (json_array_size(json_object_get(server, "routes")) == 0)
		json_object_del(server, "routes");
	result = 0;
out:
	json_decref(policies.list);
	json_decref(policies.exposed);
	json_decref(need.skip);
	return result;
}

int http_servers_make(struct adaptation *a, struct pairings *pairings, json_t **out,
    json_t **metrics, struct error *err)
{
	char name[32];

	*out = json_object();
	*metrics = NULL;
	for (size_t i = 0; i < pairings->count; i++) {
		json_t *server = json_object();

		snprintf(name, sizeof name, "srv%zu", i);
		json_object_set_new(*out, name, server);
		places_note(server, pairings->items[i].sites[0].addresses[0]->token);
		if (make_server(a, &pairings->items[i], server, err) == -1)
			goto fail;
	}
	if (server_options_apply(a, *out, metrics, err) == 0)
		return 0;
fail:
	json_decref(*out);
	json_decref(*metrics);
	*out = *metrics = NULL;
	return -1;
}
