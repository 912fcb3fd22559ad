/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "common/arena.h"
#include "common/errors.h"
#include "daemon/core/adapt.h"
#include "daemon/core/handler.h"
#include "daemon/core/matcher.h"
#include "daemon/input/lexer.h"
#include "daemon/input/places.h"

/* A growing list of segments. */
struct segments {
	struct dispenser *items;
	size_t count, size;
};

static void segments_add(struct segments *list, struct dispenser segment)
{
	if (list->count == list->size) {
		list->size = list->size ? 2 * list->size : 8;
		list->items = mem_realloc(list->items, list->size * sizeof *list->items);
	}
	list->items[list->count++] = segment;
}

/* "unknown matcher 'tsl', did you mean 'tls'?"; name(types, i) is the i-th name, NULL ends. */
static int unknown(const struct dispenser *d, const char *what, const char *(*name)(size_t index),
    struct error *err)
{
	const char **names;
	size_t count = 0;
	int result;

	while (name(count))
		count++;
	names = mem_zalloc((count + 1) * sizeof *names);
	for (size_t i = 0; i < count; i++)
		names[i] = name(i);
	result = dispenser_unknown(d, what, names, err);
	free(names);
	return result;
}

static const char *matcher_name(size_t index)
{
	const struct matcher_type *const *types = matcher_types();

	return types && types[index] ? types[index]->name : NULL;
}

static const char *handler_name(size_t index)
{
	const struct handler_type *const *types = handler_types();

	if (!types || !types[index])
		return NULL;
	return types[index]->internal ? "" : types[index]->name;
}

static int too_deep(const struct dispenser *d, struct error *err)
{
	return dispenser_error(d, err, ERROR_LIMIT, "nested too deeply");
}

/* What has no options of its own: the name and nothing else. */
static int adapt_bare(struct dispenser *d, struct error *err)
{
	dispenser_next(d);
	return dispenser_none(d, err);
}

/* Refuses words that an adapter left over. */
static int check_used(struct dispenser *d, struct error *err)
{
	if (d->cursor < 0)
		d->cursor = 0;
	if (!dispenser_next(d))
		return 0;
	return dispenser_error(d, err, ERROR_INVALID, "unexpected '%s'", dispenser_text(d));
}

static int adapt_matcher(struct dispenser *d, json_t *set, struct error *err)
{
	const char *name = dispenser_text(d);
	const struct matcher_type *type = matcher_type_find(name);
	struct dispenser segment;
	json_t *value = NULL;

	if (!type)
		return unknown(d, "matcher", matcher_name, err);
	if (json_object_get(set, name))
		return dispenser_error(
		    d, err, ERROR_INVALID, "the matcher '%s' stands twice in a set", name);
	segment = dispenser_segment(d);
	if ((type->adapt ? type->adapt(&segment, &value, err) : adapt_bare(&segment, err)) == -1 ||
	    check_used(&segment, err) == -1) {
		json_decref(value);
		return -1;
	}
	if (!value)
		value = json_object();
	places_note(value, segment.tokens);
	return json_object_set_new(set, name, value);
}

int adapt_matcher_set(struct dispenser *d, json_t **out, struct error *err)
{
	int level = d->nesting;

	if (d->depth > DISPENSER_DEPTH_MAX)
		return too_deep(d, err);
	*out = json_object();
	places_note_at(*out, d);
	while (dispenser_next_arg(d) || dispenser_next_block(d, level))
		if (adapt_matcher(d, *out, err) == -1)
			goto fail;
	if (json_object_size(*out) > 0)
		return 0;
	dispenser_error(d, err, ERROR_INVALID, "expected a matcher after '%s'", dispenser_text(d));
fail:
	json_decref(*out);
	*out = NULL;
	return -1;
}

int adapt_handler(struct dispenser *d, json_t **out, struct error *err)
{
	const char *name = dispenser_text(d);
	const struct handler_type *type = handler_type_find(name);
	struct dispenser segment;

	if (d->depth > DISPENSER_DEPTH_MAX)
		return too_deep(d, err);
	if (!type || type->internal)
		return unknown(d, "handler", handler_name, err);
	segment = dispenser_segment(d);
	*out = json_object();
	places_note(*out, segment.tokens);
	json_object_set_new(*out, "handler", json_string(name));
	if ((type->adapt ? type->adapt(&segment, *out, err) : adapt_bare(&segment, err)) == 0 &&
	    check_used(&segment, err) == 0)
		return 0;
	json_decref(*out);
	*out = NULL;
	return -1;
}

int adapt_id(struct dispenser *d, bool first, json_t *out, bool *done, struct error *err)
{
	const char *id;

	*done = false;
	if (strcmp(dispenser_text(d), "id") != 0)
		return 0;
	*done = true;
	if (!first)
		return dispenser_error(
		    d, err, ERROR_INVALID, "'id' must be the first line of its block");
	if (dispenser_one(d, &id, err) == -1)
		return -1;
	return dispenser_set(d, out, "@id", json_string(id), err);
}

/* A named set is written out for each route that asks it. */
static json_t *copy_set(json_t *set)
{
	json_t *copy = places_copy(set), *value;
	const char *name;

	json_object_foreach (copy, name, value)
		places_note_copy(value, json_object_get(set, name));
	return copy;
}

/*
 * A route's matcher sets: the names behind "route". sizes has how many words each was made from,
 * *words adds them up: a set may be used by many routes.
 */
static int adapt_route_match(struct dispenser *d, json_t *sets, json_t *sizes, json_t *route,
    size_t *words, struct error *err)
{
	json_t *match = NULL, *set;
	const char *name;

	while ((name = dispenser_arg(d))) {
		set = json_object_get(sets, name);
		if (!set) {
			json_decref(match);
			return dispenser_error(
			    d, err, ERROR_INVALID, "no matcher is called '%s' in this block", name);
		}
		*words += (size_t)json_integer_value(json_object_get(sizes, name));
		if (*words > TOKENS_MAX) {
			json_decref(match);
			return dispenser_error(d, err, ERROR_LIMIT, "too many matchers");
		}
		if (!match)
			match = json_array();
		json_array_append_new(match, copy_set(set));
	}
	if (match)
		json_object_set_new(route, "match", match);
	return 0;
}

/* A route's block: its handlers. */
static int adapt_route_handle(struct dispenser *d, json_t *route, struct error *err)
{
	json_t *handlers = json_array(), *handler = NULL;
	int level = d->nesting;
	bool first = true, done;

	for (; dispenser_next_block(d, level); first = false) {
		if (adapt_id(d, first, route, &done, err) == -1)
			goto fail;
		if (done)
			continue;
		if (adapt_handler(d, &handler, err) == -1)
			goto fail;
		json_array_append_new(handlers, handler);
	}
	if (json_array_size(handlers) > 0)
		json_object_set(route, "handle", handlers);
	json_decref(handlers);
	return 0;
fail:
	json_decref(handlers);
	return -1;
}

/* An option that is left out where it is zero, as the reference does. */
static int set_option(
    struct dispenser *d, json_t *out, const char *name, json_t *value, struct error *err)
{
	if (dispenser_set(d, out, name, value, err) == -1)
		return -1;
	if (json_integer_value(value) == 0)
		json_object_del(out, name);
	return 0;
}

static int adapt_option(struct dispenser *d, json_t *out, unsigned flags, struct error *err)
{
	static const char *const all[] = {"route", "matching_timeout", "silence_timeout",
	    "matching_buffer", "idle_timeout", "log_interval", "max_flows", "max_flows_per_source",
	    "id", NULL};
	static const char *const few[] = {
	    "route", "matching_timeout", "silence_timeout", "matching_buffer", NULL};
	const char *name = dispenser_text(d);
	json_t *value;

	if (strcmp(name, "matching_timeout") == 0 || strcmp(name, "silence_timeout") == 0 ||
	    (strcmp(name, "idle_timeout") == 0 && flags & ADAPT_FLOWS)) {
		if (dispenser_duration(d, &value, err) == -1)
			return -1;
		return set_option(d, out, name, value, err);
	}
	/* 0 is another thing than none. */
	if (strcmp(name, "log_interval") == 0 && flags & ADAPT_FLOWS) {
		if (dispenser_duration(d, &value, err) == -1)
			return -1;
		return dispenser_set(d, out, name, value, err);
	}
	if (strcmp(name, "matching_buffer") == 0) {
		if (dispenser_bytes(d, &value, err) == -1)
			return -1;
		return set_option(d, out, name, value, err);
	}
	if (flags & ADAPT_FLOWS &&
	    (strcmp(name, "max_flows") == 0 || strcmp(name, "max_flows_per_source") == 0)) {
		if (dispenser_int(d, &value, err) == -1)
			return -1;
		return dispenser_set(d, out, name, value, err);
	}
	return dispenser_unknown(d, "option", flags ? all : few, err);
}

/* Sorts the block's entries: named matchers and routes are kept for later, options are set. */
static int adapt_entries(struct dispenser *d, json_t *out, unsigned flags, struct segments *named,
    struct segments *routes, struct error *err)
{
	int level = d->nesting;
	bool first = true, done = false;

	for (; dispenser_next_block(d, level); first = false) {
		const char *name = dispenser_text(d);

		if (name[0] == '@' && name[1]) {
			segments_add(named, dispenser_segment(d));
		} else if (strcmp(name, "route") == 0) {
			segments_add(routes, dispenser_segment(d));
		} else {
			if (flags & ADAPT_ID && adapt_id(d, first, out, &done, err) == -1)
				return -1;
			if (!done && adapt_option(d, out, flags, err) == -1)
				return -1;
			done = false;
		}
	}
	return 0;
}

static int adapt_one_named(struct dispenser d, json_t *sets, json_t *sizes, struct error *err)
{
	const char *name;
	json_t *set;

	dispenser_next(&d);
	name = dispenser_text(&d);
	if (json_object_get(sets, name))
		return dispenser_error(
		    &d, err, ERROR_INVALID, "the matcher '%s' was defined before", name);
	if (adapt_matcher_set(&d, &set, err) == -1)
		return -1;
	json_object_set_new(sets, name, set);
	json_object_set_new(sizes, name, json_integer((json_int_t)d.count));
	return 0;
}

static int adapt_named(const struct segments *named, json_t *sets, json_t *sizes, struct error *err)
{
	int rc = 0;

	for (size_t i = 0; i < named->count; i++)
		if (!errors_go_on(adapt_one_named(named->items[i], sets, sizes, err), &rc, err))
			break;
	return rc;
}

static int adapt_list(
    const struct segments *segments, json_t *sets, json_t *sizes, json_t *routes, struct error *err)
{
	size_t words = 0;
	int rc = 0, one;

	for (size_t i = 0; i < segments->count; i++) {
		struct dispenser d = segments->items[i];
		json_t *route = json_object();

		dispenser_next(&d);
		json_array_append_new(routes, route);
		places_note_at(route, &d);
		one = adapt_route_match(&d, sets, sizes, route, &words, err);
		if (one == 0)
			one = adapt_route_handle(&d, route, err);
		if (one == 0)
			one = check_used(&d, err);
		if (!errors_go_on(one, &rc, err))
			break;
	}
	return rc;
}

int adapt_routes(struct dispenser *d, json_t *out, unsigned flags, struct error *err)
{
	struct segments named = {0}, routes = {0};
	json_t *sets = json_object(), *sizes = json_object(), *list = json_array();
	int result = -1;

	if (d->depth > DISPENSER_DEPTH_MAX) {
		too_deep(d, err);
		goto out;
	}
	if (adapt_entries(d, out, flags, &named, &routes, err) == -1 ||
	    adapt_named(&named, sets, sizes, err) == -1 ||
	    adapt_list(&routes, sets, sizes, list, err) == -1)
		goto out;
	if (json_array_size(list) > 0)
		json_object_set(out, "routes", list);
	result = 0;
out:
	json_decref(list);
	json_decref(sizes);
	json_decref(sets);
	free(named.items);
	free(routes.items);
	return result;
}
