/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "daemon/tls/policy.h"

#include <ctype.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <gnutls/crypto.h>

#include "common/log.h"
#include "daemon/core/key_runs.h"
#include "daemon/core/replacer.h"
#include "daemon/input/field.h"
#include "daemon/tls/hello_match.h"
#include "daemon/tls/priority.h"
#include "daemon/tls/secrets_log.h"
#include "daemon/tls/session.h"

/* As documents have it. */
struct policy_params {
	struct hello_match *match;
	struct strings alpn, cipher_suites, curves;
	int protocol_min, protocol_max;
	const char *default_sni, *fallback_sni;
	struct cert_selection *selection;
	const char *secrets_log;
	bool drop;
};

/* ---- fields -------------------------------------------------------------------------------- */

static const struct shape match_shape = {
    .type = SHAPE_OBJECT, .fields = hello_match_fields, .null = true};

static int load_match(struct load *load, const struct jnode *node, void *target, struct error *err)
{
	struct hello_match *m;

	if (json_is_null(node->value))
		return 0;
	m = arena_alloc(load->arena, sizeof(*m));
	if (fields_load(hello_match_fields, load, node, NULL, load->arena, m, err) == -1)
		return -1;
	*(struct hello_match **)target = m;
	return hello_match_load(load, node, m, err);
}

static const struct shape number_shape = {.type = SHAPE_INT, .max = 4};
static const struct shape *const algorithm_shapes[] = {&number_shape, &shape_text, NULL};
static const struct shape algorithm_shape = {.type = SHAPE_EITHER, .choices = algorithm_shapes};

/*
 * The name, or the number that the reference writes for it (crypto/x509's RSA 1, DSA 2, ECDSA 3,
 * Ed25519 4).
 */
static int load_algorithm(
    struct load *load, const struct jnode *node, void *target, struct error *err)
{
	static const int kinds[] = {0, 1 + CERT_RSA, -1, 1 + CERT_ECDSA, 1 + CERT_EDDSA};
	static const char *const names[] = {"", "rsa", "dsa", "ecdsa", "ed25519", NULL};
	const char *text = NULL;
	int64_t i;

	(void)load;
	if (json_is_integer(node->value)) {
		if (jnode_int(node, 0, 4, &i, err) == -1)
			return -1;
	} else {
		if (jnode_string(node, &text, err) == -1)
			return -1;
		for (i = 0; names[i] != NULL && strcasecmp(names[i], text) != 0; i++)
			;
		if (names[i] == NULL)
			return jnode_error(node, err, ERROR_INVALID,
			    "unknown value '%.64s'; known are: rsa, ecdsa, ed25519", text);
	}
	if (kinds[i] == -1)
		return jnode_error(
		    node, err, ERROR_UNSUPPORTED, "no client takes DSA certificates any more");
	*(int *)target = kinds[i];
	return 0;
}

static const struct field selection_fields[] = {
    FIELD_STRINGS(struct cert_selection, serial_number, "serial_number", 0,
	"the certificate has one of these serial numbers (decimal)"),
    FIELD_STRINGS(struct cert_selection, subject_organization, "subject_organization", 0,
	"its subject has one of these organizations"),
    FIELD_CUSTOM(struct cert_selection, public_key_algorithm, "public_key_algorithm", 0,
	load_algorithm, &algorithm_shape, "its key is of this kind: rsa, ecdsa, ed25519"),
    FIELD_STRINGS(struct cert_selection, any_tag, "any_tag", 0, "it has one of these tags"),
    FIELD_STRINGS(struct cert_selection, all_tags, "all_tags", 0, "it has all of these tags"),
    FIELD_END,
};

static const struct shape selection_shape = {
    .type = SHAPE_OBJECT, .fields = selection_fields, .null = true};

static int load_selection(
    struct load *load, const struct jnode *node, void *target, struct error *err)
{
	struct cert_selection *selection;
	struct jnode serials = jnode_member(node, "serial_number");
	size_t i, n;

	if (json_is_null(node->value))
		return 0;
	selection = arena_alloc(load->arena, sizeof(*selection));
	if (fields_load(selection_fields, load, node, NULL, load->arena, selection, err) == -1)
		return -1;
	for (i = 0; i < selection->serial_number.count; i++) {
		struct jnode item = jnode_item(&serials, i);

		n = strspn(selection->serial_number.items[i], "0123456789");
		if (n == 0 || selection->serial_number.items[i][n] != '\0')
			return jnode_error(
			    &item, err, ERROR_INVALID, "must be a decimal number as a string");
	}
	*(struct cert_selection **)target = selection;
	return 0;
}

/* Read by load_policy(), which has what it needs besides. */
static int load_later(struct load *load, const struct jnode *node, void *target, struct error *err)
{
	(void)load;
	(void)node;
	(void)target;
	(void)err;
	return 0;
}

const struct field tls_policy_fields[] = {
    FIELD_CUSTOM(struct policy_params, match, "match", 0, load_match, &match_shape,
	"which ClientHellos the policy is for: sni, sni_regexp, alpn, remote_ip, local_ip"),
    FIELD_STRINGS(struct policy_params, alpn, "alpn", 0,
	"protocols offered, the preferred first; absent: h2, http/1.1; empty: no negotiation"),
    FIELD_STRINGS(struct policy_params, cipher_suites, "cipher_suites", 0,
	"suites allowed; absent: AES-GCM and ChaCha20-Poly1305"),
    FIELD_STRINGS(struct policy_params, curves, "curves", 0,
	"groups allowed; absent: x25519, secp256r1, secp384r1"),
    FIELD_ENUM(struct policy_params, protocol_min, "protocol_min", 0, "tls1.2", tls_version_names,
	"lowest version"),
    FIELD_ENUM(struct policy_params, protocol_max, "protocol_max", 0, "tls1.3", tls_version_names,
	"highest version"),
    FIELD_CUSTOM(struct policy_params, drop, "client_authentication", 0, load_later,
	&client_auth_shape, "asks clients for certificates"),
    FIELD_CUSTOM(struct policy_params, selection, "certificate_selection", 0, load_selection,
	&selection_shape, "which one, where several certificates are good for the name"),
    FIELD_STRING(
	struct policy_params, default_sni, "default_sni", 0, "the name for clients that send none"),
    FIELD_STRING(struct policy_params, fallback_sni, "fallback_sni", 0,
	"the name where there is no certificate for the client's"),
    FIELD_BOOL(struct policy_params, drop, "drop", 0, "closes the connection without an answer"),
    FIELD_STRING(struct policy_params, secrets_log, "insecure_secrets_log", FIELD_PATH | FIELD_ENV,
	"file that gets the secrets of all sessions, for debugging: whoever reads it reads them"),
    FIELD_END,
};

static const struct shape policy_shape = {
    .type = SHAPE_OBJECT, .name = "tls_connection_policy", .fields = tls_policy_fields};
const struct shape tls_policies_shape = {.type = SHAPE_LIST, .of = &policy_shape, .null = true};

/* ---- loading ------------------------------------------------------------------------------- */

static gnutls_certificate_credentials_t plain;

static void make_plain(void)
{
	if (gnutls_certificate_allocate_credentials(&plain) == 0)
		tls_session_serve(plain);
	else
		plain = NULL;
}

/* Certificates are chosen by session. */
gnutls_certificate_credentials_t tls_policy_credentials(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	pthread_once(&once, make_plain);
	return plain;
}

static const char *lower(struct arena *arena, const char *text)
{
	char *copy, *p;

	if (text == NULL || *text == '\0')
		return NULL;
	copy = arena_strdup(arena, text);
	for (p = copy; *p != '\0'; p++)
		*p = (char)tolower((unsigned char)*p);
	return copy;
}

static int load_alpn(struct load *load, const struct jnode *node, const struct strings *names,
    struct tls_policy *policy, struct error *err)
{
	static const char *const defaults[] = {"h2", "http/1.1"};
	struct jnode alpn = jnode_member(node, "alpn");
	const char *const *items = (const char *const *)names->items;
	size_t count = names->count, i, n;

	if (alpn.value == NULL || json_is_null(alpn.value)) {
		items = defaults;
		count = 2;
	}
	if (count > TLS_ALPN_MAX)
		return jnode_error(
		    &alpn, err, ERROR_LIMIT, "at most %d protocols are possible", TLS_ALPN_MAX);
	for (i = 0; i < count; i++) {
		n = strlen(items[i]);
		if (n == 0 || n > TLS_ALPN_NAME_MAX) {
			struct jnode item = jnode_item(&alpn, i);

			return jnode_error(&item, err, ERROR_LIMIT,
			    "a protocol's name has 1 to %d bytes", TLS_ALPN_NAME_MAX);
		}
		policy->alpn[i].data = (unsigned char *)arena_strdup(load->arena, items[i]);
		policy->alpn[i].size = (unsigned)n;
	}
	policy->alpn_count = (unsigned)count;
	return 0;
}

/* What tells this policy from another goes into its ticket key (see ticket.h). */
static void make_ticket_key(
    struct load *load, const struct jnode *node, struct buf *identity, struct tls_policy *policy)
{
	uint8_t hash[TICKET_POLICY_SIZE];
	char *text = NULL;

	if (node->value != NULL)
		text = json_dumps(node->value, JSON_COMPACT | JSON_SORT_KEYS);
	buf_append_str(identity, text != NULL ? text : "{}");
	free(text);
	gnutls_hash_fast(
	    GNUTLS_DIG_SHA256, identity->data + identity->start, buf_len(identity), hash);
	policy->ticket = arena_alloc(load->arena, sizeof(*policy->ticket));
	ticket_key_init(policy->ticket, hash);
	arena_release(load->arena, (void (*)(void *))ticket_key_fini, policy->ticket);
}

static int load_priority(struct load *load, const struct jnode *node,
    const struct policy_params *params, struct tls_policy *policy, struct error *err)
{
	struct priority_options options = {
	    .cipher_suites = jnode_member(node, "cipher_suites"),
	    .curves = jnode_member(node, "curves"),
	    .min = (enum tls_version)params->protocol_min,
	    .max = (enum tls_version)params->protocol_max,
	};
	struct jnode min = jnode_member(node, "protocol_min");

	if (options.min > options.max)
		return jnode_error(&min, err, ERROR_INVALID, "is higher than protocol_max");
	if (priority_get(&options, &policy->priority, &policy->ordered, err) == -1)
		return -1;
	arena_release(load->arena, (void (*)(void *))priority_unref, policy->priority);
	arena_release(load->arena, (void (*)(void *))priority_unref, policy->ordered);
	return 0;
}

static int load_client_auth(struct load *load, const struct jnode *node, struct buf *identity,
    struct tls_policy *policy, struct error *err)
{
	struct jnode member = jnode_member(node, "client_authentication");
	struct client_auth *auth = NULL;

	if (member.value != NULL && !json_is_null(member.value) &&
	    client_auth_load(load, &member, &auth, identity, err) == -1)
		return -1;
	policy->client_auth = auth;
	policy->credentials =
	    auth != NULL ? client_auth_credentials(auth) : tls_policy_credentials();
	if (auth != NULL)
		tls_session_serve(policy->credentials);
	/* Whoever is asked for a certificate is asked each time. */
	policy->tickets = auth == NULL;
	return 0;
}

static int load_secrets_log(struct load *load, const struct jnode *node,
    const struct policy_params *params, struct tls_policy *policy, struct error *err)
{
	struct jnode at = jnode_member(node, "insecure_secrets_log");
	struct error inner;
	const char *path;
	char text[256];

	if (params->secrets_log == NULL || *params->secrets_log == '\0')
		return 0;
	path = replace_at_load(load->arena, params->secrets_log);
	log_msg(LOG_WARN, "tls",
	    "%s: whoever reads '%s' can read what these sessions say; for debugging alone",
	    jnode_path(&at, text, sizeof(text)), path);
	if (load->dry)
		return 0;
	policy->secrets_log = secrets_log_open(load, path, &inner);
	if (policy->secrets_log == NULL)
		return jnode_error(&at, err, inner.code, "%s", inner.message);
	return 0;
}

static int load_policy(
    struct load *load, const struct jnode *node, struct tls_policy *policy, struct error *err)
{
	struct policy_params params = {0};
	struct buf identity = {0};
	int rc = -1;

	if (node->value == NULL)
		params.protocol_max = TLS_VERSION_1_3;
	else if (fields_load(tls_policy_fields, load, node, NULL, load->arena, &params, err) == -1)
		return -1;
	policy->match = params.match;
	policy->selection = params.selection;
	policy->drop = params.drop;
	policy->default_sni = lower(load->arena, params.default_sni);
	policy->fallback_sni = lower(load->arena, params.fallback_sni);
	if (load_alpn(load, node, &params.alpn, policy, err) == 0 &&
	    load_priority(load, node, &params, policy, err) == 0 &&
	    load_secrets_log(load, node, &params, policy, err) == 0 &&
	    load_client_auth(load, node, &identity, policy, err) == 0)
		rc = 0;
	if (rc == 0)
		make_ticket_key(load, node, &identity, policy);
	buf_fini(&identity);
	return rc;
}

/* Policies that server names alone decide on are of one kind. */
static const void *keyed_by(const void *list, size_t i, struct strings *keys)
{
	const struct tls_policy *p = &((const struct tls_policy *)list)[i];

	return p->match != NULL && hello_match_names(p->match, keys) ? hello_match_fields : NULL;
}

int tls_policies_load(
    struct load *load, const struct jnode *node, struct tls_policies *out, struct error *err)
{
	bool given = node->value != NULL && !json_is_null(node->value);
	struct jnode none = {.parent = node};
	size_t count, i;

	if (given && jnode_array(node, err) == -1)
		return -1;
	count = given ? json_array_size(node->value) : 0;
	*out = (struct tls_policies){.count = count > 0 ? count : 1};
	out->items = arena_array(load->arena, out->count, sizeof(*out->items));
	if (count == 0)
		return load_policy(load, &none, &out->items[0], err);
	for (i = 0; i < count; i++) {
		struct jnode item = jnode_item(node, i);

		if (load_policy(load, &item, &out->items[i], err) == -1)
			return -1;
		out->wants_hello |= out->items[i].match != NULL;
	}
	out->index = key_runs_new(load->arena, out->items, count, keyed_by);
	return 0;
}

int tls_policies_field(struct load *load, const struct jnode *node, void *target, struct error *err)
{
	return tls_policies_load(load, node, target, err);
}

/* The first position from i on whose policy may be for a client with that hello. */
static size_t skip(const struct tls_policies *policies, size_t i, const struct hello *hello)
{
	const struct key_run *run;
	size_t next;

	while (policies->index != NULL && (run = key_runs_at(policies->index, i)) != NULL) {
		next = hello != NULL ? key_run_find(run, i, hello->server_name) : run->end;
		if (next < run->end)
			return next;
		i = run->end;
	}
	return i;
}

const struct tls_policy *tls_policies_choose(
    const struct tls_policies *policies, const struct hello *hello, struct facts *facts)
{
	const struct tls_policy *p;
	size_t i;

	for (i = skip(policies, 0, hello); i < policies->count; i = skip(policies, i + 1, hello)) {
		p = &policies->items[i];
		if (p->match == NULL || (hello != NULL && hello_match(p->match, hello, facts)))
			return p;
	}
	return NULL;
}
