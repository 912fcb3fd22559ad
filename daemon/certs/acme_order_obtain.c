/* SPDX-License-Identifier: BSD-2-Clause */
/* The end of an order: the signing request and the certificate (RFC 8555 sections 7.4, 7.4.2). */
#include <config.h>

#include "daemon/certs/acme_order_steps.h"

#include <stdlib.h>
#include <string.h>

#include "common/arena.h"
#include "daemon/certs/acme_chain.h"
#include "daemon/certs/acme_order_file.h"
#include "daemon/certs/csr.h"
#include "daemon/tls/acme_options.h"

/* ---- the certificate ----------------------------------------------------------------------- */

static bool covers_all(const struct cert *cert, const struct strings *names)
{
	size_t i, k;
	bool found;

	for (i = 0; i < names->count; i++) {
		for (found = false, k = 0; k < cert->names.count; k++)
			found |= strcmp(cert->names.items[k], names->items[i]) == 0;
		if (!found)
			return false;
	}
	return true;
}

static void take_chain(struct acme_order *o)
{
	struct span chains[1 + ACME_ALTERNATES_MAX];
	struct acme_result result = {0};
	struct error err;
	size_t i;

	for (i = 0; i < o->chain_count; i++)
		chains[i] = buf_span(&o->chains[i]);
	i = acme_chain_choose(&o->spec.options->chains, chains, o->chain_count);
	result.cert = cert_load_pem(chains[i], o->key, NULL, "acme", &err);
	if (result.cert == NULL && i != 0) /* the one that was asked for is not worth the other */
		result.cert = cert_load_pem(chains[0], o->key, NULL, "acme", &err);
	if (result.cert != NULL && !covers_all(result.cert, o->spec.names)) {
		error_set(&err, ERROR_INVALID, "the certificate is not for the names ordered");
		cert_unref(result.cert);
		result.cert = NULL;
	}
	if (result.cert == NULL) {
		acme_order_fail_with(o, FAULT_ANSWER, &err);
		return;
	}
	acme_challenge_withdraw(o->challenge);
	o->challenge = NULL;
	acme_order_finish(o, &result);
	cert_unref(result.cert);
}

static void fetch_alternates(struct acme_order *o);

static void keep_chain(struct acme_order *o, const struct acme_http_reply *reply)
{
	struct buf *chain = &o->chains[o->chain_count++];

	buf_append(chain, reply->body.p, reply->body.n);
}

/* A chain that does not come is one less to choose from. */
static void on_alternate(
    void *arg, const struct acme_http_reply *reply, const struct acme_fault *fault)
{
	struct acme_order *o = arg;

	o->call = NULL;
	if (fault == NULL)
		keep_chain(o, reply);
	fetch_alternates(o);
}

static void fetch_alternates(struct acme_order *o)
{
	if (o->next == o->alternate_count) {
		take_chain(o);
		return;
	}
	acme_order_post(o, o->alternates[o->next++], "", on_alternate);
}

static void on_certificate(
    void *arg, const struct acme_http_reply *reply, const struct acme_fault *fault)
{
	struct acme_order *o = arg;
	size_t i;

	o->call = NULL;
	if (fault != NULL) {
		acme_order_fail(o, fault);
		return;
	}
	keep_chain(o, reply);
	for (i = 0; acme_chains_matter(&o->spec.options->chains) && i < reply->alternate_count; i++)
		if (acme_url_valid(reply->alternates[i]))
			o->alternates[o->alternate_count++] = mem_strdup(reply->alternates[i]);
	o->next = 0;
	fetch_alternates(o);
}

void acme_order_download(struct acme_order *o)
{
	struct error err;

	o->step = "fetching the certificate";
	if (o->key == NULL)
		o->key = acme_order_key_load(&o->spec, &err);
	if (o->key == NULL) {
		/* Without its key the certificate is worth nothing. */
		acme_order_fail_with(o, FAULT_ANSWER, &err);
		return;
	}
	if (o->message.certificate == NULL) {
		error_set(&err, ERROR_INVALID, "the order is valid, and has no certificate");
		acme_order_fail_with(o, FAULT_ANSWER, &err);
		return;
	}
	acme_order_post(o, o->message.certificate, "", on_certificate);
}

/* ---- finalizing ---------------------------------------------------------------------------- */

static void on_finalized(
    void *arg, const struct acme_http_reply *reply, const struct acme_fault *fault)
{
	struct acme_order *o = arg;

	o->call = NULL;
	if (fault == NULL) {
		acme_order_poll(o, reply->retry_after, acme_order_look);
	} else if (fault->kind == FAULT_PROBLEM) {
		/* It may have been taken before, and the answer lost: the order knows. */
		o->refusal = mem_alloc(sizeof(*o->refusal));
		*o->refusal = *fault;
		acme_order_look(o);
	} else {
		acme_order_fail(o, fault);
	}
}

static void send_csr(struct acme_order *o, struct span csr)
{
	struct buf payload = {0};

	buf_append_str(&payload, "{\"csr\":\"");
	base64url_append(&payload, csr);
	buf_append_str(&payload, "\"}");
	o->interval = ACME_POLL_FIRST;
	acme_order_post(o, o->message.finalize, buf_str(&payload), on_finalized);
	buf_fini(&payload);
}

static void request_certificate(struct acme_order *o)
{
	struct buf csr = {0};
	struct error err;

	o->step = "finalizing";
	if (csr_make(o->key, o->spec.names, &csr, &err) == 0)
		send_csr(o, buf_span(&csr));
	else
		acme_order_fail_with(o, FAULT_LOCAL, &err);
	buf_fini(&csr);
}

/* The key is on disk before the CA hears of it. */
static void on_key(void *arg, struct key *key, const struct error *err)
{
	struct acme_order *o = arg;
	struct error store;

	o->making = NULL;
	if (key == NULL) {
		acme_order_fail_with(o, FAULT_LOCAL, err);
		return;
	}
	if (acme_order_key_store(&o->spec, key, &store) == -1) {
		acme_order_fail_with(o, FAULT_LOCAL, &store);
		return;
	}
	o->key = key_ref(key);
	request_certificate(o);
}

void acme_order_finalize(struct acme_order *o)
{
	struct error err;

	o->step = "making a key";
	if (o->key == NULL)
		o->key = acme_order_key_load(&o->spec, &err);
	if (o->key != NULL) {
		request_certificate(o);
		return;
	}
	/* The CA has not heard of it: another one will do as well as one that cannot be read. */
	o->making = keymaking_start(o->spec.key_type, on_key, o, &err);
	if (o->making == NULL)
		acme_order_fail_with(o, FAULT_LOCAL, &err);
}
