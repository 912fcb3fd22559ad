/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The Caddyfile adapter: text to document.
 */
#ifndef DAEMON_CONFIG_CADDYFILE_H
#define DAEMON_CONFIG_CADDYFILE_H

#include <stddef.h>
#include <jansson.h>

#include "common/error.h"

/*
 * Adapts text to a document, *out, a new reference. file is where it came from: errors name it,
 * and imports are relative to it. NULL: it came from elsewhere (over the control socket, say);
 * then it can neither import files nor read the environment. warn (may be NULL) is called for
 * each warning. At most JSON_SIZE_MAX bytes. Returns 0, or -1 with err.
 */
int caddyfile_adapt(const char *text, size_t length, const char *file,
    void (*warn)(const char *text), json_t **out, struct error *err);

#endif
