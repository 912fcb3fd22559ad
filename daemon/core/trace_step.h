/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a worker wrote down (trace_record.h) as a step that is told, on the control thread.
 */
#ifndef DAEMON_CORE_TRACE_STEP_H
#define DAEMON_CORE_TRACE_STEP_H

#include "common/pack.h"
#include "daemon/core/trace_record.h"

/* Adds the step's pairs, of TRACE_STEP_SIZE_MAX bytes at the most, to map. */
void trace_step_pack(struct pack_box *map, const struct trace_record *record);
/* The part of a look (trace_look.c): asks the routes again. */
void trace_look_pack(struct pack_box *map, const struct trace_look *look);

/* Lets go of what the record holds. Once, by whoever takes it out of the ring. */
void trace_record_release(const struct trace_record *record);

/* A text of a connection, cut; nil where it is empty. */
void trace_pack_text(struct pack *pack, struct span text);
void trace_pack_name(struct pack *pack, const char *text); /* NULL is allowed */

#endif
