/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "tests/unit/matcher_support.h"

#define BYTES(s) (s), sizeof(s) - 1
#define RE(options) "{'regexp': {" options "}}"

static const struct {
	const char *set, *bytes;
	size_t n, decided;
	enum match_verdict verdict;
} cases[] = {
    {RE("'pattern': '[0-9]+'"), BYTES("ab1c"), 4, MATCH_YES},
    {RE("'pattern': '[0-9]+'"), BYTES("abcd1"), 4, MATCH_NO},
    {RE("'pattern': '[0-9]+', 'count': 0"), BYTES("abcd1"), 4, MATCH_NO},
    {RE("'pattern': '[0-9]+', 'count': 5"), BYTES("abcd1"), 5, MATCH_YES},
    {RE("'pattern': '^a', 'count': 1"), BYTES("ab"), 1, MATCH_YES},
    {RE("'pattern': 'b$', 'count': 2"), BYTES("abc"), 2, MATCH_YES},
    {RE("'pattern': '^(b|c|r)at(.*)\\\\x00\\\\x00$', 'count': 10"), BYTES("rat12345\0\0"), 10,
	MATCH_YES},
    {RE("'pattern': '^(b|c|r)at(.*)\\\\x00\\\\x00$', 'count': 10"), BYTES("rat12345\0\1"), 10,
	MATCH_NO},
    /* a byte, not the character that has its number */
    {RE("'pattern': '\\\\xFF\\\\xEE', 'count': 2"), BYTES("\xff\xee"), 2, MATCH_YES},
    {RE("'pattern': '^\\\\xFF', 'count': 2"), BYTES("\xc3\xbf"), 2, MATCH_NO},
    {RE("'pattern': '^[\\\\x80-\\\\xFF]{4}$'"), BYTES("\x80\x90\xc3\xff"), 4, MATCH_YES},
    /* characters where they are written as such */
    {RE("'pattern': '\xc3\xa9', 'count': 2"), BYTES("\xc3\xa9"), 2, MATCH_YES},
    {RE("'pattern': '^[\xc3\xa9\xc3\xa8]$', 'count': 2"), BYTES("\xc3\xa8"), 2, MATCH_YES},
    {RE("'pattern': '^FFEE0A$', 'count': 3, 'hex': true"), BYTES("\xff\xee\n"), 3, MATCH_YES},
    {RE("'pattern': '^ffee', 'count': 3, 'hex': true"), BYTES("\xff\xee\n"), 3, MATCH_NO},
    {RE("'pattern': '^(..)*FF', 'hex': true"), BYTES("\xaf\xf0\xff\x00"), 4, MATCH_YES},
    {RE("'pattern': ''"), BYTES("abcd"), 4, MATCH_YES},
    {RE(""), BYTES("abcd"), 4, MATCH_YES},
    /* too dear: no match */
    {RE("'pattern': '^(a+)+$', 'count': 36"), BYTES("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab"), 36,
	MATCH_NO},
};

START_TEST(test_cases)
{
	support_cuts(cases[_i].set, span_of(cases[_i].bytes, cases[_i].n), cases[_i].decided,
	    cases[_i].verdict);
}
END_TEST

START_TEST(test_datagrams)
{
	support_datagram(RE("'pattern': 'd'"), span_str("abcd"), MATCH_YES);
	ck_assert_int_eq(support_verdict(RE("'pattern': 'a'"), span_str("abcde"), true), MATCH_YES);
}
END_TEST

/* More bytes than are kept on the stack as digits; and it sets nothing. */
START_TEST(test_large)
{
	char bytes[4096];

	memset(bytes, 'x', sizeof(bytes));
	support_cuts(RE("'pattern': '^(78)+$', 'count': 4096, 'hex': true"),
	    span_of(bytes, sizeof(bytes)), sizeof(bytes), MATCH_YES);
	ck_assert_ptr_null(facts.named);
}
END_TEST

START_TEST(test_options)
{
	support_adapt("regexp \\d+", "{'pattern': '\\\\d+'}");
	support_adapt("regexp a 6", "{'pattern': 'a', 'count': 6}");
	support_adapt("regexp a 0", "{'pattern': 'a'}");
	support_adapt("regexp a hex 6", "{'pattern': 'a', 'count': 6, 'hex': true}");
	support_adapt("regexp a 6 hex", "{'pattern': 'a', 'count': 6, 'hex': true}");
	support_adapt("regexp hex", "{'pattern': 'hex'}");
	support_adapt("regexp \"\" hex", "{'hex': true}");
	support_adapt("regexp", NULL);
	support_adapt("regexp a 1 2", NULL);
	support_adapt("regexp a hex hex", NULL);
	support_adapt("regexp a 1 hex 2", NULL);
	support_adapt("regexp a 65536", NULL);
	support_adapt("regexp a x", NULL);
	support_adapt("regexp a {\nhex\n}", NULL);
	support_refused("{'regexp': {'pattern': '('}}", "regexp.pattern: ");
	support_refused("{'regexp': {'pattern': '(?=a)'}}", "regexp.pattern: ");
	support_refused("{'regexp': {'pattern': 'a', 'count': 65536}}", "regexp.count: ");
	ck_assert(support_set(RE("'pattern': 'a'")).bytes);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("regexp");
	TCase *tc = tcase_create("regexp");

	tcase_add_checked_fixture(tc, support_setup, support_teardown);
	SUPPORT_LOOP(tc, test_cases, cases);
	tcase_add_test(tc, test_datagrams);
	tcase_add_test(tc, test_large);
	tcase_add_test(tc, test_options);
	suite_add_tcase(suite, tc);
	return support_run(suite);
}
