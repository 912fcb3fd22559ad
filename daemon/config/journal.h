/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A JSON object in a file of the state folder, with a digest that tells damage from contents.
 */
#ifndef DAEMON_CONFIG_JOURNAL_H
#define DAEMON_CONFIG_JOURNAL_H

#include <jansson.h>

#include "common/error.h"
#include "daemon/state/state.h"

/* Replaces the file, see state_write(). Returns 0, or -1 with err. */
int journal_write(struct state *state, const char *name, const json_t *object, struct error *err);

/*
 * *out is a new reference. ERROR_NOT_FOUND: there is none; ERROR_INVALID: it is damaged, and *bytes
 * (initialized by the caller, who frees it) has what is there. Returns 0, or -1 with err.
 */
int journal_read(
    struct state *state, const char *name, json_t **out, struct buf *bytes, struct error *err);

#endif
