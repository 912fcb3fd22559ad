/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "daemon/certs/acme_order.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/arena.h"
#include "common/duration.h"
#include "common/log.h"
#include "common/netaddr.h"
#include "daemon/certs/acme_chain.h"
#include "daemon/certs/acme_challenge.h"
#include "daemon/certs/acme_order_file.h"
#include "daemon/certs/csr.h"
#include "daemon/certs/keymaker.h"
#include "daemon/tls/acme_options.h"

#define POLL_FIRST 0.25 /* seconds */
#define POLL_MAX 5.
#define POLL_ASKED_MAX 60. /* what a server may ask for with Retry-After */

struct acme_order {
	struct acme_order_spec spec;
	struct arena *arena; /* of message and authorization */
	const char *step;
	char *url; /* NULL: not placed yet */
	bool resumed;
	struct key *key;
	struct acme_waiter waiter;
	struct acme_call *call;
	struct keymaking *making;
	ev_timer poll, deadline;
	void (*after_poll)(struct acme_order *o);
	double interval;
	struct acme_order_message message;
	size_t next; /* index of the authorization at hand */
	struct acme_authorization authorization;
	struct acme_challenge *challenge;
	const char *challenge_url;
	struct acme_fault *refusal; /* of the signing request, until the order has been looked at */
	/* Chains as they come, the CA's default first. */
	struct buf chains[1 + ACME_ALTERNATES_MAX];
	char *alternates[ACME_ALTERNATES_MAX];
	size_t chain_count, alternate_count;
	void (*done)(void *arg, const struct acme_result *result);
	void *arg;
};

static void place(struct acme_order *o);
static void look(struct acme_order *o);
static void go_on(struct acme_order *o);
static void authorize(struct acme_order *o);

/* ---- the end ------------------------------------------------------------------------------- */

void acme_order_cancel(struct acme_order *order)
{
	struct acme_order *o = order;
	size_t i;

	if (o == NULL)
		return;
	acme_waiter_cancel(&o->waiter);
	acme_call_cancel(o->call);
	keymaking_cancel(o->making);
	acme_challenge_withdraw(o->challenge);
	ev_timer_stop(o->spec.loop, &o->poll);
	ev_timer_stop(o->spec.loop, &o->deadline);
	for (i = 0; i < o->chain_count; i++)
		buf_fini(&o->chains[i]);
	for (i = 0; i < o->alternate_count; i++)
		free(o->alternates[i]);
	key_unref(o->key);
	free(o->refusal);
	arena_free(o->arena);
	acme_account_unref(o->spec.account);
	acme_options_unref(o->spec.options);
	free((char *)o->spec.replaces);
	free(o->url);
	free(o);
}

const char *acme_order_step(const struct acme_order *order)
{
	return order->step;
}

static void finish(struct acme_order *o, const struct acme_result *result)
{
	void (*done)(void *arg, const struct acme_result *result) = o->done;
	void *arg = o->arg;

	done(arg, result);
	if (result->cert != NULL) /* which is in a file of its own by now */
		acme_order_file_remove(&o->spec);
	acme_order_cancel(o);
}

/* An order that was refused is of no use any more; one that was cut off goes on another time. */
static void fail(struct acme_order *o, const struct acme_fault *fault)
{
	struct acme_result result = {.fault = fault};

	if (fault->kind == FAULT_PROBLEM || fault->kind == FAULT_ANSWER)
		acme_order_file_remove(&o->spec);
	if (acme_problem_is(&fault->problem, "accountDoesNotExist"))
		acme_account_forget(o->spec.account);
	finish(o, &result);
}

static void fail_with(struct acme_order *o, enum acme_fault_kind kind, const struct error *err)
{
	char text[sizeof(err->path) + sizeof(err->message) + 4];
	struct acme_fault fault;

	acme_fault_set(&fault, kind, "%s: %s", o->step, error_text(err, text, sizeof(text)));
	fail(o, &fault);
}

static void fail_problem(struct acme_order *o, const struct acme_problem *problem)
{
	char text[sizeof(problem->type) + sizeof(problem->detail) + 4];
	struct acme_fault fault;

	acme_fault_set(&fault, FAULT_PROBLEM, "%s", acme_problem_text(problem, text, sizeof(text)));
	fault.problem = *problem;
	fail(o, &fault);
}

static void on_deadline(struct ev_loop *loop, ev_timer *w, int events)
{
	struct acme_order *o = w->data;
	struct acme_fault fault;

	(void)loop;
	(void)events;
	acme_fault_set(&fault, FAULT_NETWORK, "%s: not done after %.0f s", o->step,
	    duration_seconds(o->spec.options->timeout));
	fail(o, &fault);
}

/* ---- waiting ------------------------------------------------------------------------------- */

static void on_poll(struct ev_loop *loop, ev_timer *w, int events)
{
	struct acme_order *o = w->data;

	(void)loop;
	(void)events;
	o->after_poll(o);
}

/* Calls after() when it is time to ask again: when the server says, or in growing steps. */
static void poll_later(
    struct acme_order *o, const char *retry_after, void (*after)(struct acme_order *o))
{
	long asked = acme_retry_after(retry_after, time(NULL));
	double wait = o->interval;

	if (asked > 0)
		wait = asked < POLL_ASKED_MAX ? (double)asked : POLL_ASKED_MAX;
	o->interval = o->interval * 2 < POLL_MAX ? o->interval * 2 : POLL_MAX;
	o->after_poll = after;
	ev_timer_stop(o->spec.loop, &o->poll);
	ev_timer_set(&o->poll, wait, 0.);
	ev_timer_start(o->spec.loop, &o->poll);
}

static void post(struct acme_order *o, const char *url, const char *payload, acme_done *done)
{
	o->call = acme_account_post(o->spec.account, url, span_str(payload), done, o);
}

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
	result.chain = chains[i];
	result.cert = cert_load_pem(chains[i], o->key, NULL, "acme", &err);
	if (result.cert != NULL && !covers_all(result.cert, o->spec.names)) {
		error_set(&err, ERROR_INVALID, "the certificate is not for the names ordered");
		cert_unref(result.cert);
		result.cert = NULL;
	}
	if (result.cert == NULL) {
		fail_with(o, FAULT_ANSWER, &err);
		return;
	}
	acme_challenge_withdraw(o->challenge);
	o->challenge = NULL;
	finish(o, &result);
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
	post(o, o->alternates[o->next++], "", on_alternate);
}

static void on_certificate(
    void *arg, const struct acme_http_reply *reply, const struct acme_fault *fault)
{
	struct acme_order *o = arg;
	size_t i;

	o->call = NULL;
	if (fault != NULL) {
		fail(o, fault);
		return;
	}
	keep_chain(o, reply);
	for (i = 0; acme_chains_matter(&o->spec.options->chains) && i < reply->alternate_count; i++)
		if (acme_url_valid(reply->alternates[i]))
			o->alternates[o->alternate_count++] = mem_strdup(reply->alternates[i]);
	o->next = 0;
	fetch_alternates(o);
}

static void download(struct acme_order *o)
{
	struct error err;

	o->step = "fetching the certificate";
	if (o->key == NULL)
		o->key = acme_order_key_load(&o->spec, &err);
	if (o->key == NULL) {
		/* Without its key the certificate is worth nothing. */
		fail_with(o, FAULT_ANSWER, &err);
		return;
	}
	if (o->message.certificate == NULL) {
		error_set(&err, ERROR_INVALID, "the order is valid, and has no certificate");
		fail_with(o, FAULT_ANSWER, &err);
		return;
	}
	post(o, o->message.certificate, "", on_certificate);
}

/* ---- finalizing ---------------------------------------------------------------------------- */

static void on_finalized(
    void *arg, const struct acme_http_reply *reply, const struct acme_fault *fault)
{
	struct acme_order *o = arg;

	o->call = NULL;
	if (fault == NULL) {
		poll_later(o, reply->retry_after, look);
	} else if (fault->kind == FAULT_PROBLEM) {
		/* It may have been taken before, and the answer lost: the order knows. */
		o->refusal = mem_alloc(sizeof(*o->refusal));
		*o->refusal = *fault;
		look(o);
	} else {
		fail(o, fault);
	}
}

static void send_csr(struct acme_order *o, struct span csr)
{
	struct buf payload = {0};

	buf_append_str(&payload, "{\"csr\":\"");
	base64url_append(&payload, csr);
	buf_append_str(&payload, "\"}");
	o->interval = POLL_FIRST;
	post(o, o->message.finalize, buf_str(&payload), on_finalized);
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
		fail_with(o, FAULT_LOCAL, &err);
	buf_fini(&csr);
}

/* The key is on disk before the CA hears of it. */
static void on_key(void *arg, struct key *key, const struct error *err)
{
	struct acme_order *o = arg;
	struct error store;

	o->making = NULL;
	if (key == NULL) {
		fail_with(o, FAULT_LOCAL, err);
		return;
	}
	if (acme_order_key_store(&o->spec, key, &store) == -1) {
		fail_with(o, FAULT_LOCAL, &store);
		return;
	}
	o->key = key_ref(key);
	request_certificate(o);
}

static void finalize(struct acme_order *o)
{
	struct error err;

	o->step = "making a key";
	if (o->key == NULL)
		o->key = acme_order_key_load(&o->spec, &err);
	if (o->key != NULL) {
		request_certificate(o);
		return;
	}
	if (err.code == ERROR_NOT_FOUND)
		o->making = keymaking_start(o->spec.key_type, on_key, o, &err);
	if (o->making == NULL)
		fail_with(o, FAULT_LOCAL, &err);
}

/* ---- authorizations ------------------------------------------------------------------------ */

static void next_authorization(struct acme_order *o)
{
	acme_challenge_withdraw(o->challenge);
	o->challenge = NULL;
	o->next++;
	authorize(o);
}

static void look_at_authorization(struct acme_order *o);

static void refused(struct acme_order *o)
{
	const struct acme_authorization *a = &o->authorization;
	struct acme_problem problem = {.type = "", .detail = "the authorization is not valid"};
	size_t i;

	for (i = 0; i < a->challenge_count; i++)
		if (a->challenges[i].status == ACME_INVALID)
			problem = a->challenges[i].problem;
	fail_problem(o, &problem);
}

static void on_validated(
    void *arg, const struct acme_http_reply *reply, const struct acme_fault *fault)
{
	struct acme_order *o = arg;
	struct error err;

	o->call = NULL;
	if (fault != NULL) {
		fail(o, fault);
		return;
	}
	if (acme_authorization_parse(reply->body, o->arena, &o->authorization, &err) == -1)
		fail_with(o, FAULT_ANSWER, &err);
	else if (o->authorization.status == ACME_VALID)
		next_authorization(o);
	else if (o->authorization.status == ACME_PENDING)
		poll_later(o, reply->retry_after, look_at_authorization);
	else
		refused(o);
}

static void look_at_authorization(struct acme_order *o)
{
	post(o, o->message.authorizations[o->next], "", on_validated);
}

static void on_told(void *arg, const struct acme_http_reply *reply, const struct acme_fault *fault)
{
	struct acme_order *o = arg;

	o->call = NULL;
	if (fault != NULL)
		fail(o, fault);
	else
		poll_later(o, reply->retry_after, look_at_authorization);
}

/* The answer is in place: the CA may look. */
static void on_presented(void *arg, const struct acme_fault *fault)
{
	struct acme_order *o = arg;

	if (fault != NULL) {
		fail(o, fault);
		return;
	}
	o->interval = POLL_FIRST;
	post(o, o->challenge_url, "{}", on_told);
}

static void present(struct acme_order *o)
{
	const struct acme_challenge_message *message;
	struct acme_challenge_spec spec = {
	    .name = o->authorization.identifier,
	    .options = o->spec.options,
	    .loop = o->spec.loop,
	};
	struct acme_fault fault;

	message = acme_challenge_choose(
	    o->spec.options, &o->authorization, o->spec.attempt, &spec.kind, &fault);
	if (message == NULL) {
		fail(o, &fault);
		return;
	}
	spec.token = message->token;
	o->challenge_url = message->url;
	o->challenge = acme_challenge_new(&spec, on_presented, o);
	acme_challenge_present(o->challenge, acme_account_thumbprint(o->spec.account));
}

static bool is_ordered(const struct acme_order *o)
{
	const struct acme_authorization *a = &o->authorization;
	size_t i;

	for (i = 0; i < o->spec.names->count; i++) {
		const char *name = o->spec.names->items[i];

		name += strncmp(name, "*.", 2) == 0 ? 2 : 0;
		if (strcmp(name, a->identifier) == 0)
			return true;
	}
	return false;
}

static void on_authorization(
    void *arg, const struct acme_http_reply *reply, const struct acme_fault *fault)
{
	struct acme_order *o = arg;
	struct error err;

	o->call = NULL;
	if (fault != NULL) {
		fail(o, fault);
		return;
	}
	if (acme_authorization_parse(reply->body, o->arena, &o->authorization, &err) == -1) {
		fail_with(o, FAULT_ANSWER, &err);
	} else if (!is_ordered(o)) {
		error_set(&err, ERROR_INVALID, "an authorization is for a name not ordered");
		fail_with(o, FAULT_ANSWER, &err);
	} else if (o->authorization.status == ACME_VALID) {
		next_authorization(o);
	} else if (o->authorization.status == ACME_PENDING) {
		present(o);
	} else {
		refused(o);
	}
}

static void authorize(struct acme_order *o)
{
	o->step = "validating";
	if (o->next < o->message.authorization_count) {
		post(o, o->message.authorizations[o->next], "", on_authorization);
		return;
	}
	o->interval = POLL_FIRST;
	look(o);
}

/* ---- the order ----------------------------------------------------------------------------- */

/* By what the CA last said of it. */
static void go_on(struct acme_order *o)
{
	switch (o->message.status) {
	case ACME_PENDING:
		if (o->next < o->message.authorization_count)
			authorize(o);
		else /* all are valid: it will soon be ready */
			poll_later(o, "", look);
		break;
	case ACME_READY:
		if (o->refusal != NULL)
			fail(o, o->refusal);
		else
			finalize(o);
		break;
	case ACME_PROCESSING:
		o->step = "waiting for the certificate";
		poll_later(o, "", look);
		break;
	case ACME_VALID:
		download(o);
		break;
	default:
		fail_problem(o, &o->message.problem);
		break;
	}
}

static void on_order(void *arg, const struct acme_http_reply *reply, const struct acme_fault *fault)
{
	struct acme_order *o = arg;
	struct error err;

	o->call = NULL;
	if (fault != NULL && o->resumed && fault->kind == FAULT_PROBLEM) {
		/* Forgotten there meanwhile: another one, from the beginning. */
		acme_order_file_remove(&o->spec);
		free(o->url);
		o->url = NULL;
		o->resumed = false;
		place(o);
		return;
	}
	if (fault != NULL) {
		fail(o, fault);
		return;
	}
	if (acme_order_parse(reply->body, o->arena, &o->message, &err) == -1)
		fail_with(o, FAULT_ANSWER, &err);
	else if (o->resumed && o->message.status == ACME_INVALID)
		on_order(o, reply, &(struct acme_fault){.kind = FAULT_PROBLEM});
	else
		go_on(o);
}

static void look(struct acme_order *o)
{
	post(o, o->url, "", on_order);
}

static void on_placed(
    void *arg, const struct acme_http_reply *reply, const struct acme_fault *fault)
{
	struct acme_order *o = arg;
	struct error err;

	o->call = NULL;
	if (fault != NULL) {
		fail(o, fault);
		return;
	}
	if (!acme_url_valid(reply->location)) {
		error_set(&err, ERROR_INVALID, "the order has no URL");
		fail_with(o, FAULT_ANSWER, &err);
		return;
	}
	if (acme_order_parse(reply->body, o->arena, &o->message, &err) == -1) {
		fail_with(o, FAULT_ANSWER, &err);
		return;
	}
	o->url = mem_strdup(reply->location);
	acme_order_file_write(&o->spec, o->url);
	go_on(o);
}

static json_t *identifiers(const struct strings *names)
{
	json_t *list = json_array();
	struct netaddr address;
	size_t i;

	for (i = 0; i < names->count; i++)
		json_array_append_new(
		    list, json_pack("{s:s, s:s}", "type",
			      netaddr_parse_ip(names->items[i], &address) ? "ip" : "dns", "value",
			      names->items[i]));
	return list;
}

static void set_not_after(json_t *order, int64_t lifetime)
{
	time_t end = time(NULL) + lifetime / DURATION_S;
	struct tm tm;
	char text[32];

	if (lifetime <= 0)
		return;
	gmtime_r(&end, &tm);
	strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &tm);
	json_object_set_new(order, "notAfter", json_string(text));
}

static void place(struct acme_order *o)
{
	const struct acme_directory *directory =
	    acme_ca_directory(acme_account_ca(o->spec.account));
	const struct acme_options *options = o->spec.options;
	json_t *order = json_object();
	char *text;

	o->step = "ordering";
	o->next = 0;
	json_object_set_new(order, "identifiers", identifiers(o->spec.names));
	set_not_after(order, options->certificate_lifetime);
	if (options->profile != NULL)
		json_object_set_new(order, "profile", json_string(options->profile));
	/* Only servers that know renewal information know the member (RFC 9773 section 5). */
	if (o->spec.replaces != NULL && directory->renewal_info != NULL)
		json_object_set_new(order, "replaces", json_string(o->spec.replaces));
	text = json_dumps(order, JSON_COMPACT);
	post(o, directory->new_order, text, on_placed);
	free(text);
	json_decref(order);
}

/* ---- the beginning ------------------------------------------------------------------------- */

static void on_account(struct acme_waiter *waiter, const struct acme_fault *fault)
{
	struct acme_order *o =
	    (struct acme_order *)((char *)waiter - offsetof(struct acme_order, waiter));

	if (fault != NULL) {
		fail(o, fault);
		return;
	}
	o->url = acme_order_file_read(&o->spec);
	o->resumed = o->url != NULL;
	if (!o->resumed) {
		place(o);
		return;
	}
	o->step = "resuming";
	log_msg(LOG_INFO, "certs", "the order for '%s' goes on", o->spec.names->items[0]);
	look(o);
}

static void start(struct acme_order *o)
{
	acme_account_need(o->spec.account, &o->waiter);
}

struct acme_order *acme_order_start(const struct acme_order_spec *spec,
    void (*done)(void *arg, const struct acme_result *result), void *arg)
{
	struct acme_order *o = mem_zalloc(sizeof(*o));

	o->spec = *spec;
	if (spec->replaces != NULL)
		o->spec.replaces = mem_strdup(spec->replaces);
	o->spec.account = acme_account_ref(spec->account);
	o->spec.options = acme_options_ref(spec->options);
	o->arena = arena_new(4096);
	o->step = "registering the account";
	o->done = done;
	o->arg = arg;
	o->interval = POLL_FIRST;
	o->waiter.ready = on_account;
	/* From the loop: whoever asked does not have the order yet. */
	o->after_poll = start;
	ev_timer_init(&o->poll, on_poll, 0., 0.);
	ev_timer_init(&o->deadline, on_deadline, duration_seconds(spec->options->timeout), 0.);
	o->poll.data = o->deadline.data = o;
	ev_timer_start(spec->loop, &o->poll);
	ev_timer_start(spec->loop, &o->deadline);
	return o;
}
