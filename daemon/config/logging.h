/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The document's "logging": which logs there are, what each takes, and where it goes.
 */
#ifndef DAEMON_CONFIG_LOGGING_H
#define DAEMON_CONFIG_LOGGING_H

#include "common/error.h"
#include "daemon/core/load.h"
#include "daemon/input/field.h"

extern const struct field logging_fields[];

/*
 * Reads it (node's value may be NULL) and, unless it is as before, opens its files; on a dry run it
 * looks whether they could be opened. Returns 0, or -1 with err.
 */
int logging_load(struct load *load, const struct jnode *node, struct error *err);

/* From now on the log goes where the instance says. Control thread. */
void logging_take(struct instance *instance);

/* Is this option of an encoder what lines are like anyway? LOGGING_FORM says what they are. */
bool logging_encoder_fits(const char *key, const char *value);

#define LOGGING_FORM                                                                               \
	"lines have one form, with ts (iso8601), level (lower) and msg first, and durations in "   \
	"seconds: remove it"

#endif
