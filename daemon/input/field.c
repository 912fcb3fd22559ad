/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "daemon/input/field.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/duration.h"
#include "common/errors.h"

/* More than any table has, with "@id" and the extra key. */
#define NAMES_MAX 96

/* --- defaults: texts in our own tables, so that a wrong one is a fault of the program --- */

static int name_index(const char *const *names, const char *text)
{
	int i;

	for (i = 0; names[i] != NULL; i++)
		if (strcmp(names[i], text) == 0)
			return i;
	return -1;
}

static void must(bool good, const struct field *field)
{
	if (good)
		return;
	fprintf(
	    stderr, "the default '%s' of field '%s' is malformed\n", field->fallback, field->name);
	abort();
}

static void set_default(const struct field *field, void *target);

/* Hidden ones first: an old name may stand for the same member as the present one. */
static void set_defaults(const struct field *fields, void *params)
{
	const struct field *field;

	for (field = fields; field->name != NULL; field++)
		if (field->flags & FIELD_HIDDEN)
			set_default(field, (char *)params + field->offset);
	for (field = fields; field->name != NULL; field++)
		if (!(field->flags & FIELD_HIDDEN))
			set_default(field, (char *)params + field->offset);
}

static void set_default(const struct field *field, void *target)
{
	const char *text = field->fallback;
	char *end = NULL;

	if (field->type == FIELD_TYPE_OBJECT) {
		set_defaults(field->fields, target);
		return;
	}
	switch (field->type) {
	case FIELD_TYPE_BOOL:
		*(bool *)target = text != NULL && strcmp(text, "true") == 0;
		break;
	case FIELD_TYPE_INT:
		*(int64_t *)target = text != NULL ? strtoll(text, &end, 10) : 0;
		must(text == NULL || *end == '\0', field);
		break;
	case FIELD_TYPE_FLOAT:
		*(double *)target = text != NULL ? strtod(text, &end) : 0;
		must(text == NULL || *end == '\0', field);
		break;
	case FIELD_TYPE_DURATION:
		*(int64_t *)target = 0;
		must(text == NULL || duration_parse(text, target), field);
		break;
	case FIELD_TYPE_STRING:
		*(const char **)target = text;
		break;
	case FIELD_TYPE_STRINGS:
		*(struct strings *)target = (struct strings){0};
		break;
	case FIELD_TYPE_ENUM:
		*(int *)target = text != NULL ? name_index(field->names, text) : 0;
		must(*(int *)target >= 0, field);
		break;
	case FIELD_TYPE_OBJECTS:
		*(struct objects *)target = (struct objects){0};
		break;
	default:
		break; /* FIELD_TYPE_CUSTOM: the module knows what zero means */
	}
}

/* --- loading --- */

static int (*watcher)(
    struct load *load, const struct field *field, const struct jnode *node, struct error *err);

void fields_watch(int (*seen)(
    struct load *load, const struct field *field, const struct jnode *node, struct error *err))
{
	watcher = seen;
}

static int load_int(
    const struct field *field, const struct jnode *node, int64_t *out, struct error *err)
{
	bool any = field->min == 0 && field->max == 0;

	return jnode_int(
	    node, any ? INT64_MIN : field->min, any ? INT64_MAX : field->max, out, err);
}

static int load_float(
    const struct field *field, const struct jnode *node, double *out, struct error *err)
{
	bool any = field->min == 0 && field->max == 0;
	double value;

	if (!json_is_number(node->value))
		return jnode_type_error(node, "a number", err);
	value = json_number_value(node->value);
	if (!any && (value < (double)field->min || value > (double)field->max))
		return jnode_error(node, err, ERROR_INVALID, "must be from %lld to %lld, not %g",
		    (long long)field->min, (long long)field->max, value);
	*out = value;
	return 0;
}

static const char *copy_string(struct arena *arena, const json_t *value)
{
	return arena_strndup(arena, json_string_value(value), json_string_length(value));
}

static int load_string(
    const struct jnode *node, struct arena *arena, const char **out, struct error *err)
{
	const char *text;

	if (jnode_string(node, &text, err) == -1)
		return -1;
	*out = copy_string(arena, node->value);
	return 0;
}

static int load_strings(
    const struct jnode *node, struct arena *arena, struct strings *out, struct error *err)
{
	size_t count, i;

	if (!json_is_array(node->value))
		return jnode_type_error(node, "an array of strings", err);
	count = json_array_size(node->value);
	*out = (struct strings){.items = arena_array(arena, count, sizeof(*out->items))};
	for (i = 0; i < count; i++) {
		struct jnode item = jnode_item(node, i);

		if (load_string(&item, arena, &out->items[i], err) == -1)
			return -1;
		out->count++;
	}
	return 0;
}

static int load_enum(
    const struct field *field, const struct jnode *node, int *out, struct error *err)
{
	char list[256] = "";
	const char *text, *near;
	size_t used = 0;
	int i;

	if (jnode_string(node, &text, err) == -1)
		return -1;
	i = name_index(field->names, text);
	if (i >= 0) {
		*out = i;
		return 0;
	}
	near = error_suggest(text, field->names);
	if (near != NULL)
		return jnode_error(
		    node, err, ERROR_INVALID, "unknown value '%s', did you mean '%s'?", text, near);
	for (i = 0; field->names[i] != NULL && used < sizeof(list); i++)
		used += (size_t)snprintf(
		    list + used, sizeof(list) - used, "%s%s", i > 0 ? ", " : "", field->names[i]);
	return jnode_error(
	    node, err, ERROR_INVALID, "unknown value '%.64s'; known are: %s", text, list);
}

static int load_objects(const struct field *field, struct load *load, const struct jnode *node,
    struct arena *arena, struct objects *out, struct error *err)
{
	size_t count, i;
	int rc = 0;

	if (!json_is_array(node->value))
		return jnode_type_error(node, "an array of objects", err);
	count = json_array_size(node->value);
	*out = (struct objects){.items = arena_array(arena, count, field->size)};
	for (i = 0; i < count; i++) {
		struct jnode item = jnode_item(node, i);
		char *params = (char *)out->items + i * field->size;

		if (!errors_go_on(fields_load(field->fields, load, &item, NULL, arena, params, err),
			&rc, err))
			break;
		out->count++;
	}
	return rc;
}

static int load_value(const struct field *field, struct load *load, const struct jnode *node,
    struct arena *arena, void *target, struct error *err)
{
	switch (field->type) {
	case FIELD_TYPE_BOOL:
		return jnode_bool(node, target, err);
	case FIELD_TYPE_INT:
		return load_int(field, node, target, err);
	case FIELD_TYPE_FLOAT:
		return load_float(field, node, target, err);
	case FIELD_TYPE_DURATION:
		return jnode_duration(node, target, err);
	case FIELD_TYPE_STRING:
		return load_string(node, arena, target, err);
	case FIELD_TYPE_STRINGS:
		return load_strings(node, arena, target, err);
	case FIELD_TYPE_ENUM:
		return load_enum(field, node, target, err);
	case FIELD_TYPE_OBJECT:
		return fields_load(field->fields, load, node, NULL, arena, target, err);
	case FIELD_TYPE_OBJECTS:
		return load_objects(field, load, node, arena, target, err);
	case FIELD_TYPE_CUSTOM:
		return field->load(load, node, target, err);
	}
	return jnode_error(node, err, ERROR_INTERNAL, "has no type");
}

/* null stands for "not given", as in Go, unless the module itself reads the value. */
static bool is_given(const struct field *field, const json_t *value)
{
	return value != NULL && (field->type == FIELD_TYPE_CUSTOM || !json_is_null(value));
}

static int load_field(const struct field *field, struct load *load, const struct jnode *object,
    struct arena *arena, void *target, struct error *err)
{
	struct jnode node = jnode_member(object, field->name);

	if (is_given(field, node.value)) {
		if (load != NULL && watcher != NULL && watcher(load, field, &node, err) == -1)
			return -1;
		return load_value(field, load, &node, arena, target, err);
	}
	if (field->flags & FIELD_REQUIRED)
		return jnode_error(&node, err, ERROR_INVALID, "is required: %s",
		    field->help != NULL ? field->help : "give it a value");
	return 0;
}

static bool is_expected(const struct field *fields, const char *extra, const char *key)
{
	if (strcmp(key, "@id") == 0 || (extra != NULL && strcmp(key, extra) == 0))
		return true;
	for (; fields->name != NULL; fields++)
		if (strcmp(key, fields->name) == 0)
			return true;
	return false;
}

/* Hidden fields are not suggested. */
static int unknown_error(const struct field *fields, const struct jnode *object, const char *extra,
    const char *key, struct error *err)
{
	const char *names[NAMES_MAX];
	size_t count = 0;

	for (; fields->name != NULL && count < NAMES_MAX - 3; fields++)
		if (!(fields->flags & FIELD_HIDDEN))
			names[count++] = fields->name;
	names[count++] = "@id";
	if (extra != NULL)
		names[count++] = extra;
	names[count] = NULL;
	return jnode_unknown(object, key, names, err);
}

int fields_load(const struct field *fields, struct load *load, const struct jnode *object,
    const char *extra, struct arena *arena, void *params, struct error *err)
{
	const struct field *field;
	const char *key;
	json_t *value;
	bool misspelt;
	int rc = 0;

	if (jnode_object(object, err) == -1)
		return -1;
	json_object_foreach (object->value, key, value)
		if (!is_expected(fields, extra, key) &&
		    !errors_go_on(unknown_error(fields, object, extra, key, err), &rc, err))
			return -1;
	misspelt = rc == -1;
	set_defaults(fields, params);
	for (field = fields; field->name != NULL; field++) {
		/* What is missing is likely to be what has the wrong name. */
		if (misspelt && json_object_get(object->value, field->name) == NULL)
			continue;
		if (!errors_go_on(
			load_field(field, load, object, arena, (char *)params + field->offset, err),
			&rc, err))
			break;
	}
	return rc;
}
