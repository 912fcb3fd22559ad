/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "common/errors.h"
#include "daemon/config/directives.h"
#include "daemon/config/global_options.h"
#include "daemon/config/issuers.h"
#include "daemon/config/log_option.h"
#include "daemon/config/pki_option.h"
#include "daemon/config/server_options.h"
#include "daemon/core/adapt.h"
#include "daemon/input/places.h"
#include "daemon/input/settings.h"

struct global_option {
	const char *name;
	/* One that is a plain value; SETTING_CUSTOM: read() does it, or it is refused. */
	enum setting_type type;
	/*
	 * Reads the option (cursor on its name). *value is what was read of it before, borrowed,
	 * or NULL, and becomes its new value, a new reference.
	 */
	int (*read)(struct adaptation *a, struct dispenser *d, json_t **value, struct error *err);
	const char *ignored; /* accepted, with this warning */
	const char *instead; /* not supported: what to do instead */
};

/* Adds an item (taken) to an option that adds up. */
static json_t *add(json_t *list, json_t *item)
{
	list = list ? json_incref(list) : json_array();
	json_array_append_new(list, item);
	return list;
}

static int read_servers_of_layer4(struct dispenser *d, json_t *servers, struct error *err)
{
	int level = d->nesting, rc = 0;

	while (dispenser_next_block(d, level)) {
		struct dispenser segment = dispenser_segment(d);
		json_t *listen = json_array(), *server;
		const char *name;
		char key[32];

		server = json_pack("{s:o}", "listen", listen);
		snprintf(key, sizeof key, "srv%zu", json_object_size(servers));
		json_object_set_new(servers, key, server);
		places_note(server, segment.tokens);
		while ((name = dispenser_arg(&segment)))
			json_array_append_new(listen, json_string(name));
		if (!errors_go_on(
			adapt_routes(&segment, server, ADAPT_FLOWS | ADAPT_ID, err), &rc, err))
			break;
	}
	return rc;
}

/* Several are merged: the servers of later ones come after those of the first. */
static int read_layer4(struct adaptation *a, struct dispenser *d, json_t **value, struct error *err)
{
	json_t *app = *value ? json_incref(*value) : json_object();
	json_t *servers = member_object(app, "servers");

	(void)a;
	*value = NULL;
	if (dispenser_none(d, err) == -1 || read_servers_of_layer4(d, servers, err) == -1) {
		json_decref(app);
		return -1;
	}
	if (json_object_size(servers) == 0)
		json_object_del(app, "servers");
	*value = app;
	return 0;
}

static int read_default_bind(
    struct adaptation *a, struct dispenser *d, json_t **value, struct error *err)
{
	json_t *bind;

	(void)a;
	if (directive_bind_read(d, &bind, err) == -1)
		return -1;
	if (json_array_size(json_object_get(bind, "addresses")) == 0)
		json_array_append_new(json_object_get(bind, "addresses"), json_string(""));
	*value = add(*value, bind);
	return 0;
}

static int read_order(struct adaptation *a, struct dispenser *d, json_t **value, struct error *err)
{
	*value = json_true();
	return directives_reorder(a, d, err);
}

static int read_storage(
    struct adaptation *a, struct dispenser *d, json_t **value, struct error *err)
{
	static const struct setting settings[] = {{"root", SETTING_STRING, "root", NULL}, {0}};
	const char *name = dispenser_arg(d), *root;

	(void)a;
	*value = NULL;
	if (!name)
		return dispenser_arg_error(d, err);
	if (strcmp(name, "file_system") != 0)
		return dispenser_error(d, err, ERROR_UNSUPPORTED,
		    "there is no storage '%s': write 'storage file_system <folder>'", name);
	root = dispenser_arg(d);
	*value = json_pack("{s:s}", "module", "file_system");
	if (root)
		json_object_set_new(*value, "root", json_string(root));
	if (dispenser_none(d, err) == 0 &&
	    settings_adapt(d, settings, "option of file_system", *value, err) == 0 &&
	    (json_object_get(*value, "root") || dispenser_arg_error(d, err) == 0))
		return 0;
	json_decref(*value);
	*value = NULL;
	return -1;
}

static int read_acme_eab(
    struct adaptation *a, struct dispenser *d, json_t **value, struct error *err)
{
	static const struct setting settings[] = {{"key_id", SETTING_STRING, "key_id", NULL},
	    {"mac_key", SETTING_STRING, "mac_key", NULL}, {0}};

	(void)a;
	*value = json_object();
	if (dispenser_none(d, err) == 0 &&
	    settings_adapt(d, settings, "option of acme_eab", *value, err) == 0) {
		if (json_object_size(*value) == 2)
			return 0;
		dispenser_error(
		    d, err, ERROR_INVALID, "acme_eab needs both 'key_id' and 'mac_key'");
	}
	json_decref(*value);
	*value = NULL;
	return -1;
}

static int read_cert_issuer(
    struct adaptation *a, struct dispenser *d, json_t **value, struct error *err)
{
	json_t *issuer, *before = *value;

	(void)a;
	*value = NULL;
	if (!dispenser_next_arg(d))
		return dispenser_arg_error(d, err);
	if (issuer_adapt(d, &issuer, err) == -1)
		return -1;
	*value = add(before, issuer);
	return 0;
}

/* "user alice operate" */
static int read_grant(struct dispenser *d, json_t *grants, struct error *err)
{
	const char *name = dispenser_arg(d), *level = name != NULL ? dispenser_arg(d) : NULL;

	if (level == NULL)
		return dispenser_arg_error(d, err);
	if (json_object_get(grants, name) != NULL)
		return dispenser_error(d, err, ERROR_INVALID, "'%s' has a level already", name);
	json_object_set_new(grants, name, json_string(level));
	return dispenser_none(d, err);
}

static int read_user(struct dispenser *d, json_t *out, struct error *err)
{
	return read_grant(d, member_object(out, "users"), err);
}

static int read_group(struct dispenser *d, json_t *out, struct error *err)
{
	return read_grant(d, member_object(out, "groups"), err);
}

static int read_control(
    struct adaptation *a, struct dispenser *d, json_t **value, struct error *err)
{
	static const struct setting settings[] = {
	    {"user", SETTING_CUSTOM, NULL, read_user},
	    {"group", SETTING_CUSTOM, NULL, read_group},
	    {NULL, 0, NULL, NULL},
	};

	(void)a;
	*value = json_object();
	if (dispenser_none(d, err) == 0 &&
	    settings_adapt(d, settings, "option of control", *value, err) == 0)
		return 0;
	json_decref(*value);
	*value = NULL;
	return -1;
}

static int refuse_origins(struct dispenser *d, json_t *out, struct error *err)
{
	(void)out;
	return dispenser_error(d, err, ERROR_UNSUPPORTED,
	    "there is no '%s' here: the listener shows metrics and health, and changes nothing; "
	    "remove it",
	    dispenser_text(d));
}

static int read_admin(struct adaptation *a, struct dispenser *d, json_t **value, struct error *err)
{
	static const struct setting settings[] = {
	    {"enforce_origin", SETTING_CUSTOM, NULL, refuse_origins},
	    {"origins", SETTING_CUSTOM, NULL, refuse_origins}, {0}};
	const char *address = dispenser_arg(d);

	(void)a;
	*value = json_object();
	if (address && strcmp(address, "off") == 0)
		json_object_set_new(*value, "disabled", json_true());
	else
		json_object_set_new(
		    *value, "listen", json_string(address ? address : "localhost:2019"));
	if (dispenser_none(d, err) == 0 &&
	    settings_adapt(d, settings, "option of admin", *value, err) == 0)
		return 0;
	json_decref(*value);
	*value = NULL;
	return -1;
}

static int adapt_ask(struct dispenser *d, json_t *out, struct error *err)
{
	const char *endpoint;
	json_t *permission;

	if (strcmp(dispenser_text(d), "permission") == 0) {
		const char *name = dispenser_arg(d);

		if (!name || strcmp(name, "http") != 0)
			return dispenser_error(d, err, ERROR_UNSUPPORTED,
			    "permission is asked by 'permission http <endpoint>' only");
	}
	if (dispenser_one(d, &endpoint, err) == -1)
		return -1;
	permission = json_pack("{s:s, s:s}", "module", "http", "endpoint", endpoint);
	return dispenser_set(d, out, "permission", permission, err);
}

static int read_on_demand(
    struct adaptation *a, struct dispenser *d, json_t **value, struct error *err)
{
	static const struct setting settings[] = {{"ask", SETTING_CUSTOM, NULL, adapt_ask},
	    {"permission", SETTING_CUSTOM, NULL, adapt_ask}, {0}};

	(void)a;
	*value = json_object();
	if (dispenser_none(d, err) == 0 &&
	    settings_adapt(d, settings, "option of on_demand_tls", *value, err) == 0) {
		if (json_object_size(*value) > 0)
			return 0;
		dispenser_error(d, err, ERROR_INVALID, "on_demand_tls needs 'ask <endpoint>'");
	}
	json_decref(*value);
	*value = NULL;
	return -1;
}

static int read_auto_https(
    struct adaptation *a, struct dispenser *d, json_t **value, struct error *err)
{
	static const char *const known[] = {
	    "off", "disable_redirects", "disable_certs", "ignore_loaded_certs", NULL};
	const char *word;
	size_t i;

	(void)a;
	*value = json_array();
	while ((word = dispenser_arg(d))) {
		for (i = 0; known[i] && strcmp(known[i], word) != 0; i++)
			;
		if (!known[i]) {
			dispenser_unknown(d, "word for auto_https", known, err);
			goto fail;
		}
		json_array_append_new(*value, json_string(word));
	}
	if (json_array_size(*value) > 0)
		return 0;
	dispenser_arg_error(d, err);
fail:
	json_decref(*value);
	*value = NULL;
	return -1;
}

static int read_metrics(
    struct adaptation *a, struct dispenser *d, json_t **value, struct error *err)
{
	static const struct setting settings[] = {{"per_host", SETTING_TRUE, "per_host", NULL},
	    {"observe_catchall_hosts", SETTING_TRUE, "observe_catchall_hosts", NULL},
	    {"otlp", SETTING_TRUE, "otlp", NULL}, {0}};

	(void)a;
	*value = json_object();
	if (dispenser_none(d, err) == 0 &&
	    settings_adapt(d, settings, "option of metrics", *value, err) == 0)
		return 0;
	json_decref(*value);
	*value = NULL;
	return -1;
}

static int read_servers(
    struct adaptation *a, struct dispenser *d, json_t **value, struct error *err)
{
	json_t *options;

	d->cursor = -1;
	if (server_options_adapt(a, d, &options, err) == -1)
		return -1;
	*value = add(*value, options);
	return 0;
}

/* Words of which "off" alone is allowed. */
static int read_off(struct adaptation *a, struct dispenser *d, json_t **value, struct error *err)
{
	const char *name = dispenser_text(d), *word;

	(void)a;
	if (dispenser_one(d, &word, err) == -1)
		return -1;
	if (strcmp(word, "off") != 0)
		return dispenser_error(d, err, ERROR_INVALID, "%s can only be 'off'", name);
	*value = json_string(word);
	return 0;
}

/* A duration or "off". */
static int read_clean_interval(
    struct adaptation *a, struct dispenser *d, json_t **value, struct error *err)
{
	struct dispenser ahead = *d;
	const char *word = dispenser_arg(&ahead);

	if (word && strcmp(word, "off") == 0)
		return read_off(a, d, value, err);
	return dispenser_duration(d, value, err);
}

static int read_log(struct adaptation *a, struct dispenser *d, json_t **value, struct error *err)
{
	const char *name;
	json_t *log;

	d->cursor = -1;
	if (log_adapt(a, d, true, &log, err) == -1)
		return -1;
	name = json_string_value(json_object_get(log, "name"));
	if (json_object_get(a->log_names, name)) {
		dispenser_error(d, err, ERROR_INVALID, "the log '%s' was configured before", name);
		json_decref(log);
		return -1;
	}
	json_object_set_new(a->log_names, name, json_true());
	*value = add(*value, log);
	return 0;
}

static int read_preferred_chains(
    struct adaptation *a, struct dispenser *d, json_t **value, struct error *err)
{
	(void)a;
	return preferred_chains_adapt(d, value, err);
}

static int read_dns(struct adaptation *a, struct dispenser *d, json_t **value, struct error *err)
{
	bool may_be_bare = strcmp(dispenser_text(d), "acme_dns") == 0;

	(void)a;
	if (dns_provider_adapt(d, value, err) == -1)
		return -1;
	if (!*value && !may_be_bare)
		return dispenser_arg_error(d, err);
	if (!*value)
		*value = json_null();
	return 0;
}

static int read_pki(struct adaptation *a, struct dispenser *d, json_t **value, struct error *err)
{
	(void)a;
	return pki_adapt(d, value, err);
}

#define NO_INSTALL "nothing is installed into the system's trust store: use 'pointsctl ca root'"

static const struct global_option options[] = {
    {"acme_ca", SETTING_STRING, NULL, NULL, NULL},
    {"acme_ca_root", SETTING_STRING, NULL, NULL, NULL},
    {"acme_dns", SETTING_CUSTOM, read_dns, NULL, NULL},
    {"acme_eab", SETTING_CUSTOM, read_acme_eab, NULL, NULL},
    {"admin", SETTING_CUSTOM, read_admin, NULL, NULL},
    {"auto_https", SETTING_CUSTOM, read_auto_https, NULL, NULL},
    {"cert_issuer", SETTING_CUSTOM, read_cert_issuer, NULL, NULL},
    {"cert_lifetime", SETTING_DURATION, NULL, NULL, NULL},
    {"control", SETTING_CUSTOM, read_control, NULL, NULL},
    {"debug", SETTING_TRUE, NULL, NULL, NULL},
    {"default_bind", SETTING_CUSTOM, read_default_bind, NULL, NULL},
    {"default_sni", SETTING_STRING, NULL, NULL, NULL},
    {"dns", SETTING_CUSTOM, read_dns, NULL, NULL},
    {"ech", SETTING_CUSTOM, NULL, NULL, "encrypted ClientHello is not supported"},
    {"email", SETTING_STRING, NULL, NULL, NULL},
    {"events", SETTING_CUSTOM, NULL, NULL, "follow events with 'pointsctl monitor'"},
    {"fallback_sni", SETTING_STRING, NULL, NULL, NULL},
    {"filesystem", SETTING_CUSTOM, NULL, NULL, "pointsman serves no files"},
    {"frankenphp", SETTING_CUSTOM, NULL, NULL, "pointsman runs no programs"},
    {"grace_period", SETTING_DURATION, NULL, NULL, NULL},
    {"http_port", SETTING_PORT, NULL, NULL, NULL},
    {"https_port", SETTING_PORT, NULL, NULL, NULL},
    {"key_type", SETTING_STRING, NULL, NULL, NULL},
    {"layer4", SETTING_CUSTOM, read_layer4, NULL, NULL},
    {"local_certs", SETTING_TRUE, NULL, NULL, NULL},
    {"log", SETTING_CUSTOM, read_log, NULL, NULL},
    {"metrics", SETTING_CUSTOM, read_metrics, "metrics are always on; see 'pointsctl metrics'",
	NULL},
    {"ocsp_interval", SETTING_DURATION, NULL, NULL, NULL},
    {"ocsp_stapling", SETTING_CUSTOM, read_off, NULL, NULL},
    {"on_demand_tls", SETTING_CUSTOM, read_on_demand, NULL, NULL},
    {"order", SETTING_CUSTOM, read_order, NULL, NULL},
    {"persist_config", SETTING_CUSTOM, read_off,
	"changes are kept only where 'pointsctl --save' asks for it", NULL},
    {"pki", SETTING_CUSTOM, read_pki, NULL, NULL},
    {"preferred_chains", SETTING_CUSTOM, read_preferred_chains, NULL, NULL},
    {"renew_interval", SETTING_DURATION, NULL, NULL, NULL},
    {"renewal_window_ratio", SETTING_RATIO, NULL, NULL, NULL},
    {"servers", SETTING_CUSTOM, read_servers, NULL, NULL},
    {"shutdown_delay", SETTING_DURATION, NULL,
	"there is no delay: use 'pointsctl daemon stop --drain'", NULL},
    {"skip_install_trust", SETTING_TRUE, NULL, NO_INSTALL, NULL},
    {"storage", SETTING_CUSTOM, read_storage, NULL, NULL},
    {"storage_check", SETTING_CUSTOM, read_off,
	"the state folder is checked when the daemon starts, and not otherwise", NULL},
    {"storage_clean_interval", SETTING_CUSTOM, read_clean_interval,
	"nothing piles up in the state folder: it is cleaned as certificates are renewed", NULL},
    {"tls_resolvers", SETTING_STRINGS, NULL, NULL, NULL},
    {0},
};

static int unknown(const struct dispenser *d, struct error *err)
{
	const char *names[sizeof options / sizeof options[0]];

	for (size_t i = 0; i < sizeof options / sizeof options[0]; i++)
		names[i] = options[i].name;
	return dispenser_unknown(d, "global option", names, err);
}

/* A plain value: a table of one setting. */
static int read_plain(
    const struct global_option *option, struct dispenser *d, json_t **value, struct error *err)
{
	struct setting table[] = {{option->name, option->type, option->name, NULL}, {0}};
	json_t *holder = json_object();
	int result = setting_adapt(d, table, "global option", holder, err);

	*value = json_incref(json_object_get(holder, option->name));
	json_decref(holder);
	return result;
}

static int read_option(struct adaptation *a, struct dispenser *d, struct error *err)
{
	const struct global_option *option = options;
	const char *name = dispenser_text(d);
	json_t *value = NULL;
	int result;

	while (option->name && strcmp(option->name, name) != 0)
		option++;
	if (!option->name)
		return unknown(d, err);
	if (option->instead)
		return dispenser_error(d, err, ERROR_UNSUPPORTED,
		    "the option '%s' does not exist here: %s", name, option->instead);
	json_object_set_new(
	    a->places, name, json_sprintf("%s:%u", d->tokens[0].file, d->tokens[0].line));
	if (option->ignored)
		adaptation_warn(a, d, "%s: %s", name, option->ignored);
	if (option->read) {
		value = adaptation_option(a, name);
		result = option->read(a, d, &value, err);
	} else {
		result = read_plain(option, d, &value, err);
	}
	if (result == -1)
		return -1;
	if (strcmp(name, "layer4") != 0 && strcmp(name, "log") != 0 && strcmp(name, "pki") != 0)
		a->option_words += d->count;
	if (value)
		json_object_set_new(a->options, name, value);
	else
		json_object_del(a->options, name);
	if (dispenser_next(d))
		return dispenser_error(d, err, ERROR_INVALID, "unexpected '%s'", dispenser_text(d));
	return 0;
}

int global_options_read(struct adaptation *a, const struct block *block, struct error *err)
{
	int rc = 0;

	for (size_t i = 0; i < block->segment_count; i++) {
		struct dispenser d =
		    dispenser_of(block->segments[i].tokens, block->segments[i].count);

		dispenser_next(&d);
		if (!errors_go_on(read_option(a, &d, err), &rc, err))
			break;
	}
	return rc;
}
