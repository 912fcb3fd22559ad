/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "daemon/handlers/proxy.h"

#include <string.h>

#include "daemon/core/adapt.h"
#include "daemon/input/places.h"
#include "daemon/tls/client_auth_adapt.h"
#include "daemon/upstream/pool.h"

/* How an option's arguments become JSON. */
enum kind {
	KIND_INT,
	KIND_DURATION,
	KIND_WORD,    /* one argument, one of words where there are any */
	KIND_STRINGS, /* one or more, added to what is there */
	KIND_FLAG,    /* no argument: true */
};

struct option {
	const char *name;
	enum kind kind;
	const char *within[2]; /* objects that the member lies in, outermost first */
	const char *member;
	const char *const *words;
};

static const char *const header_words[] = {"v1", "v2", NULL};
static const char *const renegotiation_words[] = {"never", "once", "freely", NULL};
static const char *const preference_words[] = {
    "ipv4_only", "ipv6_only", "ipv4_first", "ipv6_first", NULL};

static const struct option proxy_options[] = {
    {"health_interval", KIND_DURATION, {"health_checks", "active"}, "interval", NULL},
    {"health_port", KIND_INT, {"health_checks", "active"}, "port", NULL},
    {"health_timeout", KIND_DURATION, {"health_checks", "active"}, "timeout", NULL},
    {"health_fall", KIND_INT, {"health_checks", "active"}, "fall", NULL},
    {"health_rise", KIND_INT, {"health_checks", "active"}, "rise", NULL},
    {"close_if_unhealthy", KIND_FLAG, {"health_checks", "active"}, "close_if_unhealthy", NULL},
    {"fail_duration", KIND_DURATION, {"health_checks", "passive"}, "fail_duration", NULL},
    {"max_fails", KIND_INT, {"health_checks", "passive"}, "max_fails", NULL},
    {"unhealthy_connection_count", KIND_INT, {"health_checks", "passive"},
	"unhealthy_connection_count", NULL},
    {"lb_try_duration", KIND_DURATION, {"load_balancing"}, "try_duration", NULL},
    {"lb_try_interval", KIND_DURATION, {"load_balancing"}, "try_interval", NULL},
    {"proxy_protocol", KIND_WORD, {NULL}, "proxy_protocol", header_words},
    {"dial_timeout", KIND_DURATION, {NULL}, "dial_timeout", NULL},
    {"tcp_idle_timeout", KIND_DURATION, {NULL}, "tcp_idle_timeout", NULL},
    {"fin_timeout", KIND_DURATION, {NULL}, "fin_timeout", NULL},
    {"max_age", KIND_DURATION, {NULL}, "max_age", NULL},
    {0},
};

static const struct option upstream_options[] = {
    {"dial", KIND_STRINGS, {NULL}, "dial", NULL},
    {"local_addr", KIND_STRINGS, {NULL}, "local_address", NULL},
    {"max_connections", KIND_INT, {NULL}, "max_connections", NULL},
    {"weight", KIND_INT, {NULL}, "weight", NULL},
    {"resolver_preference", KIND_WORD, {NULL}, "resolver_preference", preference_words},
    {"disabled", KIND_FLAG, {NULL}, "disabled", NULL},
    {"allow_local", KIND_FLAG, {NULL}, "allow_local", NULL},
    {"deny_private", KIND_FLAG, {NULL}, "deny_private", NULL},
    {"tls_curves", KIND_STRINGS, {"tls"}, "curves", NULL},
    {"tls_except_ports", KIND_STRINGS, {"tls"}, "except_ports", NULL},
    {"tls_insecure_skip_verify", KIND_FLAG, {"tls"}, "insecure_skip_verify", NULL},
    {"tls_renegotiation", KIND_WORD, {"tls"}, "renegotiation", renegotiation_words},
    {"tls_server_name", KIND_WORD, {"tls"}, "server_name", NULL},
    {"tls_timeout", KIND_DURATION, {"tls"}, "handshake_timeout", NULL},
    {0},
};

static json_t *object_in(json_t *object, const char *key)
{
	if (json_object_get(object, key) == NULL)
		json_object_set_new(object, key, json_object());
	return json_object_get(object, key);
}

static const struct option *find(const struct option *table, const char *name)
{
	for (; table->name != NULL; table++)
		if (strcmp(table->name, name) == 0)
			return table;
	return NULL;
}

static int adapt_word(struct dispenser *d, const struct option *o, json_t **out, struct error *err)
{
	const char *word;
	size_t i;

	if (dispenser_one(d, &word, err) == -1)
		return -1;
	for (i = 0; o->words != NULL && o->words[i] != NULL; i++)
		if (strcmp(o->words[i], word) == 0)
			break;
	if (o->words != NULL && o->words[i] == NULL)
		return dispenser_unknown(d, o->name, o->words, err);
	*out = json_string(word);
	return 0;
}

static int adapt_option(struct dispenser *d, const struct option *o, json_t *out, struct error *err)
{
	json_t *value = NULL;
	size_t i;
	int rc = 0;

	for (i = 0; i < 2 && o->within[i] != NULL; i++)
		out = object_in(out, o->within[i]);
	switch (o->kind) {
	case KIND_INT:
		rc = dispenser_int(d, &value, err);
		break;
	case KIND_DURATION:
		rc = dispenser_duration(d, &value, err);
		break;
	case KIND_WORD:
		rc = adapt_word(d, o, &value, err);
		break;
	case KIND_FLAG:
		rc = dispenser_none(d, err);
		value = json_true();
		break;
	case KIND_STRINGS:
		value = json_incref(json_object_get(out, o->member));
		rc = dispenser_strings(d, &value, err);
		if (rc == 0)
			json_object_set(out, o->member, value);
		json_decref(value);
		return rc;
	}
	if (rc == -1) {
		json_decref(value);
		return -1;
	}
	if (dispenser_set(d, out, o->member, value, err) == -1)
		return -1;
	if (json_is_integer(value) && json_integer_value(value) == 0) /* as in the reference */
		json_object_del(out, o->member);
	return 0;
}

static int unknown_option(const struct dispenser *d, const char *what, const struct option *table,
    const char *const *more, struct error *err)
{
	const char *names[64];
	size_t n = 0;

	for (; table->name != NULL; table++)
		names[n++] = table->name;
	for (; *more != NULL; more++)
		names[n++] = *more;
	names[n] = NULL;
	return dispenser_unknown(d, what, names, err);
}

/* ---- upstream ------------------------------------------------------------------------------- */

/* tls_client_auth <automate_name> | <cert_file> <key_file> */
static int adapt_client_auth(struct dispenser *d, json_t *tls, struct error *err)
{
	size_t count = dispenser_args_left(d);

	if (json_object_get(tls, "client_certificate_automate") != NULL ||
	    json_object_get(tls, "client_certificate_file") != NULL)
		return dispenser_error(d, err, ERROR_INVALID, "duplicate option 'tls_client_auth'");
	if (count == 1) {
		json_object_set_new(
		    tls, "client_certificate_automate", json_string(dispenser_arg(d)));
	} else if (count == 2) {
		json_object_set_new(tls, "client_certificate_file", json_string(dispenser_arg(d)));
		json_object_set_new(
		    tls, "client_certificate_key_file", json_string(dispenser_arg(d)));
	} else {
		return dispenser_arg_error(d, err);
	}
	return 0;
}

static int adapt_trust_pool(struct dispenser *d, json_t *tls, struct error *err)
{
	if (json_object_get(tls, "ca") != NULL)
		return dispenser_error(d, err, ERROR_INVALID, "duplicate option 'tls_trust_pool'");
	return trust_pool_adapt(d, tls, err);
}

static int adapt_upstream_option(struct dispenser *d, bool first, json_t *out, struct error *err)
{
	static const char *const more[] = {"id", "tls", "tls_client_auth", "tls_trust_pool", NULL};
	const char *name = dispenser_text(d);
	const struct option *o = find(upstream_options, name);
	bool done = false;

	if (adapt_id(d, first, out, &done, err) == -1)
		return -1;
	if (done)
		return 0;
	if (o != NULL)
		return adapt_option(d, o, out, err);
	if (strcmp(name, "tls") == 0) {
		object_in(out, "tls");
		return dispenser_none(d, err);
	}
	if (strcmp(name, "tls_client_auth") == 0)
		return adapt_client_auth(d, object_in(out, "tls"), err);
	if (strcmp(name, "tls_trust_pool") == 0)
		return adapt_trust_pool(d, object_in(out, "tls"), err);
	return unknown_option(d, "upstream option", upstream_options, more, err);
}

static int adapt_upstream(struct dispenser *d, json_t *upstreams, struct error *err)
{
	json_t *out = json_object(), *dial = NULL;
	int level = d->nesting;
	bool first = true;
	const char *arg;

	json_array_append_new(upstreams, out);
	places_note_at(out, d);
	while ((arg = dispenser_arg(d)) != NULL) {
		if (dial == NULL) {
			dial = json_array();
			json_object_set_new(out, "dial", dial);
		}
		json_array_append_new(dial, json_string(arg));
	}
	while (dispenser_next_block(d, level)) {
		if (adapt_upstream_option(d, first, out, err) == -1)
			return -1;
		first = false;
	}
	if (json_object_get(out, "dial") == NULL)
		return dispenser_error(d, err, ERROR_INVALID,
		    "an upstream needs an address: upstream host:port, or dial in its block");
	return 0;
}

/* ---- proxy ---------------------------------------------------------------------------------- */

/* lb_policy <name> [<args...>] */
static int adapt_policy(struct dispenser *d, json_t *out, struct error *err)
{
	json_t *balancing = object_in(out, "load_balancing"), *selection, *choose = NULL;
	const char *name = dispenser_arg(d);
	size_t i;

	if (name == NULL)
		return dispenser_arg_error(d, err);
	for (i = 0; policy_names[i] != NULL && strcmp(policy_names[i], name) != 0; i++)
		;
	if (policy_names[i] == NULL)
		return dispenser_unknown(d, "policy", policy_names, err);
	selection = json_object();
	json_object_set_new(selection, "policy", json_string(name));
	if (strcmp(name, "random_choose") == 0 && dispenser_args_left(d) > 0) {
		if (dispenser_int(d, &choose, err) == -1) {
			json_decref(selection);
			return -1;
		}
		if (json_integer_value(choose) != 0)
			json_object_set(selection, "choose", choose);
		json_decref(choose);
	}
	if (dispenser_args_left(d) > 0) {
		json_decref(selection);
		return dispenser_arg_error(d, err);
	}
	return dispenser_set(d, balancing, "selection", selection, err);
}

static int adapt_proxy_option(struct dispenser *d, bool first, json_t *out, struct error *err)
{
	static const char *const more[] = {"id", "lb_policy", "upstream", NULL};
	const char *name = dispenser_text(d);
	const struct option *o = find(proxy_options, name);
	bool done = false;

	if (adapt_id(d, first, out, &done, err) == -1)
		return -1;
	if (done)
		return 0;
	if (o != NULL)
		return adapt_option(d, o, out, err);
	if (strcmp(name, "lb_policy") == 0)
		return adapt_policy(d, out, err);
	if (strcmp(name, "upstream") != 0)
		return unknown_option(d, "proxy option", proxy_options, more, err);
	if (json_object_get(out, "upstreams") == NULL)
		json_object_set_new(out, "upstreams", json_array());
	return adapt_upstream(d, json_object_get(out, "upstreams"), err);
}

int proxy_adapt(struct dispenser *d, json_t *out, struct error *err)
{
	json_t *upstreams = NULL, *upstream;
	const char *arg;
	bool first = true;
	int level;

	dispenser_next(d);
	level = d->nesting;
	while ((arg = dispenser_arg(d)) != NULL) {
		if (upstreams == NULL) {
			upstreams = json_array();
			json_object_set_new(out, "upstreams", upstreams);
		}
		upstream = json_pack("{s:[s]}", "dial", arg);
		json_array_append_new(upstreams, upstream);
		places_note_at(upstream, d);
	}
	while (dispenser_next_block(d, level)) {
		if (adapt_proxy_option(d, first, out, err) == -1)
			return -1;
		first = false;
	}
	return 0;
}
