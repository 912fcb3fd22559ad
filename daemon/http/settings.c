/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "daemon/http/settings.h"

#include <string.h>

#include "daemon/core/replacer.h"
#include "daemon/core/trust.h"
#include "daemon/http/access.h"
#include "daemon/http/handler.h"
#include "daemon/tls/policy.h"

/* ---- fields that are not simply read -------------------------------------------------------- */

/* To be read when it is known what the server is to be. */
static int keep(struct load *load, const struct jnode *node, void *target, struct error *err)
{
	(void)load;
	(void)err;
	*(json_t **)target = node->value;
	return 0;
}

static int note(struct load *load, const struct jnode *node, void *target, struct error *err)
{
	(void)load;
	(void)err;
	*(bool *)target = !json_is_false(node->value) && !json_is_null(node->value);
	return 0;
}

static int load_strict(struct load *load, const struct jnode *node, void *target, struct error *err)
{
	struct http_settings *s = target;

	(void)load;
	s->strict_sni_host_said = true;
	return jnode_bool(node, &s->strict_sni_host, err);
}

static const char *const protocols[] = {"h1", "h2", "h2c", "h3", NULL};
static const struct shape protocol_shape = {.type = SHAPE_ENUM, .names = protocols};
static const struct shape protocols_shape = {.type = SHAPE_LIST, .of = &protocol_shape};

/* HTTP/3 may be asked for: a client that would like it gets along with what there is. */
static int load_protocols(
    struct load *load, const struct jnode *node, void *target, struct error *err)
{
	struct http_settings *s = target;
	bool h1 = false, h2 = false;
	const char *name;
	size_t i, k;

	(void)load;
	if (jnode_array(node, err) == -1)
		return -1;
	for (i = 0; i < json_array_size(node->value); i++) {
		struct jnode item = jnode_item(node, i);

		if (jnode_string(&item, &name, err) == -1)
			return -1;
		for (k = 0; protocols[k] != NULL && strcmp(protocols[k], name) != 0; k++)
			;
		if (protocols[k] == NULL)
			return jnode_error(&item, err, ERROR_INVALID,
			    "unknown protocol '%s'; there are h1, h2, h2c and h3", name);
		h1 = h1 || k == 0;
		h2 = h2 || k == 1;
	}
	s->no_http2 = i > 0 && !h2;
	if (i > 0 && !h1)
		return jnode_error(
		    node, err, ERROR_UNSUPPORTED, "a server without h1 is not supported");
	return 0;
}

static int load_empty(struct load *load, const struct jnode *node, void *target, struct error *err)
{
	(void)load;
	(void)target;
	if (json_array_size(node->value) == 0)
		return 0;
	return jnode_error(node, err, ERROR_UNSUPPORTED, "is not supported; remove it");
}

/* What one address speaks: all that the server does, for it is not asked which it was. */
static int load_listen_protocols(
    struct load *load, const struct jnode *node, void *target, struct error *err)
{
	json_t *list, *name;
	size_t i, k, usual;

	(void)load;
	(void)target;
	if (jnode_array(node, err) == -1)
		return -1;
	json_array_foreach (node->value, i, list) {
		struct jnode item = jnode_item(node, i);

		usual = 0;
		json_array_foreach (list, k, name)
			usual +=
			    json_is_string(name) && (strcmp(json_string_value(name), "h1") == 0 ||
							strcmp(json_string_value(name), "h2") == 0);
		if (usual != 2 && json_array_size(list) > 0)
			return jnode_error(&item, err, ERROR_UNSUPPORTED,
			    "all addresses of a server speak the same: write 'protocols' of the "
			    "server");
	}
	return 0;
}

static int unsupported(struct load *load, const struct jnode *node, void *target, struct error *err)
{
	(void)load;
	(void)target;
	return jnode_error(node, err, ERROR_UNSUPPORTED, "is not supported; remove it");
}

/* ---- tables -------------------------------------------------------------------------------- */

#define SETTINGS struct http_settings
#define UNSUPPORTED(n)                                                                             \
	{                                                                                          \
		.name = n, .type = FIELD_TYPE_CUSTOM, .flags = FIELD_HIDDEN, .load = unsupported,  \
		.shape = &shape_nothing                                                            \
	}

static const struct field auto_fields[] = {
    FIELD_BOOL(struct http_auto, disable, "disable", 0, "no certificates, no redirects"),
    FIELD_BOOL(struct http_auto, disable_redirects, "disable_redirects", 0,
	"no redirects from HTTP to HTTPS"),
    FIELD_BOOL(struct http_auto, disable_certificates, "disable_certificates", 0,
	"obtain no certificates"),
    FIELD_STRINGS(struct http_auto, skip, "skip", 0, "names that none of this is done for"),
    FIELD_STRINGS(struct http_auto, skip_certificates, "skip_certificates", 0,
	"names that no certificate is obtained for"),
    FIELD_BOOL(struct http_auto, ignore_loaded_certificates, "ignore_loaded_certificates", 0,
	"obtain certificates for names that a loaded one covers, too"),
    FIELD_END,
};

static const struct field fields[] = {
    FIELD_STRINGS(SETTINGS, listen, "listen", FIELD_OPEN | FIELD_ENV,
	"addresses to listen on: [network/][host]:port"),
    FIELD_STRINGS(SETTINGS, paused, "paused", 0,
	"those of the addresses that stay bound but accept nothing for now"),
    FIELD_CUSTOM(
	SETTINGS, routes, "routes", 0, keep, &http_routes_shape, "the routes, asked in order"),
    FIELD_OBJECT(SETTINGS, auto_https, "automatic_https", 0, auto_fields,
	"what is done without being asked for: certificates and redirects"),
    FIELD_CUSTOM(SETTINGS, policies, "tls_connection_policies", 0, keep, &tls_policies_shape,
	"how TLS sessions are made; the first policy that matches is taken"),
    FIELD_CUSTOM(SETTINGS, wrappers, "listener_wrappers", 0, keep, &http_wrappers_shape,
	"what a connection goes through first: layer4, proxy_protocol, tls"),
    FIELD_CUSTOM(
	SETTINGS, logs, "logs", 0, keep, &http_access_shape, "access lines of requests, by host"),
    FIELD_DURATION(SETTINGS, read_timeout, "read_timeout", 0, NULL,
	"how long a whole request may take; 0: no limit"),
    FIELD_DURATION(SETTINGS, read_header_timeout, "read_header_timeout", 0, "1m",
	"how long a request's head may take"),
    FIELD_DURATION(SETTINGS, read_idle_timeout, "read_idle_timeout", 0, "1m",
	"how long a request's body may stall"),
    FIELD_DURATION(SETTINGS, write_timeout, "write_timeout", 0, NULL,
	"how long a whole answer may take; 0: no limit"),
    FIELD_DURATION(SETTINGS, write_idle_timeout, "write_idle_timeout", 0, "1m",
	"how long an answer may stall"),
    FIELD_DURATION(SETTINGS, idle_timeout, "idle_timeout", 0, "5m",
	"how long a connection may wait for its next request"),
    FIELD_DURATION(SETTINGS, keepalive.interval, "keepalive_interval", 0, NULL,
	"time between the probes that find out whether a silent client still exists"),
    FIELD_DURATION(SETTINGS, keepalive.idle, "keepalive_idle", 0, NULL,
	"how long a client is silent before the first of them; absent: as long"),
    FIELD_INT(SETTINGS, keepalive.count, "keepalive_count", 0, "0", 0, 127,
	"how many remain unanswered until the connection is given up; 0: as the system has it"),
    FIELD_INT(SETTINGS, max_header_bytes, "max_header_bytes", 0, "16384", 1024, 16777216,
	"most bytes of a request's head"),
    FIELD_CUSTOM(SETTINGS, clients.trusted, "trusted_proxies", 0, http_trusted_proxies_load,
	&http_trusted_proxies_shape, "proxies that are believed when they name the client"),
    FIELD_INT(SETTINGS, clients.strict, "trusted_proxies_strict", 0, "0", 0, INT32_MAX,
	"not 0: of several clients named the last that is no trusted proxy, not the first"),
    FIELD_BOOL(SETTINGS, clients.unix_sockets, "trusted_proxies_unix", 0,
	"clients of Unix sockets are such proxies, too"),
    FIELD_STRINGS(SETTINGS, clients.headers, "client_ip_headers", 0,
	"the header fields that name it; absent: X-Forwarded-For"),
    {.name = "strict_sni_host",
	.type = FIELD_TYPE_CUSTOM,
	.load = load_strict,
	.shape = &shape_bool,
	.help = "a request must be for the name that the TLS session is for; default: where "
		"clients are authenticated"},
    {.name = "protocols",
	.type = FIELD_TYPE_CUSTOM,
	.flags = FIELD_HIDDEN,
	.load = load_protocols,
	.shape = &protocols_shape},
    {.name = "listen_protocols",
	.type = FIELD_TYPE_CUSTOM,
	.flags = FIELD_HIDDEN,
	.load = load_listen_protocols,
	.shape = &shape_any},
    {.name = "packet_conn_wrappers",
	.type = FIELD_TYPE_CUSTOM,
	.flags = FIELD_HIDDEN,
	.load = load_empty,
	.shape = &shape_any},
    FIELD_CUSTOM(SETTINGS, metrics, "metrics", FIELD_HIDDEN, note, &shape_any, NULL),
    UNSUPPORTED("errors"),
    UNSUPPORTED("named_routes"),
    UNSUPPORTED("allow_0rtt"),
    UNSUPPORTED("enable_full_duplex"),
    UNSUPPORTED("read_min_rate"),
    UNSUPPORTED("write_min_rate"),
    UNSUPPORTED("max_write_chunk"),
    UNSUPPORTED("expected_underscore_headers"),
    UNSUPPORTED("expected_dot_headers"),
    FIELD_END,
};

static const struct shape server_shape = {.type = SHAPE_OBJECT, .fields = fields};
const struct shape http_servers_shape = {.type = SHAPE_MAP, .of = &server_shape};

/* ---- loading ------------------------------------------------------------------------------- */

static int parse_listen(struct load *load, struct http_settings *s, struct error *err)
{
	struct jnode listen = jnode_member(&s->node, "listen");
	struct error cause;
	size_t i;

	for (i = 0; i < s->paused.count; i++)
		s->paused.items[i] = replace_at_load(load->arena, s->paused.items[i]);
	s->ranges = arena_array(load->arena, s->listen.count, sizeof(*s->ranges));
	for (i = 0; i < s->listen.count; i++) {
		struct jnode item = jnode_item(&listen, i);

		s->listen.items[i] = replace_at_load(load->arena, s->listen.items[i]);
		if (address_parse_listen(s->listen.items[i], &s->ranges[i], &cause) == -1)
			return jnode_error(&item, err, cause.code, "%s", cause.message);
		if (address_socket_type(s->ranges[i].first.network) != SOCK_STREAM)
			return jnode_error(&item, err, ERROR_UNSUPPORTED,
			    "HTTP is served over TCP and Unix stream sockets only");
	}
	return 0;
}

int http_settings_load(
    struct load *load, const struct jnode *node, struct http_settings *out, struct error *err)
{
	static const struct field name = {.name = "servers", .flags = FIELD_OPEN};

	if (jnode_object(node, err) == -1 || trust_text(load, &name, node->key, node, err) == -1 ||
	    fields_load(fields, load, node, NULL, load->arena, out, err) == -1)
		return -1;
	out->name = node->key;
	out->node = *node;
	return parse_listen(load, out, err);
}

bool http_settings_other_port(const struct http_settings *s, int64_t port)
{
	size_t i;

	for (i = 0; i < s->listen.count; i++)
		if (port < s->ranges[i].first.port || port > s->ranges[i].last_port)
			return true;
	return false;
}
