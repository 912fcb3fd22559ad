/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Reading a configuration file into a document.
 */
#ifndef DAEMON_CONFIG_DOCUMENT_H
#define DAEMON_CONFIG_DOCUMENT_H

#include <jansson.h>

#include "common/error.h"

enum adapter { ADAPTER_BY_CONTENT, ADAPTER_CADDYFILE, ADAPTER_JSON };

/* "caddyfile", "json"; -1: neither. */
int adapter_parse(const char *text);

/*
 * The file at path (NULL: /etc/pointsman/Caddyfile, then config.json beside it) as a document,
 * a new reference. warn (may be NULL) is called for each warning. Returns 0, or -1 with err.
 */
int document_read(const char *path, enum adapter adapter, void (*warn)(const char *text),
    json_t **out, struct error *err);

/*
 * The same of a text that came from elsewhere, over the control socket: as a Caddyfile it can
 * neither import files nor read the environment. name is for errors, warn as above. Returns 0, or
 * -1 with err.
 */
int document_parse(const char *text, size_t length, const char *name,
    void (*warn)(const char *text), json_t **out, struct error *err);

#endif
