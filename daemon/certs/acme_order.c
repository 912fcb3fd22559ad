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
#include "daemon/certs/acme_order_file.h"
#include "daemon/certs/acme_order_steps.h"
#include "daemon/tls/acme_options.h"

#define POLL_MAX 5.        /* seconds */
#define POLL_ASKED_MAX 60. /* what a server may ask for with Retry-After */

static void place(struct acme_order *o);

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
	arena_free(o->message_arena);
	arena_free(o->authorization_arena);
	acme_account_end_order(o->spec.account);
	acme_account_unref(o->spec.account);
	acme_options_unref(o->spec.options);
	free((char *)o->spec.replaces);
	free(o->url);
	free(o);
}

void acme_order_discard(struct acme_order *order)
{
	if (order != NULL)
		acme_order_file_remove(&order->spec);
	acme_order_cancel(order);
}

const char *acme_order_step(const struct acme_order *order)
{
	return order->step;
}

void acme_order_finish(struct acme_order *o, const struct acme_result *result)
{
	void (*done)(void *arg, const struct acme_result *result) = o->done;
	void *arg = o->arg;

	done(arg, result);
	if (result->cert != NULL) /* which is in a file of its own by now */
		acme_order_file_remove(&o->spec);
	acme_order_cancel(o);
}

/* An order that was refused is of no use any more; one that was cut off goes on another time. */
void acme_order_fail(struct acme_order *o, const struct acme_fault *fault)
{
	struct acme_result result = {.fault = fault};

	if (fault->kind == FAULT_PROBLEM || fault->kind == FAULT_ANSWER)
		acme_order_file_remove(&o->spec);
	if (acme_problem_is(&fault->problem, "accountDoesNotExist"))
		acme_account_forget(o->spec.account);
	acme_order_finish(o, &result);
}

void acme_order_fail_with(struct acme_order *o, enum acme_fault_kind kind, const struct error *err)
{
	char text[sizeof(err->path) + sizeof(err->message) + 4];
	struct acme_fault fault;

	acme_fault_set(&fault, kind, "%s: %s", o->step, error_text(err, text, sizeof(text)));
	acme_order_fail(o, &fault);
}

void acme_order_fail_problem(struct acme_order *o, const struct acme_problem *problem)
{
	char text[sizeof(problem->type) + sizeof(problem->detail) + 4];
	struct acme_fault fault;

	acme_fault_set(&fault, FAULT_PROBLEM, "%s", acme_problem_text(problem, text, sizeof(text)));
	fault.problem = *problem;
	acme_order_fail(o, &fault);
}

static void on_deadline(struct ev_loop *loop, ev_timer *w, int events)
{
	struct acme_order *o = w->data;
	struct acme_fault fault;

	(void)loop;
	(void)events;
	acme_fault_set(&fault, FAULT_NETWORK, "%s: not done after %.0f s", o->step,
	    duration_seconds(o->spec.options->timeout));
	/* It had its second chance: the CA may have lost sight of it. */
	if (o->resumed)
		acme_order_file_remove(&o->spec);
	acme_order_fail(o, &fault);
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
void acme_order_poll(
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

void acme_order_post(struct acme_order *o, const char *url, const char *payload, acme_done *done)
{
	o->call = acme_account_post(o->spec.account, url, span_str(payload), done, o);
}

/* ---- the order ----------------------------------------------------------------------------- */

/* By what the CA last said of it. */
static void go_on(struct acme_order *o)
{
	switch (o->message.status) {
	case ACME_PENDING:
		if (o->next < o->message.authorization_count)
			acme_order_authorize(o);
		else /* all are valid: it will soon be ready */
			acme_order_poll(o, "", acme_order_look);
		break;
	case ACME_READY:
		if (o->refusal != NULL)
			acme_order_fail(o, o->refusal);
		else
			acme_order_finalize(o);
		break;
	case ACME_PROCESSING:
		o->step = "waiting for the certificate";
		acme_order_poll(o, "", acme_order_look);
		break;
	case ACME_VALID:
		acme_order_download(o);
		break;
	default:
		acme_order_fail_problem(o, &o->message.problem);
		break;
	}
}

static int take_message(struct acme_order *o, struct span body, struct error *err)
{
	arena_free(o->message_arena);
	o->message_arena = arena_new(1024);
	return acme_order_parse(body, o->message_arena, &o->message, err);
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
		acme_order_fail(o, fault);
		return;
	}
	if (take_message(o, reply->body, &err) == -1)
		acme_order_fail_with(o, FAULT_ANSWER, &err);
	else if (o->resumed && o->message.status == ACME_INVALID)
		on_order(o, reply, &(struct acme_fault){.kind = FAULT_PROBLEM});
	else
		go_on(o);
}

void acme_order_look(struct acme_order *o)
{
	acme_order_post(o, o->url, "", on_order);
}

static void on_placed(
    void *arg, const struct acme_http_reply *reply, const struct acme_fault *fault)
{
	struct acme_order *o = arg;
	struct error err;

	o->call = NULL;
	if (fault != NULL) {
		acme_order_fail(o, fault);
		return;
	}
	if (!acme_url_valid(reply->location)) {
		error_set(&err, ERROR_INVALID, "the order has no URL");
		acme_order_fail_with(o, FAULT_ANSWER, &err);
		return;
	}
	if (take_message(o, reply->body, &err) == -1) {
		acme_order_fail_with(o, FAULT_ANSWER, &err);
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
	acme_order_post(o, directory->new_order, text, on_placed);
	free(text);
	json_decref(order);
}

/* ---- the beginning ------------------------------------------------------------------------- */

static void on_account(struct acme_waiter *waiter, const struct acme_fault *fault)
{
	struct acme_order *o =
	    (struct acme_order *)((char *)waiter - offsetof(struct acme_order, waiter));

	if (fault != NULL) {
		acme_order_fail(o, fault);
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
	acme_order_look(o);
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
	acme_account_begin_order(o->spec.account);
	o->spec.options = acme_options_ref(spec->options);
	o->step = "registering the account";
	o->done = done;
	o->arg = arg;
	o->interval = ACME_POLL_FIRST;
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
