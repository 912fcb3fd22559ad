/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Documents as they are shown: what is secret is replaced by {"$secret": "sha256:..."}.
 */
#ifndef DAEMON_CONFIG_SECRETS_H
#define DAEMON_CONFIG_SECRETS_H

#include <jansson.h>

/*
 * A copy of document (borrowed) with every value masked that a table of fields marks secret, and
 * private keys and credentials where no table describes them. The same value gets the same mask.
 * Never NULL.
 */
json_t *secrets_mask(json_t *document);

#endif
