/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include <string.h>
#include <strings.h>

#include "daemon/config/server_options.h"
#include "daemon/core/adapt.h"
#include "daemon/core/iprange.h"
#include "daemon/input/settings.h"

static int adapt_policy(struct dispenser *d, json_t *out, struct error *err)
{
	static const char *const names[] = {"IGNORE", "USE", "REJECT", "REQUIRE", "SKIP", NULL};
	const char *word;

	if (dispenser_one(d, &word, err) == -1)
		return -1;
	for (size_t i = 0; names[i]; i++)
		if (strcasecmp(word, names[i]) == 0) {
			settings_put(out, "fallback_policy", json_string(i ? names[i] : ""));
			return 0;
		}
	return dispenser_unknown(d, "policy", names, err);
}

static const struct setting proxy_protocol_settings[] = {
    {"timeout", SETTING_DURATION, "timeout", NULL},
    {"allow", SETTING_ADD, "allow", NULL},
    {"deny", SETTING_ADD, "deny", NULL},
    {"fallback_policy", SETTING_CUSTOM, NULL, adapt_policy},
    {0},
};

static int adapt_wrapper(struct dispenser *d, json_t *out, struct error *err)
{
	static const char *const known[] = {
	    "layer4", "tls", "proxy_protocol", "http_redirect", NULL};
	const char *name = dispenser_text(d);
	struct dispenser segment;
	size_t i = 0;

	while (known[i] && strcmp(known[i], name) != 0)
		i++;
	if (!known[i])
		return dispenser_unknown(d, "listener wrapper", known, err);
	segment = dispenser_segment(d);
	dispenser_next(&segment);
	json_object_set_new(out, "wrapper", json_string(name));
	if (dispenser_none(&segment, err) == -1)
		return -1;
	if (i == 0)
		return adapt_routes(&segment, out, 0, err);
	if (i == 2)
		return settings_adapt(
		    &segment, proxy_protocol_settings, "option of proxy_protocol", out, err);
	return 0;
}

static int adapt_wrappers(struct dispenser *d, json_t *out, struct error *err)
{
	json_t *list = member_array(out, "listener_wrappers"), *wrapper;
	int level = d->nesting;

	while (dispenser_next_block(d, level)) {
		wrapper = json_object();
		json_array_append_new(list, wrapper);
		if (adapt_wrapper(d, wrapper, err) == -1)
			return -1;
	}
	if (json_array_size(list) == 0)
		json_object_del(out, "listener_wrappers");
	return 0;
}

static int refuse_wrappers(struct dispenser *d, json_t *out, struct error *err)
{
	int level = d->nesting;

	if (dispenser_next_block(d, level))
		return dispenser_error(d, err, ERROR_UNSUPPORTED,
		    "there are no packet_conn_wrappers: they belong to HTTP/3");
	json_object_set_new(out, "no_packets", json_true());
	return 0;
}

/* A duration and perhaps bytes per second. */
static int adapt_idle(
    struct dispenser *d, json_t *out, const char *key, const char *rate_key, struct error *err)
{
	struct dispenser first = *d;
	json_t *value;

	if (dispenser_args_left(d) == 2) {
		dispenser_next(d);
		if (dispenser_int(d, &value, err) == -1)
			return -1;
		settings_put(out, rate_key, value);
		first.count = (size_t)d->cursor;
	}
	if (dispenser_duration(&first, &value, err) == -1)
		return -1;
	if (d->cursor < first.cursor)
		d->cursor = first.cursor;
	settings_put(out, key, value);
	return 0;
}

static int adapt_read_idle(struct dispenser *d, json_t *out, struct error *err)
{
	return adapt_idle(d, out, "read_idle_timeout", "read_min_rate", err);
}

static int adapt_write_idle(struct dispenser *d, json_t *out, struct error *err)
{
	return adapt_idle(d, out, "write_idle_timeout", "write_min_rate", err);
}

static const struct setting timeout_settings[] = {
    {"read_body", SETTING_DURATION, "read_timeout", NULL},
    {"read_body_idle", SETTING_CUSTOM, NULL, adapt_read_idle},
    {"read_header", SETTING_DURATION, "read_header_timeout", NULL},
    {"write", SETTING_DURATION, "write_timeout", NULL},
    {"write_idle", SETTING_CUSTOM, NULL, adapt_write_idle},
    {"write_max_chunk", SETTING_BYTES, "max_write_chunk", NULL},
    {"idle", SETTING_DURATION, "idle_timeout", NULL},
    {0},
};

static int adapt_timeouts(struct dispenser *d, json_t *out, struct error *err)
{
	return settings_adapt(d, timeout_settings, "timeout", out, err);
}

static int adapt_protocols(struct dispenser *d, json_t *out, struct error *err)
{
	static const char *const known[] = {"h1", "h2", "h2c", "h3", NULL};
	json_t *list = json_array();
	const char *word;

	json_object_set_new(out, "protocols", list);
	while ((word = dispenser_arg(d))) {
		size_t i = 0;

		while (known[i] && strcmp(known[i], word) != 0)
			i++;
		if (!known[i])
			return dispenser_unknown(d, "protocol", known, err);
		if (strings_have(list, word))
			return dispenser_error(
			    d, err, ERROR_INVALID, "the protocol %s is named twice", word);
		json_array_append_new(list, json_string(word));
	}
	if (json_array_size(list) == 0)
		json_object_del(out, "protocols");
	return 0;
}

static int adapt_strict_host(struct dispenser *d, json_t *out, struct error *err)
{
	const char *word = dispenser_arg(d);

	if (word && strcmp(word, "on") != 0 && strcmp(word, "insecure_off") != 0)
		return dispenser_error(
		    d, err, ERROR_INVALID, "expected 'on' or 'insecure_off', not '%s'", word);
	json_object_set_new(out, "strict_sni_host", json_boolean(!word || strcmp(word, "on") == 0));
	return dispenser_none(d, err);
}

/* Addresses and ranges, with "private_ranges" written out. */
static int adapt_trusted(struct dispenser *d, json_t *out, struct error *err)
{
	json_t *proxies = json_pack("{s:s}", "source", "static");
	const char *word = dispenser_arg(d);

	json_object_set_new(out, "trusted_proxies", proxies);
	if (!word || strcmp(word, "static") != 0)
		return dispenser_error(d, err, ERROR_UNSUPPORTED,
		    "write the addresses of the proxies down: 'trusted_proxies static <ranges>'");
	while ((word = dispenser_arg(d)))
		iprange_adapt(word, member_array(proxies, "ranges"));
	return 0;
}

static const struct setting metrics_settings[] = {
    {"per_host", SETTING_TRUE, "per_host", NULL},
    {0},
};

static int adapt_metrics(struct dispenser *d, json_t *out, struct error *err)
{
	json_t *metrics = json_object();

	json_object_set_new(out, "metrics", metrics);
	return settings_adapt(d, metrics_settings, "option of metrics", metrics, err);
}

static int refuse(struct dispenser *d, json_t *out, struct error *err)
{
	(void)out;
	return dispenser_error(d, err, ERROR_UNSUPPORTED,
	    "there is no '%s' here: HTTP handling is outside pointsman; remove it",
	    dispenser_text(d));
}

static const struct setting server_settings[] = {
    {"name", SETTING_STRING, "name", NULL},
    {"listener_wrappers", SETTING_CUSTOM, NULL, adapt_wrappers},
    {"packet_conn_wrappers", SETTING_CUSTOM, NULL, refuse_wrappers},
    {"timeouts", SETTING_CUSTOM, NULL, adapt_timeouts},
    {"keepalive_interval", SETTING_DURATION, "keepalive_interval", NULL},
    {"keepalive_idle", SETTING_DURATION, "keepalive_idle", NULL},
    {"keepalive_count", SETTING_INT, "keepalive_count", NULL},
    {"max_header_size", SETTING_BYTES, "max_header_bytes", NULL},
    {"enable_full_duplex", SETTING_CUSTOM, NULL, refuse},
    {"expected_underscore_headers", SETTING_CUSTOM, NULL, refuse},
    {"expected_dot_headers", SETTING_CUSTOM, NULL, refuse},
    {"log_credentials", SETTING_TRUE, "should_log_credentials", NULL},
    {"protocols", SETTING_CUSTOM, NULL, adapt_protocols},
    {"strict_sni_host", SETTING_CUSTOM, NULL, adapt_strict_host},
    {"trusted_proxies", SETTING_CUSTOM, NULL, adapt_trusted},
    {"trusted_proxies_strict", SETTING_TRUE, "trusted_proxies_strict", NULL},
    {"trusted_proxies_unix", SETTING_TRUE, "trusted_proxies_unix", NULL},
    {"client_ip_headers", SETTING_ADD, "client_ip_headers", NULL},
    {"metrics", SETTING_CUSTOM, NULL, adapt_metrics},
    {"trace", SETTING_CUSTOM, NULL, refuse},
    {"0rtt", SETTING_CUSTOM, NULL, refuse},
    {0},
};

static void move(json_t *from, json_t *to, const char *key)
{
	json_t *value = json_object_get(from, key);

	if (value) {
		json_object_set(to, key, value);
		json_object_del(from, key);
	}
}

static void warn_ignored(struct adaptation *a, const struct dispenser *d, json_t *set)
{
	if (json_object_del(set, "no_packets") == 0)
		adaptation_warn(a, d, "empty packet_conn_wrappers are ignored");
	if (strings_have(json_object_get(set, "protocols"), "h3"))
		adaptation_warn(a, d, "HTTP/3 is not served: h3 is ignored");
}

int server_options_adapt(struct adaptation *a, struct dispenser *d, json_t **out, struct error *err)
{
	json_t *set = json_object();
	const char *address;

	*out = json_pack("{s:o}", "set", set);
	dispenser_next(d);
	address = dispenser_arg(d);
	json_object_set_new(*out, "address", json_string(address ? address : ""));
	if (dispenser_none(d, err) == -1 ||
	    settings_adapt(d, server_settings, "option of servers", set, err) == -1)
		goto fail;
	move(set, *out, "name");
	move(set, *out, "metrics");
	if (json_object_get(*out, "name") && !address) {
		dispenser_error(d, err, ERROR_INVALID,
		    "a server with a name needs an address: 'servers <address> {…}'");
		goto fail;
	}
	if (json_object_del(set, "should_log_credentials") == 0) {
		json_object_set_new(*out, "log_credentials", json_true());
		adaptation_warn(
		    a, d, "log_credentials: credentials are in no header that is logged");
	}
	if (json_object_get(set, "trusted_proxies_strict"))
		json_object_set_new(set, "trusted_proxies_strict", json_integer(1));
	warn_ignored(a, d, set);
	return 0;
fail:
	json_decref(*out);
	*out = NULL;
	return -1;
}

static const char *text_of(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text ? text : "";
}

/* The options by address. NULL with err: two are for one address, or two name their server alike.
 */
static json_t *by_address(const json_t *options, struct error *err)
{
	json_t *found = json_object(), *names = json_object(), *option;
	const char *twice = NULL, *what = NULL;
	size_t i;

	json_array_foreach ((json_t *)options, i, option) {
		if (json_object_get(found, text_of(option, "address"))) {
			what = "address";
			twice = text_of(option, what);
		} else if (json_object_get(names, text_of(option, "name"))) {
			what = "name";
			twice = text_of(option, what);
		}
		json_object_set(found, text_of(option, "address"), option);
		if (*text_of(option, "name"))
			json_object_set_new(names, text_of(option, "name"), json_true());
	}
	json_decref(names);
	if (!twice)
		return found;
	json_decref(found);
	error_set(err, ERROR_INVALID, "two 'servers' options have the %s '%s'", what, twice);
	return NULL;
}

/* The option for a server: the one with the longest of its addresses, else the one for all. */
static json_t *find(const json_t *by_address, const json_t *server)
{
	json_t *option = json_object_get(by_address, ""), *found, *address;
	size_t i;

	json_array_foreach (json_object_get(server, "listen"), i, address) {
		found = json_object_get(by_address, json_string_value(address));
		if (found && (!option || strlen(text_of(found, "address")) >
					     strlen(text_of(option, "address"))))
			option = found;
	}
	return option;
}

int server_options_apply(
    const struct adaptation *a, json_t *servers, json_t **metrics, struct error *err)
{
	json_t *options = by_address(adaptation_option(a, "servers"), err), *server, *renamed;
	const char *key;
	void *next;

	if (!options)
		return adaptation_at(a, "servers", err);
	renamed = json_object();
	json_object_foreach_safe (servers, next, key, server) {
		json_t *option = find(options, server);

		json_object_update(server, json_object_get(option, "set"));
		if (json_object_get(option, "log_credentials"))
			json_object_set_new(
			    member_object(server, "logs"), "should_log_credentials", json_true());
		if (json_object_get(option, "metrics")) {
			if (!*metrics)
				*metrics = json_object();
			json_object_update(*metrics, json_object_get(option, "metrics"));
		}
		if (*text_of(option, "name")) {
			json_object_set(renamed, text_of(option, "name"), server);
			json_object_del(servers, key);
		}
	}
	json_object_update(servers, renamed);
	json_decref(renamed);
	json_decref(options);
	return 0;
}
