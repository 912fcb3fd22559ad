/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The overlay: changes made at runtime that are to survive, kept in the state folder as a patch on
 * the configuration file. An entry has effect while the file says what it said when the change was
 * saved; where it says something else the file wins, and the entry is set aside: kept and reported,
 * without effect. So there are three documents: the file's, the saved one (the file's with the
 * overlay), and the one in force, which may have changes that are not saved.
 *
 * The journal is one file, replaced as a whole. It has the handles of routes too (handles.h).
 * Control thread.
 */
#ifndef DAEMON_CONFIG_OVERLAY_H
#define DAEMON_CONFIG_OVERLAY_H

#include <stddef.h>
#include <jansson.h>

#include "common/error.h"
#include "daemon/config/merge.h"
#include "daemon/core/instance.h"

struct state;

#define OVERLAY_FILE "config/overlay"
#define OVERLAY_DAMAGED "config/overlay.damaged"

/*
 * Reads the journal of state (borrowed until overlay_stop(); NULL: nothing is kept). One that is
 * damaged is put aside under OVERLAY_DAMAGED, and none has effect. One that cannot be read is left
 * alone, and nothing is saved until the next start.
 */
void overlay_start(struct state *state);
void overlay_stop(void);

/* ---- file + overlay -------------------------------------------------------------------------- */

/* All entries of the journal, a new reference: each is looked at anew with every file. */
json_t *overlay_entries(void);
/*
 * What was merged from them runs as instance: from now on it is what is saved. Logs what is set
 * aside, and writes the journal where handles have changed. Frees what merged holds.
 */
void overlay_take(struct merged *merged, const struct instance *instance);

/* ---- saving ---------------------------------------------------------------------------------- */

/* On its way into the journal. */
struct saving;

/*
 * What the journal becomes when the change from before to after (documents, borrowed) is saved, and
 * none of the changes that are not; NULL with err where it rests on one of these, or where nothing
 * can be kept.
 */
struct saving *overlay_save_change(json_t *before, json_t *after, struct error *err);
/* The same when all of document (in force) is saved; entries that are set aside are forgotten. */
struct saving *overlay_save_all(json_t *document, struct error *err);
/*
 * Writes it; instance runs, or is about to, and has the handles of its routes. Frees saving.
 * Returns 0, or -1 with err and everything as before.
 */
int overlay_save_finish(struct saving *saving, const struct instance *instance, struct error *err);
void overlay_save_drop(struct saving *saving); /* NULL is allowed */

/* ---- looking --------------------------------------------------------------------------------- */

/* The saved document, borrowed; NULL before the first. */
json_t *overlay_saved(void);
/* Entries of the journal that are not set aside. */
size_t overlay_count(void);
/* [{"path", "reason"}] of the entries that are set aside; borrowed. */
const json_t *overlay_aside(void);
/* What document (in force) has that is not saved: entries, see patch.h; borrowed until a change. */
const json_t *overlay_unsaved(json_t *document);

#endif
