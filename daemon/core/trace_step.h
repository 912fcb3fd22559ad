/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a worker wrote down (trace_record.h) as a step that is told, on the control thread.
 */
#ifndef DAEMON_CORE_TRACE_STEP_H
#define DAEMON_CORE_TRACE_STEP_H

#include "common/pack.h"
#include "daemon/core/trace_record.h"

/* The steps that a record is made of. Returns how many. */
#define TRACE_STEPS_MAX 3
unsigned trace_steps_of(const struct trace_record *record, enum trace_kind steps[TRACE_STEPS_MAX]);

/* Adds the pairs of one of them, of TRACE_STEP_SIZE_MAX bytes at the most, to map. */
void trace_step_pack(struct pack_box *map, const struct trace_record *record, enum trace_kind step);
/* The routes are asked again for it (trace_look.c). */
void trace_look_pack(struct pack_box *map, const struct trace_look *look);
/*
 * The facts as they were, without named ones and an arena, and with open the listener (else NULL).
 * Returns what follows.
 */
const uint8_t *trace_look_facts(
    const struct trace_look *look, struct facts *out, const char **listener);

/* Lets go of what the record holds. Once, by whoever takes it out of the ring. */
void trace_record_release(const struct trace_record *record);

/* A text of a connection, cut; nil where it is empty. */
void trace_pack_text(struct pack *pack, struct span text);
void trace_pack_name(struct pack *pack, const char *text); /* NULL is allowed */

#endif
