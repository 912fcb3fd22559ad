/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * For the files of the editor: the way from the document's root to a value, and copying what lies
 * on it before it is changed.
 */
#ifndef DAEMON_CONFIG_EDIT_WAY_H
#define DAEMON_CONFIG_EDIT_WAY_H

#include <stdbool.h>
#include <stddef.h>
#include <jansson.h>

#include "daemon/config/edit.h"
#include "daemon/input/json.h"

#define EDIT_INSIDE "/route[" /* what leads into a route, in a name */
#define WAY_MAX (2 * JSON_DEPTH_MAX)

/* A key of an object (borrowed from the document), or an index of an array. */
struct step {
	const char *key; /* NULL: index */
	size_t index;
};

struct way {
	struct step steps[WAY_MAX];
	size_t count;
	json_t *value; /* at its end, borrowed; NULL: not there */
};

/* Lengthen the way, and shorten it to count steps again. */
void way_key(struct way *way, const char *key);
void way_index(struct way *way, size_t index);
void way_pop(struct way *way, size_t count, json_t *value);

/* Does way begin with all of start? */
bool way_begins(const struct way *way, const struct way *start);

/*
 * Makes everything on the way this edit's own; returns the value at its end, to be changed in
 * place, borrowed.
 */
json_t *way_open(struct edit *edit, struct way *way);

/*
 * May value stand in the object or list that way is at? A document has one bound on its depth,
 * however it came about. Returns 0, or -1 with err: ERROR_LIMIT.
 */
int way_fits(const struct way *way, const json_t *value, struct error *err);

/* Goes one step back, from an array's item to the array; returns the item's index. */
size_t way_to_list(struct edit *edit, struct way *way);

/* To the servers of an app; to one of either app ("main", "http/web"). As way_route(). */
void way_servers(struct edit *edit, const char *app, struct way *way);
int way_server(struct edit *edit, const char *name, struct way *way, struct error *err);
/* To a listener wrapper "layer4" of an HTTP server: "web", where it has several "web/layer4[1]". */
int way_wrapper(struct edit *edit, const char *name, struct way *way, struct error *err);
/*
 * To a route by "@id" or "#handle"; to one inside another also by "ROUTE/route[1]", counted from 0
 * through all that are in the top-level one. 0, or -1 with err.
 */
int way_route(struct edit *edit, const char *name, struct way *way, struct error *err);
/* The same where it is no error that there is none: false. */
bool way_find_route(struct edit *edit, const char *name, struct way *way);
/* Where the route with that handle ("#12") is in base: its list, and its index there; or NULL. */
const struct route_table *edit_by_handle(const struct edit *edit, const char *name, size_t *index);

/*
 * What finds routes in a long transaction. Whoever changes lists of routes says so: a route was put
 * (or changed) at index of the list that list is at; it was taken away; lists went or came whole.
 */
struct route_search *edit_route_search(struct edit *edit);
struct route_search *route_search_new(void);
void route_search_free(struct route_search *index);
void edit_route_put(struct edit *edit, const struct way *list, size_t index);
void edit_route_taken(struct edit *edit, const json_t *route);
void edit_routes_taken(struct edit *edit);

/*
 * How many bytes of a name come before what says which of several, such as kind "/proxy[" in
 * "ROUTE/proxy[1]": all of them where nothing does.
 */
size_t way_name_length(const char *text, const char *kind);
/* The same, taken apart; *indexed: it is said which. False: malformed, or too long for name. */
bool way_name_split(
    const char *text, const char *kind, char *name, size_t size, size_t *index, bool *indexed);

/* The instance that is changed. */
const struct instance *edit_base(const struct edit *edit);

/* What takes the place of a value carries its identity on. */
void edit_set_origin(struct edit *edit, json_t *json, const json_t *origin);
/* For edit_take_touched(). */
void edit_set_touched(struct edit *edit, json_t *route);

/* To a proxy handler, and to an upstream of it, named as edit.h says. As way_route(). */
int way_proxy(struct edit *edit, const char *proxy, struct way *way, struct error *err);
int way_upstream(
    struct edit *edit, const char *proxy, const char *name, struct way *way, struct error *err);

/* The "@id" of an object; NULL: it has none. */
const char *edit_id(const json_t *object);

#endif
