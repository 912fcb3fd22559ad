/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "daemon/input/blocks.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/buf.h"
#include "daemon/input/lexer.h"
#include "daemon/input/source.h"

static struct arena *arena;
static struct blocks blocks;
static struct error err;
static json_t *warnings;
static char folder[] = "/tmp/test_blocks_XXXXXX";
static char path[256];

static void setup(void)
{
	arena = arena_new(1024);
	warnings = json_array();
	strcpy(folder, "/tmp/test_blocks_XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(folder));
}

static void teardown(void)
{
	char command[300];

	snprintf(command, sizeof command, "rm -r %s", folder);
	ck_assert_int_eq(system(command), 0);
	json_decref(warnings);
	arena_free(arena);
}

static const char *in_folder(const char *name)
{
	snprintf(path, sizeof path, "%s/%s", folder, name);
	return path;
}

static void write_file(const char *name, const char *text)
{
	FILE *f = fopen(in_folder(name), "w");

	ck_assert_ptr_nonnull(f);
	ck_assert_int_eq(fputs(text, f) >= 0, 1);
	ck_assert_int_eq(fclose(f), 0);
}

/* Parses text as the file called main in the folder. */
static int parse(const char *text)
{
	write_file("main", text);
	json_array_clear(warnings);
	err = (struct error){0};
	return blocks_parse(span_str(text), in_folder("main"), arena, warnings, &blocks, &err);
}

/* The outline as one text: "key key { segment; segment }", without braces where it has none. */
static const char *shown(const char *text)
{
	static struct buf out;

	buf_clear(&out);
	if (parse(text) == -1)
		return err.message;
	for (size_t i = 0; i < blocks.count; i++) {
		const struct block *b = &blocks.items[i];

		buf_append_str(&out, i ? " | " : "");
		for (size_t j = 0; j < b->key_count; j++)
			buf_printf(&out, "%s ", b->keys[j].text);
		buf_append_str(&out, b->braces ? "{" : ":");
		for (size_t j = 0; j < b->segment_count; j++) {
			buf_append_str(&out, j ? ";" : "");
			for (size_t k = 0; k < b->segments[j].count; k++)
				buf_printf(&out, " %s", b->segments[j].tokens[k].text);
		}
	}
	return buf_str(&out);
}

static const struct {
	const char *text, *want;
} outlines[] = {
    {"", ""},
    {"{\n}", ""},
    {"{\na\n}", "{ a"},
    {"a", "a :"},
    {"a\nb c\nd", "a : b c; d"},
    {"a {\n}", "a {"},
    {"a {\nb c\nd {\ne\n}\n}\nf {\n}", "a { b c; d { e } | f {"},
    {"a, b {\n}\nc,\nd e {\n}", "a b { | c d e {"},
    {"a , b {\n}", "a b {"},
    {"{\na\n}\nb\nc", "{ a | b : c"},
    {"a {\nb {\nc\n}\nd\n}", "a { b { c }; d"},
    {"a {\nb {} c\n}", "a { b {} c"},
    {"a {\nb \"{\" `}`\n}", "a { b { }"},
    /* snippets */
    {"(s) {\nx\ny {\nz\n}\n}\na {\nimport s\nw\n}", "a { x; y { z }; w"},
    {"(s) {\nx {args[0]} a{args[1]}b{args[1]}\n}\na {\nimport s 1 \"2 3\"\n}", "a { x 1 a2 3b2 3"},
    {"(s) {\nx {args[:]}\ny {args[1:]}\nz {args[:1]}\n}\na {\nimport s 1 2 3\n}",
	"a { x 1 2 3; y 2 3; z 1"},
    {"(s) {\nx {args.0} {args[9]} {args[x]} {other} \\{a\\}\n}\na {\nimport s 1\n}",
	"a { x 1 {args[9]} {args[x]} {other} {a}"},
    {"(s) {\nx {a.{args[0]}}\n}\na {\nimport s 1\n}", "a { x {a.1}"},
    {"(s) {\nb {\n{block}\n}\n}\na {\nimport s {\nx 1\ny {\nz\n}\n}\n}", "a { b { x 1 y { z } }"},
    {"(s) {\nb {\n{blocks.p}\n}\nc {\n{blocks.q}\n}\n}\na {\nimport s {\np x\nq {\ny\n}\n}\n}",
	"a { b { x }; c { y }"},
    {"(s) {\nb\n{blocks.none}\n}\na {\nimport s {\np x\n}\n}", "a { b"},
    {"(t) {\nx {args[0]}\n}\n(s) {\nimport t {args[0]}\ny\n}\na {\nimport s 1\nimport s 2\n}",
	"a { x 1; y; x 2; y"},
    {"(s) {\n{block}\n}\na {\nimport s {\nimport s {\nx\n}\n}\n}", "a { x"},
    {"(s) {\n}\na {\nimport s\nx\n}", "a { x"},
    {"(s) {\na {\nx\n}\n}\nimport s\nb {\n}", "a { x | b {"},
    {"(s) {\nx\n}\na {\nb {\nimport s\n}\n}", "a { b { x }"},
    {"a {\nb import\n}", "a { b import"},
};

START_TEST(test_outlines)
{
	ck_assert_str_eq(shown(outlines[_i].text), outlines[_i].want);
}
END_TEST

static const struct {
	const char *text;
	unsigned line;
	const char *message;
} refused[] = {
    {"a {\nb", 1, "never closed"},
    {"{\nb", 1, "never closed"},
    {"a {\nb {\nc\n", 2, "never closed"},
    {"(s) {\nb", 1, "never closed"},
    {"(s)\nb", 2, "expected '{'"},
    {"a\nb\n}", 3, "closes nothing"},
    {"a {\nb }\n}", 2, "closes nothing"},
    {"a {\nb { c\n}\n}", 2, "line must end"},
    {"a {\nb {\nc\n} d\n}", 4, "line must end"},
    {"a {\nb\n{\nc\n}\n}", 3, "end of the line before"},
    {"a {\nb {}\n}", 2, "write a block"},
    {"a{\n}", 1, "space before"},
    {"a,b {\n}", 1, "space behind the comma"},
    {"a, {\n}", 1, "another address"},
    {"a,", 1, "another address"},
    {",", 1, "another address"},
    {"@m path /\n", 1, "outside"},
    {"a {\n}\n{\nb\n}", 3, "come first"},
    {"a {\n}\n}", 3, "closes nothing"},
    {"(s) {\n}\n(s) {\n}", 3, "defined before"},
    {"a {\nimport\n}", 2, "needs the name"},
    {"a {\nimport \"\"\n}", 2, "needs the name"},
    {"a {\nimport none\n}", 2, "cannot import"},
    {"a {\nimport a*b*\n}", 2, "one '*'"},
    {"a {\nimport [ab]\n}", 2, "one '*'"},
    {"a {\nimport s {\nx\n", 2, "never closed"},
    {"a {\nimport s {\n{\n}\n}\n}", 3, "without a name"},
    {"(s) {\nimport s\n}\na {\nimport s\n}", 2, "imports itself"},
    {"(s) {\nimport t\n}\n(t) {\nimport s\n}\na {\nimport s\n}", 5, "imports itself"},
    {"a {\nimport main\n}", 2, "imports itself"},
};

START_TEST(test_refused)
{
	char want[300];

	ck_assert_int_eq(parse(refused[_i].text), -1);
	ck_assert_msg(strstr(err.message, refused[_i].message), "%s", err.message);
	snprintf(want, sizeof want, "%s/main:%u", folder, refused[_i].line);
	ck_assert_msg(strncmp(err.path, want, strlen(want)) == 0, "%s: %s", err.path, want);
}
END_TEST

START_TEST(test_files)
{
	write_file("one.conf", "x {args[0]}\n");
	write_file("two.conf", "# nothing\n");
	write_file("three.conf", "y\nimport sub/four.conf");
	ck_assert_int_eq(mkdir(in_folder("sub"), 0700), 0);
	write_file("sub/four.conf", "z {\nimport five.conf\n}");
	write_file("sub/five.conf", "five");
	write_file(".six.conf", "hidden");
	ck_assert_str_eq(shown("a {\nimport one.conf 1\nimport two.conf\nb\n}"), "a { x 1; b");
	ck_assert_str_eq(shown("a {\nimport *.conf 1\n}"), "a { x 1; y; z { five }");
	ck_assert_str_eq(shown("a {\nimport t*.conf\nb\n}"), "a { y; z { five }; b");
	ck_assert_uint_eq(json_array_size(warnings), 0);
	ck_assert_str_eq(shown("a {\nimport none*.conf\nb\n}"), "a { b");
	ck_assert_uint_eq(json_array_size(warnings), 1);
	ck_assert_int_eq(parse("a {\nimport sub\n}"), -1);
	ck_assert_msg(strstr(err.message, "directory"), "%s", err.message);
	write_file("options", "{\ndebug\n}\n(s) {\nq {args[0]}\n}\n");
	ck_assert_str_eq(shown("import options\na {\nimport s 1\n}"), "{ debug | a { q 1");
}
END_TEST

/* Errors in what is imported say where, and how it got there. */
START_TEST(test_chain)
{
	char want[600];

	write_file("bad", "x {\ny {}\n}\n");
	write_file("mid", "\nimport bad\n");
	ck_assert_int_eq(parse("a {\nimport mid\n}"), -1);
	snprintf(want, sizeof want, "%s/bad:2 (imported at %s/mid:2, %s/main:2)", folder, folder,
	    folder);
	ck_assert_str_eq(err.path, want);
	write_file("bad", "\"x");
	ck_assert_int_eq(parse("a {\nimport mid\n}"), -1);
	snprintf(want, sizeof want, "%s/bad:1", folder);
	ck_assert_str_eq(err.path, want);
}
END_TEST

START_TEST(test_environment)
{
	ck_assert_int_eq(setenv("TEST_BLOCKS", "b c\nd {$TEST_BLOCKS}", 1), 0);
	ck_assert_int_eq(setenv("TEST_BLOCKS_EMPTY", "", 1), 0);
	ck_assert_int_eq(unsetenv("TEST_BLOCKS_NONE"), 0);
	ck_assert_str_eq(shown("a {\n{$TEST_BLOCKS}\n}"), "a { b c; d {$TEST_BLOCKS}");
	ck_assert_str_eq(
	    shown("a {\nx{$TEST_BLOCKS_NONE}y {$TEST_BLOCKS_NONE:a:b c}\n}"), "a { xy a:b c");
	ck_assert_str_eq(shown("a\nx{$TEST_BLOCKS_EMPTY:z}y {$} {$"), "a : xy {$} {$");
	ck_assert_int_eq(
	    blocks_parse(span_str("a {\n{$TEST_BLOCKS}\n}"), NULL, arena, warnings, &blocks, &err),
	    0);
	ck_assert_str_eq(blocks.items[0].segments[0].tokens[0].text, "{$TEST_BLOCKS}");
}
END_TEST

/* What did not come from a file imports none. */
START_TEST(test_closed)
{
	struct buf text = {0};

	write_file("one", "x");
	buf_printf(&text, "a {\nimport %s\n}", in_folder("one"));
	ck_assert_int_eq(blocks_parse(buf_span(&text), NULL, arena, warnings, &blocks, &err), -1);
	ck_assert_msg(strstr(err.message, "cannot be imported here"), "%s", err.message);
	ck_assert_str_eq(err.path, "Caddyfile:2");
	buf_clear(&text);
	buf_append_str(&text, "(s) {\nx\n}\na {\nimport s\n}");
	ck_assert_int_eq(blocks_parse(buf_span(&text), NULL, arena, warnings, &blocks, &err), 0);
	buf_fini(&text);
}
END_TEST

/* Each snippet imports the one before twice, or makes its argument twice as long. */
START_TEST(test_bombs)
{
	struct buf text = {0};

	buf_append_str(&text, "(s0) {\nx\n}\n");
	for (unsigned i = 1; i < 60; i++)
		buf_printf(&text, "(s%u) {\nimport s%u\nimport s%u\n}\n", i, i - 1, i - 1);
	buf_append_str(&text, "a {\nimport s59\n}\n");
	ck_assert_int_eq(parse(buf_str(&text)), -1);
	ck_assert_int_eq(err.code, ERROR_LIMIT);
	buf_clear(&text);
	buf_append_str(&text, "(s0) {\nx\n}\n");
	for (unsigned i = 1; i < 60; i++)
		buf_printf(&text, "(s%u) {\nimport s%u {args[0]}{args[0]}\n}\n", i, i - 1);
	buf_append_str(&text, "a {\nimport s59 0123456789\n}\n");
	ck_assert_int_eq(parse(buf_str(&text)), -1);
	ck_assert_int_eq(err.code, ERROR_LIMIT);
	buf_clear(&text);
	buf_append_str(&text, "(s0) {\nx\n}\n");
	for (unsigned i = 1; i < 60; i++)
		buf_printf(&text, "(s%u) {\nimport s%u {args[:]} {args[:]}\n}\n", i, i - 1);
	buf_append_str(&text, "a {\nimport s59 1\n}\n");
	ck_assert_int_eq(parse(buf_str(&text)), -1);
	ck_assert_int_eq(err.code, ERROR_LIMIT);
	buf_fini(&text);
}
END_TEST

START_TEST(test_depth)
{
	struct buf text = {0};

	buf_append_str(&text, "(s0) {\nx\n}\n");
	for (unsigned i = 1; i <= IMPORT_DEPTH_MAX + 1; i++)
		buf_printf(&text, "(s%u) {\nimport s%u\n}\n", i, i - 1);
	buf_printf(&text, "a {\nimport s%u\n}\n", IMPORT_DEPTH_MAX - 1);
	ck_assert_int_eq(parse(buf_str(&text)), 0);
	buf_printf(&text, "b {\nimport s%u\n}\n", IMPORT_DEPTH_MAX);
	ck_assert_int_eq(parse(buf_str(&text)), -1);
	ck_assert_int_eq(err.code, ERROR_LIMIT);
	buf_clear(&text);
	buf_append_str(&text, "a {\n");
	for (unsigned i = 0; i < 100; i++)
		buf_append_str(&text, "b {\n");
	ck_assert_int_eq(parse(buf_str(&text)), -1);
	ck_assert_msg(strstr(err.message, "too deeply"), "%s", err.message);
	buf_fini(&text);
}
END_TEST

/* A long token full of braces, imported, costs no more than its length. */
START_TEST(test_braces)
{
	struct buf text = {0};

	buf_append_str(&text, "(s) {\nx \"");
	for (unsigned i = 0; i < 400000; i++)
		buf_append_str(&text, "{args[{");
	buf_append_str(&text, "}\"\n}\na {\nimport s 1\n}\n");
	ck_assert_int_eq(parse(buf_str(&text)), 0);
	buf_fini(&text);
}
END_TEST

/* Cut anywhere it is an outline or an error with a place. */
START_TEST(test_cut)
{
	static const char text[] =
	    "{\nd\n}\n(s) {\n\tx {args[0]} {block}\n\t{blocks.y}\n}\n"
	    "a, \"b\" {\n\timport s 1 {\n\t\ty z\n\t}\n\tc {\n\t\td\n\t}\n}\n";

	for (size_t length = 0; length < sizeof text; length++) {
		char *copy = malloc(length + 1);

		ck_assert_ptr_nonnull(copy);
		memcpy(copy, text, length);
		err = (struct error){0};
		if (blocks_parse(span_of(copy, length), NULL, arena, NULL, &blocks, &err) == -1)
			ck_assert_msg(
			    strncmp(err.path, "Caddyfile:", 10) == 0, "%zu: %s", length, err.path);
		free(copy);
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("blocks");
	TCase *tcase = tcase_create("blocks");
	SRunner *runner;
	int failed;

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_set_timeout(tcase, 60);
	tcase_add_loop_test(tcase, test_outlines, 0, sizeof outlines / sizeof outlines[0]);
	tcase_add_loop_test(tcase, test_refused, 0, sizeof refused / sizeof refused[0]);
	tcase_add_test(tcase, test_files);
	tcase_add_test(tcase, test_chain);
	tcase_add_test(tcase, test_environment);
	tcase_add_test(tcase, test_closed);
	tcase_add_test(tcase, test_bombs);
	tcase_add_test(tcase, test_depth);
	tcase_add_test(tcase, test_braces);
	tcase_add_test(tcase, test_cut);
	suite_add_tcase(suite, tcase);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? 1 : 0;
}
