/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * An ACME server as it is talked to: its directory, its nonces, and calls to it. One struct for
 * each directory URL and set of trusted roots, shared by all who use it. Control thread.
 */
#ifndef DAEMON_CERTS_ACME_CA_H
#define DAEMON_CERTS_ACME_CA_H

#include <stdbool.h>

#include "common/error.h"
#include "common/span.h"
#include "daemon/certs/acme_http.h"
#include "daemon/certs/acme_message.h"
#include "daemon/tls/key.h"

struct acme_ca;

/*
 * The server with this directory. roots is PEM text of the authorities that its own certificate is
 * verified by; "" means the system's. One reference; NULL with err.
 */
struct acme_ca *acme_ca_get(const char *directory, const char *roots, struct error *err);
void acme_ca_unref(struct acme_ca *ca); /* NULL is allowed; its calls must have ended */

/* The directory's URL. */
const char *acme_ca_url(const struct acme_ca *ca);

/* Why a call failed. */
struct acme_fault {
	enum acme_fault_kind {
		FAULT_NETWORK, /* no answer, or the server cannot answer now: try again soon */
		FAULT_PROBLEM, /* the server refused; problem says why */
		FAULT_ANSWER,  /* the answer makes no sense */
		FAULT_LOCAL,   /* on our side: files, keys, hooks */
	} kind;
	struct acme_problem problem;
	long retry_after; /* seconds, as the server said; -1: it did not */
	char text[768];   /* for people */
};

/* Fills a fault of our own making, without retry_after. Returns -1. */
int acme_fault_set(struct acme_fault *fault, enum acme_fault_kind kind, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

struct acme_call;

/* fault NULL: the status was 2xx. Both live until done() returns. */
typedef void acme_done(
    void *arg, const struct acme_http_reply *reply, const struct acme_fault *fault);

/* The directory as it was fetched last, until it is fetched again; NULL: never. */
const struct acme_directory *acme_ca_directory(const struct acme_ca *ca);
/* Was that not long ago? Else acme_call_directory() should be the first call. */
bool acme_ca_is_fresh(const struct acme_ca *ca);
struct acme_call *acme_call_directory(struct acme_ca *ca, acme_done *done, void *arg);

/* A plain GET. */
struct acme_call *acme_call_get(struct acme_ca *ca, const char *url, acme_done *done, void *arg);

/*
 * A signed POST, with a fresh nonce, again with another where the server refuses it as badNonce.
 * kid (copied) NULL: with the key itself. payload (copied) may be empty: POST-as-GET. The directory
 * must have been fetched.
 */
struct acme_call *acme_call_post(struct acme_ca *ca, struct key *key, const char *kid,
    const char *url, struct span payload, acme_done *done, void *arg);

/* done() is not called any more. NULL is allowed. */
void acme_call_cancel(struct acme_call *call);

#endif
