/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Editing a document: each operation finds its place by server name, "@id" or handle and changes a
 * copy of what lies on the way there; everything else is shared with the document before. An edit
 * in which an operation failed is thrown away. Nothing here checks what a route means: the loader
 * does that with the whole.
 */
#ifndef DAEMON_CONFIG_EDIT_H
#define DAEMON_CONFIG_EDIT_H

#include <stdbool.h>
#include <jansson.h>

#include "common/error.h"
#include "daemon/core/instance.h"

struct edit;

/* Where a route goes in its list. */
enum place { PLACE_LAST, PLACE_FIRST, PLACE_BEFORE, PLACE_AFTER };

/*
 * The list that a route goes to: a server's, that of a listener wrapper ("web", where it has
 * several "web/layer4[1]"), that of the subroute of the route in, or the one that anchor is in.
 * What is not said is NULL.
 */
struct destination {
	const char *server, *wrapper, *in;
	enum place place;
	const char *anchor; /* before or after it */
};

/* base is borrowed until edit_free(). */
struct edit *edit_new(const struct instance *base);
void edit_free(struct edit *edit);

/* The document as it is now: borrowed, and not to be changed by anyone once the edit is over. */
json_t *edit_document(struct edit *edit);

/* The document of base, borrowed. */
json_t *edit_base_document(const struct edit *edit);

/* Is it the document of base, with the same routes in the same places? */
bool edit_is_unchanged(struct edit *edit);

/* The route (of base's document) that json (of the new one) was made from, or json itself. */
const json_t *edit_origin(const struct edit *edit, const json_t *json);

/*
 * A route is named by its "@id" (wherever it stands) or by its handle, "#12". Values (route,
 * upstream, server) are borrowed and kept by reference. All return 0, or -1 with err:
 * ERROR_NOT_FOUND, ERROR_EXISTS, ERROR_INVALID, ERROR_CONFLICT.
 */
int edit_route_add(
    struct edit *edit, const struct destination *to, json_t *route, struct error *err);
/* The route that was added or changed since this was last asked for, a reference; NULL: none. */
json_t *edit_take_touched(struct edit *edit);
int edit_route_replace(struct edit *edit, const char *name, json_t *route, struct error *err);
/* Sets member key of the route to value; NULL removes it. */
int edit_route_set(
    struct edit *edit, const char *name, const char *key, json_t *value, struct error *err);
/* anchor must be in the same list. */
int edit_route_move(
    struct edit *edit, const char *name, enum place place, const char *anchor, struct error *err);
int edit_route_remove(struct edit *edit, const char *name, struct error *err);

/*
 * proxy names a route's proxy handler: "ROUTE" where it has one, "ROUTE/proxy[1]" where it has
 * several (counted from 0 through its subroutes). upstream names an upstream of it: its "@id", or
 * its first dial address.
 */
/* How many bytes of proxy are the route's name. */
size_t edit_proxy_route(const char *proxy);
int edit_upstream_add(struct edit *edit, const char *proxy, json_t *upstream, struct error *err);
int edit_upstream_set(struct edit *edit, const char *proxy, const char *upstream, const char *key,
    json_t *value, struct error *err);
int edit_upstream_remove(
    struct edit *edit, const char *proxy, const char *upstream, struct error *err);
/*
 * Replaces all destinations by one upstream for each of addresses (a JSON list of texts), with
 * the other options of those replaced where they agree; ERROR_CONFLICT where they do not.
 */
int edit_upstream_swap(
    struct edit *edit, const char *proxy, const json_t *addresses, struct error *err);

/* Calls visit for each dial address of the upstream, or of all of them (NULL). */
int edit_upstream_dials(struct edit *edit, const char *proxy, const char *upstream,
    void (*visit)(void *arg, const char *dial), void *arg, struct error *err);

int edit_server_add(struct edit *edit, const char *name, json_t *server, struct error *err);
/* A server is named as it is listed: "main", or "http/web" for one of the http app. */
int edit_server_remove(struct edit *edit, const char *name, struct error *err);

int edit_listener_add(
    struct edit *edit, const char *server, const char *address, struct error *err);
int edit_listener_remove(struct edit *edit, const char *address, struct error *err);
/* A paused listener stays bound; nothing is accepted. */
int edit_listener_pause(struct edit *edit, const char *address, bool pause, struct error *err);

#endif
