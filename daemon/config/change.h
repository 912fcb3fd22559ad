/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The one way to change what runs: a document becomes an instance and is published, or it is
 * refused and nothing has changed. Control thread.
 */
#ifndef DAEMON_CONFIG_CHANGE_H
#define DAEMON_CONFIG_CHANGE_H

#include <jansson.h>

#include "common/error.h"

/*
 * Makes document (borrowed) the running one, as the next revision. done(arg), if not NULL, is
 * called on the control thread once every worker has taken it. Returns 0, or -1 with err.
 */
int change_document(json_t *document, void (*done)(void *arg), void *arg, struct error *err);

/* Everything short of binding sockets and asking anyone. Returns 0, or -1 with err. */
int change_check(json_t *document, struct error *err);

#endif
