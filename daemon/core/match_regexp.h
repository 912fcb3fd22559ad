/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * An object {name, pattern} as several matchers have it: a regular expression whose groups become
 * placeholders, "PREFIX.NAME.GROUP" and "PREFIX.GROUP", by number and by name.
 */
#ifndef DAEMON_CORE_MATCH_REGEXP_H
#define DAEMON_CORE_MATCH_REGEXP_H

#include <stdbool.h>

#include "daemon/core/facts.h"
#include "daemon/input/dispenser.h"
#include "daemon/input/field.h"

struct regex;

struct match_regexp {
	const char *name, *pattern; /* as written; name may be NULL */
	struct regex *regex;
	/* By group: placeholders by number and by name, each with and without name; NULL: none. */
	const char *(*keys)[4];
};

extern const struct field match_regexp_fields[];
/* An object with such an object for each key. */
extern const struct shape match_regexps_shape;

/*
 * Compiles the pattern, {env.*} in it resolved. prefix is "l4.regexp" or "tls.regexp". node is the
 * object. Returns 0, or -1 with err.
 */
int match_regexp_load(struct load *load, const struct jnode *node, const char *prefix,
    struct match_regexp *re, struct error *err);

/*
 * A pattern alone, as the member key of node says it, whose groups nobody wants: *out is NULL where
 * pattern is NULL or empty. flags are those of regex_new(). Returns 0, or -1 with err.
 */
int match_pattern_load(struct load *load, const struct jnode *node, const char *key,
    const char *pattern, unsigned flags, struct regex **out, struct error *err);

/* Sets the groups in facts on a match; facts may be NULL. */
bool match_regexp(const struct match_regexp *re, struct span text, struct facts *facts);

/* "[name] pattern", the cursor on the option. *out is a new object. Returns 0, or -1 with err. */
int match_regexp_adapt(struct dispenser *d, json_t **out, struct error *err);

#endif
