/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include <check.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/arena.h"
#include "common/error.h"
#include "daemon/regex/regex.h"

static struct arena *arena;

static void setup(void)
{
	arena = arena_new(4096);
}

static void teardown(void)
{
	arena_free(arena);
}

static struct regex *compile(const char *pattern, unsigned flags)
{
	struct error err;
	struct regex *re = regex_new(arena, pattern, flags, &err);

	ck_assert_msg(re != NULL, "%s: %s", pattern, re == NULL ? err.message : "");
	return re;
}

static bool matches(const char *pattern, const char *text)
{
	return regex_match(compile(pattern, REGEX_TEXT), span_str(text), NULL, 0);
}

/* What Go says of the same pairs. */
static const struct {
	const char *pattern, *text;
	bool match;
} table[] = {
    {"", "", true},
    {"abc", "xabcx", true},
    {"^abc$", "abc\n", false},
    {"(?m)^abc$", "x\nabc\n", true},
    {"(?m)\n^", "a\n", true},
    {"^(?P<n>a)(?P<n>b)$", "ab", true},
    {"a.c", "a\nc", false},
    {"(?s)a.c", "a\nc", true},
    {"(?i)ABC", "abc", true},
    {"(?i:A)b", "ab", true},
    {"(?i:A)b", "aB", false},
    {"(?i-s)A.", "a\n", false},
    {"\\Aa\\z", "a", true},
    {"\\ba\\b", "x a x", true},
    {"\\Ba", "ba", true},
    {"^*a", "ba", true},
    {"\\b+a", "a", true},
    {"a{2,3}$", "aaaa", true},
    {"^a{2,3}$", "aaaa", false},
    {"^a{,3}$", "a{,3}", true},
    {"^a{$", "a{", true},
    {"^a{01}$", "a{01}", true},
    {"^x{2}?$", "xx", true},
    {"a]b}c", "a]b}c", true},
    {"[]a]+$", "a]", true},
    {"[^]a]", "a]", false},
    {"[a-]+$", "a-", true},
    {"[[:alpha:]_]+$", "ab_", true},
    {"^[[:^alpha:]]$", "a", false},
    {"^[[:a]+$", "[:a", true},
    {"^[\\d.-]+$", "1.2-3", true},
    {"^\\s$", "\v", false},
    {"^\\S$", "\v", true},
    {"^[\\s]$", "\v", false},
    {"^[\\S]$", "\v", true},
    {"^\\v$", "\v", true},
    {"^\\v$", "\n", false},
    {"^\\101\\x41\\x{41}$", "AAA", true},
    {"^\\0$", "0", false},
    {"^\\Qa.b\\E+$", "a.bb", true},
    {"^\\Qa.b", "a.b", true},
    {"^\\_\\-\\#$", "_-#", true},
    {"^\\pL\\p{Greek}\\PN$", "a\xce\xb1z", true},
    {"^\\p{^Greek}$", "\xce\xb1", false},
    {"^.$", "\xce\xb1", true},
    {"^\xce\xb1{2}$", "\xce\xb1\xce\xb1", true},
    {"^[\xce\xb1-\xcf\x89]$", "\xce\xb2", true},
    {"^\\w$", "\xce\xb1", false},
    {"(?i)^\xce\x91$", "\xce\xb1", true},
    {"(?U)^a+a$", "aa", true},
    {"^(?P<x>a)(?<y>b)(c)$", "abc", true},
    {"a|b|", "", true},
    {"^(?:a|b){2}$", "ab", true},
    {"(x{10}){100}", "x", false},
    {"(?)a", "a", true},
    {"a b#c", "a b#c", true},
};

START_TEST(test_same_as_go)
{
	ck_assert_msg(matches(table[_i].pattern, table[_i].text) == table[_i].match, "%s on '%s'",
	    table[_i].pattern, table[_i].text);
}
END_TEST

static const struct {
	const char *pattern;
	unsigned position;
	const char *why;
} refused[] = {
    {"(a)\\1", 4, "back-references"},
    {"(?P<n>a)\\k<n>", 9, "back-references"},
    {"(?P<n>a)(?P=n)", 9, "back-references"},
    {"a\\g1", 2, "back-references"},
    {"\\8", 1, "back-references"},
    {"a(?=b)", 2, "look-around"},
    {"(?!b)", 1, "look-around"},
    {"(?<=b)", 1, "look-around"},
    {"(?<!b)", 1, "look-around"},
    {"a++", 3, "possessive"},
    {"a*+", 3, "possessive"},
    {"a**", 3, "repetition of a repetition"},
    {"a{2}{3}", 5, "repetition of a repetition"},
    {"a+??", 4, "repetition of a repetition"},
    {"(?>a)", 1, "atomic"},
    {"(?(1)a)", 1, "conditions"},
    {"(?R)", 1, "recursion"},
    {"(?1)", 1, "recursion"},
    {"(?&x)", 1, "recursion"},
    {"(?C1)", 1, "call-outs"},
    {"\\C", 1, "\\C"},
    {"(*UTF)a", 2, "repetition of nothing"},
    {"(*LIMIT_MATCH=1)a", 2, "repetition of nothing"},
    {"a|*", 3, "repetition of nothing"},
    {"*", 1, "repetition of nothing"},
    {"x{1001}", 2, "more than 1000"},
    {"x{1,1001}", 2, "more than 1000"},
    {"x{99999999999999999999}", 2, "more than 1000"},
    {"(x{100}){11}", 9, "more than 1000"},
    {"((ax{10}b){10}c){11}", 17, "more than 1000"},
    {"x{3,2}", 2, "wrong order"},
    {"a)", 2, "')' without"},
    {"(a", 3, "')' is missing"},
    {"[a", 3, "']' is missing"},
    {"[", 2, "']' is missing"},
    {"[]", 3, "']' is missing"},
    {"[b-a]", 2, "wrong order"},
    {"[[:foo:]]", 2, "unknown class"},
    {"[\\b]", 2, "unknown escape"},
    {"[\\Qa\\E]", 2, "unknown escape"},
    {"\\p{Nope}", 1, "unknown class"},
    {"\\p", 1, "wants a class"},
    {"\\p{L", 1, "wants a class"},
    {"\\q", 1, "unknown escape"},
    {"\\Z", 1, "unknown escape"},
    {"\\h", 1, "unknown escape"},
    {"\\R", 1, "unknown escape"},
    {"\\K", 1, "unknown escape"},
    {"\\e", 1, "unknown escape"},
    {"\\cA", 1, "unknown escape"},
    {"\\", 1, "nothing follows"},
    {"\\x4", 1, "hexadecimal"},
    {"\\x{}", 1, "hexadecimal"},
    {"\\x{41", 1, "hexadecimal"},
    {"\\x{110000}", 1, "no such character"},
    {"(?x)a", 1, "unknown kind"},
    {"(?'n'a)", 1, "unknown kind"},
    {"(?|a)", 1, "unknown kind"},
    {"(?#c)", 1, "unknown kind"},
    {"(?-)", 1, "unknown kind"},
    {"(?i--s)", 1, "unknown kind"},
    {"(?P<n-a>a)", 1, "name"},
    {"(?P<>a)", 1, "name"},
    {"(?P<n", 1, "name"},
};

START_TEST(test_refused)
{
	struct error err;
	char place[40];

	ck_assert_msg(regex_new(arena, refused[_i].pattern, REGEX_TEXT, &err) == NULL,
	    "%s was accepted", refused[_i].pattern);
	snprintf(place, sizeof(place), "position %u:", refused[_i].position);
	ck_assert_msg(strstr(err.message, place) != NULL, "%s", err.message);
	ck_assert_msg(strstr(err.message, refused[_i].why) != NULL, "%s", err.message);
	ck_assert_msg(strstr(err.message, refused[_i].pattern) != NULL, "%s", err.message);
}
END_TEST

START_TEST(test_nesting_and_size)
{
	char *pattern = malloc(40000);
	struct error err;

	memset(pattern, '(', 20000);
	memset(pattern + 20000, ')', 10000);
	pattern[30000] = '\0';
	ck_assert_ptr_null(regex_new(arena, pattern, 0, &err));
	ck_assert_int_eq(err.code, ERROR_LIMIT);
	pattern[300] = '\0';
	ck_assert_ptr_null(regex_new(arena, pattern, 0, &err));
	ck_assert_ptr_nonnull(strstr(err.message, "nested too deeply"));
	for (size_t i = 0; i < 5000; i++)
		memcpy(pattern + 2 * i, "()", 3);
	ck_assert_uint_eq(regex_group_count(compile(pattern, 0)), 5001);
	free(pattern);
}
END_TEST

START_TEST(test_groups)
{
	struct regex *re = compile("(?P<user>[a-z]+)@(?<host>[a-z.]+)(:\\d+)?", REGEX_TEXT);
	struct span g[4];

	ck_assert_uint_eq(regex_group_count(re), 4);
	ck_assert_str_eq(regex_group_name(re, 1), "user");
	ck_assert_str_eq(regex_group_name(re, 2), "host");
	ck_assert_ptr_null(regex_group_name(re, 0));
	ck_assert_ptr_null(regex_group_name(re, 3));
	ck_assert_ptr_null(regex_group_name(re, 4));
	ck_assert_int_eq(regex_group_find(re, "host"), 2);
	ck_assert_int_eq(regex_group_find(re, "nobody"), -1);
	ck_assert(regex_match(re, span_str("<me@a.example>"), g, 4));
	ck_assert(span_eq_str(g[0], "me@a.example"));
	ck_assert(span_eq_str(g[1], "me"));
	ck_assert(span_eq_str(g[2], "a.example"));
	ck_assert_ptr_null(g[3].p);
	ck_assert(!regex_match(re, span_str("nothing"), g, 4));
}
END_TEST

START_TEST(test_bytes)
{
	struct regex *re = compile("^\\xff.\\x00[\\x80-\\xff]+$", 0);

	ck_assert(regex_match(re, span_of("\xff\xce\0\x80\xfe", 5), NULL, 0));
	ck_assert(!regex_match(re, span_of("\xff\xce\0\x7f", 4), NULL, 0));
	ck_assert(regex_match(compile("^\xce\xb1+$", 0), span_str("\xce\xb1\xce\xb1"), NULL, 0));
	ck_assert(regex_match(compile("^\\x{3b1}?$", 0), span_str("\xce\xb1"), NULL, 0));
	ck_assert(regex_match(compile("abc", REGEX_IGNORE_CASE), span_str("xABC"), NULL, 0));
	ck_assert(regex_match(compile("^$", 0), (struct span){0}, NULL, 0));
}
END_TEST

START_TEST(test_invalid_text_is_harmless)
{
	ck_assert(!regex_match(compile("^.$", REGEX_TEXT), span_of("\xff", 1), NULL, 0));
	ck_assert(regex_match(compile("b", REGEX_TEXT),
	    span_of("\xff"
		    "b",
		2),
	    NULL, 0));
}
END_TEST

START_TEST(test_limit)
{
	struct regex *re = compile("^(a+)+$", REGEX_TEXT);
	uint64_t before = regex_limit_hits();
	char text[64];

	memset(text, 'a', sizeof(text));
	ck_assert(regex_match(re, span_of(text, sizeof(text)), NULL, 0));
	text[63] = '!';
	ck_assert(!regex_match(re, span_of(text, sizeof(text)), NULL, 0));
	ck_assert(!regex_match(re, span_of(text, sizeof(text)), NULL, 0));
	ck_assert_uint_eq(regex_limit_hits(), before + 2);
}
END_TEST

static void *match_often(void *object)
{
	struct span g[2];
	uintptr_t wrong = 0;
	int i;

	for (i = 0; i < 2000; i++) {
		if (!regex_match(object, span_str("xxabcyy"), g, 2) || !span_eq_str(g[1], "abc"))
			wrong++;
	}
	return (void *)wrong;
}

START_TEST(test_threads)
{
	struct regex *re = compile("x([a-c]+)y", REGEX_TEXT);
	pthread_t threads[4];
	void *wrong;
	size_t i;

	for (i = 0; i < 4; i++)
		ck_assert_int_eq(pthread_create(&threads[i], NULL, match_often, re), 0);
	for (i = 0; i < 4; i++) {
		pthread_join(threads[i], &wrong);
		ck_assert_ptr_null(wrong);
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("regex");
	TCase *tc = tcase_create("regex");
	SRunner *runner;
	int failed;

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_loop_test(tc, test_same_as_go, 0, sizeof(table) / sizeof(table[0]));
	tcase_add_loop_test(tc, test_refused, 0, sizeof(refused) / sizeof(refused[0]));
	tcase_add_test(tc, test_nesting_and_size);
	tcase_add_test(tc, test_groups);
	tcase_add_test(tc, test_bytes);
	tcase_add_test(tc, test_invalid_text_is_harmless);
	tcase_add_test(tc, test_limit);
	tcase_add_test(tc, test_threads);
	suite_add_tcase(suite, tc);
	runner = srunner_create(suite);
	srunner_set_fork_status(runner, CK_NOFORK);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}
