/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "daemon/config/operation.h"

#include <string.h>

static const char *const existing_names[] = {"keep", "drain", "kill", NULL};

#define TEXT(member, flags, help) FIELD_STRING(struct operation, member, #member, flags, help)
#define FLAG(member, help) FIELD_BOOL(struct operation, member, #member, 0, help)
#define PLACE                                                                                      \
	FLAG(first, "put it first"), FLAG(last, "put it last"),                                    \
	    TEXT(before, 0, "put it before this route"), TEXT(after, 0, "put it after this route")
#define EXISTING                                                                                   \
	FIELD_ENUM(struct operation, existing, "existing", 0, "keep", existing_names,              \
	    "what happens to the connections on it"),                                              \
	    FIELD_DURATION(struct operation, drain, "drain", 0, "30s",                             \
		"existing drain: how long they may go on")
/* clang-format off */
#define VALUE(key, text)                                                                           \
	{.name = key, .type = FIELD_TYPE_STRING, .offset = offsetof(struct operation, value),      \
	    .flags = FIELD_REQUIRED, .help = text}
/* clang-format on */

/* ---- helpers -------------------------------------------------------------------------------- */

static int parse_value(
    const struct operation *op, const char *what, json_t **out, struct error *err)
{
	if (json_parse(op->value, strlen(op->value), what, out, err) == -1)
		return -1;
	if (json_is_object(*out))
		return 0;
	json_decref(*out);
	return error_set(err, ERROR_INVALID, "the %s must be a JSON object", what);
}

/* A member's value: JSON, or, where it is not, the text itself. "null" takes the member away. */
static json_t *member_value(const char *text)
{
	json_t *value = json_loads(text, JSON_DECODE_ANY | JSON_REJECT_DUPLICATES, NULL);

	if (value == NULL)
		return json_string(text);
	if (!json_is_null(value))
		return value;
	json_decref(value);
	return NULL;
}

static int place_of(
    const struct operation *op, enum place *place, const char **anchor, struct error *err)
{
	int given = op->first + op->last + (op->before != NULL) + (op->after != NULL);

	if (given > 1)
		return error_set(
		    err, ERROR_INVALID, "give only one of first, last, before and after");
	*anchor = op->before != NULL ? op->before : op->after;
	*place = op->first            ? PLACE_FIRST
		 : op->before != NULL ? PLACE_BEFORE
		 : op->after != NULL  ? PLACE_AFTER
				      : PLACE_LAST;
	return 0;
}

/* ---- routes --------------------------------------------------------------------------------- */

static const struct field route_add_fields[] = {
    TEXT(server, 0, "the server whose list it goes to"),
    TEXT(in, 0, "the route whose subroute it goes to"),
    PLACE,
    VALUE("route", "the route, as JSON text"),
    FIELD_END,
};

static int route_add(struct edit *e, const struct operation *op, struct error *err)
{
	enum place place = PLACE_LAST;
	const char *anchor = NULL;
	json_t *route;
	int rc;

	if (place_of(op, &place, &anchor, err) == -1 || parse_value(op, "route", &route, err) == -1)
		return -1;
	rc = edit_route_add(e, op->server, op->in, place, anchor, route, err);
	json_decref(route);
	return rc;
}

static const struct field route_replace_fields[] = {
    TEXT(id, FIELD_REQUIRED, "the route"),
    VALUE("route", "what takes its place, as JSON text"),
    EXISTING,
    FIELD_END,
};

static int route_replace(struct edit *e, const struct operation *op, struct error *err)
{
	json_t *route;
	int rc;

	if (parse_value(op, "route", &route, err) == -1)
		return -1;
	rc = edit_route_replace(e, op->id, route, err);
	json_decref(route);
	return rc;
}

static const struct field route_set_fields[] = {
    TEXT(id, FIELD_REQUIRED, "the route"),
    TEXT(key, FIELD_REQUIRED, "the member"),
    VALUE("value", "its value, as JSON text; null takes it away"),
    EXISTING,
    FIELD_END,
};

static int route_set(struct edit *e, const struct operation *op, struct error *err)
{
	json_t *value = member_value(op->value);
	int rc = edit_route_set(e, op->id, op->key, value, err);

	json_decref(value);
	return rc;
}

static const struct field route_mv_fields[] = {
    TEXT(id, FIELD_REQUIRED, "the route"),
    PLACE,
    FIELD_END,
};

static int route_mv(struct edit *e, const struct operation *op, struct error *err)
{
	enum place place = PLACE_LAST;
	const char *anchor = NULL;

	if (place_of(op, &place, &anchor, err) == -1)
		return -1;
	return edit_route_move(e, op->id, place, anchor, err);
}

static const struct field route_fields[] = {
    TEXT(id, FIELD_REQUIRED, "the route"),
    EXISTING,
    FIELD_END,
};

static int route_rm(struct edit *e, const struct operation *op, struct error *err)
{
	return edit_route_remove(e, op->id, err);
}

static int route_enable(struct edit *e, const struct operation *op, struct error *err)
{
	return edit_route_set(e, op->id, "disabled", NULL, err);
}

static int route_disable(struct edit *e, const struct operation *op, struct error *err)
{
	json_t *yes = json_true();

	return edit_route_set(e, op->id, "disabled", yes, err);
}

/* ---- upstreams ------------------------------------------------------------------------------ */

static const struct field upstream_add_fields[] = {
    TEXT(proxy, FIELD_REQUIRED, "the route, or ROUTE/proxy[1]"),
    VALUE("upstream", "the upstream, as JSON text"),
    FIELD_END,
};

static int upstream_add(struct edit *e, const struct operation *op, struct error *err)
{
	json_t *upstream;
	int rc;

	if (parse_value(op, "upstream", &upstream, err) == -1)
		return -1;
	rc = edit_upstream_add(e, op->proxy, upstream, err);
	json_decref(upstream);
	return rc;
}

static const struct field upstream_set_fields[] = {
    TEXT(proxy, FIELD_REQUIRED, "the route, or ROUTE/proxy[1]"),
    TEXT(id, FIELD_REQUIRED, "the upstream"),
    TEXT(key, FIELD_REQUIRED, "the member"),
    VALUE("value", "its value, as JSON text; null takes it away"),
    FIELD_END,
};

static int upstream_set(struct edit *e, const struct operation *op, struct error *err)
{
	json_t *value = member_value(op->value);
	int rc = edit_upstream_set(e, op->proxy, op->id, op->key, value, err);

	json_decref(value);
	return rc;
}

static const struct field upstream_rm_fields[] = {
    TEXT(proxy, FIELD_REQUIRED, "the route, or ROUTE/proxy[1]"),
    TEXT(id, FIELD_REQUIRED, "the upstream"),
    EXISTING,
    FIELD_END,
};

static int upstream_rm(struct edit *e, const struct operation *op, struct error *err)
{
	return edit_upstream_remove(e, op->proxy, op->id, err);
}

static int upstream_enable(struct edit *e, const struct operation *op, struct error *err)
{
	return edit_upstream_set(e, op->proxy, op->id, "disabled", NULL, err);
}

static int upstream_disable(struct edit *e, const struct operation *op, struct error *err)
{
	json_t *yes = json_true();

	return edit_upstream_set(e, op->proxy, op->id, "disabled", yes, err);
}

static const struct field upstream_enable_fields[] = {
    TEXT(proxy, FIELD_REQUIRED, "the route, or ROUTE/proxy[1]"),
    TEXT(id, FIELD_REQUIRED, "the upstream"),
    FIELD_END,
};

static const struct field upstream_swap_fields[] = {
    TEXT(proxy, FIELD_REQUIRED, "the route, or ROUTE/proxy[1]"),
    FIELD_STRINGS(struct operation, dial, "dial", FIELD_REQUIRED, "the new addresses"),
    EXISTING,
    FIELD_END,
};

static int upstream_swap(struct edit *e, const struct operation *op, struct error *err)
{
	json_t *addresses = json_array();
	size_t i;
	int rc;

	for (i = 0; i < op->dial.count; i++)
		json_array_append_new(addresses, json_string(op->dial.items[i]));
	rc = edit_upstream_swap(e, op->proxy, addresses, err);
	json_decref(addresses);
	return rc;
}

/* ---- servers and listeners ------------------------------------------------------------------ */

static const struct field server_add_fields[] = {
    TEXT(name, FIELD_REQUIRED, "the server's name"),
    VALUE("server", "the server, as JSON text"),
    FIELD_END,
};

static int server_add(struct edit *e, const struct operation *op, struct error *err)
{
	json_t *server;
	int rc;

	if (parse_value(op, "server", &server, err) == -1)
		return -1;
	rc = edit_server_add(e, op->name, server, err);
	json_decref(server);
	return rc;
}

static const struct field server_rm_fields[] = {
    TEXT(name, FIELD_REQUIRED, "the server's name"),
    EXISTING,
    FIELD_END,
};

static int server_rm(struct edit *e, const struct operation *op, struct error *err)
{
	return edit_server_remove(e, op->name, err);
}

static const struct field listener_add_fields[] = {
    TEXT(server, FIELD_REQUIRED, "the server it is for"),
    TEXT(address, FIELD_REQUIRED, "[network/][host]:port"),
    FIELD_END,
};

static int listener_add(struct edit *e, const struct operation *op, struct error *err)
{
	return edit_listener_add(e, op->server, op->address, err);
}

static const struct field listener_rm_fields[] = {
    TEXT(address, FIELD_REQUIRED, "as it was added"),
    EXISTING,
    FIELD_END,
};

static int listener_rm(struct edit *e, const struct operation *op, struct error *err)
{
	return edit_listener_remove(e, op->address, err);
}

static const struct field listener_fields[] = {
    TEXT(address, FIELD_REQUIRED, "as it was added"),
    FIELD_END,
};

static int listener_pause(struct edit *e, const struct operation *op, struct error *err)
{
	return edit_listener_pause(e, op->address, true, err);
}

static int listener_resume(struct edit *e, const struct operation *op, struct error *err)
{
	return edit_listener_pause(e, op->address, false, err);
}

/* ---- the table ------------------------------------------------------------------------------ */

const struct operation_type operation_types[] = {
    {"route.add", "add a route", route_add_fields, route_add, false},
    {"route.replace", "put another in a route's place", route_replace_fields, route_replace, false},
    {"route.set", "change a member of a route", route_set_fields, route_set, false},
    {"route.mv", "move a route", route_mv_fields, route_mv, false},
    {"route.rm", "remove a route", route_fields, route_rm, false},
    {"route.enable", "ask a route again", route_fields, route_enable, false},
    {"route.disable", "pass over a route", route_fields, route_disable, false},
    {"upstream.add", "add an upstream", upstream_add_fields, upstream_add, false},
    {"upstream.set", "change a member of an upstream", upstream_set_fields, upstream_set, false},
    {"upstream.rm", "remove an upstream", upstream_rm_fields, upstream_rm, false},
    {"upstream.enable", "choose an upstream again", upstream_enable_fields, upstream_enable, false},
    {"upstream.disable", "choose an upstream no more", upstream_rm_fields, upstream_disable, false},
    {"upstream.swap", "replace all upstreams", upstream_swap_fields, upstream_swap, false},
    {"server.add", "add a server", server_add_fields, server_add, true},
    {"server.rm", "remove a server", server_rm_fields, server_rm, false},
    {"listener.add", "listen on one more address", listener_add_fields, listener_add, true},
    {"listener.rm", "stop listening on an address", listener_rm_fields, listener_rm, false},
    {"listener.pause", "leave what comes in the queue", listener_fields, listener_pause, false},
    {"listener.resume", "accept again", listener_fields, listener_resume, false},
    {0},
};

static int unknown_operation(const struct jnode *node, const char *name, struct error *err)
{
	const char *names[64];
	const char *near;
	size_t n = 0;

	for (; operation_types[n].name != NULL; n++)
		names[n] = operation_types[n].name;
	names[n] = NULL;
	near = error_suggest(name, names);
	if (near != NULL)
		return jnode_error(node, err, ERROR_INVALID,
		    "unknown operation '%s', did you mean '%s'?", name, near);
	return jnode_error(node, err, ERROR_INVALID, "unknown operation '%s'", name);
}

int operation_load(
    const struct jnode *node, struct arena *arena, struct operation *out, struct error *err)
{
	const struct operation_type *t = operation_types;
	struct jnode op;
	const char *name;

	if (jnode_object(node, err) == -1)
		return -1;
	op = jnode_member(node, "op");
	if (op.value == NULL)
		return jnode_error(node, err, ERROR_INVALID, "needs \"op\", the operation's name");
	if (jnode_string(&op, &name, err) == -1)
		return -1;
	while (t->name != NULL && strcmp(t->name, name) != 0)
		t++;
	if (t->name == NULL)
		return unknown_operation(&op, name, err);
	memset(out, 0, sizeof(*out));
	if (fields_load(t->fields, NULL, node, "op", arena, out, err) == -1)
		return -1;
	out->type = t;
	return 0;
}
