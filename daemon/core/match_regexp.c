/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "daemon/core/match_regexp.h"

#include <string.h>

#include "daemon/core/load.h"
#include "daemon/core/replacer.h"
#include "daemon/regex/regex.h"

#define GROUPS_MAX 64 /* that are kept of one match */

const struct field match_regexp_fields[] = {
    FIELD_STRING(struct match_regexp, name, "name", 0,
	"keeps the captured groups apart from those of other expressions"),
    FIELD_STRING(struct match_regexp, pattern, "pattern", FIELD_REQUIRED | FIELD_ENV,
	"regular expression, Go's syntax"),
    FIELD_END,
};

static const struct shape regexp_shape = {.type = SHAPE_OBJECT, .fields = match_regexp_fields};
const struct shape match_regexps_shape = {.type = SHAPE_MAP, .of = &regexp_shape};

static bool name_valid(const char *name)
{
	for (; *name != '\0'; name++) {
		if (strchr(".{} ", *name) != NULL)
			return false;
	}
	return true;
}

static void make_keys(struct arena *arena, const char *prefix, struct match_regexp *re)
{
	size_t count = regex_group_count(re->regex), i;
	bool named = re->name != NULL && re->name[0] != '\0';

	if (count > GROUPS_MAX)
		count = GROUPS_MAX;
	re->keys = arena_array(arena, count, sizeof(*re->keys));
	for (i = 0; i < count; i++) {
		const char *group = regex_group_name(re->regex, i);

		re->keys[i][0] = arena_printf(arena, "%s.%zu", prefix, i);
		if (named)
			re->keys[i][1] = arena_printf(arena, "%s.%s.%zu", prefix, re->name, i);
		if (group != NULL)
			re->keys[i][2] = arena_printf(arena, "%s.%s", prefix, group);
		if (group != NULL && named)
			re->keys[i][3] = arena_printf(arena, "%s.%s.%s", prefix, re->name, group);
	}
}

int match_pattern_load(struct load *load, const struct jnode *node, const char *key,
    const char *pattern, unsigned flags, struct regex **out, struct error *err)
{
	struct jnode member = jnode_member(node, key);
	struct error cause;

	*out = NULL;
	if (pattern == NULL || pattern[0] == '\0')
		return 0;
	*out = regex_new(load->arena, replace_at_load(load->arena, pattern), flags, &cause);
	if (*out == NULL)
		return jnode_error(&member, err, cause.code, "%s", cause.message);
	return 0;
}

int match_regexp_load(struct load *load, const struct jnode *node, const char *prefix,
    struct match_regexp *re, struct error *err)
{
	struct jnode name = jnode_member(node, "name"), pattern = jnode_member(node, "pattern");
	struct error cause;

	if (re->name != NULL && !name_valid(re->name))
		return jnode_error(&name, err, ERROR_INVALID,
		    "'%s' cannot be part of a placeholder's name", re->name);
	re->regex =
	    regex_new(load->arena, replace_at_load(load->arena, re->pattern), REGEX_TEXT, &cause);
	if (re->regex == NULL)
		return jnode_error(&pattern, err, cause.code, "%s", cause.message);
	make_keys(load->arena, prefix, re);
	return 0;
}

bool match_regexp(const struct match_regexp *re, struct span text, struct facts *facts)
{
	struct span groups[GROUPS_MAX];
	size_t count = regex_group_count(re->regex), i, k;

	if (count > GROUPS_MAX)
		count = GROUPS_MAX;
	if (!regex_match(re->regex, text, groups, count))
		return false;
	/* The keys lie in the route's memory, which the connection may outlive. */
	for (i = 0; facts != NULL && i < count; i++) {
		for (k = 0; k < 4; k++) {
			if (re->keys[i][k] != NULL)
				facts_set_copied(facts, re->keys[i][k], groups[i]);
		}
	}
	return true;
}

int match_regexp_adapt(struct dispenser *d, json_t **out, struct error *err)
{
	size_t count = dispenser_args_left(d);
	json_t *object;

	if (count < 1 || count > 2)
		return dispenser_arg_error(d, err);
	object = json_object();
	if (count == 2)
		json_object_set_new(object, "name", json_string(dispenser_arg(d)));
	json_object_set_new(object, "pattern", json_string(dispenser_arg(d)));
	*out = object;
	return 0;
}
