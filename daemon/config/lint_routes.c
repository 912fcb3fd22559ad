/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "daemon/config/lint_routes.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/arena.h"
#include "daemon/config/lint_cover.h"
#include "daemon/config/lint_walk.h"
#include "daemon/input/places.h"

static const json_t *route_at(const struct lint_list *list, size_t i)
{
	return json_array_get(list->routes.value, i);
}

static bool is_final(const json_t *route)
{
	return lint_is_final(json_object_get(route, "handle"));
}

#define NAME_SIZE 600

/* "@id" in quotes, or its place: in the Caddyfile or, where there is none, in the list. */
static const char *name_of(const struct lint_list *list, size_t index, char out[NAME_SIZE])
{
	struct jnode route = jnode_item(&list->routes, index);
	const char *id = json_string_value(json_object_get(route.value, "@id"));
	char place[NAME_SIZE / 2];

	if (id != NULL)
		snprintf(out, NAME_SIZE, "'%.50s'", id);
	else if (places_find(&route, place, sizeof(place)) != NULL)
		snprintf(out, NAME_SIZE, "the route at %s", place);
	else
		snprintf(out, NAME_SIZE, "routes[%zu]", index);
	return out;
}

/* ---- route-shadowed ------------------------------------------------------------------------ */

/* What is asked of a route again and again. */
struct kind {
	bool disabled, final, all;
};

static bool set_is_covered(struct lint *l, const json_t *sets, const json_t *narrow)
{
	json_t *wide;
	size_t i;

	json_array_foreach ((json_t *)sets, i, wide)
		if (lint_may_compare(l) && lint_covers(wide, narrow))
			return true;
	return false;
}

/* Does whatever matches later match earlier, too? */
static bool is_covered(struct lint *l, const json_t *earlier, const json_t *later)
{
	const json_t *sets = json_object_get(later, "match");
	json_t *set;
	size_t i;

	json_array_foreach ((json_t *)sets, i, set)
		if (!set_is_covered(l, json_object_get(earlier, "match"), set))
			return false;
	return json_array_size(sets) > 0;
}

/*
 * The earlier routes go backwards from the later one: behind a route that changes bytes or facts
 * and lets connections go on, only what takes all of them is in the way.
 */
static bool find_shadow(struct lint *l, const struct lint_list *list, const struct kind *kinds,
    size_t later, size_t *out)
{
	bool same = true; /* the later one is asked about the same bytes and facts */
	size_t i;

	for (i = later; i-- > 0 && lint_may_compare(l);) {
		if (kinds[i].disabled)
			continue;
		if (!kinds[i].final) {
			same = false;
			continue;
		}
		*out = i;
		if (kinds[i].all ||
		    (same && is_covered(l, route_at(list, i), route_at(list, later))))
			return true;
	}
	return false;
}

static struct kind *kinds_of(const struct lint_list *list)
{
	size_t i, count = json_array_size(list->routes.value);
	struct kind *kinds = mem_zalloc((count + 1) * sizeof(*kinds));

	for (i = 0; i < count; i++) {
		kinds[i].disabled = lint_is_disabled(route_at(list, i));
		kinds[i].final = is_final(route_at(list, i));
		kinds[i].all = lint_matches_all(route_at(list, i));
	}
	return kinds;
}

static void shadowed_list(struct lint *l, const struct lint_list *list)
{
	struct kind *kinds = kinds_of(list);
	char name[NAME_SIZE];
	size_t i, by;

	for (i = 1; i < json_array_size(list->routes.value); i++) {
		struct jnode route = jnode_item(&list->routes, i);

		if (kinds[i].disabled || !find_shadow(l, list, kinds, i, &by))
			continue;
		lint_tell(l, &route,
		    "is never taken: whatever would match it is taken by %s before",
		    name_of(list, by, name));
	}
	free(kinds);
}

void lint_shadowed(struct lint *l)
{
	static const struct lint_visitor visitor = {.list = shadowed_list};

	lint_walk(l, &visitor);
}

/* ---- server-first -------------------------------------------------------------------------- */

static const struct speaker {
	unsigned port;
	const char *protocol;
} speakers[] = {
    {21, "ftp"},
    {22, "ssh"},
    {23, "telnet"},
    {25, "smtp"},
    {110, "pop3"},
    {119, "nntp"},
    {143, "imap"},
    {587, "smtp"},
    {3306, "mysql"},
    {5900, "vnc"},
};

static const struct speaker *speaker_at(const char *dial)
{
	const char *colon = strrchr(dial, ':');
	unsigned long port = colon != NULL ? strtoul(colon + 1, NULL, 10) : 0;
	size_t i;

	for (i = 0; strncmp(dial, "udp", 3) != 0 && i < sizeof(speakers) / sizeof(speakers[0]); i++)
		if (speakers[i].port == port)
			return &speakers[i];
	return NULL;
}

static bool tell_speakers(struct lint *l, const struct jnode *proxy)
{
	struct jnode upstreams = jnode_member(proxy, "upstreams");
	size_t i, j;

	for (i = 0; i < json_array_size(upstreams.value); i++) {
		struct jnode upstream = jnode_item(&upstreams, i);
		struct jnode dials = jnode_member(&upstream, "dial");

		for (j = 0; j < json_array_size(dials.value); j++) {
			struct jnode dial = jnode_item(&dials, j);
			const struct speaker *s = speaker_at(json_string_value(dial.value));

			if (s == NULL)
				continue;
			lint_tell(l, &dial,
			    "a client of %s may wait for the server to speak first, but routes "
			    "asked before want to see bytes: it waits until matching_timeout",
			    s->protocol);
			return true;
		}
	}
	return false;
}

/* Does the client speak before this handler is done? */
static bool hears_client(const char *name)
{
	return strcmp(name, "tls") == 0 || strcmp(name, "postgres_tls") == 0 ||
	       strcmp(name, "proxy_protocol") == 0 || strcmp(name, "socks5") == 0;
}

/* Tells of the first upstream that a silent client would get to through this chain. */
static bool tell_chain(struct lint *l, const struct jnode *chain)
{
	size_t i, j;

	for (i = 0; i < json_array_size(chain->value); i++) {
		struct jnode handler = jnode_item(chain, i);
		struct jnode routes = jnode_member(&handler, "routes");
		const char *name = lint_handler_name(handler.value);

		if (hears_client(name))
			return false;
		if (strcmp(name, "proxy") == 0)
			return tell_speakers(l, &handler);
		if (strcmp(name, "subroute") != 0)
			continue;
		for (j = 0; j < json_array_size(routes.value); j++) {
			struct jnode route = jnode_item(&routes, j);
			struct jnode inner = jnode_member(&route, "handle");

			if (!lint_is_disabled(route.value) && lint_by_facts(route.value) &&
			    tell_chain(l, &inner))
				return true;
		}
	}
	return false;
}

static bool has_silence_timeout(const struct lint_list *list)
{
	struct jnode silence = jnode_member(&list->owner, "silence_timeout");
	struct error none;
	int64_t ns = 0;

	return silence.value != NULL && jnode_duration(&silence, &ns, &none) == 0 && ns > 0;
}

static void server_first_list(struct lint *l, const struct lint_list *list)
{
	bool sniffs = false;
	size_t i;

	if (has_silence_timeout(list))
		return;
	for (i = 0; i < json_array_size(list->routes.value); i++) {
		struct jnode route = jnode_item(&list->routes, i);
		struct jnode chain = jnode_member(&route, "handle");

		if (lint_is_disabled(route.value))
			continue;
		if (sniffs && lint_by_facts(route.value) && tell_chain(l, &chain))
			return;
		sniffs = sniffs || lint_wants_bytes(route.value);
	}
}

void lint_server_first(struct lint *l)
{
	static const struct lint_visitor visitor = {.list = server_first_list};

	lint_walk(l, &visitor);
}

/* ---- silence-close ------------------------------------------------------------------------- */

static bool closes(const json_t *route)
{
	json_t *handler;
	size_t i;

	json_array_foreach (json_object_get(route, "handle"), i, handler)
		if (strcmp(lint_handler_name(handler), "close") == 0)
			return true;
	return false;
}

/* Behind the last route that a silent client would get; 0: there is none. */
static size_t end_of_entries(const struct lint_list *list)
{
	size_t i;

	for (i = json_array_size(list->routes.value); i > 0; i--) {
		const json_t *route = route_at(list, i - 1);

		if (!lint_is_disabled(route) && lint_by_facts(route) && !closes(route))
			break;
	}
	return i;
}

static void silence_list(struct lint *l, const struct lint_list *list)
{
	size_t i, end = has_silence_timeout(list) ? end_of_entries(list) : 0;

	for (i = 0; i + 1 < end; i++) {
		struct jnode route = jnode_item(&list->routes, i);

		if (lint_is_disabled(route.value) || !closes(route.value) ||
		    !lint_wants_bytes(route.value))
			continue;
		lint_tell(l, &route,
		    "closes by what a client says, but silence_timeout hands a client that says "
		    "nothing to a later route: what it sends then is not looked at any more");
	}
}

void lint_silence_close(struct lint *l)
{
	static const struct lint_visitor visitor = {.list = silence_list};

	lint_walk(l, &visitor);
}

/* ---- dead-end ------------------------------------------------------------------------------ */

static bool may_end(const json_t *chain);

/* Behind the last route whose chain may end; 0: there is none. */
static size_t end_of_ends(const json_t *routes)
{
	size_t i;

	for (i = json_array_size(routes); i > 0; i--) {
		const json_t *route = json_array_get(routes, i - 1);

		if (!lint_is_disabled(route) && may_end(json_object_get(route, "handle")))
			break;
	}
	return i;
}

/* Has the chain any end in it, for whatever connection? */
static bool may_end(const json_t *chain)
{
	json_t *handler;
	size_t i;

	if (lint_is_final(chain))
		return true;
	json_array_foreach ((json_t *)chain, i, handler)
		if (end_of_ends(json_object_get(handler, "routes")) > 0)
			return true;
	return false;
}

/* Of a server alone: what falls through a subroute or a listener wrapper goes on behind it. */
static void dead_end_list(struct lint *l, const struct lint_list *list)
{
	size_t i;

	if (list->outer != NULL || list->owner.value != list->server.value)
		return;
	for (i = end_of_ends(list->routes.value); i < json_array_size(list->routes.value); i++) {
		struct jnode route = jnode_item(&list->routes, i);

		if (!lint_is_disabled(route.value))
			lint_tell(l, &route,
			    "leads nowhere: none of its handlers, and no route behind it, carries "
			    "the connection to an upstream or answers it, so it is closed");
	}
}

void lint_dead_end(struct lint *l)
{
	static const struct lint_visitor visitor = {.list = dead_end_list};

	lint_walk(l, &visitor);
}
