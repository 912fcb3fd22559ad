/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Variables of a connection, as the vars handler sets them and matchers ask for them: a name, or a
 * placeholder in braces.
 */
#ifndef DAEMON_CORE_VARIABLE_H
#define DAEMON_CORE_VARIABLE_H

#include "common/arena.h"
#include "common/buf.h"
#include "common/span.h"
#include "daemon/core/facts.h"

#define VARIABLE_PREFIX "l4.vars." /* of their placeholders */

struct template;

/* What a matcher asks for. */
struct variable {
	const char *fact;          /* of a name */
	struct template *template; /* of a placeholder; NULL: a name */
};

/* key is "name" or "{placeholder}". Memory is arena's. */
struct variable variable_new(struct arena *arena, const char *key);

/* Its value, empty where it is not set; in facts' memory or in scratch, which is cleared first. */
struct span variable_get(const struct variable *v, struct facts *facts, struct buf *scratch);

#endif
