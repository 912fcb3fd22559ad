/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "daemon/input/format.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

static const struct {
	const char *text, *want;
} cases[] = {
    {"", "\n"},
    {" \n\t\n", "\n"},
    {"a", "a\n"},
    {"a   b\tc  \n\n\n", "a b c\n"},
    {"a\r\nb\r\n", "a\nb\n"},
    {"a {\r\nb{\r\nc\r\n}\r\n}\r\n", "a {\n\tb {\n\t\tc\n\t}\n}\n"},
    {"{\r\na\r\n}\r\n\r\nb", "{\n\ta\n}\n\nb\n"},
    {"\xef\xbb\xbf a", "\xef\xbb\xbf"
		       "a\n"},
    /* blocks */
    {"a {\nb\n}", "a {\n\tb\n}\n"},
    {"a {\n      b {\nc\n   }\n}", "a {\n\tb {\n\t\tc\n\t}\n}\n"},
    {"{\na\n}\nb", "{\n\ta\n}\nb\n"},
    {"a {\n\n\nb\n\n\n\nc\n\n}\n\n\n\nd", "a {\n\tb\n\n\tc\n}\n\nd\n"},
    {"a { b }", "a {\n\tb\n}\n"},
    {"a {\n} b {\n}", "a {\n}\n\nb {\n}\n"},
    {"a\n{\nb\n}", "a {\n\tb\n}\n"},
    {"import a\n{\nb\n}", "import a\n{\n\tb\n}\n"},
    {"# a\n{\nb\n}", "# a\n{\n\tb\n}\n"},
    {"a,\nb,  c {\n}", "a,\nb, c {\n}\n"},
    {"a{\nb\n}", "a {\n\tb\n}\n"},
    {"a {\nb}", "a {\n\tb\n}\n"},
    {"a {\nb\n}c{\nd\n}", "a {\n\tb\n}\n\nc {\n\td\n}\n"},
    {"}}", "}\n}\n"},
    {"{ {", "{\n\t{\n"},
    /* placeholders and quoted braces are words */
    {"a {b} x{c}y {} {$D}", "a {b} x{c}y {} {$D}\n"},
    {"a \"{\" `}`  \"{ b\"", "a \"{\" `}` \"{ b\"\n"},
    {"a \\{ \\}", "a \\{ \\}\n"},
    {"a {$B:\"c  d\"}   e", "a {$B:\"c  d\"} e\n"},
    {"a x{$B:c  d}{$C} {\nb\n}", "a x{$B:c  d}{$C} {\n\tb\n}\n"},
    {"a {$B:c\nd}", "a {$B:c\nd\n}\n"},
    /* quotes */
    {"a   \"b   c\"  `d   e`", "a \"b   c\" `d   e`\n"},
    {"a {\n\"b\n  c\"\n}", "a {\n\t\"b\n  c\"\n}\n"},
    {"a \"b \\\"  c\"  d", "a \"b \\\"  c\" d\n"},
    {"a \"b\r\nc\"", "a \"b\r\nc\"\n"},
    {"\"a\"b", "\"a\"b\n"},
    {"a \"b", "a \"b\n"},
    /* comments */
    {"#a\n  #  b  c", "#a\n#  b  c\n"},
    {"a   #b", "a #b\n"},
    {"a {   # b\nc\n}   # d", "a {\n\t# b\n\tc\n}\n\n# d\n"},
    {"a {\n# {\n}", "a {\n\t# {\n}\n"},
    {"a#b", "a#b\n"},
    {"a # b \\\n   c\nd", "a # b \\\nc\nd\n"},
    /* continued lines */
    {"a   \\\n      b", "a \\\n b\n"},
    {"a\\\nb", "a \\\nb\n"},
    {"a \\\n\n\n\nb", "a \\\n\n\nb\n"},
    {"a\\ b", "a b\n"},
    {"\\ a", "\\a\n"},
    /* heredocs */
    {"a {\nb  <<X\n   c\n\n\t d\n   X   e\n}", "a {\n\tb <<X\n   c\n\n\t d\n   X e\n}\n"},
    {"a <<X\r\nb\r\nX\r\n", "a <<X\nb\nX\n"},
    {"a \\<<X\n  b", "a \\<<X\nb\n"},
    {"a <<X  b", "a <<X b\n"},
    {"a <<X \n  b", "a <<X \nb\n"},
    {"a <<X\n  b", "a <<X\n  b\n"},
};

START_TEST(test_cases)
{
	struct buf once = {0}, twice = {0};

	caddyfile_format(span_str(cases[_i].text), &once);
	ck_assert_str_eq(buf_str(&once), cases[_i].want);
	caddyfile_format(buf_span(&once), &twice);
	ck_assert_str_eq(buf_str(&twice), cases[_i].want);
	buf_fini(&once);
	buf_fini(&twice);
}
END_TEST

/* Deep nesting costs no more than a bounded indentation a line. */
START_TEST(test_deep)
{
	size_t length = 100000;
	char *text = malloc(length);
	struct buf out = {0};

	ck_assert_ptr_nonnull(text);
	memset(text, '{', length);
	for (size_t i = 1; i < length; i += 2)
		text[i] = '\n';
	caddyfile_format(span_of(text, length), &out);
	ck_assert_uint_lt(buf_len(&out), 50 * length);
	buf_fini(&out);
	free(text);
}
END_TEST

/* What is there before stays. */
START_TEST(test_append)
{
	struct buf out = {0};

	buf_append_str(&out, "x");
	caddyfile_format(span_str(""), &out);
	ck_assert_str_eq(buf_str(&out), "x\n");
	buf_fini(&out);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("format");
	TCase *tcase = tcase_create("format");
	SRunner *runner;
	int failed;

	tcase_add_loop_test(tcase, test_cases, 0, sizeof cases / sizeof cases[0]);
	tcase_add_test(tcase, test_deep);
	tcase_add_test(tcase, test_append);
	suite_add_tcase(suite, tcase);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? 1 : 0;
}
