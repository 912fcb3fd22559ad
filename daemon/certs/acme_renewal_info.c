/* SPDX-License-Identifier: BSD-2-Clause */
/* Renewal information (RFC 9773): a CA may say when a certificate is to be renewed. */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "common/arena.h"
#include "common/log.h"
#include "daemon/certs/acme_account.h"
#include "daemon/certs/acme_chain.h"
#include "daemon/certs/acme_names.h"
#include "daemon/certs/acme_schedule.h"
#include "daemon/tls/acme_options.h"

#define AGAIN_DEFAULT (6 * 3600) /* seconds, where the CA does not say */
#define AGAIN_MIN 1
#define AGAIN_FAILED 3600
#define HURRY 3600 /* seconds between two renewals that a CA wants at once */

static void ask_again(struct acme_name *n, time_t after)
{
	acme_account_unref(n->informer);
	n->informer = NULL;
	n->ask_at = time(NULL) + after;
	acme_names_arm();
}

/* ---- the answer ---------------------------------------------------------------------------- */

/* The moment is drawn once for a window: drawn again and again it would always be an early one. */
static void take_window(struct acme_name *n, const struct acme_window *window)
{
	time_t now = time(NULL);

	if (window->start == n->window.start && window->end == n->window.end)
		return;
	n->window = *window;
	n->window.explanation = NULL;
	n->due = acme_window_time(window, n->cert->not_before, n->cert->not_after, acme_random());
	if (n->due > now)
		return;
	log_msg(LOG_WARN, "certs", "'%s': the CA asks to renew the certificate now%s%s", n->name,
	    window->explanation != NULL ? ": " : "",
	    window->explanation != NULL ? window->explanation : "");
	/* A CA that says so of each new one is obeyed now and then. */
	if (n->hurried != 0 && n->hurried <= now && n->hurried + HURRY > now)
		n->due = acme_window_time(
		    &(struct acme_window){n->hurried + HURRY, n->hurried + HURRY, NULL},
		    n->cert->not_before, n->cert->not_after, 0);
	else
		n->hurried = now;
}

static void on_information(
    void *arg, const struct acme_http_reply *reply, const struct acme_fault *fault)
{
	struct arena *arena = arena_new(512);
	struct acme_name *n = arg;
	struct acme_window window;
	struct error err;
	long again;

	n->asking = NULL;
	if (fault == NULL && acme_window_parse(reply->body, arena, &window, &err) == 0) {
		again = acme_retry_after(reply->retry_after, time(NULL));
		take_window(n, &window);
		ask_again(n, again < 0 ? AGAIN_DEFAULT : again < AGAIN_MIN ? AGAIN_MIN : again);
	} else {
		ask_again(n, AGAIN_FAILED);
	}
	arena_free(arena);
}

/* ---- the question -------------------------------------------------------------------------- */

static void ask(struct acme_name *n, const char *base)
{
	const gnutls_datum_t *der = &n->cert->chain[0].cert;
	struct buf url = {0};
	struct error err;

	buf_printf(&url, "%s/", base);
	if (acme_certificate_id(span_of(der->data, der->size), &url, &err) == 0)
		n->asking =
		    acme_call_get(acme_account_ca(n->informer), buf_str(&url), on_information, n);
	else
		ask_again(n, AGAIN_DEFAULT);
	buf_fini(&url);
}

static void on_directory(
    void *arg, const struct acme_http_reply *reply, const struct acme_fault *fault)
{
	struct acme_name *n = arg;

	(void)reply;
	n->asking = NULL;
	if (fault != NULL) {
		ask_again(n, AGAIN_FAILED);
		return;
	}
	if (acme_ca_directory(acme_account_ca(n->informer))->renewal_info == NULL)
		ask_again(n, AGAIN_DEFAULT);
	else
		ask(n, acme_ca_directory(acme_account_ca(n->informer))->renewal_info);
}

/* The options by which the CA is reached that the certificate came from. */
static const struct acme_options *options_of(const struct acme_name *n)
{
	const struct acme_options *options;
	size_t i;

	for (i = 0; i < n->issuer_count; i++) {
		options = n->issuers[i].options;
		if (options != NULL && strcmp(options->ca, n->directory) == 0)
			return options;
	}
	return NULL;
}

void acme_renewal_info_ask(struct acme_name *n)
{
	const struct acme_options *options = options_of(n);
	struct error ignored;

	n->ask_at = 0;
	if (options == NULL)
		return;
	n->informer = acme_account_get(n->directory, options, acme_names.state, &ignored);
	if (n->informer == NULL) {
		ask_again(n, AGAIN_FAILED);
		return;
	}
	if (acme_ca_is_fresh(acme_account_ca(n->informer)))
		on_directory(n, NULL, NULL);
	else
		n->asking = acme_call_directory(acme_account_ca(n->informer), on_directory, n);
}

void acme_renewal_info_cancel(struct acme_name *n)
{
	acme_call_cancel(n->asking);
	n->asking = NULL;
	acme_account_unref(n->informer);
	n->informer = NULL;
}
