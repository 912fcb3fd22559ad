/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A configuration file and saved changes (entries of a patch, patch.h) made into one document.
 * Entries that do not go with the file are set aside, with the reason.
 */
#ifndef DAEMON_CONFIG_MERGE_H
#define DAEMON_CONFIG_MERGE_H

#include <jansson.h>

#include "common/error.h"

struct merged {
	json_t *file, *document;
	json_t *entries; /* with effect, or not needed any more */
	json_t *aside;   /* the others */
	json_t *reasons; /* of these: [{"path", "reason"}] */
};

/* All of these borrow file and entries; what they make is freed with merged_fini(). */
void merge(json_t *file, json_t *entries, struct merged *out);
/*
 * The same where the merged document cannot run: sets aside as few entries as need be, asking
 * can_run() for whole documents. Bounded: what is not tried in MERGE_TRIES is set aside too.
 */
#define MERGE_TRIES 200
void merge_search(json_t *file, json_t *entries,
    int (*can_run)(json_t *document, struct error *err), struct merged *out);
/* The file alone: all entries are set aside because of err. */
void merge_nothing(json_t *file, json_t *entries, const struct error *err, struct merged *out);

void merged_fini(struct merged *merged);

#endif
