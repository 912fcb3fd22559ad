/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/config/compile.h"
#include "daemon/config/layer4.h"
#include "daemon/control/access.h"
#include "daemon/control/admin.h"
#include "daemon/http/app.h"
#include "daemon/input/field.h"
#include "daemon/input/schema.h"
#include "daemon/tls/app.h"
#include "daemon/tls/pki.h"
#include "tests/unit/modules.h"

static const struct app_type *const apps[] = {
    &app_pki, &app_tls, &app_layer4, &app_http, &app_admin, &app_control, NULL};

struct options {
	bool flag;
	int64_t number, span;
	const char *text;
	int choice;
};

static const char *const choices[] = {"first", "second", NULL};

static const struct field fields[] = {
    FIELD_BOOL(struct options, flag, "flag", 0, "a flag"),
    FIELD_INT(struct options, number, "number", FIELD_REQUIRED, NULL, 1, 9, "a number"),
    FIELD_DURATION(struct options, span, "span", FIELD_HIDDEN, "1m", "a duration"),
    FIELD_STRING(struct options, text, "text", FIELD_SECRET | FIELD_ENV, "a text"),
    FIELD_ENUM(struct options, choice, "choice", 0, "second", choices, "a choice"),
    FIELD_END,
};

static const struct shape shape = {.type = SHAPE_OBJECT, .fields = fields};

/* What the schema of a table says of one of its fields, as text. */
static char *member(const struct shape *root, const char *name)
{
	struct error err;
	json_t *schema = schema_make(root, "test", &err);
	char *text;

	ck_assert_ptr_nonnull(schema);
	text =
	    json_dumps(json_object_get(json_object_get(schema, "properties"), name), JSON_COMPACT);
	json_decref(schema);
	ck_assert_ptr_nonnull(text);
	return text;
}

static void says(const char *name, const char *wanted)
{
	char *text = member(&shape, name);

	ck_assert_str_eq(text, wanted);
	free(text);
}

START_TEST(plain_fields)
{
	says("flag",
	    "{\"type\":[\"boolean\",\"null\"],\"description\":\"a flag\",\"default\":false}");
	says("number",
	    "{\"type\":\"integer\",\"minimum\":1,\"maximum\":9,\"description\":\"a number\"}");
	says("span", "{\"anyOf\":[{\"$ref\":\"#/$defs/duration\"},{\"type\":\"null\"}],"
		     "\"description\":\"a duration\",\"default\":\"1m\",\"deprecated\":true}");
	says("text",
	    "{\"type\":[\"string\",\"null\"],\"description\":\"a text\",\"writeOnly\":true,"
	    "\"x-flags\":[\"env\"]}");
	says("choice", "{\"enum\":[\"first\",\"second\",null],\"description\":\"a choice\","
		       "\"default\":\"second\"}");
}
END_TEST

START_TEST(required_fields)
{
	struct error err;
	json_t *schema = schema_make(&shape, "test", &err);
	json_t *required = json_object_get(schema, "required");

	ck_assert_uint_eq(json_array_size(required), 1);
	ck_assert_str_eq(json_string_value(json_array_get(required, 0)), "number");
	ck_assert(json_is_false(json_object_get(schema, "additionalProperties")));
	json_decref(schema);
}
END_TEST

/* One within itself has a name, and refers to it. */
static const struct shape tree_shape;
static const struct shape trees_shape = {.type = SHAPE_LIST, .of = &tree_shape};
static const struct field tree_fields[] = {
    {.name = "branches", .type = FIELD_TYPE_CUSTOM, .shape = &trees_shape},
    FIELD_END,
};
static const struct shape tree_shape = {
    .type = SHAPE_OBJECT, .name = "tree", .fields = tree_fields};

START_TEST(within_itself)
{
	struct error err;
	json_t *schema = schema_make(&tree_shape, "test", &err), *at;

	ck_assert_str_eq(json_string_value(json_object_get(schema, "$ref")), "#/$defs/tree");
	at = json_object_get(json_object_get(schema, "$defs"), "tree");
	at = json_object_get(json_object_get(at, "properties"), "branches");
	at = json_object_get(json_object_get(at, "items"), "$ref");
	ck_assert_str_eq(json_string_value(at), "#/$defs/tree");
	json_decref(schema);
}
END_TEST

static const struct field inner_fields[] = {
    {.name = "forgotten", .type = FIELD_TYPE_CUSTOM},
    FIELD_END,
};
static const struct field outer_fields[] = {
    {.name = "inner", .type = FIELD_TYPE_OBJECT, .fields = inner_fields},
    FIELD_END,
};
static const struct shape outer_shape = {.type = SHAPE_OBJECT, .fields = outer_fields};

START_TEST(without_a_shape)
{
	struct error err;

	ck_assert_ptr_null(schema_make(&outer_shape, "test", &err));
	ck_assert_str_eq(err.path, "inner.forgotten");
	ck_assert_str_eq(err.message, "the field has no shape");
}
END_TEST

/* No field and no module of the program is without one. */
START_TEST(whole_program)
{
	struct error err = {0};
	json_t *schema, *definitions;
	char text[2048];

	matcher_types_set(matchers);
	handler_types_set(handlers);
	app_types_set(apps);
	schema = schema_make(&document_shape, "document", &err);
	ck_assert_msg(schema != NULL, "%s", error_text(&err, text, sizeof(text)));
	definitions = json_object_get(schema, "$defs");
	ck_assert_ptr_nonnull(json_object_get(definitions, "matcher_set"));
	ck_assert_ptr_nonnull(json_object_get(definitions, "handler"));
	ck_assert_ptr_nonnull(json_object_get(definitions, "issuer"));
	json_decref(schema);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("schema");
	TCase *tc = tcase_create("schema");
	SRunner *r;
	int failed;

	tcase_add_test(tc, plain_fields);
	tcase_add_test(tc, required_fields);
	tcase_add_test(tc, within_itself);
	tcase_add_test(tc, without_a_shape);
	tcase_add_test(tc, whole_program);
	suite_add_tcase(s, tc);
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed > 0;
}
