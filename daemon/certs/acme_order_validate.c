/* SPDX-License-Identifier: BSD-2-Clause */
/* The middle of an order: showing that its names are ours (RFC 8555 section 7.5). */
#include <config.h>

#include "daemon/certs/acme_order_steps.h"

#include <string.h>

#include "common/arena.h"

/* ---- authorizations ------------------------------------------------------------------------ */

static int take_authorization(struct acme_order *o, struct span body, struct error *err)
{
	arena_free(o->authorization_arena);
	o->authorization_arena = arena_new(1024);
	return acme_authorization_parse(body, o->authorization_arena, &o->authorization, err);
}

static void next_authorization(struct acme_order *o)
{
	acme_challenge_withdraw(o->challenge);
	o->challenge = NULL;
	o->next++;
	acme_order_authorize(o);
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
	acme_order_fail_problem(o, &problem);
}

static void on_validated(
    void *arg, const struct acme_http_reply *reply, const struct acme_fault *fault)
{
	struct acme_order *o = arg;
	struct error err;

	o->call = NULL;
	if (fault != NULL) {
		acme_order_fail(o, fault);
		return;
	}
	if (take_authorization(o, reply->body, &err) == -1)
		acme_order_fail_with(o, FAULT_ANSWER, &err);
	else if (o->authorization.status == ACME_VALID)
		next_authorization(o);
	else if (o->authorization.status == ACME_PENDING)
		acme_order_poll(o, reply->retry_after, look_at_authorization);
	else
		refused(o);
}

static void look_at_authorization(struct acme_order *o)
{
	acme_order_post(o, o->message.authorizations[o->next], "", on_validated);
}

static void on_told(void *arg, const struct acme_http_reply *reply, const struct acme_fault *fault)
{
	struct acme_order *o = arg;

	o->call = NULL;
	if (fault != NULL)
		acme_order_fail(o, fault);
	else
		acme_order_poll(o, reply->retry_after, look_at_authorization);
}

/* The answer is in place: the CA may look. */
static void on_presented(void *arg, const struct acme_fault *fault)
{
	struct acme_order *o = arg;

	if (fault != NULL) {
		acme_order_fail(o, fault);
		return;
	}
	o->interval = ACME_POLL_FIRST;
	acme_order_post(o, o->challenge_url, "{}", on_told);
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
		acme_order_fail(o, &fault);
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
		acme_order_fail(o, fault);
		return;
	}
	if (take_authorization(o, reply->body, &err) == -1) {
		acme_order_fail_with(o, FAULT_ANSWER, &err);
	} else if (!is_ordered(o)) {
		error_set(&err, ERROR_INVALID, "an authorization is for a name not ordered");
		acme_order_fail_with(o, FAULT_ANSWER, &err);
	} else if (o->authorization.status == ACME_VALID) {
		next_authorization(o);
	} else if (o->authorization.status == ACME_PENDING) {
		present(o);
	} else {
		refused(o);
	}
}

void acme_order_authorize(struct acme_order *o)
{
	o->step = "validating";
	if (o->next < o->message.authorization_count) {
		acme_order_post(o, o->message.authorizations[o->next], "", on_authorization);
		return;
	}
	o->interval = ACME_POLL_FIRST;
	acme_order_look(o);
}
