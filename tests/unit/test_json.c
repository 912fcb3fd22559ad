/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "daemon/input/json.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

static struct error err;
static json_t *value;

static int parse(const char *text)
{
	memset(&err, 0, sizeof(err));
	return json_parse(text, strlen(text), "f.json", &value, &err);
}

static json_t *parsed(const char *text)
{
	ck_assert_msg(parse(text) == 0, "%s: %s", text, err.message);
	return value;
}

START_TEST(test_good)
{
	static const char *const texts[] = {"{}", "[]",
	    " {\"a\": [1, -2.5, true, null, \"\\u00e4\"]}\n", "\"text\"", "17",
	    "-9223372036854775808", "9223372036854775807", "1e300", "null", "{\"\": 0}", "\"}]}]\"",
	    "\"\\\"[[[\""};
	size_t i;

	for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		json_decref(parsed(texts[i]));
}
END_TEST

static const struct {
	const char *text, *path, *message;
} faults[] = {
    {"", "f.json:1:", "ends too early"},
    {" \n ", "f.json:2:", "ends too early"},
    {"{", "f.json:1:", "ends too early"},
    {"{\"a\": 1,\n \"b\": }", "f.json:2:7", "not JSON"},
    {"{\"a\": 1,}", "f.json:1:9", "no comma before"},
    {"// a\n{}", "f.json:1:1", "no comments"},
    {"{} {}", "f.json:1:4", "follows the end"},
    {"{\"a\":1,\n\"a\":2}", "f.json:2:3", "duplicate key near '\"a\"': keep one"},
    {"[{\"x\":{\"b\":1,\"b\":1}}]", "f.json:1:", "duplicate key"},
    {"[9223372036854775808]", "f.json:1:", "too large"},
    {"[-9223372036854775809]", "f.json:1:", "too large"},
    {"[1e400]", "f.json:1:", "too large"},
    {"[\"a\\u0000b\"]", "f.json:1:", "\\u0000"},
    {"{\"a\\u0000b\": 1}", "f.json:1:", "\\u0000"},
    {"[\"\xff\"]", "f.json:1:", "UTF-8"},
    {"[\"\\ud800\"]", "f.json:1:", "not JSON"},
    {"[\"a\nb\"]", "f.json:1:", "not JSON"},
    {"[NaN]", "f.json:1:", "not JSON"},
    {"[01]", "f.json:1:", "not JSON"},
    {"{'a': 1}", "f.json:1:2", "not JSON"},
    {"{\"password\": hunter2}", "f.json:1:", "not JSON"},
    {"\xef\xbb\xbf{}", "f.json:1:1", "not JSON"},
};

START_TEST(test_faults)
{
	size_t i;

	for (i = 0; i < sizeof(faults) / sizeof(faults[0]); i++) {
		ck_assert_int_eq(parse(faults[i].text), -1);
		ck_assert_ptr_null(value);
		ck_assert_int_eq(err.code, ERROR_INVALID);
		ck_assert_msg(strncmp(err.path, faults[i].path, strlen(faults[i].path)) == 0,
		    "%s: %s: %s", faults[i].text, err.path, err.message);
		ck_assert_msg(strstr(err.message, faults[i].message) != NULL, "%s: %s",
		    faults[i].text, err.message);
		ck_assert_msg(
		    strstr(err.message, "hunter2") == NULL, "shows a value: %s", err.message);
	}
	ck_assert_int_eq(json_parse("[1]\0", 4, "f", &value, &err), -1);
	ck_assert_int_eq(json_parse("[\"a\0b\"]", 7, "f", &value, &err), -1);
	ck_assert_int_eq(json_parse(NULL, 0, "f", &value, &err), -1);
}
END_TEST

START_TEST(test_depth)
{
	char text[400], *deep;
	size_t n = 5u << 20, i;

	for (i = 1; i <= 100; i++) {
		memset(text, '[', i);
		memset(text + i, ']', i);
		text[2 * i] = '\0';
		ck_assert_int_eq(parse(text), i <= JSON_DEPTH_MAX ? 0 : -1);
		json_decref(value);
		if (i > JSON_DEPTH_MAX) {
			ck_assert_int_eq(err.code, ERROR_LIMIT);
			ck_assert_str_eq(err.path, "f.json:1:65");
		}
	}
	/* Brackets in strings do not count; an escaped quote ends no string, one after "\\\\" does.
	 */
	memset(text, '[', 200);
	memcpy(text, "[\"\\\"", 4);
	strcpy(text + 200, "\"]");
	json_decref(parsed(text));
	memset(text, '[', 200);
	memcpy(text, "[\"\\\\\",", 6);
	memset(text + 200, ']', 195);
	text[395] = '\0';
	ck_assert_int_eq(parse(text), -1);
	ck_assert_int_eq(err.code, ERROR_LIMIT);
	memset(text, '[', 200);
	memcpy(text, "[\"\\\"\\\\\\\"", 8);
	strcpy(text + 200, "\"]");
	json_decref(parsed(text));
	deep = malloc(n);
	ck_assert_ptr_nonnull(deep);
	for (i = 0; i < n; i++)
		deep[i] = i % 2 ? '{' : '[';
	ck_assert_int_eq(json_parse(deep, n, "f", &value, &err), -1);
	memset(deep, '\\', n);
	deep[0] = '"';
	ck_assert_int_eq(json_parse(deep, n, "f", &value, &err), -1);
	free(deep);
}
END_TEST

START_TEST(test_size)
{
	size_t n = JSON_SIZE_MAX + 1;
	char *text = malloc(n);

	ck_assert_ptr_nonnull(text);
	memset(text, ' ', n);
	text[0] = '1';
	ck_assert_int_eq(json_parse(text, n - 1, "f", &value, &err), 0);
	json_decref(value);
	ck_assert_int_eq(json_parse(text, n, "f", &value, &err), -1);
	ck_assert_int_eq(err.code, ERROR_LIMIT);
	ck_assert_str_eq(err.path, "f");
	free(text);
}
END_TEST

/* Every beginning of a document is refused, on the heap for the sake of sanitizers. */
START_TEST(test_cut)
{
	static const char text[] =
	    "{\"apps\": {\"a\\\"b\": [1.5e3, \"\\u00e4\xc3\xa4\\\\\", {\"x\": null}, true]}}";
	size_t n;

	for (n = 0; n < sizeof(text) - 1; n++) {
		char *copy = malloc(n + 1);

		ck_assert_ptr_nonnull(copy);
		memcpy(copy, text, n);
		ck_assert_int_eq(json_parse(copy, n, "f", &value, &err), -1);
		free(copy);
	}
	json_decref(parsed(text));
}
END_TEST

START_TEST(test_path)
{
	struct jnode root =
	    jnode_root(parsed("{\"apps\": {\"layer4\": {\"servers\": {\"a.b\": [1, [2]]}}}}"));
	struct jnode apps = jnode_member(&root, "apps"), layer4 = jnode_member(&apps, "layer4");
	struct jnode servers = jnode_member(&layer4, "servers"),
		     server = jnode_member(&servers, "a.b");
	struct jnode item = jnode_item(&server, 1), inner = jnode_item(&item, 0),
		     id = jnode_member(&root, "@id");
	struct jnode odd = jnode_member(&root, "q\"\\\x1b"), none = jnode_item(&server, 9), absent;
	char path[128], small[12];
	size_t n;

	ck_assert_str_eq(jnode_path(&root, path, sizeof(path)), "");
	ck_assert_str_eq(jnode_path(&servers, path, sizeof(path)), "apps.layer4.servers");
	ck_assert_str_eq(
	    jnode_path(&inner, path, sizeof(path)), "apps.layer4.servers[\"a.b\"][1][0]");
	ck_assert_int_eq(json_integer_value(inner.value), 2);
	ck_assert_str_eq(jnode_path(&id, path, sizeof(path)), "@id");
	ck_assert_str_eq(jnode_path(&odd, path, sizeof(path)), "[\"q\\\"\\\\?\"]");
	ck_assert_ptr_null(none.value);
	absent = jnode_member(&none, "x");
	ck_assert_ptr_null(absent.value);
	ck_assert_str_eq(
	    jnode_path(&absent, path, sizeof(path)), "apps.layer4.servers[\"a.b\"][9].x");
	for (n = 1; n < sizeof(small); n++)
		ck_assert_uint_eq(strlen(jnode_path(&servers, small, n)), n - 1);
	jnode_path(&servers, small, 0);
	json_decref(value);
}
END_TEST

START_TEST(test_errors)
{
	struct jnode root = jnode_root(parsed("{\"a\": [1, 2.5, \"x\", true, null, {}, []]}"));
	struct jnode a = jnode_member(&root, "a"), item, absent = jnode_member(&root, "b");
	static const char *const kinds[] = {
	    "a number", "a number", "a string", "a boolean", "null", "an object", "an array"};
	char wanted[64];
	size_t i;

	for (i = 0; i < 7; i++) {
		item = jnode_item(&a, i);
		ck_assert_int_eq(jnode_type_error(&item, "a hat", &err), -1);
		snprintf(wanted, sizeof(wanted), "must be a hat, not %s", kinds[i]);
		ck_assert_str_eq(err.message, wanted);
		snprintf(wanted, sizeof(wanted), "a[%zu]", i);
		ck_assert_str_eq(err.path, wanted);
	}
	jnode_type_error(&absent, "a hat", &err);
	ck_assert_str_eq(err.message, "is missing: must be a hat");
	ck_assert_int_eq(jnode_error(&a, &err, ERROR_CONFLICT, "%s!", err.message), -1);
	ck_assert_str_eq(err.message, "is missing: must be a hat!");
	ck_assert_int_eq(err.code, ERROR_CONFLICT);
	json_decref(value);
}
END_TEST

START_TEST(test_getters)
{
	struct jnode root =
	    jnode_root(parsed("{\"s\": \"t\", \"b\": true, \"i\": 5, \"r\": 5.0, \"d\": \"1m30s\", "
			      "\"n\": -1, \"x\": \"1\", \"m\": \"-1s\", \"l\": [], \"o\": {}}"));
	struct jnode s = jnode_member(&root, "s"), b = jnode_member(&root, "b"),
		     i = jnode_member(&root, "i");
	struct jnode r = jnode_member(&root, "r"), d = jnode_member(&root, "d"),
		     n = jnode_member(&root, "n");
	struct jnode x = jnode_member(&root, "x"), m = jnode_member(&root, "m");
	struct jnode l = jnode_member(&root, "l"), o = jnode_member(&root, "o");
	const char *text;
	int64_t number;
	bool flag;

	ck_assert_int_eq(jnode_string(&s, &text, &err), 0);
	ck_assert_str_eq(text, "t");
	ck_assert_int_eq(jnode_string(&i, &text, &err), -1);
	ck_assert_str_eq(err.message, "must be a string, not a number");
	ck_assert_int_eq(jnode_bool(&b, &flag, &err), 0);
	ck_assert(flag);
	ck_assert_int_eq(jnode_bool(&i, &flag, &err), -1);
	ck_assert_int_eq(jnode_int(&i, 5, 5, &number, &err), 0);
	ck_assert_int_eq(number, 5);
	ck_assert_int_eq(jnode_int(&i, 6, 9, &number, &err), -1);
	ck_assert_str_eq(err.message, "must be from 6 to 9, not 5");
	ck_assert_int_eq(jnode_int(&i, 6, INT64_MAX, &number, &err), -1);
	ck_assert_str_eq(err.message, "must be at least 6, not 5");
	ck_assert_int_eq(jnode_int(&i, INT64_MIN, 4, &number, &err), -1);
	ck_assert_str_eq(err.message, "must be at most 4, not 5");
	ck_assert_int_eq(jnode_int(&r, 0, 9, &number, &err), -1);
	ck_assert_int_eq(jnode_int(&x, 0, 9, &number, &err), -1);
	ck_assert_int_eq(jnode_duration(&d, &number, &err), 0);
	ck_assert_int_eq(number, 90 * INT64_C(1000000000));
	ck_assert_int_eq(jnode_duration(&i, &number, &err), 0);
	ck_assert_int_eq(number, 5);
	ck_assert_int_eq(jnode_duration(&n, &number, &err), -1);
	ck_assert_int_eq(jnode_duration(&m, &number, &err), -1);
	ck_assert_str_eq(err.message, "must not be negative");
	ck_assert_int_eq(jnode_duration(&x, &number, &err), -1);
	ck_assert_ptr_nonnull(strstr(err.message, "not '1'"));
	ck_assert_int_eq(jnode_duration(&r, &number, &err), -1);
	ck_assert_int_eq(jnode_array(&l, &err), 0);
	ck_assert_int_eq(jnode_array(&o, &err), -1);
	ck_assert_int_eq(jnode_object(&o, &err), 0);
	ck_assert_int_eq(jnode_object(&l, &err), -1);
	json_decref(value);
}
END_TEST

START_TEST(test_known)
{
	static const char *const known[] = {"sni", "alpn", NULL}, *const nothing[] = {NULL};
	struct jnode root = jnode_root(parsed("{\"alpn\": 1, \"sni\": 2}")), apps;

	ck_assert_int_eq(jnode_known(&root, known, &err), 0);
	ck_assert_int_eq(jnode_known(&root, nothing, &err), -1);
	json_decref(value);
	root = jnode_root(parsed("{\"apps\": {\"snii\": 1}}"));
	apps = jnode_member(&root, "apps");
	ck_assert_int_eq(jnode_known(&apps, known, &err), -1);
	ck_assert_str_eq(err.path, "apps");
	ck_assert_str_eq(err.message, "unknown field 'snii', did you mean 'sni'?");
	ck_assert_int_eq(jnode_known(&root, known, &err), -1);
	ck_assert_str_eq(err.message, "unknown field 'apps'; known are: sni, alpn");
	ck_assert_int_eq(jnode_unknown(&root, "x\x1b[1m", known, &err), -1);
	ck_assert_str_eq(err.message, "unknown field 'x?[1m'; known are: sni, alpn");
	json_decref(value);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("json");
	TCase *tests = tcase_create("json");
	SRunner *runner;
	int failed;

	tcase_set_timeout(tests, 30);
	tcase_add_test(tests, test_good);
	tcase_add_test(tests, test_faults);
	tcase_add_test(tests, test_depth);
	tcase_add_test(tests, test_size);
	tcase_add_test(tests, test_cut);
	tcase_add_test(tests, test_path);
	tcase_add_test(tests, test_errors);
	tcase_add_test(tests, test_getters);
	tcase_add_test(tests, test_known);
	suite_add_tcase(suite, tests);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
