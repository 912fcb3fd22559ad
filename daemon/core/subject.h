/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Names that certificates are made for: which kind of authority may issue one, and what a wildcard
 * covers.
 */
#ifndef DAEMON_CORE_SUBJECT_H
#define DAEMON_CORE_SUBJECT_H

#include <stdbool.h>

/* Can there be a certificate for this name at all? */
bool subject_qualifies(const char *name);
bool subject_is_ip(const char *name);
/* localhost, *.internal and the like, and private addresses. */
bool subject_is_internal(const char *name);
/* May a public authority issue for it? One wildcard label, at the front, above two others. */
bool subject_is_public(const char *name);
/*
 * Is name covered by pattern: the same, or equal to it when labels from the front, one or more,
 * are each replaced by "*"? Case does not matter.
 */
bool subject_matches(const char *name, const char *pattern);

#define SUBJECT_MAX 255
/*
 * name in lower case with its first labels, stars of them, each replaced by "*", into out: with
 * each number from 0 all that can cover it. false: it has not so many labels, or is too long.
 */
bool subject_wildcard(const char *name, unsigned stars, char out[SUBJECT_MAX + 1]);

#endif
