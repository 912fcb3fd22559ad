/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "daemon/core/load.h"
#include "daemon/core/matcher.h"
#include "daemon/input/settings.h"
#include "daemon/wire/postgres.h"

enum { TLS_ANY, TLS_ENABLED, TLS_DISABLED };

static const char *const tls_names[] = {"", "enabled", "disabled", NULL};

struct user {
	const char *name;
	struct strings databases; /* none: any */
};

struct users {
	struct user *items;
	size_t count;
};

struct params {
	struct users users;
	struct strings clients;
	int tls;
};

/* --- loading --------------------------------------------------------------------------------- */

static int load_databases(
    struct load *load, const struct jnode *node, struct strings *out, struct error *err)
{
	size_t i;

	if (json_is_null(node->value))
		return 0;
	if (jnode_array(node, err) == -1)
		return -1;
	out->items = arena_array(load->arena, json_array_size(node->value), sizeof(*out->items));
	for (i = 0; i < json_array_size(node->value); i++) {
		struct jnode item = jnode_item(node, i);
		const char *text;

		if (jnode_string(&item, &text, err) == -1)
			return -1;
		out->items[out->count++] = arena_strdup(load->arena, text);
	}
	return 0;
}

static int load_users(struct load *load, const struct jnode *node, void *target, struct error *err)
{
	struct users *users = target;
	const char *name;
	json_t *value;

	if (json_is_null(node->value))
		return 0;
	if (jnode_object(node, err) == -1)
		return -1;
	users->items =
	    arena_array(load->arena, json_object_size(node->value), sizeof(*users->items));
	json_object_foreach (node->value, name, value) {
		struct user *user = &users->items[users->count++];
		struct jnode databases = jnode_member(node, name);

		user->name = arena_strdup(load->arena, name);
		if (load_databases(load, &databases, &user->databases, err) == -1)
			return -1;
	}
	return 0;
}

static const struct shape databases_shape = {.type = SHAPE_LIST, .of = &shape_text, .null = true};
static const struct shape users_shape = {.type = SHAPE_MAP, .of = &databases_shape, .null = true};

static const struct field fields[] = {
    FIELD_CUSTOM(struct params, users, "user", 0, load_users, &users_shape,
	"user names, each with a list of databases (none: any)"),
    FIELD_STRINGS(struct params, clients, "client", 0, "application names"),
    FIELD_ENUM(struct params, tls, "tls", 0, NULL, tls_names,
	"whether the client must ask for TLS first: enabled, disabled, or empty"),
    FIELD_END,
};

/* --- matching -------------------------------------------------------------------------------- */

/* The last one of that name. */
static bool find_parameter(const struct postgres_first *first, const char *name, struct span *out)
{
	struct span rest = first->parameters, key, value;
	bool found = false;

	while (postgres_next_parameter(&rest, &key, &value)) {
		if (span_eq_str(key, name)) {
			*out = value;
			found = true;
		}
	}
	return found;
}

static bool contains(const struct strings *list, struct span text)
{
	size_t i;

	for (i = 0; i < list->count; i++) {
		if (span_eq_str(text, list->items[i]))
			return true;
	}
	return false;
}

static const struct user *find_user(const struct users *users, struct span name)
{
	size_t i;

	for (i = 0; i < users->count; i++) {
		if (span_eq_str(name, users->items[i].name))
			return &users->items[i];
	}
	return NULL;
}

/* "*" stands for clients that name no user, and those must name a listed database. */
static bool match_user(const struct users *users, const struct postgres_first *first)
{
	struct span name, database;
	bool has_database = find_parameter(first, "database", &database);
	const struct user *user;

	if (!find_parameter(first, "user", &name)) {
		user = find_user(users, span_str("*"));
		return user != NULL && has_database && contains(&user->databases, database);
	}
	user = find_user(users, name);
	if (user == NULL)
		return false;
	return user->databases.count == 0 || !has_database || contains(&user->databases, database);
}

static bool match_startup(const struct params *p, const struct postgres_first *first)
{
	struct span client;

	if (p->users.count > 0 && !match_user(&p->users, first))
		return false;
	return p->clients.count == 0 || (find_parameter(first, "application_name", &client) &&
					    contains(&p->clients, client));
}

static enum match_verdict match(const void *params, struct match_input *in)
{
	const struct params *p = params;
	struct postgres_first first;
	enum wire_verdict verdict = postgres_parse(in->bytes, &first);
	bool tls;

	if (verdict != WIRE_YES)
		return match_wire(in, verdict);
	tls = first.kind == POSTGRES_SSL_REQUEST;
	if ((p->tls == TLS_ENABLED && !tls) || (p->tls == TLS_DISABLED && tls))
		return MATCH_NO;
	if (p->users.count == 0 && p->clients.count == 0)
		return MATCH_YES;
	return first.kind == POSTGRES_STARTUP && match_startup(p, &first) ? MATCH_YES : MATCH_NO;
}

/* --- Caddyfile ------------------------------------------------------------------------------- */

/* "user <name> [<database>...]"; lines of the same name add up. Without databases it is null. */
static int adapt_user(struct dispenser *d, json_t *out, struct error *err)
{
	const char *name = dispenser_arg(d), *database;
	json_t *users = json_object_get(out, "user"), *list;

	if (name == NULL)
		return dispenser_arg_error(d, err);
	if (users == NULL) {
		users = json_object();
		json_object_set_new(out, "user", users);
	}
	list = json_incref(json_object_get(users, name));
	while ((database = dispenser_arg(d)) != NULL) {
		if (!json_is_array(list)) {
			json_decref(list);
			list = json_array();
		}
		json_array_append_new(list, json_string(database));
	}
	return json_object_set_new(users, name, list != NULL ? list : json_null());
}

static int adapt_tls(struct dispenser *d, json_t *out, struct error *err)
{
	const char *text;

	if (json_object_get(out, "tls") != NULL)
		return dispenser_error(d, err, ERROR_INVALID, "duplicate option 'tls'");
	if (dispenser_one(d, &text, err) == -1)
		return -1;
	if (strcmp(text, "*") == 0)
		return 0;
	if (strcmp(text, "enabled") != 0 && strcmp(text, "disabled") != 0)
		return dispenser_error(
		    d, err, ERROR_INVALID, "'%s' is none of enabled, disabled, *", text);
	return json_object_set_new(out, "tls", json_string(text));
}

static const struct setting settings[] = {
    {"user", SETTING_CUSTOM, NULL, adapt_user},
    {"client", SETTING_ADD, "client", NULL},
    {"tls", SETTING_CUSTOM, NULL, adapt_tls},
    {NULL, 0, NULL, NULL},
};

static int adapt(struct dispenser *d, json_t **out, struct error *err)
{
	return settings_adapt_module(d, settings, "postgres option", out, err);
}

const struct matcher_type matcher_postgres = {
    .name = "postgres",
    .help = "a PostgreSQL client, perhaps of a user, database or program",
    .bytes = true,
    .fields = fields,
    .params_size = sizeof(struct params),
    .match = match,
    .adapt = adapt,
};
