/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Caddyfile to JSON for HTTP request matchers: those of site blocks and those inside the layer4
 * matcher "http".
 */
#ifndef DAEMON_HTTP_MATCH_ADAPT_H
#define DAEMON_HTTP_MATCH_ADAPT_H

#include <jansson.h>

#include "common/arena.h"
#include "common/error.h"
#include "daemon/input/dispenser.h"

/*
 * One matcher set, with the cursor on the token before it ("@name", "not", "http"): a matcher on
 * the same line or a block of them. A matcher that stands there again adds to what it said before.
 * set is the name without "@", which regular expressions take over, or NULL. *out is a new object,
 * perhaps empty. Returns 0, or -1 with err.
 */
int http_match_adapt_set(struct dispenser *d, const char *set, json_t **out, struct error *err);

/*
 * The arguments "[!]<field> [<value>]" of a matcher of headers, with the cursor before them, added
 * to the object *value, which is made if it is NULL. Returns 0, or -1 with err.
 */
int http_match_adapt_header(struct dispenser *d, json_t **value, struct error *err);

/* Writes a header's name as HTTP libraries do ("content-type" is "Content-Type"), in place. */
void http_canonical_header(char *name);

#endif
