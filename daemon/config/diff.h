/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What is different between two documents, as a list for people and programs.
 */
#ifndef DAEMON_CONFIG_DIFF_H
#define DAEMON_CONFIG_DIFF_H

#include <jansson.h>

/*
 * A new list of {"path", "change": "added", "removed" or "changed", "before", "after"} in the
 * order of the documents; before and after (where there is one) are JSON texts with secrets
 * masked. An item of a list that was added, removed or moved alone is shown alone; else items are
 * the same where their "@id" is, or pair by pair where they have none.
 */
json_t *diff_documents(json_t *before, json_t *after);

#endif
