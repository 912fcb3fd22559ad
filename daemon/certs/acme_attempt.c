/* SPDX-License-Identifier: BSD-2-Clause */
/* One attempt after another to get a name's certificate: which issuer, what comes of it. */
#include <config.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/arena.h"
#include "common/log.h"
#include "daemon/certs/acme_chain.h"
#include "daemon/certs/acme_files.h"
#include "daemon/certs/acme_names.h"
#include "daemon/certs/acme_schedule.h"
#include "daemon/certs/announce.h"
#include "daemon/certs/internal.h"
#include "daemon/tls/acme_options.h"

#define TEST_AFTER 2 /* failures, then the test CA is asked first, where there is one */
#define EARLY 300    /* seconds that a CA's clock may be ahead of ours */

static struct acme_turn *turn_of(const struct acme_name *n)
{
	return &n->issuers[n->issuer];
}

static const struct acme_options *options_of(const struct acme_name *n)
{
	return turn_of(n)->options;
}

static const char *directory_of(const struct acme_name *n)
{
	return n->testing ? options_of(n)->test_ca : options_of(n)->ca;
}

/* ---- how it ends --------------------------------------------------------------------------- */

/* The first of the CAs that may be asked again; the internal CA waits for them. */
static time_t first_turn(const struct acme_name *n)
{
	time_t first = 0;
	size_t i;

	for (i = 0; i < n->issuer_count; i++) {
		const struct acme_turn *t = &n->issuers[i];

		if (t->options != NULL && (first == 0 || t->not_before < first))
			first = t->not_before;
	}
	return first;
}

/* From n->issuer on, the first that may be asked now. Returns whether there is one. */
static bool find_turn(struct acme_name *n, time_t now)
{
	for (; n->issuer < n->issuer_count; n->issuer++)
		if (turn_of(n)->options == NULL || turn_of(n)->not_before <= now)
			return true;
	n->issuer = 0;
	return false;
}

/* The next issuer has its turn at once; after the last one all wait. */
static void next_turn(struct acme_name *n)
{
	time_t now = time(NULL);

	n->tested = false;
	n->issuer++;
	n->due = now;
	if (find_turn(n, now))
		return;
	n->failures++;
	n->due = first_turn(n);
}

/* Each CA is asked again as it wishes, and as its own refusals tell. */
static void put_off(struct acme_turn *t, const struct acme_fault *fault)
{
	double delay;

	t->failures++;
	delay = acme_retry_delay(fault->kind, t->failures, fault->retry_after, acme_random());
	t->not_before = time(NULL) + (time_t)(delay + 0.999);
}

static void failed(struct acme_name *n, const struct acme_fault *fault)
{
	struct announcement a = {.event = CERTS_FAILED, .name = n->name};

	snprintf(n->error, sizeof(n->error), "%.*s", ACME_ERROR_MAX - 1, fault->text);
	a.issuer = options_of(n) != NULL ? directory_of(n) : "internal";
	put_off(turn_of(n), fault);
	next_turn(n);
	a.error = n->error;
	a.next = n->due;
	announce(&a);
}

static void forget_failures(struct acme_name *n)
{
	size_t i;

	for (i = 0; i < n->issuer_count; i++) {
		n->issuers[i].failures = 0;
		n->issuers[i].not_before = 0;
	}
	n->failures = 0;
	n->issuer = 0;
	n->tested = false;
}

static void obtained(struct acme_name *n, const struct acme_result *result)
{
	const char *directory = directory_of(n);
	struct announcement a = {
	    .event = n->cert != NULL ? CERTS_RENEWED : CERTS_OBTAINED,
	    .name = n->name,
	    .issuer = directory,
	    .expires = result->cert->not_after,
	};
	size_t i;

	acme_stored_save(n, result->cert, directory);
	store_commit();
	forget_failures(n);
	n->error[0] = '\0';
	for (i = 0; n->fallen_back && i < n->names.count; i++)
		internal_ca_drop(n->names.items[i]);
	n->fallen_back = false;
	a.next = n->due;
	announce(&a);
}

/* Only one that is better than what there is. */
static int check_cert(const struct acme_name *n, const struct cert *cert, struct acme_fault *fault)
{
	time_t now = time(NULL);

	if (cert->not_after <= now)
		return acme_fault_set(fault, FAULT_ANSWER,
		    "the CA's certificate has expired already: is this machine's clock right?");
	if (n->cert != NULL && cert_is_valid(n->cert, now) && cert->not_before > now + EARLY)
		return acme_fault_set(fault, FAULT_ANSWER,
		    "the CA's certificate is not valid yet: is this machine's clock right?");
	return 0;
}

/* Room at a CA: whoever waits for it asks again. */
static void release_held(void)
{
	struct acme_name *n;

	acme_names.busy = NULL;
	for (n = acme_names.all; n != NULL; n = n->hh.next)
		n->held = false;
}

static void on_order(void *arg, const struct acme_result *result)
{
	struct acme_name *n = arg;
	struct acme_fault bad;

	n->order = NULL;
	release_held();
	if (result->cert == NULL) {
		failed(n, result->fault);
	} else if (check_cert(n, result->cert, &bad) == -1) {
		failed(n, &bad);
	} else if (n->testing) {
		log_msg(LOG_INFO, "certs", "'%s': the test CA would issue; asking %s", n->name,
		    options_of(n)->ca);
		n->tested = true;
		n->due = time(NULL);
	} else {
		obtained(n, result);
	}
	n->testing = false;
	acme_names_arm();
}

/* ---- how it begins ------------------------------------------------------------------------- */

/* The internal CA's turn: it serves the name until the others can, where nothing else does. */
static void fall_back(struct acme_name *n)
{
	struct managed_name m = {
	    .issuers = &n->internal, .issuer_count = 1, .key_type = n->key_type};
	struct error err;
	size_t i;

	for (i = 0; i < n->names.count && (n->cert == NULL || !cert_is_valid(n->cert, time(NULL)));
	     i++) {
		m.name = n->names.items[i];
		if (internal_issuer.manage(&m, 1, false, &err) == -1)
			log_msg(LOG_ERROR, "certs", "%s: %s", m.name, err.message);
		n->fallen_back = true;
	}
	next_turn(n);
}

/* The identifier of the certificate that is renewed, where it came from the same CA. */
static void replaced_id(const struct acme_name *n, struct buf *out)
{
	const gnutls_datum_t *der;
	struct error ignored;

	if (n->cert == NULL || n->testing || strcmp(n->directory, directory_of(n)) != 0)
		return;
	der = &n->cert->chain[0].cert;
	if (acme_certificate_id(span_of(der->data, der->size), out, &ignored) == -1)
		buf_clear(out);
}

static void order(struct acme_name *n, struct acme_account *account)
{
	struct buf id = {0};
	struct acme_order_spec spec = {
	    .loop = acme_names.loop,
	    .state = acme_names.state,
	    .account = account,
	    .options = turn_of(n)->options,
	    .names = &n->names,
	    .key_type = n->key_type,
	    .attempt = turn_of(n)->failures,
	};

	replaced_id(n, &id);
	if (buf_len(&id) > 0)
		spec.replaces = buf_str(&id);
	n->order = acme_order_start(&spec, on_order, n);
	buf_fini(&id);
}

/* What no CA could do is not asked of one. */
static int check_names(const struct acme_name *n, struct acme_fault *fault)
{
	size_t i;

	for (i = 0; i < n->names.count; i++)
		if (strchr(n->names.items[i], '*') != NULL && !options_of(n)->dns.given)
			return acme_fault_set(fault, FAULT_LOCAL,
			    "'%s': a wildcard needs the DNS challenge: configure dns with a hook "
			    "program",
			    n->names.items[i]);
	return 0;
}

void acme_attempt_start(struct acme_name *n)
{
	struct acme_account *account;
	struct acme_fault fault;
	struct error err;
	char text[1600];

	if (!find_turn(n, time(NULL))) {
		n->due = first_turn(n);
		return;
	}
	if (options_of(n) == NULL) {
		fall_back(n);
		return;
	}
	if (options_of(n) == acme_names.busy) {
		n->held = true;
		return;
	}
	if (check_names(n, &fault) == -1) {
		failed(n, &fault);
		return;
	}
	n->testing =
	    turn_of(n)->failures >= TEST_AFTER && options_of(n)->test_ca != NULL && !n->tested;
	account = acme_account_get(directory_of(n), options_of(n), acme_names.state, &err);
	if (account == NULL) {
		acme_fault_set(&fault, FAULT_LOCAL, "%s", error_text(&err, text, sizeof(text)));
		failed(n, &fault);
		n->testing = false;
		return;
	}
	n->held = acme_account_is_busy(account);
	if (n->held) {
		acme_names.busy = options_of(n);
		n->testing = false;
	} else {
		order(n, account);
	}
	acme_account_unref(account);
}

void acme_attempt_now(struct acme_name *n)
{
	size_t i;

	for (i = 0; i < n->issuer_count; i++)
		n->issuers[i].not_before = 0;
	n->issuer = 0;
	n->due = time(NULL);
	acme_names_arm();
}

static void end_attempt(struct acme_name *n, void (*end)(struct acme_order *order))
{
	if (n->order == NULL)
		return;
	end(n->order);
	n->order = NULL;
	n->testing = false;
	release_held();
}

void acme_attempt_cancel(struct acme_name *n)
{
	end_attempt(n, acme_order_cancel);
}

void acme_attempt_discard(struct acme_name *n)
{
	end_attempt(n, acme_order_discard);
}
