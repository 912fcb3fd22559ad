/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "daemon/input/dispenser.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "common/buf.h"
#include "daemon/input/lexer.h"
#include "daemon/input/settings.h"

static struct arena *arena;
static struct tokens tokens;
static struct error err;
static json_t *value;

static void setup(void)
{
	arena = arena_new(1024);
	value = NULL;
}

static void teardown(void)
{
	json_decref(value);
	tokens_fini(&tokens);
	arena_free(arena);
}

/* A dispenser of text's tokens, before the first. */
static struct dispenser of(const char *text)
{
	tokens_fini(&tokens);
	ck_assert_int_eq(lexer_run(span_str(text), "F", arena, &tokens, &err), 0);
	return dispenser_of(tokens.items, tokens.count);
}

/* The same with the cursor on the first. */
static struct dispenser on(const char *text)
{
	struct dispenser d = of(text);

	ck_assert(dispenser_next(&d));
	return d;
}

/* value as text, and forgets it. */
static const char *dumped(void)
{
	char *dump = json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY | JSON_SORT_KEYS);
	const char *kept = arena_strdup(arena, dump ? dump : "(nothing)");

	free(dump);
	json_decref(value);
	value = NULL;
	return kept;
}

START_TEST(test_lines)
{
	struct dispenser d = of("a b \"c\nd\" e\nf {");

	ck_assert_str_eq(dispenser_text(&d), "");
	ck_assert(dispenser_next(&d));
	ck_assert_str_eq(dispenser_text(&d), "a");
	ck_assert(!dispenser_next_line(&d));
	ck_assert_uint_eq(dispenser_args_left(&d), 3);
	ck_assert_str_eq(dispenser_arg(&d), "b");
	ck_assert(!dispenser_quoted(&d));
	ck_assert_str_eq(dispenser_arg(&d), "c\nd");
	ck_assert(dispenser_quoted(&d));
	ck_assert_str_eq(dispenser_arg(&d), "e");
	ck_assert_ptr_null(dispenser_arg(&d));
	ck_assert(dispenser_next_line(&d));
	ck_assert_str_eq(dispenser_text(&d), "f");
	ck_assert(!dispenser_next_arg(&d));
	ck_assert(dispenser_next(&d));
	ck_assert(!dispenser_next(&d));
	ck_assert_str_eq(dispenser_text(&d), "{");
}
END_TEST

START_TEST(test_quoted_braces)
{
	struct dispenser d = on("a \"{\" `}`");

	ck_assert_uint_eq(dispenser_args_left(&d), 2);
	d = on("a {\n\"}\" b\n}");
	ck_assert(dispenser_next_block(&d, 0));
	ck_assert_str_eq(dispenser_arg(&d), "b");
	ck_assert(!dispenser_next_block(&d, 0));
}
END_TEST

START_TEST(test_blocks)
{
	struct dispenser d = on("a x {\nb 1 {\nc\nd\n}\ne\n}\nf");
	int level = d.nesting;

	ck_assert_str_eq(dispenser_arg(&d), "x");
	ck_assert(dispenser_next_block(&d, level));
	ck_assert_str_eq(dispenser_text(&d), "b");
	ck_assert_str_eq(dispenser_arg(&d), "1");
	ck_assert(dispenser_next_block(&d, level + 1));
	ck_assert_str_eq(dispenser_text(&d), "c");
	ck_assert(dispenser_next_block(&d, level + 1));
	ck_assert_str_eq(dispenser_text(&d), "d");
	ck_assert(!dispenser_next_block(&d, level + 1));
	ck_assert(dispenser_next_block(&d, level));
	ck_assert_str_eq(dispenser_text(&d), "e");
	ck_assert(!dispenser_next_block(&d, level));
	ck_assert_int_eq(d.nesting, level);
	ck_assert(dispenser_next(&d));
	ck_assert_str_eq(dispenser_text(&d), "f");
	d = on("a {\n}\nb");
	ck_assert(!dispenser_next_block(&d, 0));
	ck_assert(dispenser_next(&d));
	ck_assert_str_eq(dispenser_text(&d), "b");
	d = on("a\n{\nb\n}");
	ck_assert(!dispenser_next_block(&d, 0));
	d = on("a {\nb");
	ck_assert(dispenser_next_block(&d, 0));
	ck_assert(!dispenser_next_block(&d, 0));
}
END_TEST

START_TEST(test_segments)
{
	struct dispenser d = on("x {\na b\nc d {\ne\n}\nf {\n}\ng\n}"), s;
	static const char *const want[] = {"a b", "c d { e }", "f", "g"};

	for (size_t i = 0; i < 4; i++) {
		struct buf text = {0};

		ck_assert(dispenser_next_block(&d, 0));
		s = dispenser_segment(&d);
		ck_assert_int_eq(s.cursor, -1);
		ck_assert_uint_eq(s.depth, d.depth + 1);
		while (dispenser_next(&s))
			buf_printf(&text, "%s%s", s.cursor ? " " : "", dispenser_text(&s));
		ck_assert_str_eq(buf_str(&text), want[i]);
		buf_fini(&text);
	}
	ck_assert(!dispenser_next_block(&d, 0));
}
END_TEST

START_TEST(test_errors)
{
	static const char *const known[] = {"route", "matching_timeout", NULL};
	struct token site = {.text = "import", .file = "main", .line = 9};
	struct token outer = {.text = "import", .file = "top", .line = 2};
	struct dispenser d = on("\nruote x");

	ck_assert_int_eq(dispenser_error(&d, &err, ERROR_CONFLICT, "%s %d", "no", 1), -1);
	ck_assert_int_eq(err.code, ERROR_CONFLICT);
	ck_assert_str_eq(err.path, "F:2");
	ck_assert_str_eq(err.message, "no 1");
	dispenser_unknown(&d, "option", known, &err);
	ck_assert_str_eq(err.message, "unrecognized option 'ruote', did you mean 'route'?");
	dispenser_unknown(&d, "option", NULL, &err);
	ck_assert_str_eq(err.message, "unrecognized option 'ruote'");
	tokens.items[0].imported_by = &site;
	site.imported_by = &outer;
	dispenser_arg_error(&d, &err);
	ck_assert_str_eq(err.path, "F:2 (imported at main:9, top:2)");
	d.cursor = -1;
	dispenser_arg_error(&d, &err);
	ck_assert_str_eq(err.path, "F:2 (imported at main:9, top:2)");
}
END_TEST

/* A chain that does not fit is cut. */
START_TEST(test_long_chain)
{
	struct token chain[64];
	struct dispenser d = on("a");

	for (size_t i = 0; i < 64; i++)
		chain[i] = (struct token){.text = "import",
		    .file = "a/rather/long/name",
		    .line = 1,
		    .imported_by = i < 63 ? &chain[i + 1] : NULL};
	tokens.items[0].imported_by = chain;
	dispenser_arg_error(&d, &err);
	ck_assert_uint_lt(strlen(err.path), sizeof err.path);
	ck_assert_int_eq(strncmp(err.path, "F:1 (imported at a/rather/long/name:1, ", 39), 0);
}
END_TEST

typedef int reader(struct dispenser *d, json_t **out, struct error *err);

static const struct {
	reader *read;
	const char *text, *want; /* NULL: refused */
} readers[] = {
    {dispenser_strings, "x a b", "[\"a\",\"b\"]"},
    {dispenser_strings, "x", NULL},
    {dispenser_int, "x 12", "12"},
    {dispenser_int, "x -3", "-3"},
    {dispenser_int, "x 12a", NULL},
    {dispenser_int, "x \"\"", NULL},
    {dispenser_int, "x \" 1\"", NULL},
    {dispenser_int, "x 99999999999999999999", NULL},
    {dispenser_int, "x 1 2", NULL},
    {dispenser_int, "x", NULL},
    {dispenser_duration, "x 1m30s", "90000000000"},
    {dispenser_duration, "x 1.5d", "129600000000000"},
    {dispenser_duration, "x 0", "0"},
    {dispenser_duration, "x 5", NULL},
    {dispenser_duration, "x -5s", NULL},
    {dispenser_duration, "x 5s 5s", NULL},
    {dispenser_bytes, "x 4096", "4096"},
    {dispenser_bytes, "x 16KiB", "16384"},
    {dispenser_bytes, "x 1.5kb", "1500"},
    {dispenser_bytes, "x \"2 MB\"", "2000000"},
    {dispenser_bytes, "x 1GiB", "1073741824"},
    {dispenser_bytes, "x kb", NULL},
    {dispenser_bytes, "x 1xb", NULL},
    {dispenser_bytes, "x -1", NULL},
    {dispenser_bytes, "x 1e300", NULL},
    {dispenser_bytes, "x 0x10", NULL},
    {dispenser_bytes, "x 1 kb", NULL},
};

START_TEST(test_readers)
{
	struct dispenser d = on(readers[_i].text);
	int result = readers[_i].read(&d, &value, &err);

	ck_assert_int_eq(result, readers[_i].want ? 0 : -1);
	if (readers[_i].want)
		ck_assert_str_eq(dumped(), readers[_i].want);
	else
		ck_assert_ptr_null(value);
}
END_TEST

START_TEST(test_set)
{
	struct dispenser d = on("x");

	value = json_object();
	ck_assert_int_eq(dispenser_set(&d, value, "x", json_integer(1), &err), 0);
	ck_assert_int_eq(dispenser_set(&d, value, "x", json_integer(2), &err), -1);
	ck_assert_str_eq(err.message, "duplicate option 'x'");
	ck_assert_str_eq(dumped(), "{\"x\":1}");
}
END_TEST

static int custom(struct dispenser *d, json_t *out, struct error *e)
{
	json_object_set_new(out, "custom", json_true());
	return dispenser_none(d, e);
}

static const struct setting settings[] = {
    {"t", SETTING_TRUE, "t", NULL},
    {"f", SETTING_FALSE, "f", NULL},
    {"s", SETTING_STRING, "s", NULL},
    {"list", SETTING_STRINGS, "list", NULL},
    {"add", SETTING_ADD, "a.b.add", NULL},
    {"i", SETTING_INT, "i", NULL},
    {"port", SETTING_PORT, "a.port", NULL},
    {"ratio", SETTING_RATIO, "ratio", NULL},
    {"d", SETTING_DURATION, "d", NULL},
    {"bytes", SETTING_BYTES, "bytes", NULL},
    {"c", SETTING_CUSTOM, NULL, custom},
    {0},
};

static const struct {
	const char *text, *want; /* NULL: refused */
} blocks[] = {
    {"x", "{}"},
    {"x {\n}", "{}"},
    {"x {\nt\nf\nc\n}", "{\"custom\":true,\"f\":false,\"t\":true}"},
    {"x {\nt 1\n}", NULL},
    {"x {\ns a\ns b\n}", "{\"s\":\"b\"}"},
    {"x {\ns a\ns \"\"\n}", "{}"},
    {"x {\ns\n}", NULL},
    {"x {\nlist a b\nlist c\n}", "{\"list\":[\"c\"]}"},
    {"x {\nadd a b\nadd c\n}", "{\"a\":{\"b\":{\"add\":[\"a\",\"b\",\"c\"]}}}"},
    {"x {\nadd a\nadd\n}", NULL},
    {"x {\ni 0\nport 80\n}", "{\"a\":{\"port\":80}}"},
    {"x {\ni -1\n}", NULL},
    {"x {\ni 2147483648\n}", NULL},
    {"x {\nport 0\n}", NULL},
    {"x {\nport 65536\n}", NULL},
    {"x {\nratio 0.25\n}", "{\"ratio\":0.25}"},
    {"x {\nratio 1\n}", NULL},
    {"x {\nratio 0\n}", NULL},
    {"x {\nratio nan\n}", NULL},
    {"x {\nd 1s\nbytes 1k\n}", "{\"bytes\":1000,\"d\":1000000000}"},
    {"x {\ns a {\nt\n}\n}", NULL},
    {"x {\nlits a\n}", NULL},
    {"x {\n\"}\"\n}", NULL},
};

START_TEST(test_settings)
{
	struct dispenser d = on(blocks[_i].text);
	int result;

	value = json_object();
	result = settings_adapt(&d, settings, "option of x", value, &err);
	ck_assert_int_eq(result, blocks[_i].want ? 0 : -1);
	if (blocks[_i].want)
		ck_assert_str_eq(dumped(), blocks[_i].want);
}
END_TEST

/* Where no known word is near, those that there are are listed, if they are few. */
START_TEST(test_unknown)
{
	static const char *const one[] = {"alpha", NULL}, *const two[] = {"alpha", "beta", NULL};
	static const char *const many[] = {
	    "aa", "bb", "cc", "dd", "ee", "ff", "gg", "hh", "ii", "jj", "kk", "ll", "mm", NULL};
	struct dispenser d = on("zzzzzz");

	ck_assert_int_eq(dispenser_unknown(&d, "word", one, &err), -1);
	ck_assert_str_eq(err.message, "unrecognized word 'zzzzzz'; known is alpha");
	dispenser_unknown(&d, "word", two, &err);
	ck_assert_str_eq(err.message, "unrecognized word 'zzzzzz'; known are alpha, beta");
	dispenser_unknown(&d, "word", many, &err);
	ck_assert_str_eq(err.message, "unrecognized word 'zzzzzz'");
	dispenser_unknown(&d, "word", NULL, &err);
	ck_assert_str_eq(err.message, "unrecognized word 'zzzzzz'");
}
END_TEST

START_TEST(test_settings_suggest)
{
	struct dispenser d = on("x {\nlits a\n}");

	value = json_object();
	ck_assert_int_eq(settings_adapt(&d, settings, "option of x", value, &err), -1);
	ck_assert_str_eq(err.message, "unrecognized option of x 'lits', did you mean 'list'?");
	ck_assert_str_eq(err.path, "F:2");
	ck_assert_ptr_null(settings_get(value, "a.b"));
	settings_put(value, "a.b", json_integer(1));
	ck_assert_int_eq(json_integer_value(settings_get(value, "a.b")), 1);
	settings_put(value, "a.b", json_integer(0));
	ck_assert_ptr_null(settings_get(value, "a.b"));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("dispenser");
	TCase *tcase = tcase_create("dispenser");
	SRunner *runner;
	int failed;

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, test_lines);
	tcase_add_test(tcase, test_quoted_braces);
	tcase_add_test(tcase, test_blocks);
	tcase_add_test(tcase, test_segments);
	tcase_add_test(tcase, test_errors);
	tcase_add_test(tcase, test_long_chain);
	tcase_add_loop_test(tcase, test_readers, 0, sizeof readers / sizeof readers[0]);
	tcase_add_test(tcase, test_set);
	tcase_add_loop_test(tcase, test_settings, 0, sizeof blocks / sizeof blocks[0]);
	tcase_add_test(tcase, test_unknown);
	tcase_add_test(tcase, test_settings_suggest);
	suite_add_tcase(suite, tcase);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? 1 : 0;
}
