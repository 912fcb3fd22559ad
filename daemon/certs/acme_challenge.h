/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One challenge of a CA (RFC 8555 section 8): which one is taken, putting the answer where the CA
 * will look for it, and taking it away again.
 */
#ifndef DAEMON_CERTS_ACME_CHALLENGE_H
#define DAEMON_CERTS_ACME_CHALLENGE_H

#include <ev.h>

#include "daemon/certs/acme_ca.h"

struct acme_options;
struct acme_challenge;

enum acme_kind { ACME_HTTP_01, ACME_TLS_ALPN_01, ACME_DNS_01 };

/*
 * Of those that the CA offers and the options allow. DNS-01 where it is configured; else HTTP-01
 * and TLS-ALPN-01, first what a listener of ours can answer, each attempt (counted from 0) the
 * next one. NULL with fault: none.
 */
const struct acme_challenge_message *acme_challenge_choose(const struct acme_options *options,
    const struct acme_authorization *authorization, unsigned attempt, enum acme_kind *kind,
    struct acme_fault *fault);

/* What is to be answered. Texts are copied. */
struct acme_challenge_spec {
	enum acme_kind kind;
	const char *name; /* without "*.", lower case */
	const char *token;
	const struct acme_options *options; /* borrowed until the end */
	struct ev_loop *loop;
};

/* done(arg, fault) tells that the answer is in place (fault NULL), or cannot be. */
struct acme_challenge *acme_challenge_new(const struct acme_challenge_spec *spec,
    void (*done)(void *arg, const struct acme_fault *fault), void *arg);
/* Puts it there, made with the account's thumbprint. done() comes from the loop, or from here. */
void acme_challenge_present(struct acme_challenge *challenge, const char *thumbprint);

/* Takes it away, and done() is not called any more. NULL is allowed. */
void acme_challenge_withdraw(struct acme_challenge *challenge);

#endif
