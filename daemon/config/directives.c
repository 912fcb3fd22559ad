/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "common/errors.h"
#include "daemon/config/directives.h"
#include "daemon/config/log_option.h"
#include "daemon/config/route_list.h"
#include "daemon/config/shorthand.h"
#include "daemon/http/match_adapt.h"
#include "daemon/input/places.h"
#include "daemon/input/settings.h"

/* The reference's order, with directives that do not exist here: `order` may name them. */
static const char *const default_order[] = {"tracing", "map", "vars", "fs", "root", "log_append",
    "skip_log", "log_skip", "log_name", "header", "copy_response_headers", "request_body",
    "timeouts", "redir", "method", "rewrite", "uri", "try_files", "basicauth", "basic_auth",
    "forward_auth", "request_header", "encode", "push", "intercept", "templates", "invoke",
    "handle", "handle_path", "route", "abort", "error", "copy_response", "respond", "metrics",
    "reverse_proxy", "php_fastcgi", "file_server", "acme_server"};

#define ORDERED (sizeof default_order / sizeof default_order[0])

void directives_init(struct adaptation *a)
{
	a->order = arena_array(a->arena, ORDERED + 1, sizeof *a->order);
	memcpy(a->order, default_order, sizeof default_order);
	a->order_count = ORDERED;
}

void directive_result(json_t *results, const char *directive, const char *class, json_t *value)
{
	json_array_append_new(results,
	    json_pack("{s:s, s:s, s:o}", "directive", directive, "class", class, "value", value));
}

json_t *directive_route(json_t *matchers, json_t *handler)
{
	json_t *route = json_object();

	if (matchers)
		json_object_set_new(route, "match", json_pack("[O]", matchers));
	json_object_set_new(route, "handle", json_pack("[o]", handler));
	return route;
}

/* The scope that has the matcher; NULL: none. */
static const struct scope *find_matcher(const struct scope *scope, const char *name)
{
	while (scope && !json_object_get(scope->matchers, name))
		scope = scope->outer;
	return scope;
}

int directive_matcher(
    const struct scope *scope, struct dispenser *d, json_t **out, struct error *err)
{
	struct dispenser ahead = *d;
	const char *text = dispenser_arg(&ahead);

	*out = NULL;
	if (!text)
		return 0;
	if (strcmp(text, "*") == 0) {
		*d = ahead;
	} else if (text[0] == '/') {
		*out = json_pack("{s:[s]}", "path", text);
		*d = ahead;
	} else if (text[0] == '@') {
		const struct scope *where = find_matcher(scope, text);

		*d = ahead;
		if (!where)
			return dispenser_error(
			    d, err, ERROR_INVALID, "no matcher is called '%s' here", text);
		if (adaptation_work(scope->a,
			(size_t)json_integer_value(json_object_get(where->sizes, text)),
			&d->tokens[d->cursor], err) == -1)
			return -1;
		*out = json_incref(json_object_get(where->matchers, text));
	}
	return 0;
}

int directive_bind_read(struct dispenser *d, json_t **out, struct error *err)
{
	static const struct setting settings[] = {
	    {"protocols", SETTING_STRINGS, "protocols", NULL}, {0}};
	json_t *addresses = json_array();
	const char *text;

	*out = json_pack("{s:o}", "addresses", addresses);
	while ((text = dispenser_arg(d)))
		json_array_append_new(addresses, json_string(text));
	if (settings_adapt(d, settings, "option of bind", *out, err) == 0)
		return 0;
	json_decref(*out);
	*out = NULL;
	return -1;
}

static int adapt_bind(
    const struct scope *scope, struct dispenser *d, json_t *results, struct error *err)
{
	json_t *bind;

	if (directive_bind_read(d, &bind, err) == -1)
		return -1;
	if (strings_have(json_object_get(bind, "protocols"), "h3"))
		adaptation_warn(scope->a, d, "HTTP/3 is not served: h3 is ignored");
	directive_result(results, "bind", "bind", bind);
	return 0;
}

static int adapt_log(
    const struct scope *scope, struct dispenser *d, json_t *results, struct error *err)
{
	json_t *log;

	d->cursor = -1;
	if (log_adapt(scope->a, d, false, &log, err) == -1)
		return -1;
	directive_result(results, "log", "custom_log", log);
	return 0;
}

static int adapt_segments(const struct scope *scope, struct segment *segments, size_t count,
    json_t *results, struct error *err);

/* The directives inside of route or handle, as results. */
static int adapt_inner(
    const struct scope *scope, struct dispenser *d, json_t *results, struct error *err)
{
	struct scope inner = {.a = scope->a, .outer = scope, .braces = true};
	struct segment *segments = NULL;
	size_t count = 0, size = 0;
	int level = d->nesting, result;

	if (dispenser_none(d, err) == -1)
		return -1;
	while (dispenser_next_block(d, level)) {
		struct dispenser segment = dispenser_segment(d);

		if (count == size) {
			size = size ? 2 * size : 8;
			segments = mem_realloc(segments, size * sizeof *segments);
		}
		segments[count++] = (struct segment){(struct token *)segment.tokens, segment.count};
	}
	inner.matchers = json_object();
	inner.sizes = json_object();
	result = adapt_segments(&inner, segments, count, results, err);
	json_decref(inner.matchers);
	json_decref(inner.sizes);
	free(segments);
	return result;
}

/* A result of another class than "route", among those of a block that makes a handler. */
static int check_routes(const struct dispenser *d, const json_t *results, struct error *err)
{
	json_t *result;
	size_t i;

	json_array_foreach ((json_t *)results, i, result)
		if (strcmp(json_string_value(json_object_get(result, "class")), "route") != 0)
			return dispenser_error(d, err, ERROR_INVALID,
			    "'%s' belongs directly into the site's block",
			    json_string_value(json_object_get(result, "directive")));
	return 0;
}

static int adapt_subroute(
    const struct scope *scope, struct dispenser *d, bool sort, json_t **out, struct error *err)
{
	json_t *results = json_array(), *routes;
	struct dispenser name = *d;

	if (adapt_inner(scope, d, results, err) == -1 || check_routes(&name, results, err) == -1) {
		json_decref(results);
		return -1;
	}
	routes = route_list_build(scope->a, results, sort);
	json_decref(results);
	*out = json_pack("{s:s}", "handler", "subroute");
	if (json_array_size(routes) > 0)
		json_object_set(*out, "routes", routes);
	json_decref(routes);
	return 0;
}

static int adapt_handle(
    const struct scope *scope, struct dispenser *d, json_t **out, struct error *err)
{
	return adapt_subroute(scope, d, true, out, err);
}

static int adapt_route(
    const struct scope *scope, struct dispenser *d, json_t **out, struct error *err)
{
	return adapt_subroute(scope, d, false, out, err);
}

static const struct directive directives[] = {
    {"abort", NULL, directive_abort, NULL},
    {"acme_server", NULL, NULL, NULL},
    {"basic_auth", NULL, NULL, NULL},
    {"basicauth", NULL, NULL, NULL},
    {"bind", adapt_bind, NULL, NULL},
    {"copy_response", NULL, NULL, NULL},
    {"copy_response_headers", NULL, NULL, NULL},
    {"encode", NULL, NULL, NULL},
    {"error", NULL, NULL, NULL},
    {"file_server", NULL, NULL, NULL},
    {"forward_auth", NULL, NULL, NULL},
    {"fs", NULL, NULL, NULL},
    {"handle", NULL, adapt_handle, NULL},
    {"handle_errors", NULL, NULL, NULL},
    {"handle_path", NULL, NULL, NULL},
    {"header", directive_header, NULL, NULL},
    {"intercept", NULL, NULL, NULL},
    {"invoke", NULL, NULL, NULL},
    {"log", adapt_log, NULL, NULL},
    {"log_append", NULL, NULL, NULL},
    {"log_name", NULL, NULL, NULL},
    {"log_skip", NULL, NULL, NULL},
    {"map", NULL, NULL, NULL},
    {"method", NULL, NULL, NULL},
    {"metrics", NULL, NULL, "metrics are at the 'admin' listener and in 'pointsctl metrics'"},
    {"php_fastcgi", NULL, NULL, NULL},
    {"push", NULL, NULL, NULL},
    {"redir", NULL, directive_redir, NULL},
    {"request_body", NULL, NULL, NULL},
    {"request_header", NULL, NULL, NULL},
    {"respond", NULL, directive_respond, NULL},
    {"reverse_proxy", NULL, NULL, NULL},
    {"rewrite", NULL, NULL, NULL},
    {"root", NULL, NULL, NULL},
    {"route", NULL, adapt_route, NULL},
    {"skip_log", NULL, NULL, NULL},
    {"templates", NULL, NULL, NULL},
    {"timeouts", NULL, NULL, "write timeouts into the global option 'servers'"},
    {"tls", directive_tls, NULL, NULL},
    {"tracing", NULL, NULL, NULL},
    {"try_files", NULL, NULL, NULL},
    {"uri", NULL, NULL, NULL},
    {"vars", NULL, NULL, NULL},
};

#define DIRECTIVES (sizeof directives / sizeof directives[0])

static const struct directive *find(const char *name)
{
	for (size_t i = 0; i < DIRECTIVES; i++)
		if (strcmp(directives[i].name, name) == 0)
			return &directives[i];
	return NULL;
}

bool directive_exists(const char *name)
{
	return find(name) != NULL;
}

static int unknown(const struct scope *scope, const struct dispenser *d, struct error *err)
{
	const char *names[DIRECTIVES + 1] = {0};
	size_t count = 0;

	for (size_t i = 0; i < DIRECTIVES; i++)
		if (directives[i].adapt || directives[i].handler)
			names[count++] = directives[i].name;
	if (!scope->braces)
		return dispenser_error(d, err, ERROR_INVALID,
		    "unrecognized directive '%s': where there are several sites, each needs "
		    "braces around its directives",
		    dispenser_text(d));
	return dispenser_unknown(d, "directive", names, err);
}

static int refuse(const struct dispenser *d, const struct directive *directive, struct error *err)
{
	return dispenser_error(d, err, ERROR_UNSUPPORTED,
	    "the directive '%s' does not exist here: %s", directive->name,
	    directive->instead ? directive->instead
			       : "HTTP handling is outside pointsman; proxy this name to a web "
				 "server with a layer4 route");
}

/* A directive that makes one handler, perhaps for some requests only. */
static int adapt_handler(const struct scope *scope, const struct directive *directive,
    struct dispenser *d, json_t *results, struct error *err)
{
	json_t *matchers, *handler;
	int result = -1;

	if (directive_matcher(scope, d, &matchers, err) == -1)
		return -1;
	if (directive->handler(scope, d, &handler, err) == 0) {
		places_note(handler, d->tokens);
		directive_result(
		    results, directive->name, "route", directive_route(matchers, handler));
		result = 0;
	}
	json_decref(matchers);
	return result;
}

static int adapt_directive(
    const struct scope *scope, struct dispenser *d, json_t *results, struct error *err)
{
	const struct directive *directive;
	int result;

	dispenser_next(d);
	directive = find(dispenser_text(d));
	if (!directive)
		return unknown(scope, d, err);
	if (directive->handler)
		result = adapt_handler(scope, directive, d, results, err);
	else if (directive->adapt)
		result = directive->adapt(scope, d, results, err);
	else
		return refuse(d, directive, err);
	if (result == 0 && dispenser_next(d))
		result =
		    dispenser_error(d, err, ERROR_INVALID, "unexpected '%s'", dispenser_text(d));
	return result;
}

static int adapt_matcher(const struct scope *scope, struct dispenser *d, struct error *err)
{
	const char *name;
	json_t *set;

	dispenser_next(d);
	name = dispenser_text(d);
	if (find_matcher(scope, name))
		return dispenser_error(
		    d, err, ERROR_INVALID, "the matcher '%s' was defined before", name);
	if (http_match_adapt_set(d, name + 1, &set, err) == -1)
		return -1;
	json_object_set_new(scope->matchers, name, set);
	json_object_set_new(scope->sizes, name, json_integer((json_int_t)d->count));
	return 0;
}

/*
 * Named matchers first, for they may be used before they are defined. An inner block knows those
 * around it and cannot define them again.
 */
static int adapt_segments(const struct scope *scope, struct segment *segments, size_t count,
    json_t *results, struct error *err)
{
	int rc = 0;

	for (size_t i = 0; i < count; i++) {
		struct dispenser d = dispenser_of(segments[i].tokens, segments[i].count);

		if (segments[i].tokens[0].text[0] == '@' &&
		    !errors_go_on(adapt_matcher(scope, &d, err), &rc, err))
			break;
	}
	if (rc == -1) /* those that use what is missing would be complained about, too */
		return -1;
	for (size_t i = 0; i < count; i++) {
		struct dispenser d = dispenser_of(segments[i].tokens, segments[i].count);

		if (segments[i].tokens[0].text[0] != '@' &&
		    !errors_go_on(adapt_directive(scope, &d, results, err), &rc, err))
			break;
	}
	return rc;
}

int directives_adapt(
    struct adaptation *a, const struct block *block, json_t *results, struct error *err)
{
	struct scope scope = {
	    .a = a, .matchers = json_object(), .sizes = json_object(), .braces = block->braces};
	int result;

	for (size_t i = 0; i < block->segment_count; i++)
		for (size_t j = 0; j < block->segments[i].count; j++) {
			struct token *token = &block->segments[i].tokens[j];

			token->text = shorthand_expand(a->arena, token->text);
		}
	result = adapt_segments(&scope, block->segments, block->segment_count, results, err);
	json_decref(scope.matchers);
	json_decref(scope.sizes);
	return result;
}

/* Takes a directive out of the order. */
static void take_out(struct adaptation *a, const char *name)
{
	size_t used = 0;

	for (size_t i = 0; i < a->order_count; i++)
		if (strcmp(a->order[i], name) != 0)
			a->order[used++] = a->order[i];
	a->order_count = used;
}

static void put_in(struct adaptation *a, const char *name, size_t index)
{
	const char **order = arena_array(a->arena, a->order_count + 2, sizeof *order);

	memcpy(order, a->order, index * sizeof *order);
	order[index] = name;
	memcpy(order + index + 1, a->order + index, (a->order_count - index) * sizeof *order);
	a->order = order;
	a->order_count++;
}

int directives_reorder(struct adaptation *a, struct dispenser *d, struct error *err)
{
	const char *name = dispenser_arg(d), *where = dispenser_arg(d), *other;
	size_t index = 0;

	if (!name || !where)
		return dispenser_arg_error(d, err);
	if (!find(name))
		return dispenser_error(d, err, ERROR_INVALID, "'%s' is not a directive", name);
	take_out(a, name);
	if (strcmp(where, "last") == 0)
		index = a->order_count;
	if (strcmp(where, "first") != 0 && strcmp(where, "last") != 0) {
		if (strcmp(where, "before") != 0 && strcmp(where, "after") != 0)
			return dispenser_error(d, err, ERROR_INVALID,
			    "expected first, last, before or after, not '%s'", where);
		other = dispenser_arg(d);
		if (!other)
			return dispenser_arg_error(d, err);
		while (index < a->order_count && strcmp(a->order[index], other) != 0)
			index++;
		if (index == a->order_count)
			return dispenser_error(
			    d, err, ERROR_INVALID, "'%s' has no place in the order", other);
		index += strcmp(where, "after") == 0;
	}
	put_in(a, name, index);
	return dispenser_none(d, err);
}
