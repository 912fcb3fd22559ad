/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "daemon/config/server_logs.h"
#include "daemon/input/settings.h"

/* A host as requests for the key name it: with the port, unless it is a usual one. */
static json_t *host_name(const struct site_address *address)
{
	long port = *address->port ? atol(address->port) : HTTP_PORT;

	if (port == HTTP_PORT || port == HTTPS_PORT)
		return json_string(address->host);
	return json_sprintf(
	    strchr(address->host, ':') ? "[%s]:%s" : "%s:%s", address->host, address->port);
}

static bool has_catch_all(const struct served *site)
{
	for (size_t i = 0; i < site->count; i++)
		if (!*site->addresses[i]->host)
			return true;
	return false;
}

/* A site without a log on a server with one: its hosts are not to be logged. */
static void skip_hosts(json_t *logs, const struct served *site)
{
	json_t *hosts = json_array();

	for (size_t i = 0; i < site->count; i++) {
		json_t *name = host_name(site->addresses[i]);

		if (*site->addresses[i]->host)
			json_array_append(hosts, name);
		json_decref(name);
	}
	strings_unique(hosts);
	if (has_catch_all(site))
		json_object_set_new(logs, "skip_unmapped_hosts", json_true());
	if (json_array_size(hosts) > 0)
		json_array_extend(member_array(logs, "skip_hosts"), hosts);
	json_decref(hosts);
}

/* Maps hosts to one log of a site: those that it names, or the site's. */
static void map_hosts(json_t *logs, const struct served *site, const json_t *log)
{
	json_t *name = json_object_get(log, "name"), *hosts, *host;
	size_t i;

	name = name ? json_incref(name) : json_string("");
	hosts = json_incref(json_object_get(log, "hostnames"));
	if (!hosts && has_catch_all(site)) {
		settings_put(logs, "default_logger_name", name);
		return;
	}
	if (!hosts)
		hosts = served_hosts(site);
	json_array_foreach (hosts, i, host)
		json_array_append(
		    member_array(member_object(logs, "logger_names"), json_string_value(host)),
		    name);
	json_decref(hosts);
	json_decref(name);
}

void server_logs_add(json_t *server, const struct pairing *pairing)
{
	json_t *logs, *list, *log;
	bool any = false;
	size_t j;

	for (size_t i = 0; i < pairing->count; i++)
		any = any || site_values(pairing->sites[i].site, "custom_log");
	if (!any)
		return;
	logs = member_object(server, "logs");
	for (size_t i = 0; i < pairing->count; i++) {
		list = site_values(pairing->sites[i].site, "custom_log");
		if (!list)
			skip_hosts(logs, &pairing->sites[i]);
		json_array_foreach (list, j, log)
			if (!json_object_get(log, "no_hostname"))
				map_hosts(logs, &pairing->sites[i], log);
	}
	if (json_object_get(logs, "skip_hosts"))
		strings_sort(json_object_get(logs, "skip_hosts"));
}
