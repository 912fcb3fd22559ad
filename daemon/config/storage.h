/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The document's "storage": the folder that certificates are kept in, with all that belongs to
 * them. It is opened once, when the daemon starts. Control thread.
 */
#ifndef DAEMON_CONFIG_STORAGE_H
#define DAEMON_CONFIG_STORAGE_H

#include "common/error.h"
#include "daemon/core/load.h"
#include "daemon/input/shape.h"

extern const struct shape storage_shape;

/*
 * Reads it (node's value may be NULL); another folder than the one in use is refused. *root is
 * borrowed from load->arena; NULL: it is the daemon's state folder. Returns 0, or -1 with err.
 */
int storage_load(struct load *load, const struct jnode *node, const char **root, struct error *err);

struct state;

/*
 * Opens what a document names; NULL for state is a daemon that keeps nothing. The result is to be
 * given to storage_close(), and state where the document names nothing else. From now on
 * storage_load() knows it. Returns 0, or -1 with err.
 */
int storage_open(json_t *document, struct state *state, struct state **out, struct error *err);
/* After what uses it. */
void storage_close(void);

#endif
