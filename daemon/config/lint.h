/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Advice about documents that are valid: what operators stumble over. Nothing here refuses
 * anything; a finding says what is likely to go wrong, where, and what to do about it.
 */
#ifndef DAEMON_CONFIG_LINT_H
#define DAEMON_CONFIG_LINT_H

#include <time.h>
#include <jansson.h>

struct lint;

/* A check; its code is a contract, docs/advice.md explains each. */
struct lint_check {
	const char *code;   /* "route-shadowed" */
	const char *advice; /* what to do, for all of its findings */
	/* Looks at the document and tells with lint_tell() (lint_walk.h). */
	void (*run)(struct lint *l);
};

/* Ended by one without a code. */
extern const struct lint_check lint_checks[];

/*
 * A new list of findings about document, which instance_compile() has accepted: objects of "code",
 * "path" (in the document), "place" (in the Caddyfile that it was made from, where that is known:
 * places.h), "message" and "advice", in the order of lint_checks. Reads certificate files. now is
 * when.
 */
json_t *lint_document(json_t *document, time_t now);

/*
 * What adapting a Caddyfile warned of, "file:line: message", as a finding of the same form; file
 * and line are both its "path" and its "place". A new object.
 */
json_t *lint_warning(const char *text);

#endif
