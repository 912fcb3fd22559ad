/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The state folder: everything that must survive is written here and nowhere else. One process at a
 * time owns it. Names are relative paths such as "pki/local/root.pem"; folders are made as needed.
 * Any thread may read and write; writers of the same name wait for each other.
 */
#ifndef DAEMON_STATE_STATE_H
#define DAEMON_STATE_STATE_H

#include <stdbool.h>
#include <stddef.h>

#include "common/buf.h"
#include "common/error.h"
#include "common/span.h"

struct state;

#define STATE_NAME_MAX 255 /* bytes in one part of a name */
#define STATE_FILE_MAX (8u << 20)

/*
 * Opens the folder (made with mode 0700 if it is missing, parents too) and locks it until
 * state_close(). ERROR_IN_USE where another process has it. NULL with err.
 */
struct state *state_open(const char *path, struct error *err);
void state_close(struct state *state); /* NULL is allowed */

/* The folder as it was given to state_open(). */
const char *state_path(const struct state *state);

/*
 * Replaces name by bytes: after a return of 0 the new contents are on disk, after a crash at any
 * moment either the old or the new is there, whole. Mode 0600. Returns 0, or -1 with err.
 */
int state_write(struct state *state, const char *name, struct span bytes, struct error *err);

/*
 * Appends the whole of name to out, at most max bytes. ERROR_NOT_FOUND where there is no such
 * file, ERROR_LIMIT where it is larger. The caller frees out, and wipes it if it was secret.
 */
int state_read(
    struct state *state, const char *name, size_t max, struct buf *out, struct error *err);

/* Removes name for good. Not being there is no error. Returns 0, or -1 with err. */
int state_remove(struct state *state, const char *name, struct error *err);

/*
 * Calls visit for each file (not folder) of a folder, in no order, until it returns non-zero;
 * returns that, or 0 (also where there is no such folder), or -1 with err.
 */
int state_list(struct state *state, const char *folder,
    int (*visit)(void *arg, const char *file, struct error *err), void *arg, struct error *err);

/*
 * Turns any text into one part of a name: letters, digits, '.', '-' and '_' stay, others become
 * "%xx", also a leading dot. false: it does not fit into size.
 */
bool state_part(const char *text, char *out, size_t size);

#endif
