/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "daemon/certs/acme_challenge.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <gnutls/crypto.h>

#include "common/arena.h"
#include "common/duration.h"
#include "common/log.h"
#include "common/netaddr.h"
#include "daemon/certs/acme_jws.h"
#include "daemon/certs/hook.h"
#include "daemon/certs/propagation.h"
#include "daemon/core/answers.h"
#include "daemon/core/instance.h"
#include "daemon/net/address.h"
#include "daemon/tls/acme_options.h"
#include "daemon/tls/challenge.h"

#define HTTP_PORT 80
#define HTTPS_PORT 443
#define COMMAND_MAX 64 /* words */
#define PROPAGATION_TIMEOUT_DEFAULT (120 * DURATION_S)

struct acme_challenge {
	enum acme_kind kind;
	struct ev_loop *loop;
	const struct acme_options *options;
	char *name, *token;
	char digest[64]; /* of DNS-01: the record's value */
	char *record;    /* ... and its name */
	struct hook *hook;
	bool placed;
	ev_timer delay;
	struct propagation *propagation;
	void (*done)(void *arg, const struct acme_fault *fault);
	void *arg;
};

/* ---- choosing ------------------------------------------------------------------------------ */

static bool has_port(const struct server *server, uint16_t port)
{
	struct address_range range;
	struct error ignored;
	size_t i;

	for (i = 0; i < server->listen.count; i++)
		if (address_parse_listen(server->listen.items[i], &range, &ignored) == 0 &&
		    address_is_ip(range.first.network) && range.first.port <= port &&
		    port <= range.last_port)
			return true;
	return false;
}

/* Is there a listener on that port, of the http app or of any? */
static bool listens(int64_t port, bool http)
{
	const struct instance *instance = instance_current();
	size_t i;

	for (i = 0; instance != NULL && i < instance->server_count; i++) {
		const struct server *server = instance->servers[i];

		if ((!http || strncmp(server->name, "http/", 5) == 0) &&
		    has_port(server, (uint16_t)port))
			return true;
	}
	return false;
}

static const struct acme_challenge_message *offered(
    const struct acme_authorization *authorization, enum acme_kind kind)
{
	static const char *const names[] = {"http-01", "tls-alpn-01", "dns-01"};
	size_t i;

	for (i = 0; i < authorization->challenge_count; i++)
		if (strcmp(authorization->challenges[i].type, names[kind]) == 0)
			return &authorization->challenges[i];
	return NULL;
}

static void warn_of_ports(const struct acme_authorization *a, int64_t http, int64_t tls)
{
	log_msg(LOG_WARN, "certs",
	    "'%s': no site listens on port %d and nothing on port %d, where the CA's requests are "
	    "expected (challenges.http and challenges.tls-alpn have an alternate_port)",
	    a->identifier, (int)http, (int)tls);
}

/* The kinds that may be used, in the order of preference. Returns how many. */
static unsigned allowed(
    const struct acme_options *o, const struct acme_authorization *a, enum acme_kind kinds[2])
{
	int64_t http_port = o->http_port != 0 ? o->http_port : HTTP_PORT;
	int64_t tls_port = o->tls_alpn_port != 0 ? o->tls_alpn_port : HTTPS_PORT;
	struct netaddr address;
	bool http = listens(http_port, true), tls = listens(tls_port, false);
	bool tls_first = tls && !http;
	unsigned n = 0;

	if (o->dns.given) {
		kinds[n++] = ACME_DNS_01;
		return n;
	}
	if (!http && !tls)
		warn_of_ports(a, http_port, tls_port);
	/* A client of TLS-ALPN-01 names an address in a way that only CAs know (RFC 8738). */
	if (netaddr_parse_ip(a->identifier, &address))
		tls_first = false;
	else if (!o->tls_alpn_disabled)
		kinds[n++] = ACME_TLS_ALPN_01;
	if (!o->http_disabled)
		kinds[n++] = ACME_HTTP_01;
	if (n == 2 && !tls_first) {
		kinds[0] = ACME_HTTP_01;
		kinds[1] = ACME_TLS_ALPN_01;
	}
	return n;
}

const struct acme_challenge_message *acme_challenge_choose(const struct acme_options *options,
    const struct acme_authorization *authorization, unsigned attempt, enum acme_kind *kind,
    struct acme_fault *fault)
{
	const struct acme_challenge_message *message;
	enum acme_kind kinds[2];
	unsigned count = allowed(options, authorization, kinds), i;

	for (i = 0; i < count; i++) {
		*kind = kinds[(attempt + i) % count];
		message = offered(authorization, *kind);
		if (message != NULL)
			return message;
	}
	acme_fault_set(fault, FAULT_LOCAL,
	    "'%s%s': the CA offers no challenge that the configuration allows",
	    authorization->wildcard ? "*." : "", authorization->identifier);
	return NULL;
}

/* ---- the answer ---------------------------------------------------------------------------- */

/* SHA-256 of the key authorization. */
static void digest_of(const char *authorization, uint8_t out[TLS_CHALLENGE_DIGEST])
{
	gnutls_hash_fast(GNUTLS_DIG_SHA256, authorization, strlen(authorization), out);
}

static void set_record(struct acme_challenge *c, const char *authorization)
{
	uint8_t digest[TLS_CHALLENGE_DIGEST];
	struct buf text = {0};
	char name[512];

	digest_of(authorization, digest);
	base64url_append(&text, span_of(digest, sizeof(digest)));
	snprintf(c->digest, sizeof(c->digest), "%s", buf_str(&text));
	buf_fini(&text);
	if (c->options->dns.override_domain != NULL)
		snprintf(name, sizeof(name), "%s", c->options->dns.override_domain);
	else
		snprintf(name, sizeof(name), "_acme-challenge.%s", c->name);
	c->record = mem_strdup(name);
}

static struct hook *run_hook(struct acme_challenge *c, const char *verb,
    void (*done)(void *arg, const char *failure), void *arg, struct error *err)
{
	const struct strings *command = &c->options->dns.command;
	const char *argv[COMMAND_MAX + 4];
	size_t n;

	if (command->count > COMMAND_MAX) {
		error_set(err, ERROR_LIMIT, "the DNS hook has more than %d words", COMMAND_MAX);
		return NULL;
	}
	for (n = 0; n < command->count; n++)
		argv[n] = command->items[n];
	argv[n++] = verb;
	argv[n++] = c->record;
	argv[n++] = c->digest;
	argv[n] = NULL;
	return hook_start(c->loop, argv, done, arg, err);
}

static void tell(struct acme_challenge *c, const struct acme_fault *fault)
{
	c->done(c->arg, fault);
}

static void on_propagated(void *arg, const char *failure)
{
	struct acme_challenge *c = arg;
	struct acme_fault fault;

	c->propagation = NULL;
	if (failure != NULL)
		acme_fault_set(&fault, FAULT_LOCAL, "%s", failure);
	tell(c, failure != NULL ? &fault : NULL);
}

static void on_delay(struct ev_loop *loop, ev_timer *w, int events)
{
	struct acme_challenge *c = w->data;
	const struct acme_dns *dns = &c->options->dns;
	struct propagation_spec spec = {
	    .loop = loop,
	    .name = c->record,
	    .value = c->digest,
	    .resolvers = &dns->resolvers,
	    .timeout = dns->propagation_timeout,
	};

	(void)events;
	if (spec.timeout < 0) {
		tell(c, NULL);
		return;
	}
	if (spec.timeout == 0) /* as in the reference */
		spec.timeout = PROPAGATION_TIMEOUT_DEFAULT;
	c->propagation = propagation_start(&spec, on_propagated, c);
}

static void on_hook(void *arg, const char *failure)
{
	struct acme_challenge *c = arg;
	struct acme_fault fault;

	c->hook = NULL;
	if (failure != NULL) {
		acme_fault_set(
		    &fault, FAULT_LOCAL, "'%s' %s", c->options->dns.command.items[0], failure);
		tell(c, &fault);
		return;
	}
	c->placed = true;
	ev_timer_set(&c->delay, duration_seconds(c->options->dns.propagation_delay), 0.);
	ev_timer_start(c->loop, &c->delay);
}

static void present_dns(struct acme_challenge *c, const char *authorization)
{
	struct acme_fault fault;
	struct error err;

	set_record(c, authorization);
	c->hook = run_hook(c, "add", on_hook, c, &err);
	if (c->hook != NULL)
		return;
	acme_fault_set(&fault, FAULT_LOCAL, "%s", err.message);
	tell(c, &fault);
}

static void present_here(struct acme_challenge *c, const char *authorization)
{
	uint8_t digest[TLS_CHALLENGE_DIGEST];
	struct acme_fault fault;
	struct error err;
	int rc;

	if (c->kind == ACME_HTTP_01) {
		rc = answers_add(ANSWER_HTTP, c->token, c->name, authorization, NULL, NULL, &err);
	} else {
		digest_of(authorization, digest);
		rc = tls_challenge_add(c->name, digest, &err);
	}
	c->placed = rc == 0;
	if (rc == -1)
		acme_fault_set(&fault, FAULT_LOCAL, "%s", err.message);
	tell(c, rc == 0 ? NULL : &fault);
}

struct acme_challenge *acme_challenge_new(const struct acme_challenge_spec *spec,
    void (*done)(void *arg, const struct acme_fault *fault), void *arg)
{
	struct acme_challenge *c = mem_zalloc(sizeof(*c));

	c->kind = spec->kind;
	c->loop = spec->loop;
	c->options = spec->options;
	c->name = mem_strdup(spec->name);
	c->token = mem_strdup(spec->token);
	c->done = done;
	c->arg = arg;
	ev_timer_init(&c->delay, on_delay, 0., 0.);
	c->delay.data = c;
	return c;
}

void acme_challenge_present(struct acme_challenge *challenge, const char *thumbprint)
{
	struct acme_challenge *c = challenge;
	char authorization[ACME_TOKEN_MAX + JWK_THUMBPRINT_MAX + 2];

	snprintf(authorization, sizeof(authorization), "%s.%s", c->token, thumbprint);
	if (c->kind == ACME_DNS_01)
		present_dns(c, authorization);
	else
		present_here(c, authorization);
}

/* ---- taking it away ------------------------------------------------------------------------ */

static void on_cleaned(void *arg, const char *failure)
{
	(void)arg;
	if (failure != NULL)
		log_msg(LOG_WARN, "certs", "a TXT record was not removed: the hook %s", failure);
}

static void remove_record(struct acme_challenge *c)
{
	struct error err;

	if (run_hook(c, "del", on_cleaned, NULL, &err) == NULL)
		log_msg(LOG_WARN, "certs", "a TXT record was not removed: %s", err.message);
}

void acme_challenge_withdraw(struct acme_challenge *challenge)
{
	struct acme_challenge *c = challenge;

	if (c == NULL)
		return;
	ev_timer_stop(c->loop, &c->delay);
	propagation_cancel(c->propagation);
	if (c->hook != NULL)
		hook_cancel(c->hook);
	if (c->kind == ACME_DNS_01 && (c->placed || c->hook != NULL))
		remove_record(c);
	else if (c->kind == ACME_HTTP_01 && c->placed)
		answers_remove(ANSWER_HTTP, c->token);
	else if (c->placed)
		answers_remove(ANSWER_TLS_ALPN, c->name);
	free(c->record);
	free(c->token);
	free(c->name);
	free(c);
}
