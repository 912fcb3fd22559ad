/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * For checks of documents: going through their route lists and handlers, and telling what is found.
 */
#ifndef DAEMON_CONFIG_LINT_WALK_H
#define DAEMON_CONFIG_LINT_WALK_H

#include <stdbool.h>
#include <stddef.h>
#include <time.h>
#include <jansson.h>

#include "daemon/config/lint.h"
#include "daemon/input/json.h"
#include "daemon/net/address.h"

/* What all comparisons of parts of a document with one another may take together, about half a
 * second. */
#define LINT_WORK_MAX 2000000u

struct lint_visitor;

/* One look at one document. */
struct lint {
	json_t *document;
	time_t now;
	json_t *findings;
	const struct lint_check *check;     /* that is running */
	void *state;                        /* its own */
	const struct lint_visitor *visitor; /* of the walk that is going on */
	size_t work;                        /* comparisons so far, of all checks */
};

/* Adds a finding of the running check, at that place. */
void lint_tell(struct lint *l, const struct jnode *at, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* May the running check compare once more? When it may not, that is told once. */
bool lint_may_compare(struct lint *l);

/* A list of routes: a server's, a listener wrapper's, or a subroute's inside one. */
struct lint_list {
	const struct lint_list *outer; /* NULL: not inside another */
	struct jnode route;            /* the one of outer that it is in */
	struct jnode owner;            /* the object that has "routes" and their options */
	struct jnode routes;
	struct jnode server;
};

/* A handler in a chain. */
struct lint_place {
	const struct lint_list *list;
	struct jnode route, chain; /* chain: a route's "handle", or the branch of a tee */
	struct jnode handler;
	size_t index; /* in the chain */
	const char *name;
};

/* What a walk calls; NULL: not. */
struct lint_visitor {
	void (*list)(struct lint *l, const struct lint_list *list);
	void (*handler)(struct lint *l, const struct lint_place *place);
};

/* All lists of the apps layer4 and http, from outside in; routes that are disabled are left out. */
void lint_walk(struct lint *l, const struct lint_visitor *visitor);

/* The servers of an app. */
void lint_servers(
    struct lint *l, const char *app, void (*visit)(struct lint *l, const struct jnode *server));

/* ---- questions about parts of documents ---------------------------------------------------- */

bool lint_is_disabled(const json_t *route);
const char *lint_handler_name(const json_t *handler); /* "" where it has none */

/* Does a yes of this set rest on bytes? */
bool lint_set_on_bytes(const json_t *set);
/* Has the route a set that wants bytes, or one (or none at all) that rests on facts? */
bool lint_wants_bytes(const json_t *route);
bool lint_by_facts(const json_t *route);
/* Does every connection that comes to it match it? */
bool lint_matches_all(const json_t *route);

/* Does every connection end in this chain? */
bool lint_is_final(const json_t *chain);

/* Is there a matcher of this name in all of the route's sets? false: it has no sets. */
bool lint_all_sets_have(const json_t *route, const char *matcher);

/* The address, or one of them, that a server listens on. false: it cannot be known. */
bool lint_address(const json_t *text, struct address_range *out);
bool lint_is_datagrams(const struct address_range *range);
/* Can only programs of this machine come to all of the server's addresses? */
bool lint_is_local(struct lint *l, const json_t *server);

#endif
