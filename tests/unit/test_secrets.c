/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "common/buf.h"
#include "daemon/config/secrets.h"
#include "daemon/core/handler.h"
#include "daemon/core/matcher.h"

struct inner {
	const char *token;
};

struct params {
	const char *plain, *token;
	struct inner inner;
	struct objects list;
};

static const struct field inner_fields[] = {
    FIELD_STRING(struct inner, token, "token", FIELD_SECRET, "secret"),
    FIELD_END,
};

static const struct field fields[] = {
    FIELD_STRING(struct params, plain, "plain", 0, "not secret"),
    FIELD_STRING(struct params, token, "token", FIELD_SECRET, "secret"),
    FIELD_OBJECT(struct params, inner, "inner", 0, inner_fields, "nested"),
    FIELD_OBJECTS(struct params, list, "list", 0, inner_fields, struct inner, "nested, many"),
    FIELD_END,
};

static const struct handler_type handler = {.name = "fake", .fields = fields};
static const struct handler_type *const handlers[] = {&handler, NULL};
static const struct matcher_type matcher = {.name = "knock", .fields = inner_fields};
static const struct matcher_type *const matchers[] = {&matcher, NULL};

static void expect_mask(const char *text, const char *want)
{
	json_t *document = json_loads(text, 0, NULL), *masked;
	char *have, *before = json_dumps(document, JSON_COMPACT), *after;
	char *at, *end;

	ck_assert(document != NULL);
	masked = secrets_mask(document);
	have = json_dumps(masked, JSON_COMPACT);
	/* Digests become '#', to be read. */
	while ((at = strstr(have, "{\"$secret\":\"sha256:")) != NULL) {
		end = strchr(at, '}');
		ck_assert_int_eq(end - at, 19 + 64 + 1);
		*at = '#';
		memmove(at + 1, end + 1, strlen(end + 1) + 1);
	}
	ck_assert_str_eq(have, want);
	after = json_dumps(document, JSON_COMPACT);
	ck_assert_str_eq(before, after); /* the document in force is not touched */
	free(have);
	free(before);
	free(after);
	json_decref(masked);
	json_decref(document);
}

START_TEST(by_tables)
{
	expect_mask("{\"handler\":\"fake\",\"plain\":\"a\",\"token\":\"b\"}",
	    "{\"handler\":\"fake\",\"plain\":\"a\",\"token\":#}");
	expect_mask(
	    "{\"handler\":\"other\",\"token\":\"b\"}", "{\"handler\":\"other\",\"token\":\"b\"}");
	expect_mask("{\"apps\":{\"layer4\":{\"servers\":{\"s\":{\"routes\":[{\"handle\":["
		    "{\"handler\":\"fake\",\"inner\":{\"token\":\"x\"},"
		    "\"list\":[{\"token\":\"y\"},{\"token\":\"z\"}]}]}]}}}}}",
	    "{\"apps\":{\"layer4\":{\"servers\":{\"s\":{\"routes\":[{\"handle\":["
	    "{\"handler\":\"fake\",\"inner\":{\"token\":#},\"list\":[{\"token\":#},{\"token\":#}]}"
	    "]}]}}}}}");
	expect_mask("{\"match\":[{\"knock\":{\"token\":\"x\"}},{\"not\":[{\"knock\":{\"token\":"
		    "\"x\"}}]}]}",
	    "{\"match\":[{\"knock\":{\"token\":#}},{\"not\":[{\"knock\":{\"token\":#}}]}]}");
}
END_TEST

START_TEST(by_name)
{
	expect_mask("{\"load_pem\":[{\"certificate\":\"c\",\"key\":\"k\"}],"
		    "\"load_files\":[{\"certificate\":\"c\",\"key\":\"/path\"}]}",
	    "{\"load_pem\":[{\"certificate\":\"c\",\"key\":#}],"
	    "\"load_files\":[{\"certificate\":\"c\",\"key\":\"/path\"}]}");
	expect_mask("{\"external_account\":{\"key_id\":\"i\",\"mac_key\":\"k\"}}",
	    "{\"external_account\":{\"key_id\":\"i\",\"mac_key\":#}}");
	expect_mask("{\"credentials\":{\"alice\":\"a\",\"bob\":\"b\"}}",
	    "{\"credentials\":{\"alice\":#,\"bob\":#}}");
	expect_mask("[1,true,null,\"text\",{}]", "[1,true,null,\"text\",{}]");
}
END_TEST

START_TEST(same_value_same_mask)
{
	json_t *document = json_loads(
	    "{\"a\":{\"password\":\"x\"},\"b\":{\"password\":\"x\"},\"c\":{\"password\":\"y\"}}", 0,
	    NULL);
	json_t *masked = secrets_mask(document);

	ck_assert(json_equal(json_object_get(masked, "a"), json_object_get(masked, "b")));
	ck_assert(!json_equal(json_object_get(masked, "a"), json_object_get(masked, "c")));
	json_decref(masked);
	json_decref(document);
}
END_TEST

/* ---- and back ------------------------------------------------------------------------------ */

static const char current[] =
    "{\"handle\":[{\"handler\":\"fake\",\"plain\":\"p\",\"token\":\"t\",\"inner\":"
    "{\"token\":\"i\"}}],\"credentials\":{\"alice\":\"a\",\"bob\":\"b\"},"
    "\"password\":\"t\"}";

/* what: masked text of the document above, one word of it replaced; NULL: refused at path */
static void expect_restored(const char *word, const char *by, const char *want, const char *path)
{
	json_t *document = json_loads(current, 0, NULL), *masked = secrets_mask(document);
	char *text = json_dumps(masked, JSON_COMPACT), *have;
	struct buf changed = {0};
	json_t *edited, *out = NULL;
	struct error err;
	char *at = strstr(text, word);
	int rc;

	ck_assert(at != NULL);
	buf_append(&changed, text, (size_t)(at - text));
	buf_append_str(&changed, by);
	buf_append_str(&changed, at + strlen(word));
	edited = json_loads(buf_str(&changed), 0, NULL);
	ck_assert_msg(edited != NULL, "%s", buf_str(&changed));
	rc = secrets_restore(edited, document, &out, &err);
	ck_assert_int_eq(rc, want != NULL ? 0 : -1);
	if (want != NULL) {
		have = json_dumps(out, JSON_COMPACT);
		ck_assert_str_eq(have, want);
		free(have);
	} else {
		ck_assert_int_eq(err.code, ERROR_INVALID);
		ck_assert_str_eq(err.path, path);
	}
	json_decref(out);
	json_decref(edited);
	json_decref(masked);
	json_decref(document);
	buf_fini(&changed);
	free(text);
}

START_TEST(restored_where_they_were)
{
	expect_restored("handle", "handle", current, NULL);
	/* Beside what changes, and at another place of the same kind. */
	expect_restored("{\"handler\":\"fake\"", "{},{\"handler\":\"fake\"",
	    "{\"handle\":[{},{\"handler\":\"fake\",\"plain\":\"p\",\"token\":\"t\",\"inner\":{"
	    "\"token\":"
	    "\"i\"}}],\"credentials\":{\"alice\":\"a\",\"bob\":\"b\"},\"password\":\"t\"}",
	    NULL);
	expect_restored("\"alice\"", "\"carol\"",
	    "{\"handle\":[{\"handler\":\"fake\",\"plain\":\"p\",\"token\":\"t\",\"inner\":{"
	    "\"token\":\"i\"}}],"
	    "\"credentials\":{\"carol\":\"a\",\"bob\":\"b\"},\"password\":\"t\"}",
	    NULL);
}
END_TEST

START_TEST(never_where_they_would_be_shown)
{
	expect_restored("\"password\"", "\"note\"", NULL, "note");
	expect_restored("\"fake\"", "\"other\"", NULL, "handle[0].token");
	/* Under another key, though the value is the same. */
	expect_restored("\"credentials\"", "\"mac_key\"", NULL, "mac_key.alice");
	expect_restored("sha256:", "sha256:0", NULL, "handle[0].token");
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("secrets");
	TCase *tc = tcase_create("secrets");
	SRunner *runner;
	int failed;

	handler_types_set(handlers);
	matcher_types_set(matchers);
	tcase_add_test(tc, by_tables);
	tcase_add_test(tc, by_name);
	tcase_add_test(tc, same_value_same_mask);
	tcase_add_test(tc, restored_where_they_were);
	tcase_add_test(tc, never_where_they_would_be_shown);
	suite_add_tcase(suite, tc);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? 0 : 1;
}
