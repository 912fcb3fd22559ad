/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What is different between two documents, as answers have it.
 */
#ifndef DAEMON_CONTROL_CHANGES_H
#define DAEMON_CONTROL_CHANGES_H

#include <jansson.h>

#include "common/pack.h"

/* One change of diff_documents(): values longer than 4 KiB are cut. */
void changes_pack_one(struct pack *pack, const json_t *change);

/* "existing" of a dry run's result: how many connections each choice of it would touch. */
void changes_pack_existing(struct pack_box *map, uint64_t touched);

/*
 * "change_count" and "changes" of a result: of changes (borrowed; NULL is none) as many as are
 * worth an answer.
 */
void changes_pack(struct pack_box *map, const json_t *changes);

#endif
