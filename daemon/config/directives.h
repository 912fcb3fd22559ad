/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The directives of site blocks: a table by name, and what each comes to.
 *
 * A result is {"directive", "class", "value"}. Of the class "route" the value is an HTTP route;
 * other classes ("bind", "custom_log", "tls.…") are facts about the site that are used when its
 * server and certificates are put together.
 */
#ifndef DAEMON_CONFIG_DIRECTIVES_H
#define DAEMON_CONFIG_DIRECTIVES_H

#include "daemon/config/adaptation.h"
#include "daemon/input/blocks.h"

/* Where a directive stands. */
struct scope {
	struct adaptation *a;
	json_t *matchers;          /* "@name" -> matcher set */
	json_t *sizes;             /* "@name" -> how many words it was made from */
	const struct scope *outer; /* the block around; NULL: this is the site's */
	bool braces;               /* the site has braces around it */
};

struct directive {
	const char *name;
	/* Appends results; the dispenser is a segment, cursor on the name. */
	int (*adapt)(
	    const struct scope *scope, struct dispenser *d, json_t *results, struct error *err);
	/* Or: makes one handler, a new reference; arguments begin behind a matcher. */
	int (*handler)(
	    const struct scope *scope, struct dispenser *d, json_t **out, struct error *err);
	const char *instead; /* neither: what to do instead; NULL: the usual words */
};

/* Adds a result. value is taken. */
void directive_result(json_t *results, const char *directive, const char *class, json_t *value);

/* Evaluates the directives of a site; results is an array to append to. */
int directives_adapt(
    struct adaptation *a, const struct block *block, json_t *results, struct error *err);

/* The default order of those that make routes, into a. */
void directives_init(struct adaptation *a);
/* The global option "order", cursor on its name. */
int directives_reorder(struct adaptation *a, struct dispenser *d, struct error *err);

/* Is there a directive of this name? */
bool directive_exists(const char *name);

/* "bind" and "default_bind", cursor on the name: {"addresses", "protocols"}. */
int directive_bind_read(struct dispenser *d, json_t **out, struct error *err);

/* The directives that have files of their own. */
int directive_respond(
    const struct scope *scope, struct dispenser *d, json_t **out, struct error *err);
int directive_redir(
    const struct scope *scope, struct dispenser *d, json_t **out, struct error *err);
int directive_abort(
    const struct scope *scope, struct dispenser *d, json_t **out, struct error *err);
int directive_tls(
    const struct scope *scope, struct dispenser *d, json_t *results, struct error *err);
int directive_header(
    const struct scope *scope, struct dispenser *d, json_t *results, struct error *err);

/*
 * The matcher that may be a directive's first argument: "*", "/path" or "@name". *out is NULL
 * (every request) or a matcher set, a new reference; the dispenser then has its cursor on it.
 */
int directive_matcher(
    const struct scope *scope, struct dispenser *d, json_t **out, struct error *err);

/* A route with one handler (taken) and perhaps a matcher set (borrowed). */
json_t *directive_route(json_t *matchers, json_t *handler);

#endif
