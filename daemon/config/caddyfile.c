/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "common/errors.h"
#include "daemon/config/automation.h"
#include "daemon/config/caddyfile.h"
#include "daemon/config/directives.h"
#include "daemon/config/global_options.h"
#include "daemon/config/http_servers.h"
#include "daemon/config/log_option.h"
#include "daemon/config/pki_option.h"
#include "daemon/input/blocks.h"
#include "daemon/input/json.h"
#include "daemon/input/settings.h"

static void set_if(json_t *object, const char *key, json_t *value)
{
	if (value)
		json_object_set_new(object, key, value);
}

/* The http app: nothing, if there are no sites. */
static void write_http(const struct adaptation *a, json_t *servers, json_t *metrics, json_t *apps)
{
	static const char *const options[] = {
	    "http_port", "https_port", "grace_period", "shutdown_delay"};
	json_t *http, *global = adaptation_option(a, "metrics");

	if (json_object_size(servers) == 0)
		return;
	http = member_object(apps, "http");
	json_object_set(http, "servers", servers);
	for (size_t i = 0; i < sizeof options / sizeof options[0]; i++)
		if (adaptation_option(a, options[i]))
			json_object_set(http, options[i], adaptation_option(a, options[i]));
	if (global || metrics) {
		json_object_set_new(http, "metrics", json_object());
		json_object_update(json_object_get(http, "metrics"), global);
		json_object_update(json_object_get(http, "metrics"), metrics);
	}
}

static void write_top(const struct adaptation *a, json_t *document)
{
	json_t *admin = adaptation_option(a, "admin"), *storage = adaptation_option(a, "storage");

	if (adaptation_option(a, "control"))
		json_object_set(document, "control", adaptation_option(a, "control"));
	if (storage)
		json_object_set(document, "storage", storage);
	if (admin)
		json_object_set_new(document, "admin", json_deep_copy(admin));
	if (adaptation_option(a, "persist_config"))
		settings_put(document, "admin.config.persist", json_false());
}

static void write_logs(
    const struct adaptation *a, const struct pairings *pairings, json_t *document)
{
	json_t *logs = json_array();

	for (size_t i = 0; i < pairings->count; i++)
		for (size_t j = 0; j < pairings->items[i].count; j++)
			json_array_extend(
			    logs, site_values(pairings->items[i].sites[j].site, "custom_log"));
	logs_write(a, adaptation_option(a, "log"), logs, document);
	json_decref(logs);
}

/* Sites to servers, certificates and the rest. */
static int write_document(
    struct adaptation *a, const struct sites *sites, json_t *document, struct error *err)
{
	json_t *servers = NULL, *metrics = NULL, *tls = NULL, *apps = json_object();
	struct pairings pairings = {0};
	int result = -1;

	if (pairings_make(a, sites, &pairings, err) == -1 ||
	    http_servers_make(a, &pairings, &servers, &metrics, err) == -1 ||
	    automation_make(a, &pairings, &tls, err) == -1)
		goto out;
	if (adaptation_option(a, "layer4"))
		json_object_set(apps, "layer4", adaptation_option(a, "layer4"));
	write_http(a, servers, metrics, apps);
	set_if(apps, "tls", json_incref(tls));
	set_if(apps, "pki", pki_app(a));
	if (json_object_size(apps) > 0)
		json_object_set(document, "apps", apps);
	write_top(a, document);
	write_logs(a, &pairings, document);
	result = 0;
out:
	pairings_free(&pairings);
	json_decref(servers);
	json_decref(metrics);
	json_decref(tls);
	json_decref(apps);
	return result;
}

static int adapt_blocks(
    struct adaptation *a, const struct blocks *blocks, json_t *document, struct error *err)
{
	size_t first = blocks->count > 0 && blocks->items[0].key_count == 0;
	struct sites sites = {0};
	int rc = 0;

	if (!first || errors_go_on(global_options_read(a, &blocks->items[0], err), &rc, err))
		errors_go_on(sites_read(a, first ? blocks->items + 1 : blocks->items,
				 blocks->count - first, &sites, err),
		    &rc, err);
	if (rc == 0)
		rc = write_document(a, &sites, document, err);
	sites_free(&sites);
	return rc;
}

int caddyfile_adapt(const char *text, size_t length, const char *file,
    void (*warn)(const char *text), json_t **out, struct error *err)
{
	struct adaptation a = {.arena = arena_new(65536),
	    .options = json_object(),
	    .places = json_object(),
	    .warnings = json_array(),
	    .log_names = json_object(),
	    .cert_tags = json_object()};
	json_t *document = json_object();
	struct blocks blocks;
	int result = -1;

	directives_init(&a);
	if (length > JSON_SIZE_MAX)
		error_set(err, ERROR_LIMIT, "the Caddyfile has over %u bytes", JSON_SIZE_MAX);
	else if (blocks_parse(span_of(text, length), file, a.arena, a.warnings, &blocks, err) == 0)
		result = adapt_blocks(&a, &blocks, document, err);
	for (size_t i = 0; i < json_array_size(a.warnings) && warn; i++)
		warn(json_string_value(json_array_get(a.warnings, i)));
	if (result == 0)
		*out = json_incref(document);
	json_decref(document);
	json_decref(a.options);
	json_decref(a.places);
	json_decref(a.warnings);
	json_decref(a.log_names);
	json_decref(a.cert_tags);
	arena_free(a.arena);
	return result;
}
