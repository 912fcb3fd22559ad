/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "daemon/input/schema.h"

#include <stdlib.h>
#include <string.h>

#include "common/duration.h"
#include "daemon/input/field.h"

#define DIALECT "https://json-schema.org/draft/2020-12/schema"
/* As duration_parse() has it: integers are nanoseconds. */
#define DURATION_PATTERN                                                                           \
	"^[+]?(0|(([0-9]+([.][0-9]*)?|[.][0-9]+)(ns|us|\xc2\xb5s|\xce\xbcs|ms|s|m|h|d))+)$"

const struct shape shape_nothing = {.type = SHAPE_NOTHING};
const struct shape shape_any = {.type = SHAPE_ANY};
const struct shape shape_empty = {.type = SHAPE_EMPTY};
const struct shape shape_bool = {.type = SHAPE_BOOL};
const struct shape shape_text = {.type = SHAPE_TEXT};
const struct shape shape_texts = {.type = SHAPE_LIST, .of = &shape_text};

struct making {
	json_t *definitions; /* by the name of their shape */
	struct error *err;   /* of the first fault */
	bool faulty;
};

static json_t *of_shape(struct making *m, const struct shape *shape);
static json_t *of_fields(
    struct making *m, const struct field *fields, const char *tag, const char *module);

/* A stand-in, so that building goes on; what was built is not given out. */
static json_t *fault(struct making *m, const char *what)
{
	if (!m->faulty)
		error_set(m->err, ERROR_INTERNAL, "%s", what);
	m->faulty = true;
	return json_false();
}

/* ---- plain values -------------------------------------------------------------------------- */

static json_t *of_type(const char *type)
{
	return json_pack("{s:s}", "type", type);
}

static json_t *of_range(const char *type, int64_t min, int64_t max)
{
	json_t *out = of_type(type);

	if (min == 0 && max == 0)
		return out;
	if (min != INT64_MIN)
		json_object_set_new(out, "minimum", json_integer(min));
	if (max != INT64_MAX)
		json_object_set_new(out, "maximum", json_integer(max));
	return out;
}

static json_t *of_names(const char *const *names)
{
	json_t *list = json_array();
	size_t i;

	for (i = 0; names[i] != NULL; i++)
		json_array_append_new(list, json_string(names[i]));
	return json_pack("{s:o}", "enum", list);
}

static json_t *refer(const char *name)
{
	return json_pack("{s:s+}", "$ref", "#/$defs/", name);
}

static json_t *of_duration(struct making *m)
{
	static const char name[] = "duration";

	if (json_object_get(m->definitions, name) == NULL)
		json_object_set_new(m->definitions, name,
		    json_pack("{s:s, s:[{s:s, s:i}, {s:s, s:s}]}", "description",
			"nanoseconds, or a text such as 1m30s", "anyOf", "type", "integer",
			"minimum", 0, "type", "string", "pattern", DURATION_PATTERN));
	return refer(name);
}

/* Takes schema. */
static json_t *or_null(json_t *schema)
{
	json_t *type = json_object_get(schema, "type"), *names = json_object_get(schema, "enum");

	if (json_is_string(type))
		json_object_set_new(schema, "type", json_pack("[O, s]", type, "null"));
	else if (names != NULL)
		json_array_append_new(names, json_null());
	else
		return json_pack("{s:[o, {s:s}]}", "anyOf", schema, "type", "null");
	return schema;
}

/* ---- fields -------------------------------------------------------------------------------- */

static json_t *default_of(const struct field *field)
{
	const char *text = field->fallback;

	switch (field->type) {
	case FIELD_TYPE_BOOL:
		return json_boolean(text != NULL && strcmp(text, "true") == 0);
	case FIELD_TYPE_INT:
		return json_integer(text != NULL ? strtoll(text, NULL, 10) : 0);
	case FIELD_TYPE_FLOAT:
		return json_real(text != NULL ? strtod(text, NULL) : 0);
	case FIELD_TYPE_DURATION:
		return json_string(text != NULL ? text : "0s");
	case FIELD_TYPE_ENUM:
		return json_string(text != NULL ? text : field->names[0]);
	default:
		return text != NULL ? json_string(text) : NULL;
	}
}

static void annotate(const struct field *field, json_t *schema)
{
	static const struct {
		unsigned flag;
		const char *name;
	} names[] = {{FIELD_PATH, "path"}, {FIELD_ENV, "env"}, {FIELD_OPEN, "open"},
	    {FIELD_PLACEHOLDERS, "placeholders"}, {FIELD_ADDRESS, "address"}};
	json_t *flags = json_array(), *fallback = default_of(field);
	size_t i;

	if (field->help != NULL)
		json_object_set_new(schema, "description", json_string(field->help));
	if (fallback != NULL && !(field->flags & FIELD_REQUIRED))
		json_object_set(schema, "default", fallback);
	if (field->flags & FIELD_SECRET)
		json_object_set_new(schema, "writeOnly", json_true());
	if (field->flags & FIELD_HIDDEN)
		json_object_set_new(schema, "deprecated", json_true());
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (field->flags & names[i].flag)
			json_array_append_new(flags, json_string(names[i].name));
	if (json_array_size(flags) > 0)
		json_object_set(schema, "x-flags", flags);
	json_decref(flags);
	json_decref(fallback);
}

static json_t *of_custom(struct making *m, const struct field *field)
{
	if (field->shape != NULL)
		return of_shape(m, field->shape);
	if (field->fields != NULL)
		return or_null(of_fields(m, field->fields, NULL, NULL));
	return fault(m, "the field has no shape");
}

static json_t *of_plain(struct making *m, const struct field *field)
{
	switch (field->type) {
	case FIELD_TYPE_BOOL:
		return of_type("boolean");
	case FIELD_TYPE_INT:
		return of_range("integer", field->min, field->max);
	case FIELD_TYPE_FLOAT:
		return of_range("number", field->min, field->max);
	case FIELD_TYPE_DURATION:
		return of_duration(m);
	case FIELD_TYPE_STRING:
		return of_type("string");
	case FIELD_TYPE_STRINGS:
		return of_shape(m, &shape_texts);
	case FIELD_TYPE_ENUM:
		return of_names(field->names);
	case FIELD_TYPE_OBJECT:
		return of_fields(m, field->fields, NULL, NULL);
	case FIELD_TYPE_OBJECTS:
		return json_pack("{s:s, s:o}", "type", "array", "items",
		    of_fields(m, field->fields, NULL, NULL));
	case FIELD_TYPE_CUSTOM:
		break;
	}
	return of_custom(m, field);
}

/* What loading takes for "not given" is allowed, too: see fields_load(). */
static json_t *of_field(struct making *m, const struct field *field)
{
	bool was_faulty = m->faulty;
	json_t *schema = of_plain(m, field);

	if (m->faulty && !was_faulty)
		error_at(m->err, "%s", field->name);
	if (field->type != FIELD_TYPE_CUSTOM && !(field->flags & FIELD_REQUIRED))
		schema = or_null(schema);
	if (json_is_object(schema))
		annotate(field, schema);
	return schema;
}

/* An object; with tag, that member is module's name. */
static json_t *of_fields(
    struct making *m, const struct field *fields, const char *tag, const char *module)
{
	json_t *members = json_object(), *required = json_array(), *out;

	json_object_set_new(members, "@id", of_type("string"));
	if (tag != NULL)
		json_object_set_new(members, tag, json_pack("{s:s}", "const", module));
	for (; fields != NULL && fields->name != NULL; fields++) {
		json_object_set_new(members, fields->name, of_field(m, fields));
		if (fields->flags & FIELD_REQUIRED)
			json_array_append_new(required, json_string(fields->name));
	}
	out = json_pack(
	    "{s:s, s:o, s:b}", "type", "object", "properties", members, "additionalProperties", 0);
	if (json_array_size(required) > 0)
		json_object_set(out, "required", required);
	json_decref(required);
	return out;
}

/* ---- modules ------------------------------------------------------------------------------- */

static json_t *of_module(struct making *m, const struct shape_module *module, const char *tag)
{
	bool was_faulty = m->faulty;
	json_t *schema;

	if (module->shape != NULL)
		schema = of_shape(m, module->shape);
	else if (module->fields != NULL || tag != NULL)
		schema = of_fields(m, module->fields, tag, module->name);
	else
		schema = fault(m, "the module has neither fields nor a shape");
	if (m->faulty && !was_faulty)
		error_at(m->err, "%s", module->name);
	if (module->help != NULL && json_is_object(schema))
		json_object_set_new(schema, "description", json_string(module->help));
	return schema;
}

static json_t *of_keyed(struct making *m, const struct shape *shape)
{
	json_t *members = json_object();
	struct shape_module module;
	size_t i;

	json_object_set_new(members, "@id", of_type("string"));
	for (i = 0; shape->module(i, &module); i++)
		json_object_set_new(members, module.name, of_module(m, &module, NULL));
	return json_pack(
	    "{s:s, s:o, s:b}", "type", "object", "properties", members, "additionalProperties", 0);
}

/* One "if" for each module, so that a validator complains about the one that is named. */
static json_t *of_tagged(struct making *m, const struct shape *shape)
{
	json_t *names = json_array(), *each = json_array();
	struct shape_module module;
	size_t i;

	for (i = 0; shape->module(i, &module); i++) {
		json_array_append_new(names, json_string(module.name));
		json_array_append_new(
		    each, json_pack("{s:{s:{s:{s:s}}, s:[s]}, s:o}", "if", "properties", shape->tag,
			      "const", module.name, "required", shape->tag, "then",
			      of_module(m, &module, shape->tag)));
	}
	return json_pack("{s:s, s:[s], s:{s:{s:o}}, s:o}", "type", "object", "required", shape->tag,
	    "properties", shape->tag, "enum", names, "allOf", each);
}

/* ---- shapes -------------------------------------------------------------------------------- */

static json_t *of_choices(struct making *m, const struct shape *const *choices)
{
	json_t *list = json_array();

	for (; *choices != NULL; choices++)
		json_array_append_new(list, of_shape(m, *choices));
	return json_pack("{s:o}", "anyOf", list);
}

static json_t *build(struct making *m, const struct shape *shape)
{
	switch (shape->type) {
	case SHAPE_NOTHING:
		return json_false();
	case SHAPE_ANY:
		return json_object();
	case SHAPE_EMPTY:
		return json_pack("{s:[n, b, s, [], {}]}", "enum", 0, "");
	case SHAPE_BOOL:
		return of_type("boolean");
	case SHAPE_INT:
		return of_range("integer", shape->min, shape->max);
	case SHAPE_NUMBER:
		return of_range("number", shape->min, shape->max);
	case SHAPE_TEXT:
		return of_type("string");
	case SHAPE_ENUM:
		return of_names(shape->names);
	case SHAPE_DURATION:
		return of_duration(m);
	case SHAPE_OBJECT:
		return of_fields(m, shape->fields, NULL, NULL);
	case SHAPE_LIST:
		return json_pack("{s:s, s:o}", "type", "array", "items", of_shape(m, shape->of));
	case SHAPE_MAP:
		return json_pack(
		    "{s:s, s:o}", "type", "object", "additionalProperties", of_shape(m, shape->of));
	case SHAPE_EITHER:
		return of_choices(m, shape->choices);
	case SHAPE_KEYED:
		return of_keyed(m, shape);
	case SHAPE_TAGGED:
		return of_tagged(m, shape);
	}
	return fault(m, "the shape has no type");
}

static json_t *of_shape(struct making *m, const struct shape *shape)
{
	json_t *schema;

	if (shape->name != NULL && json_object_get(m->definitions, shape->name) != NULL)
		return refer(shape->name);
	if (shape->name != NULL) /* it may be within itself */
		json_object_set_new(m->definitions, shape->name, json_object());
	schema = build(m, shape);
	if (shape->null)
		schema = or_null(schema);
	if (shape->name == NULL)
		return schema;
	json_object_set_new(m->definitions, shape->name, schema);
	return refer(shape->name);
}

json_t *schema_make(const struct shape *root, const char *title, struct error *err)
{
	struct making m = {.definitions = json_object(), .err = err};
	json_t *out = json_pack("{s:s, s:s}", "$schema", DIALECT, "title", title);
	json_t *schema = of_shape(&m, root);

	json_object_update(out, schema);
	json_object_set(out, "$defs", m.definitions);
	json_decref(schema);
	json_decref(m.definitions);
	if (!m.faulty)
		return out;
	json_decref(out);
	return NULL;
}
