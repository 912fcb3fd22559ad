/* SPDX-License-Identifier: BSD-2-Clause */
/* Scripts of pointsctl: words, quotes, comments, here-documents, faults and their places. */
#include <config.h>

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/arena.h"
#include "ctl/script.h"

static struct arena *arena;
static struct script script;
static struct script_command command;
static struct fault fault;

static void setup(void)
{
	arena = arena_new(1024);
}

static void teardown(void)
{
	arena_free(arena);
}

static enum script_result next(const char *text)
{
	script_init(&script, "file", span_str(text), arena);
	return script_next(&script, &command, &fault);
}

/* "<one><two>" */
static const char *words(void)
{
	struct buf all = {0};
	char *text;
	int i;

	for (i = 1; i < command.argc; i++)
		buf_printf(&all, "<%s>", command.words[i]);
	text = arena_strdup(arena, buf_str(&all));
	buf_fini(&all);
	return text;
}

START_TEST(one_command)
{
	static const struct {
		const char *text, *words;
	} cases[] = {
	    {"route rm web", "<route><rm><web>"},
	    {"  route\trm   web \n", "<route><rm><web>"},
	    {"route rm web\r\n", "<route><rm><web>"},
	    {"a 'b c' d", "<a><b c><d>"},
	    {"a 'b\"c\\d$e' f", "<a><b\"c\\d$e><f>"},
	    {"a \"b 'c'\" d", "<a><b 'c'><d>"},
	    {"a \"\\\"\\\\\\$\\`\\x\" b", "<a><\"\\$`\\x><b>"},
	    {"a b\\ c \\' \\\"", "<a><b c><'><\">"},
	    {"a x'y'\"z\"\\w", "<a><xyzw>"},
	    {"a '' \"\"", "<a><><>"},
	    {"a 'b\nc'", "<a><b\nc>"},
	    {"a \\\n  b\\\nc \"d\\\ne\"", "<a><bc><de>"},
	    {"a \\\r\n b", "<a><b>"},
	    {"# comment\n\n \t\n  a b # rest 'of' <<it\n", "<a><b>"},
	    {"a b#c \\#d '#e'", "<a><b#c><#d><#e>"},
	    {"route rm #12 #7", "<route><rm><#12><#7>"},
	    {"route rm #12a", "<route><rm>"},
	    {"#12\na", "<a>"},
	    {"a #", "<a>"},
	    {"a [::1]:443 * ? ~ {x} !y k=v", "<a><[::1]:443><*><?><~><{x}><!y><k=v>"},
	    {"r\303\274ck \"w\303\244rts\"", "<r\303\274ck><w\303\244rts>"},
	};
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		ck_assert_msg(next(cases[i].text) == SCRIPT_COMMAND, "'%s'", cases[i].text);
		ck_assert_str_eq(words(), cases[i].words);
		ck_assert_str_eq(command.argv[0], "pointsctl");
		ck_assert_ptr_null(command.argv[command.argc]);
		ck_assert(!command.here.given);
		ck_assert_int_eq(script_next(&script, &command, &fault), SCRIPT_END);
	}
}
END_TEST

START_TEST(many_commands)
{
	ck_assert_int_eq(next("one\n\n  two \\\n 2 # x\n'three\n3'\nfour"), SCRIPT_COMMAND);
	ck_assert_str_eq(words(), "<one>");
	ck_assert_uint_eq(command.place.line, 1);
	ck_assert_uint_eq(command.place.column, 1);
	ck_assert_int_eq(script_next(&script, &command, &fault), SCRIPT_COMMAND);
	ck_assert_str_eq(words(), "<two><2>");
	ck_assert_uint_eq(command.place.line, 3);
	ck_assert_uint_eq(command.place.column, 3);
	ck_assert_int_eq(script_next(&script, &command, &fault), SCRIPT_COMMAND);
	ck_assert_uint_eq(command.place.line, 5);
	ck_assert_int_eq(script_next(&script, &command, &fault), SCRIPT_COMMAND);
	ck_assert_uint_eq(command.place.line, 7);
	ck_assert_int_eq(script_next(&script, &command, &fault), SCRIPT_END);
	ck_assert_int_eq(next(""), SCRIPT_END);
	ck_assert_int_eq(next("# nothing"), SCRIPT_END);
}
END_TEST

static void expect_here(const char *text, const char *body, unsigned line)
{
	ck_assert_msg(next(text) == SCRIPT_COMMAND, "'%s': %s", text, fault.message);
	ck_assert(command.here.given);
	ck_assert_str_eq(
	    arena_strndup(arena, (const char *)command.here.text.p, command.here.text.n), body);
	ck_assert_uint_eq(command.here.place.line, line);
	ck_assert_str_eq(command.here.place.name, "file");
}

START_TEST(here_documents)
{
	expect_here("\na b <<END\none $x\n 'two\nEND\nc", "one $x\n 'two\n", 3);
	ck_assert_str_eq(words(), "<a><b>");
	ck_assert_int_eq(script_next(&script, &command, &fault), SCRIPT_COMMAND);
	ck_assert_str_eq(words(), "<c>");
	ck_assert_uint_eq(command.place.line, 6);
	expect_here("a <<'E F' b\nE\nE F", "E\n", 2);
	ck_assert_str_eq(words(), "<a><b>");
	expect_here("a <<\\END # x\nEND", "", 2);
	expect_here("a << END\r\nx\r\nEND\r\n", "x\r\n", 2);
	expect_here("a \\\n<<E\nx\nE", "x\n", 3);
}
END_TEST

START_TEST(faults)
{
	static const struct {
		const char *text;
		enum script_result result;
		const char *path, *part;
	} cases[] = {
	    {"a 'b", SCRIPT_OPEN, "file:1:3", "no second '"},
	    {"a\nb c\"d\n\n", SCRIPT_OPEN, "file:2:4", "no second \""},
	    {"\303\274\303\274 \"", SCRIPT_OPEN, "file:1:4", "no second \""},
	    {"a \\", SCRIPT_OPEN, "file:1:3", "go on"},
	    {"a \\\n", SCRIPT_OPEN, "file:2:1", "go on"},
	    {"a b\\\r\n", SCRIPT_OPEN, "file:2:1", "go on"},
	    {"a \"b\\\n", SCRIPT_OPEN, "file:1:3", "no second"},
	    {"a <<END\nx\n END\n", SCRIPT_OPEN, "file:1:3", "no line 'END'"},
	    {"a <<END", SCRIPT_OPEN, "file:1:3", "no line 'END'"},
	    {"a <<", SCRIPT_BAD, "file:1:3", "<<END"},
	    {"a <<-END\nEND", SCRIPT_BAD, "file:1:3", "<<END"},
	    {"a <<X <<Y\nX\nY", SCRIPT_BAD, "file:1:7", "one here-document"},
	    {"a $b", SCRIPT_BAD, "file:1:3", "'$' does nothing here: put it in single quotes"},
	    {"a \"$b\"", SCRIPT_BAD, "file:1:4", "'$'"},
	    {"a \"`\"", SCRIPT_BAD, "file:1:4", "'`'"},
	    {"a b; c", SCRIPT_BAD, "file:1:4", "';'"},
	    {"a && c", SCRIPT_BAD, "file:1:3", "'&'"},
	    {"a | c", SCRIPT_BAD, "file:1:3", "'|'"},
	    {"a <b", SCRIPT_BAD, "file:1:3", "'<'"},
	    {"a x<<END\nEND", SCRIPT_BAD, "file:1:4", "'<'"},
	    {"a b>c", SCRIPT_BAD, "file:1:4", "'>'"},
	    {"a (b)", SCRIPT_BAD, "file:1:3", "'('"},
	};
	enum script_result result;
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		script_init(&script, "file", span_str(cases[i].text), arena);
		do
			result = script_next(&script, &command, &fault);
		while (result == SCRIPT_COMMAND);
		ck_assert_msg(result == cases[i].result, "'%s'", cases[i].text);
		ck_assert_str_eq(fault.path, cases[i].path);
		ck_assert_msg(strstr(fault.message, cases[i].part) != NULL, "'%s': %s",
		    cases[i].text, fault.message);
		ck_assert_int_eq(fault.exit, CONTROL_EXIT_USAGE);
	}
	script_init(&script, "file", span_of("a b\0c", 5), arena);
	ck_assert_int_eq(script_next(&script, &command, &fault), SCRIPT_BAD);
	ck_assert_str_eq(fault.path, "file:1:3");
}
END_TEST

/* Which line is waited for. */
START_TEST(open)
{
	ck_assert_int_eq(next("a <<END\nx\n"), SCRIPT_OPEN);
	ck_assert_str_eq(command.open_until, "END");
	ck_assert_int_eq(next("a 'b\n"), SCRIPT_OPEN);
	ck_assert_ptr_null(command.open_until);
}
END_TEST

START_TEST(limits)
{
	struct buf text = {0};
	int i;

	for (i = 0; i <= SCRIPT_WORDS_MAX; i++)
		buf_append_str(&text, "a ");
	ck_assert_int_eq(next(buf_str(&text)), SCRIPT_BAD);
	ck_assert_int_eq(fault.exit, CONTROL_EXIT_LIMIT);
	buf_clear(&text);
	for (i = 0; i < SCRIPT_WORDS_MAX - 1; i++)
		buf_append_str(&text, "a ");
	ck_assert_int_eq(next(buf_str(&text)), SCRIPT_COMMAND);
	buf_clear(&text);
	for (i = 0; i < 2048; i++)
		buf_printf(&text, "%0512d", i);
	ck_assert_int_eq(next(buf_str(&text)), SCRIPT_COMMAND);
	buf_append_str(&text, "x");
	ck_assert_int_eq(next(buf_str(&text)), SCRIPT_BAD);
	ck_assert_int_eq(fault.exit, CONTROL_EXIT_LIMIT);
	buf_fini(&text);
}
END_TEST

/* The fault of word number at, counted from 1. */
static const char *place_of_word(const char *text, int at, const char *path)
{
	do
		ck_assert_int_eq(script_next(&script, &command, &fault), SCRIPT_COMMAND);
	while (strcmp(command.words[1], text) != 0);
	fault_set(&fault, CONTROL_EXIT_USAGE, "wrong");
	fault.word = at > 0 ? command.words[at] + 1 : NULL;
	snprintf(fault.path, sizeof(fault.path), "%s", path);
	script_fault(&command, &fault);
	return fault.path;
}

START_TEST(places_of_words)
{
	static const char text[] = "one\n  two b \\\n c 'd'\nthree x\n";

	script_init(&script, "file", span_str(text), arena);
	ck_assert_str_eq(place_of_word("one", 0, ""), "file:1:1");
	ck_assert_str_eq(place_of_word("two", 2, ""), "file:2:7");
	script_init(&script, "file", span_str(text), arena);
	ck_assert_str_eq(place_of_word("two", 3, ""), "file:3:2");
	script_init(&script, "file", span_str(text), arena);
	ck_assert_str_eq(place_of_word("two", 4, ""), "file:3:4");
	ck_assert_str_eq(place_of_word("three", 2, "route.json:3"), "file:4:7: route.json:3");
	script_init(&script, "file", span_str(text), arena);
	ck_assert_str_eq(place_of_word("three", 2, "file:9:9"), "file:9:9");
}
END_TEST

/* What somebody types: "a|b" has the word at the bar, and begins there. */
static void expect_typed(const char *text, const char *want, size_t want_start)
{
	size_t start;

	script_init(&script, "", span_str(text), arena);
	script_typed(&script, &command, &start);
	ck_assert_msg(strcmp(words(), want) == 0, "'%s' gives '%s'", text, words());
	ck_assert_uint_eq(start, want_start);
}

START_TEST(typed)
{
	expect_typed("", "<>", 0);
	expect_typed("  ", "<>", 2);
	expect_typed("ro", "<ro>", 0);
	expect_typed("route ", "<route><>", 6);
	expect_typed("route rm w", "<route><rm><w>", 9);
	expect_typed("route rm 'a b", "<route><rm><a b>", 9);
	expect_typed("route rm \"a b", "<route><rm><a b>", 9);
	expect_typed("route rm a\\", "<route><rm><a>", 9);
	expect_typed("route rm a\\ ", "<route><rm><a >", 9);
	expect_typed("conn ls route==a&&b|c", "<conn><ls><route==a&&b|c>", 8);
	expect_typed("conn ls \"$x", "<conn><ls><$x>", 8);
	expect_typed("route rm \\\n w", "<route><rm><w>", 12);
	expect_typed("route add <<EN", "", 14);
	expect_typed("route add\n", "", 10);
}
END_TEST

START_TEST(quoting)
{
	static const struct {
		const char *word, *quoted;
	} cases[] = {
	    {"web", "web"},
	    {"", "''"},
	    {"a b", "'a b'"},
	    {"it's", "'it'\\''s'"},
	    {"#12", "#12"},
	    {"#1x", "'#1x'"},
	    {"#", "'#'"},
	    {"[::1]:443", "[::1]:443"},
	    {"$x", "'$x'"},
	    {"r\303\274ck", "'r\303\274ck'"},
	};
	struct buf out = {0};
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		buf_clear(&out);
		script_quote(&out, cases[i].word);
		ck_assert_str_eq(buf_str(&out), cases[i].quoted);
	}
	buf_fini(&out);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("script");
	TCase *tc = tcase_create("script");
	SRunner *runner;
	int failed;

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, one_command);
	tcase_add_test(tc, many_commands);
	tcase_add_test(tc, here_documents);
	tcase_add_test(tc, faults);
	tcase_add_test(tc, open);
	tcase_add_test(tc, limits);
	tcase_add_test(tc, places_of_words);
	tcase_add_test(tc, typed);
	tcase_add_test(tc, quoting);
	suite_add_tcase(suite, tc);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? 0 : 1;
}
