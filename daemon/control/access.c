/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "daemon/control/access.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/control/level.h"
#include "daemon/control/server.h"
#include "daemon/core/load.h"
#include "daemon/core/trust.h"

struct control_settings {
	struct level_grants users, groups;
	const char *text; /* of the whole, to tell a change from none */
};

/* ---- names ---------------------------------------------------------------------------------- */

static bool find_user(const char *name, id_t *out)
{
	const struct passwd *user = getpwnam(name);

	if (user != NULL)
		*out = user->pw_uid;
	return user != NULL;
}

static bool find_group(const char *name, id_t *out)
{
	const struct group *group = getgrnam(name);

	if (group != NULL)
		*out = group->gr_gid;
	return group != NULL;
}

/* A name of the system's, else a number. */
static int read_id(const struct jnode *node, const char *what,
    bool (*find)(const char *name, id_t *out), id_t *out, struct error *err)
{
	unsigned long number;
	char *end;

	if (find(node->key, out))
		return 0;
	errno = 0;
	number = strtoul(node->key, &end, 10);
	if (node->key[0] < '0' || node->key[0] > '9' || *end != '\0' || errno != 0 ||
	    number >= (id_t)-1)
		return jnode_error(node, err, ERROR_INVALID,
		    "there is no such %s; add the %s to the system, or write its number", what,
		    what);
	*out = (id_t)number;
	return 0;
}

static int read_level(const struct jnode *node, enum level *out, struct error *err)
{
	const char *text;

	if (jnode_string(node, &text, err) == -1)
		return -1;
	if (level_parse(span_str(text), out))
		return 0;
	return jnode_error(node, err, ERROR_INVALID,
	    "'%s' is no level; they are none, observe, operate, admin", text);
}

/* ---- the document --------------------------------------------------------------------------- */

static int load_grants(struct load *load, const struct jnode *node, const char *what,
    bool (*find)(const char *name, id_t *out), struct level_grants *out, struct error *err)
{
	struct level_grant *items;
	const char *name;
	json_t *value;

	if (jnode_object(node, err) == -1)
		return -1;
	items = arena_array(load->arena, json_object_size(node->value), sizeof(*items));
	json_object_foreach (node->value, name, value) {
		struct jnode member = jnode_member(node, name);
		struct level_grant *grant = &items[out->count++];

		if (read_id(&member, what, find, &grant->id, err) == -1 ||
		    read_level(&member, &grant->level, err) == -1)
			return -1;
	}
	out->items = items;
	return 0;
}

static int load_users(struct load *load, const struct jnode *node, void *target, struct error *err)
{
	return load_grants(load, node, "user", find_user, target, err);
}

static int load_groups(struct load *load, const struct jnode *node, void *target, struct error *err)
{
	return load_grants(load, node, "group", find_group, target, err);
}

static const struct shape level_shape = {.type = SHAPE_ENUM, .names = level_names};
static const struct shape grants_shape = {.type = SHAPE_MAP, .of = &level_shape};

static const struct field fields[] = {
    FIELD_CUSTOM(struct control_settings, users, "users", 0, load_users, &grants_shape,
	"levels of users, by name or number: none, observe, operate, admin"),
    FIELD_CUSTOM(struct control_settings, groups, "groups", 0, load_groups, &grants_shape,
	"levels of the members of groups"),
    FIELD_END,
};

static const char *text_of(struct arena *arena, const json_t *value)
{
	char *dump = json_dumps(value, JSON_COMPACT | JSON_SORT_KEYS);
	const char *copy = arena_strdup(arena, dump);

	free(dump);
	return copy;
}

/* Whoever could change this could have every level. */
static int check_change(const struct load *load, const struct jnode *node,
    const struct control_settings *now, struct error *err)
{
	const struct control_settings *before = load->before != NULL ? load->before->control : NULL;

	if (load->trust == NULL || !load->trust->limited)
		return 0;
	if ((before == NULL && now == NULL) ||
	    (before != NULL && now != NULL && strcmp(before->text, now->text) == 0))
		return 0;
	return jnode_error(
	    node, err, ERROR_DENIED, "who may do what is changed at the level admin alone");
}

static int load_control(struct load *load, const struct jnode *node, struct error *err)
{
	struct control_settings *s = NULL;

	if (node->value != NULL) {
		s = arena_alloc(load->arena, sizeof(*s));
		if (jnode_object(node, err) == -1 ||
		    fields_load(fields, load, node, NULL, load->arena, s, err) == -1)
			return -1;
		s->text = text_of(load->arena, node->value);
	}
	load->instance->control = s;
	return check_change(load, node, s, err);
}

static void published(struct instance *in)
{
	static const struct level_grants none = {.count = 0};
	const struct control_settings *s = in->control;

	control_server_grant(s != NULL ? &s->users : &none, s != NULL ? &s->groups : &none);
}

const struct app_type app_control = {
    .name = "control",
    .help = "who may use the control socket, beside the apps of the document",
    .top = true,
    .fields = fields,
    .load = load_control,
    .published = published,
};
