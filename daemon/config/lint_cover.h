/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Does one matcher set of a document ask for no more than another? Knows what lists of names and
 * ranges mean; whatever else is not the same counts as different, and so do very long lists.
 */
#ifndef DAEMON_CONFIG_LINT_COVER_H
#define DAEMON_CONFIG_LINT_COVER_H

#include <stdbool.h>
#include <jansson.h>

/* Is every connection that narrow matches matched by wide, too? false: not that we could say. */
bool lint_covers(const json_t *wide, const json_t *narrow);

/* The same of server names: equal, or under a wildcard. */
bool lint_name_covers(const char *wide, const char *narrow);

#endif
