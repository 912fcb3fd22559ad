/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "daemon/input/field.h"

#include <check.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "common/duration.h"

struct tls {
	bool insecure;
	const char *name;
	int64_t timeout;
};

struct upstream {
	struct strings dial;
	int64_t weight;
	struct tls tls;
};

struct params {
	bool enabled;
	int64_t count, any;
	double ratio;
	int64_t timeout;
	const char *name;
	struct strings names;
	int mode;
	struct tls tls;
	struct objects upstreams;
	int custom;
};

static const char *const modes[] = {"first", "random", "least_conn", NULL};

static int load_custom(struct load *load, const struct jnode *node, void *target, struct error *err)
{
	(void)load;
	if (json_is_true(node->value))
		return jnode_error(node, err, ERROR_UNSUPPORTED, "cannot be true");
	*(int *)target = json_is_null(node->value) ? 2 : 1;
	return 0;
}

static const struct field tls_fields[] = {
    FIELD_BOOL(struct tls, insecure, "insecure", 0, "no checks"),
    FIELD_STRING(struct tls, name, "name", FIELD_REQUIRED, "the name to ask for"),
    FIELD_DURATION(struct tls, timeout, "timeout", 0, "5s", "for the handshake"),
    FIELD_END,
};

static const struct field upstream_fields[] = {
    FIELD_STRINGS(struct upstream, dial, "dial", FIELD_REQUIRED, "addresses"),
    FIELD_INT(struct upstream, weight, "weight", 0, "1", 1, 100, "share"),
    FIELD_OBJECT(struct upstream, tls, "tls", 0, tls_fields, "TLS to it"),
    FIELD_END,
};

static const struct field fields[] = {
    {.name = "enabled",
	.type = FIELD_TYPE_BOOL,
	FIELD_AT(struct params, enabled),
	.fallback = "true"},
    FIELD_INT(struct params, count, "count", 0, "3", 0, 10, "how many"),
    FIELD_INT(struct params, any, "any", 0, NULL, 0, 0, "any number"),
    {.name = "ratio",
	.type = FIELD_TYPE_FLOAT,
	FIELD_AT(struct params, ratio),
	.fallback = "0.5",
	.max = 2},
    FIELD_DURATION(struct params, timeout, "timeout", 0, "1m30s", "patience"),
    FIELD_STRING(struct params, name, "name", 0, "a name"),
    FIELD_STRINGS(struct params, names, "names", 0, "names"),
    FIELD_ENUM(struct params, mode, "mode", 0, "random", modes, "how to choose"),
    FIELD_OBJECT(struct params, tls, "tls", 0, tls_fields, "TLS"),
    FIELD_OBJECTS(
	struct params, upstreams, "upstreams", 0, upstream_fields, struct upstream, "where to"),
    FIELD_CUSTOM(struct params, custom, "custom", 0, load_custom, &shape_any, "anything"),
    FIELD_BOOL(struct params, enabled, "enbled", FIELD_HIDDEN, "as it was once written"),
    FIELD_END,
};

static struct params params;
static struct error err;
static struct arena *arena;

static void setup(void)
{
	memset(&params, 0, sizeof(params));
	memset(&err, 0, sizeof(err));
	arena = arena_new(0);
}

static void teardown(void)
{
	arena_free(arena);
}

static int load(const char *text)
{
	json_t *value;
	struct jnode root;
	int result;

	ck_assert_msg(json_parse(text, strlen(text), "f", &value, &err) == 0, "%s", err.message);
	root = jnode_root(value);
	result = fields_load(fields, NULL, &root, "handler", arena, &params, &err);
	json_decref(value); /* what was loaded must not lean on it */
	return result;
}

static void must_load(const char *text)
{
	ck_assert_msg(load(text) == 0, "%s: %s: %s", text, err.path, err.message);
}

START_TEST(test_defaults)
{
	static const char *const texts[] = {"{}", "{\"handler\": \"x\", \"@id\": \"y\"}",
	    "{\"enabled\": null, \"count\": null, \"ratio\": null, \"timeout\": null, \"name\": "
	    "null, "
	    "\"names\": null, \"mode\": null, \"tls\": null, \"upstreams\": null}"};
	size_t i;

	for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		memset(&params, 0xee, sizeof(params));
		params.custom = 0;
		must_load(texts[i]);
		ck_assert(params.enabled);
		ck_assert_int_eq(params.count, 3);
		ck_assert_int_eq(params.any, 0);
		ck_assert_double_eq(params.ratio, 0.5);
		ck_assert_int_eq(params.timeout, 90 * DURATION_S);
		ck_assert_ptr_null(params.name);
		ck_assert_uint_eq(params.names.count, 0);
		ck_assert_int_eq(params.mode, 1);
		ck_assert_int_eq(params.tls.timeout, 5 * DURATION_S);
		ck_assert_ptr_null(params.tls.name);
		ck_assert_uint_eq(params.upstreams.count, 0);
		ck_assert_int_eq(params.custom, 0);
	}
}
END_TEST

START_TEST(test_values)
{
	const struct upstream *upstream;

	must_load("{\"handler\": \"proxy\", \"enabled\": false, \"count\": 10, \"any\": "
		  "-9223372036854775808, "
		  "\"ratio\": 2, \"timeout\": 5, \"name\": \"\", \"names\": [\"a\", \"b\"], "
		  "\"mode\": \"least_conn\", \"tls\": {\"insecure\": true, \"name\": \"n\", "
		  "\"timeout\": \"1s\"}, "
		  "\"upstreams\": [{\"dial\": [\"h:1\"], \"weight\": 7}, "
		  "{\"dial\": [], \"tls\": {\"name\": \"m\"}}], \"custom\": [1]}");
	ck_assert_int_eq(params.count, 10);
	ck_assert_int_eq(params.any, INT64_MIN);
	ck_assert_double_eq(params.ratio, 2);
	ck_assert_int_eq(params.timeout, 5);
	ck_assert_str_eq(params.name, "");
	ck_assert_uint_eq(params.names.count, 2);
	ck_assert_str_eq(params.names.items[1], "b");
	ck_assert_int_eq(params.mode, 2);
	ck_assert(params.tls.insecure);
	ck_assert_str_eq(params.tls.name, "n");
	ck_assert_int_eq(params.tls.timeout, DURATION_S);
	ck_assert_uint_eq(params.upstreams.count, 2);
	upstream = params.upstreams.items;
	ck_assert_str_eq(upstream[0].dial.items[0], "h:1");
	ck_assert_int_eq(upstream[0].weight, 7);
	ck_assert_int_eq(upstream[0].tls.timeout, 5 * DURATION_S);
	ck_assert_int_eq(upstream[1].weight, 1);
	ck_assert_str_eq(upstream[1].tls.name, "m");
	ck_assert_int_eq(params.custom, 1);
	must_load("{\"custom\": null}");
	ck_assert_int_eq(params.custom, 2);
	must_load("{\"enabled\": false}");
	ck_assert(!params.enabled);
	must_load("{\"enbled\": true}");
	ck_assert(params.enabled);
}
END_TEST

static const struct {
	const char *text, *path, *message;
} faults[] = {
    {"[]", "", "must be an object, not an array"},
    {"null", "", "must be an object, not null"},
    {"{\"enabled\": 1}", "enabled", "must be true or false, not a number"},
    {"{\"count\": \"1\"}", "count", "must be an integer, not a string"},
    {"{\"count\": 1.5}", "count", "must be an integer, not 1.5"},
    {"{\"count\": 11}", "count", "must be from 0 to 10, not 11"},
    {"{\"count\": -1}", "count", "must be from 0 to 10, not -1"},
    {"{\"ratio\": 2.5}", "ratio", "must be from 0 to 2, not 2.5"},
    {"{\"ratio\": \"1\"}", "ratio", "must be a number, not a string"},
    {"{\"timeout\": \"1\"}", "timeout", "must be a duration"},
    {"{\"timeout\": -1}", "timeout", "must not be negative"},
    {"{\"name\": 1}", "name", "must be a string, not a number"},
    {"{\"names\": \"a\"}", "names", "must be an array of strings, not a string"},
    {"{\"names\": [\"a\", null]}", "names[1]", "must be a string, not null"},
    {"{\"mode\": \"randm\"}", "mode", "unknown value 'randm', did you mean 'random'?"},
    {"{\"mode\": \"best\"}", "mode", "unknown value 'best'; known are: first, random, least_conn"},
    {"{\"mode\": 1}", "mode", "must be a string, not a number"},
    {"{\"tls\": []}", "tls", "must be an object, not an array"},
    {"{\"tls\": {}}", "tls.name", "is required: the name to ask for"},
    {"{\"tls\": {\"name\": null}}", "tls.name", "is required"},
    {"{\"tls\": {\"nam\": \"x\"}}", "tls", "unknown field 'nam', did you mean 'name'?"},
    {"{\"upstreams\": {}}", "upstreams", "must be an array of objects, not an object"},
    {"{\"upstreams\": [1]}", "upstreams[0]", "must be an object, not a number"},
    {"{\"upstreams\": [{\"dial\": []}, {}]}", "upstreams[1].dial", "is required: addresses"},
    {"{\"upstreams\": [{\"dial\": [], \"tls\": {\"timeout\": true}}]}", "upstreams[0].tls.name",
	"is required"},
    {"{\"upstreams\": [{\"dial\": [], \"weight\": 0}]}", "upstreams[0].weight",
	"must be from 1 to 100"},
    {"{\"upstreams\": [{\"dial\": [], \"handler\": 0}]}", "upstreams[0]",
	"unknown field 'handler'"},
    {"{\"custom\": true}", "custom", "cannot be true"},
    {"{\"handlr\": true}", "", "unknown field 'handlr', did you mean 'handler'?"},
    {"{\"enbled\": true, \"enable\": true}", "", "unknown field 'enable', did you mean 'enabled'?"},
    {"{\"enbld\": true}", "", "unknown field 'enbld'; known are: enabled, count, "},
};

START_TEST(test_faults)
{
	size_t i;

	for (i = 0; i < sizeof(faults) / sizeof(faults[0]); i++) {
		memset(&params, 0, sizeof(params));
		ck_assert_msg(load(faults[i].text) == -1, "%s", faults[i].text);
		ck_assert_str_eq(err.path, faults[i].path);
		ck_assert_msg(
		    strncmp(err.message, faults[i].message, strlen(faults[i].message)) == 0,
		    "%s: %s", faults[i].text, err.message);
		ck_assert_int_ne(err.code, ERROR_NONE);
	}
}
END_TEST

START_TEST(test_bad_default)
{
	static const struct field bad[] = {
	    FIELD_DURATION(struct tls, timeout, "timeout", 0, "soon", "for the handshake"),
	    FIELD_END,
	};
	struct jnode root = jnode_root(json_object());
	struct tls tls;

	fields_load(bad, NULL, &root, NULL, arena, &tls, &err);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("field");
	TCase *tests = tcase_create("field");
	SRunner *runner;
	int failed;

	tcase_add_checked_fixture(tests, setup, teardown);
	tcase_add_test(tests, test_defaults);
	tcase_add_test(tests, test_values);
	tcase_add_test(tests, test_faults);
	suite_add_tcase(suite, tests);
	runner = srunner_create(suite);
	/* It ends the program. */
	if (srunner_fork_status(runner) == CK_FORK)
		tcase_add_test_raise_signal(tests, test_bad_default, SIGABRT);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
