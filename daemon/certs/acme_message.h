/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What an ACME server says (RFC 8555 section 7.1), taken apart. All of it comes from the network:
 * texts are bounded, URLs are https alone, counts are limited, what is not needed is not looked at.
 */
#ifndef DAEMON_CERTS_ACME_MESSAGE_H
#define DAEMON_CERTS_ACME_MESSAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <time.h>

#include "common/arena.h"
#include "common/error.h"
#include "common/span.h"

#define ACME_URL_MAX 2048
#define ACME_TOKEN_MAX 256
#define ACME_NAMES_MAX 100   /* identifiers of an order */
#define ACME_CHALLENGES 16   /* of an authorization that are looked at */
#define ACME_RETRY_MAX 86400 /* seconds: no longer is a server obeyed */

/* URLs of operations; NULL where there is none. */
struct acme_directory {
	const char *new_nonce, *new_account, *new_order, *revoke_cert, *key_change, *renewal_info;
	const char *terms; /* of service */
	bool external_account_required;
};

enum acme_status {
	ACME_PENDING,
	ACME_PROCESSING,
	ACME_READY,
	ACME_VALID,
	ACME_INVALID,
	ACME_DEACTIVATED,
	ACME_EXPIRED,
	ACME_REVOKED,
};

/* Why something failed (RFC 7807). */
struct acme_problem {
	char type[64]; /* without "urn:ietf:params:acme:error:"; "": none was said */
	char detail[512];
};

struct acme_order_message {
	enum acme_status status;
	const char **authorizations; /* URLs */
	size_t authorization_count;
	const char *finalize;
	const char *certificate; /* NULL: not yet */
	struct acme_problem problem;
};

struct acme_challenge_message {
	const char *type, *url, *token;
	enum acme_status status;
	struct acme_problem problem;
};

struct acme_authorization {
	enum acme_status status;
	const char *identifier; /* name or address, without "*." */
	bool wildcard;
	struct acme_challenge_message challenges[ACME_CHALLENGES]; /* of types with a token */
	size_t challenge_count;
};

/* When to renew a certificate (RFC 9773 section 4.2). */
struct acme_window {
	time_t start, end;
	const char *explanation; /* URL; NULL: none */
};

/* Each reads a JSON body; texts are put into arena. They return 0, or -1 with err. */
int acme_directory_parse(
    struct span body, struct arena *arena, struct acme_directory *out, struct error *err);
int acme_order_parse(
    struct span body, struct arena *arena, struct acme_order_message *out, struct error *err);
int acme_authorization_parse(
    struct span body, struct arena *arena, struct acme_authorization *out, struct error *err);
int acme_window_parse(
    struct span body, struct arena *arena, struct acme_window *out, struct error *err);

/* A body that ought to be a problem document; where it is not, out is empty. */
void acme_problem_parse(struct span body, struct acme_problem *out);
/* Is it this one, such as "badNonce"? */
bool acme_problem_is(const struct acme_problem *problem, const char *type);
/* "rateLimited: too many ..." */
const char *acme_problem_text(const struct acme_problem *problem, char *out, size_t size);

/*
 * The value of Retry-After (RFC 9110 section 10.2.3), seconds or a date, as seconds from now, at
 * most ACME_RETRY_MAX. -1: there is none that can be understood.
 */
long acme_retry_after(const char *value, time_t now);

/* Is this a value of a Link header with rel="alternate"? *url is its target. */
bool acme_link_alternate(struct span value, struct span *url);

/* An https URL of sane length and characters? */
bool acme_url_valid(const char *url);

/* RFC 3339, such as "2025-01-02T04:00:00Z". -1: not that. */
time_t acme_time_parse(const char *text);

#endif
