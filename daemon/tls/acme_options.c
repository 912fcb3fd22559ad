/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "daemon/tls/acme_options.h"

#include <stdlib.h>
#include <string.h>

#include "common/netaddr.h"
#include "daemon/core/replacer.h"
#include "daemon/core/trust.h"
#include "daemon/net/address.h"
#include "daemon/tls/pem.h"

#define PRODUCTION "https://acme-v02.api.letsencrypt.org/directory"
#define STAGING "https://acme-staging-v02.api.letsencrypt.org/directory"
#define ROOTS_MAX 16
#define PORT_DNS 53

/* ---- fields -------------------------------------------------------------------------------- */

struct provider_params {
	const char *name;
	struct strings command;
};

struct params {
	struct acme_options options;
	struct external {
		const char *key_id, *mac_key;
	} external;
	struct strings roots;
	struct challenges {
		struct http_params {
			bool disabled;
			int64_t alternate_port;
		} http, tls_alpn;
		struct acme_dns dns;
	} challenges;
};

static int ignore(struct load *load, const struct jnode *node, void *target, struct error *err)
{
	(void)load;
	(void)node;
	(void)target;
	(void)err;
	return 0;
}

static int refuse(struct load *load, const struct jnode *node, void *target, struct error *err)
{
	(void)load;
	(void)target;
	if (json_is_null(node->value) || json_is_false(node->value) ||
	    (json_is_string(node->value) && *json_string_value(node->value) == '\0'))
		return 0;
	return jnode_error(node, err, ERROR_UNSUPPORTED, "is not supported");
}

#define FIELD_OTHER(n, fn, sh, h)                                                                  \
	{                                                                                          \
		.name = n, .type = FIELD_TYPE_CUSTOM, .flags = FIELD_HIDDEN, .load = fn,           \
		.shape = sh, .help = h                                                             \
	}

static const struct field external_fields[] = {
    FIELD_STRING(struct external, key_id, "key_id", FIELD_REQUIRED | FIELD_ENV,
	"the account's name, from the CA"),
    FIELD_STRING(struct external, mac_key, "mac_key", FIELD_REQUIRED | FIELD_SECRET | FIELD_ENV,
	"its key, base64url"),
    FIELD_END,
};

static const struct field challenge_fields[] = {
    FIELD_BOOL(struct http_params, disabled, "disabled", 0, "not to be used"),
    FIELD_INT(struct http_params, alternate_port, "alternate_port", 0, "0", 0, 65535,
	"the port of ours that the CA's requests arrive at"),
    FIELD_END,
};

static const struct field provider_fields[] = {
    FIELD_STRING(struct provider_params, name, "name", FIELD_REQUIRED, "hook"),
    FIELD_STRINGS(struct provider_params, command, "command", FIELD_REQUIRED | FIELD_PATH,
	"a program that sets and removes TXT records, and its arguments"),
    FIELD_END,
};

static const struct shape provider_shape = {.type = SHAPE_OBJECT, .fields = provider_fields};

static int load_provider(
    struct load *load, const struct jnode *node, void *target, struct error *err)
{
	static const struct field hook = {.name = "provider", .flags = FIELD_PATH};
	struct jnode name = jnode_member(node, "name"), command = jnode_member(node, "command");
	struct provider_params params = {0};
	struct acme_dns *dns = target;

	if (jnode_object(node, err) == -1)
		return -1;
	if (json_is_string(name.value) && strcmp(json_string_value(name.value), "hook") != 0)
		return jnode_error(&name, err, ERROR_UNSUPPORTED,
		    "there is one DNS provider, 'hook': a program of yours that sets the record");
	if (fields_load(provider_fields, load, node, NULL, load->arena, &params, err) == -1)
		return -1;
	if (trust_object(load, &hook, node, err) == -1)
		return -1;
	if (params.command.count == 0 || params.command.items[0][0] != '/')
		return jnode_error(
		    &command, err, ERROR_INVALID, "must begin with the program's absolute path");
	dns->given = true;
	dns->command = params.command;
	return 0;
}

/* Numbers are nanoseconds here, too, but -1. */
static int load_propagation_timeout(
    struct load *load, const struct jnode *node, void *target, struct error *err)
{
	int64_t *timeout = target;

	(void)load;
	if (json_is_null(node->value))
		return 0;
	if (json_is_integer(node->value) && json_integer_value(node->value) == -1) {
		*timeout = -1;
		return 0;
	}
	return jnode_duration(node, timeout, err);
}

static const struct shape none_shape = {.type = SHAPE_INT, .min = -1, .max = -1};
static const struct shape duration_shape = {.type = SHAPE_DURATION};
static const struct shape *const timeout_choices[] = {&duration_shape, &none_shape, NULL};
static const struct shape propagation_timeout_shape = {
    .type = SHAPE_EITHER, .choices = timeout_choices, .null = true};

static const struct shape resolvers_shape = {.type = SHAPE_LIST, .of = &shape_text, .null = true};

/* An IP address, with or without a port. */
static bool parse_resolver(const char *text, struct netaddr *out)
{
	struct address_range range;
	struct error ignored;

	if (netaddr_parse_ip(text, out)) {
		out->port = PORT_DNS;
		return true;
	}
	if (address_parse_dial(text, &range, &ignored) == -1 ||
	    range.first.network != NETWORK_TCP || range.last_port != range.first.port ||
	    !netaddr_parse_ip(range.first.host, out))
		return false;
	out->port = range.first.port;
	return true;
}

static int load_resolvers(
    struct load *load, const struct jnode *node, void *target, struct error *err)
{
	struct strings *resolvers = target;
	size_t count = json_array_size(node->value), i;
	char normal[NETADDR_TEXT_MAX];
	struct netaddr addr;
	const char *text;

	if (json_is_null(node->value))
		return 0;
	if (jnode_array(node, err) == -1)
		return -1;
	resolvers->items = arena_array(load->arena, count, sizeof(*resolvers->items));
	for (i = 0; i < count; i++) {
		struct jnode item = jnode_item(node, i);

		if (jnode_string(&item, &text, err) == -1)
			return -1;
		if (!parse_resolver(text, &addr))
			return jnode_error(&item, err, ERROR_INVALID,
			    "must be a name server's IP address, with or without a port, not '%s'",
			    text);
		resolvers->items[resolvers->count++] =
		    arena_strdup(load->arena, netaddr_text(&addr, normal));
	}
	return 0;
}

static const struct field dns_fields[] = {
    {.name = "provider",
	.type = FIELD_TYPE_CUSTOM,
	.load = load_provider,
	.shape = &provider_shape,
	.help = "{\"name\": \"hook\", \"command\": [...]}"},
    FIELD_DURATION(struct acme_dns, propagation_delay, "propagation_delay", 0, "0s",
	"how long to wait after the hook before the CA is told"),
    FIELD_STRING(struct acme_dns, override_domain, "override_domain", 0,
	"the name of the record, where _acme-challenge of the name is an alias of it"),
    FIELD_CUSTOM(struct acme_dns, propagation_timeout, "propagation_timeout", 0,
	load_propagation_timeout, &propagation_timeout_shape,
	"how long the record may take to be seen, 2m; -1: it is not looked for"),
    FIELD_CUSTOM(struct acme_dns, resolvers, "resolvers", FIELD_OPEN, load_resolvers,
	&resolvers_shape,
	"name servers that the record must be seen at, IP addresses with or without a port; none: "
	"those of the zone"),
    FIELD_OTHER("ttl", ignore, &shape_any, "of the record: the hook's business"),
    FIELD_END,
};

static const struct field challenges_fields[] = {
    FIELD_OBJECT(struct challenges, http, "http", 0, challenge_fields, "HTTP-01"),
    FIELD_OBJECT(struct challenges, tls_alpn, "tls-alpn", 0, challenge_fields, "TLS-ALPN-01"),
    FIELD_OBJECT(struct challenges, dns, "dns", 0, dns_fields,
	"DNS-01; where it is there, no other is used"),
    FIELD_OTHER(
	"bind_host", ignore, &shape_any, "challenges are answered by the listeners that are there"),
    FIELD_OTHER("distributed", ignore, &shape_any, "answers are this process's own"),
    FIELD_END,
};

static const struct field chains_fields[] = {
    FIELD_BOOL(struct acme_chains, smallest, "smallest", 0, "the chain with the fewest bytes"),
    FIELD_STRINGS(struct acme_chains, root_common_name, "root_common_name", 0,
	"a chain whose last certificate was issued by one of these"),
    FIELD_STRINGS(struct acme_chains, any_common_name, "any_common_name", 0,
	"a chain in which some certificate was issued by one of these"),
    FIELD_END,
};

const struct field acme_fields[] = {
    FIELD_STRING(struct params, options.ca, "ca", FIELD_ENV | FIELD_OPEN,
	"the CA's directory, an https URL"),
    FIELD_STRING(struct params, options.test_ca, "test_ca", FIELD_ENV | FIELD_OPEN,
	"a directory to try after failures, before the CA is asked again"),
    FIELD_STRING(struct params, options.email, "email", FIELD_ENV, "contact of the account"),
    FIELD_STRING(struct params, options.profile, "profile", FIELD_ENV,
	"the kind of certificate, by the CA's name for it"),
    FIELD_OBJECT(struct params, external, "external_account", 0, external_fields,
	"an account with the CA that ours is bound to"),
    FIELD_DURATION(
	struct params, options.timeout, "acme_timeout", 0, "5m", "how long one order may take"),
    FIELD_DURATION(struct params, options.certificate_lifetime, "certificate_lifetime", 0, "0s",
	"the validity to ask for; 0: the CA's default"),
    FIELD_OBJECT(struct params, challenges, "challenges", 0, challenges_fields,
	"how control over names is shown"),
    FIELD_STRINGS(struct params, roots, "trusted_roots_pem_files", FIELD_PATH | FIELD_ENV,
	"authorities that the CA's own certificate is verified by; none: the system's"),
    FIELD_OBJECT(struct params, options.chains, "preferred_chains", 0, chains_fields,
	"which chain to take where the CA offers several"),
    FIELD_OTHER("account_key", refuse, &shape_empty, "an account's key is made here"),
    FIELD_OTHER("network_proxy", refuse, &shape_empty, "connections to the CA are made directly"),
    FIELD_END,
};

/* ---- loading ------------------------------------------------------------------------------- */

static int check_url(const struct jnode *node, const char *key, const char *url, struct error *err)
{
	struct jnode member = jnode_member(node, key);

	if (url == NULL || (strncmp(url, "https://", 8) == 0 && strlen(url) > 8 &&
			       strlen(url) < 1024 && strpbrk(url, " \t\r\n\"\\") == NULL))
		return 0;
	return jnode_error(&member, err, ERROR_INVALID, "must be an https URL");
}

static const char *replaced(struct arena *arena, const char *text)
{
	text = text != NULL ? replace_at_load(arena, text) : NULL;
	return text != NULL && *text != '\0' ? arena_strdup(arena, text) : NULL;
}

static int load_roots(struct load *load, const struct jnode *node, const struct strings *files,
    struct acme_options *o, struct error *err)
{
	struct jnode list = jnode_member(node, "trusted_roots_pem_files");
	struct buf pem = {0};
	int rc = 0;
	size_t i;

	if (files->count > ROOTS_MAX)
		return jnode_error(&list, err, ERROR_LIMIT, "more than %d files", ROOTS_MAX);
	for (i = 0; rc == 0 && i < files->count; i++) {
		struct jnode item = jnode_item(&list, i);

		rc = pem_read_file(replace_at_load(load->arena, files->items[i]), &pem, err);
		if (rc == -1)
			jnode_error(&item, err, err->code, "%s", err->message);
		buf_append_str(&pem, "\n");
	}
	o->roots = files->count > 0 ? arena_strdup(o->arena, buf_str(&pem)) : "";
	buf_fini(&pem);
	return rc;
}

static int load_external(const struct jnode *node, const struct external *external,
    struct acme_options *o, struct error *err)
{
	struct jnode account = jnode_member(node, "external_account");
	struct jnode key = jnode_member(&account, "mac_key");
	size_t n;

	o->external_key_id = replaced(o->arena, external->key_id);
	o->external_mac_key = replaced(o->arena, external->mac_key);
	if ((o->external_key_id == NULL) != (o->external_mac_key == NULL))
		return jnode_error(&account, err, ERROR_INVALID, "needs both key_id and mac_key");
	if (o->external_mac_key == NULL)
		return 0;
	n = strspn(o->external_mac_key,
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_");
	if (n % 4 == 1 || o->external_mac_key[n] != '\0')
		return jnode_error(
		    &key, err, ERROR_INVALID, "must be base64url without '=' at the end");
	return 0;
}

static void load_defaults(struct acme_options *o)
{
	if (o->ca == NULL)
		o->ca = PRODUCTION;
	if (o->test_ca == NULL && strcmp(o->ca, PRODUCTION) == 0)
		o->test_ca = STAGING;
	if (o->test_ca != NULL && strcmp(o->test_ca, o->ca) == 0)
		o->test_ca = NULL;
}

/* All that makes one different from another: what was written, what it stands for, the roots. */
static void set_identity(const struct jnode *node, struct acme_options *o)
{
	char *text = json_dumps(node->value, JSON_COMPACT | JSON_SORT_KEYS);

	o->identity = arena_printf(o->arena, "%s %s %s %s %s %s", text != NULL ? text : "", o->ca,
	    o->email != NULL ? o->email : "", o->external_key_id != NULL ? o->external_key_id : "",
	    o->external_mac_key != NULL ? o->external_mac_key : "", o->roots);
	free(text);
}

static int fill(struct load *load, const struct jnode *node, struct params *p,
    struct acme_options *o, struct error *err)
{
	struct arena *arena = o->arena;

	*o = p->options;
	o->refs = 1;
	o->arena = arena;
	o->ca = replaced(arena, o->ca);
	o->test_ca = replaced(arena, o->test_ca);
	o->email = replaced(arena, o->email);
	o->profile = replaced(arena, o->profile);
	o->http_disabled = p->challenges.http.disabled;
	o->http_port = p->challenges.http.alternate_port;
	o->tls_alpn_disabled = p->challenges.tls_alpn.disabled;
	o->tls_alpn_port = p->challenges.tls_alpn.alternate_port;
	o->dns = p->challenges.dns;
	o->dns.override_domain = replaced(arena, o->dns.override_domain);
	load_defaults(o);
	if (check_url(node, "ca", o->ca, err) == -1 ||
	    check_url(node, "test_ca", o->test_ca, err) == -1 ||
	    load_external(node, &p->external, o, err) == -1 ||
	    load_roots(load, node, &p->roots, o, err) == -1)
		return -1;
	set_identity(node, o);
	return 0;
}

struct acme_options *acme_options_load(
    struct load *load, const struct jnode *node, struct error *err)
{
	struct acme_options *o = mem_zalloc(sizeof(*o));
	struct arena *outer = load->arena;
	struct params params = {0};
	int rc;

	o->arena = arena_new(1024);
	o->refs = 1;
	load->arena = o->arena;
	rc = fields_load(acme_fields, load, node, "module", o->arena, &params, err);
	if (rc == 0)
		rc = fill(load, node, &params, o, err);
	load->arena = outer;
	if (rc == 0)
		return o;
	acme_options_unref(o);
	return NULL;
}

struct acme_options *acme_options_ref(struct acme_options *options)
{
	atomic_fetch_add_explicit(&options->refs, 1, memory_order_relaxed);
	return options;
}

void acme_options_unref(struct acme_options *options)
{
	if (options == NULL ||
	    atomic_fetch_sub_explicit(&options->refs, 1, memory_order_acq_rel) != 1)
		return;
	arena_free(options->arena);
	free(options);
}
