/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The one line of the log about what changed something, or was refused to: who asked, what for, and
 * what became of it. Documents, routes and keys are not in it, they may hold secrets: of operations
 * it names what they are about.
 */
#ifndef DAEMON_CONTROL_AUDIT_H
#define DAEMON_CONTROL_AUDIT_H

#include <jansson.h>

#include "common/error.h"
#include "daemon/control/method.h"

struct call;

#define AUDIT_WHAT_MAX 512 /* bytes of what was asked for; what is longer is cut */

/* Keeps what a call asks for, by the arguments that were given. */
void audit_arguments(struct call *call, const struct argument *args);
/* And by the operations of a transaction, a list as it came. */
void audit_operations(struct call *call, const json_t *operations);

/* Writes the line. err NULL: it was done. Nothing for a method that changes nothing, or a dry run.
 */
void audit_log(const struct call *call, const struct error *err);

#endif
