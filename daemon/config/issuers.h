/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Certificate issuers ("acme", "internal") as Caddyfiles write them, and how the global options
 * fill in what an ACME issuer leaves open.
 */
#ifndef DAEMON_CONFIG_ISSUERS_H
#define DAEMON_CONFIG_ISSUERS_H

#include "daemon/config/adaptation.h"
#include "daemon/input/settings.h"

/*
 * An issuer, with the cursor on the module's name; moves to the end of its segment. *out is a new
 * object with "module". Returns 0, or -1 with err.
 */
int issuer_adapt(struct dispenser *d, json_t **out, struct error *err);

/* "preferred_chains [smallest] {…}", with the cursor on that word. */
int preferred_chains_adapt(struct dispenser *d, json_t **out, struct error *err);

/*
 * "dns <provider> …", with the cursor on "dns"; *out is NULL where no provider is named. The
 * provider is ours alone: "hook <program> [<arguments…>]".
 */
int dns_provider_adapt(struct dispenser *d, json_t **out, struct error *err);

/* Options of an ACME issuer that site blocks have, too. */
extern const struct setting acme_dns_settings[];

bool issuer_is_acme(const json_t *issuer);

/* The issuers that are used where none is configured, given an e-mail address or "". */
json_t *issuers_default(const char *email);

/*
 * The issuers that a site's ACME shortcuts (in local, with "module") make: on top of the global
 * cert_issuer options, if some are ACME, else of the default ones.
 */
json_t *issuers_implicit(const struct adaptation *a, const json_t *local);

/* Is any global option given that every ACME issuer takes over? */
bool issuers_have_defaults(const struct adaptation *a);
/* Fills in what issuer leaves open. Returns 0, or -1 with err. */
int issuer_fill_in(const struct adaptation *a, json_t *issuer, struct error *err);

#endif
