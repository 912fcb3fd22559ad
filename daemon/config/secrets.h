/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Documents as they are shown: what is secret is replaced by {"$secret": "sha256:..."}, and that is
 * accepted back as the same secret.
 */
#ifndef DAEMON_CONFIG_SECRETS_H
#define DAEMON_CONFIG_SECRETS_H

#include <stdbool.h>
#include <stddef.h>
#include <jansson.h>

#include "common/error.h"

/*
 * A copy of document (borrowed) with every value masked that a table of fields marks secret, and
 * private keys and credentials where no table describes them. The same value gets the same mask.
 * Never NULL.
 */
json_t *secrets_mask(json_t *document);

/* May there be a mask in this JSON text? Where there is none, there is nothing to restore. */
bool secrets_has_masks(const char *text, size_t length);

/*
 * *out becomes a copy of document (borrowed) with the secrets of current in the places of their
 * masks. A secret comes back only under the key that it stands under in current, and only where
 * it would be masked again: so it cannot be moved to where it is shown. Returns 0, or -1 with err
 * and its place.
 */
int secrets_restore(json_t *document, json_t *current, json_t **out, struct error *err);

#endif
