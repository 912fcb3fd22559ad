/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "daemon/config/operation.h"

#include <string.h>

#include "daemon/config/fragment.h"
#include "daemon/config/secrets.h"

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

/*
 * Masked secrets in value (taken) are those of the document in force. around, if not NULL, is the
 * key of a proxy handler's list that value is an item of: it says what is secret there.
 */
static int restore(
    struct edit *e, const char *text, const char *around, json_t **value, struct error *err)
{
	json_t *whole, *restored;
	int rc;

	if (!secrets_has_masks(text, strlen(text)))
		return 0;
	whole =
	    around != NULL ? json_pack("{s:s, s:[o]}", "handler", "proxy", around, *value) : *value;
	rc = secrets_restore(whole, edit_base_document(e), &restored, err);
	json_decref(whole);
	if (rc == -1)
		return -1;
	*value = restored;
	if (around != NULL) {
		*value = json_incref(json_array_get(json_object_get(restored, around), 0));
		json_decref(restored);
	}
	return 0;
}

static int parse_object(struct edit *e, const struct operation *op, const char *what,
    const char *around, json_t **out, struct error *err)
{
	if (json_parse(op->value, strlen(op->value), what, out, err) == -1)
		return -1;
	if (json_is_object(*out))
		return restore(e, op->value, around, out, err);
	json_decref(*out);
	return error_set(err, ERROR_INVALID, "the %s must be a JSON object", what);
}

static int parse_route(struct edit *e, const struct operation *op, json_t **out, struct error *err)
{
	if (fragment_is_json(op->value))
		return parse_object(e, op, "route", NULL, out, err);
	return fragment_route(op->value, strlen(op->value), out, err);
}

/*
 * A member's value: JSON, or, where it is not, the text itself. "null" takes the member away: then
 * *out is NULL. around as in restore().
 */
static int parse_member(
    struct edit *e, const struct operation *op, const char *around, json_t **out, struct error *err)
{
	json_t *value, *object;

	if (json_parse(op->value, strlen(op->value), "value", &value, err) == -1) {
		if (err->code == ERROR_LIMIT)
			return -1;
		value = json_string(op->value);
	}
	object = json_pack("{s:o}", op->key, value);
	if (restore(e, op->value, around, &object, err) == -1)
		return -1;
	value = json_object_get(object, op->key);
	*out = json_is_null(value) ? NULL : json_incref(value);
	json_decref(object);
	return 0;
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
    TEXT(wrapper, 0, "the HTTP server whose listener wrapper's list it goes to"),
    TEXT(in, 0, "the route whose subroute it goes to"),
    PLACE,
    VALUE("route", "the route, as JSON text or as a Caddyfile's route block"),
    FIELD_END,
};

static int route_add(struct edit *e, const struct operation *op, struct error *err)
{
	struct destination to = {.server = op->server, .wrapper = op->wrapper, .in = op->in};
	json_t *route;
	int rc;

	if (place_of(op, &to.place, &to.anchor, err) == -1 || parse_route(e, op, &route, err) == -1)
		return -1;
	rc = edit_route_add(e, &to, route, err);
	json_decref(route);
	return rc;
}

static const struct field route_replace_fields[] = {
    TEXT(id, FIELD_REQUIRED, "the route"),
    VALUE("route", "what takes its place, likewise"),
    EXISTING,
    FIELD_END,
};

static int route_replace(struct edit *e, const struct operation *op, struct error *err)
{
	json_t *route;
	int rc;

	if (parse_route(e, op, &route, err) == -1)
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
	json_t *value;
	int rc;

	if (parse_member(e, op, NULL, &value, err) == -1)
		return -1;
	rc = edit_route_set(e, op->id, op->key, value, err);
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

static const struct field route_enable_fields[] = {
    TEXT(id, FIELD_REQUIRED, "the route"),
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

	if (parse_object(e, op, "upstream", "upstreams", &upstream, err) == -1)
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
	json_t *value;
	int rc;

	if (parse_member(e, op, "upstreams", &value, err) == -1)
		return -1;
	rc = edit_upstream_set(e, op->proxy, op->id, op->key, value, err);
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

	if (parse_object(e, op, "server", NULL, &server, err) == -1)
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
    {"route.enable", "ask a route again", route_enable_fields, route_enable, false},
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
