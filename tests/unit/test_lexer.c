/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "daemon/input/lexer.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/buf.h"

static struct arena *arena;
static struct tokens tokens;
static struct error err;

static void setup(void)
{
	arena = arena_new(1024);
}

static void teardown(void)
{
	tokens_fini(&tokens);
	arena_free(arena);
}

static int lex(const void *text, size_t length)
{
	tokens_fini(&tokens);
	err = (struct error){0};
	return lexer_run(span_of(text, length), "F", arena, &tokens, &err);
}

/*
 * The tokens as one text: each as line:text, with its quote before the text where it has one and
 * "+n" behind the line where it goes on for n more.
 */
static const char *shown(const char *text)
{
	static struct buf out;

	buf_clear(&out);
	if (lex(text, strlen(text)) == -1)
		return err.message;
	for (size_t i = 0; i < tokens.count; i++) {
		const struct token *t = &tokens.items[i];

		buf_printf(&out, "%s%u", i ? " " : "", t->line);
		if (t->line_breaks)
			buf_printf(&out, "+%u", t->line_breaks);
		buf_append_str(&out, ":");
		if (t->quote)
			buf_append(&out, &t->quote, 1);
		buf_append_str(&out, t->text);
	}
	return buf_str(&out);
}

static const struct {
	const char *text, *want;
} words[] = {
    {"", ""},
    {" \t\r\n\v\f ", ""},
    {"a b\nc", "1:a 1:b 2:c"},
    {"a\r\nb\r\n", "1:a 2:b"},
    {"a\rb", "1:ab"},
    {"\xef\xbb\xbf"
     "a",
	"1:a"},
    {"a\xef\xbb\xbf", "1:a\xef\xbb\xbf"},
    {"a\xc2\xa0"
     "b\xe2\x80\x89"
     "c",
	"1:a 1:b 1:c"},
    {"\xc3\xa9 \xf0\x9f\x98\x80", "1:\xc3\xa9 1:\xf0\x9f\x98\x80"},
    {"{$X} {a} }{", "1:{$X} 1:{a} 1:}{"},
    /* comments */
    {"# a b\nc", "2:c"},
    {"a# b", "1:a# 1:b"},
    {"a #b\nc", "1:a 2:c"},
    {"a # C:\\b\nc", "1:a 2:c"},
    {"a # b \\\nc\nd", "1:a 1:c 3:d"},
    {"a # b \\\r\nc", "1:a 1:c"},
    {"# \xff\xfe\nc", "2:c"},
    {"\\#a\nb", "2:b"},
    /* continued lines */
    {"a \\\n b\nc", "1:a 1:b 3:c"},
    {"a \\\r\n b\nc", "1:a 1:b 3:c"},
    {"a\\\nb", "1:a 1:b"},
    {"a \\ \n b", "1:a 1:b"},
    {"\\\n\\\na\nb", "1:a 4:b"},
    /* escapes */
    {"a\\b \\a \\\\a", "1:a\\b 1:\\a 1:\\\\a"},
    {"a\\ b", "1:a 1:b"},
    {"a\\", "1:a"},
    {"\\", ""},
    {"a\\\"b", "1:a\\\"b"},
    /* quotes */
    {"\"a b\" c", "1:\"a b 1:c"},
    {"\"\" ``", "1:\" 1:`"},
    {"\"a\"b", "1:\"a 1:b"},
    {"a\"b c\"", "1:a\"b 1:c\""},
    {"\"a\\\"b\\n\\\\\"", "1:\"a\"b\\n\\\\"},
    {"`a\\\"b\\`c", "1:`a\\\"b\\ 1:c"},
    {"\"a\nb\" c\nd", "1+1:\"a\nb 2:c 3:d"},
    {"\"a\\\nb\"", "1+1:\"a\\\nb"},
    {"x \\\n\"a\nb\" c\nd", "1:x 1+2:\"a\nb 3:c 4:d"},
    {"\\\"a\"", "1:\"\\a"},
    {"\"{\" }", "1:\"{ 1:}"},
    /* heredocs */
    {"a <<X\nb\nX\nc", "1:a 1+2:<b 4:c"},
    {"a <<X\n\tb\n\n\t\tc\n\tX d", "1:a 1+4:<b\n\n\tc 5:d"},
    {"a <<X\r\n b\r\n\r\n X\r\nc", "1:a 1+3:<b\n 5:c"},
    {"a <<X\nX\nc", "1:a 1+1:< 3:c"},
    {"a <<X\nb\nXY", "1:a 1+2:<b 3:Y"},
    {"a <<a-B_1\nx\na-B_1", "1:a 1+2:<x"},
    {"<<X b", "1:<<X 1:b"},
    {"<<", "1:<<"},
    {"<<a", "1:<<a"},
    {"\\<<X\nb", "1:<<X 2:b"},
    {"<\\<X\nb", "1:<<X 2:b"},
    {"a<<X\nb", "1:a<<X 2:b"},
    {"\"<<X\"\nb", "1:\"<<X 2:b"},
};

START_TEST(test_words)
{
	ck_assert_str_eq(shown(words[_i].text), words[_i].want);
}
END_TEST

static const struct {
	const char *text, *place, *message;
} refused[] = {
    {"a\n \"b\nc", "F:2", "never closed"},
    {"a `b", "F:1", "never closed"},
    {"\"\\\"", "F:1", "never closed"},
    {"a \\\n\"b", "F:2", "never closed"},
    {"a\nb <<X\nc", "F:2", "closing marker is missing"},
    {"<<\nc", "F:1", "needs a marker"},
    {"<<<X\nc\nX", "F:1", "too many '<'"},
    {"<<X!\nc\nX!", "F:1", "letters"},
    {"<<X\tb\nc", "F:1", "letters"},
    {"a\n<<X\n  b\n\tc\n  X", "F:4", "not indented"},
    {"a\n\xff", "F:2", "UTF-8"},
    {"a\xed\xa0\x80", "F:1", "UTF-8"},
    {"\"a\xc3", "F:1", "UTF-8"},
    {"\"a\xc3(\"", "F:1", "UTF-8"},
    {"a \xc0\xaf", "F:1", "UTF-8"},
    {"<<X\n\xf5\nX", "F:2", "UTF-8"},
    {"<<X\xf5\nX", "F:1", "UTF-8"},
};

START_TEST(test_refused)
{
	ck_assert_int_eq(lex(refused[_i].text, strlen(refused[_i].text)), -1);
	ck_assert_msg(strstr(err.message, refused[_i].message), "%s", err.message);
	ck_assert_msg(strncmp(err.path, refused[_i].place, 3) == 0, "%s", err.path);
}
END_TEST

START_TEST(test_nul)
{
	ck_assert_int_eq(lex("a\0b", 3), -1);
	ck_assert_int_eq(lex("\"a\0\"", 4), -1);
	ck_assert_int_eq(lex("a #\0\nb", 6), 0);
	ck_assert_uint_eq(tokens.count, 2);
}
END_TEST

START_TEST(test_long_marker)
{
	char text[1024] = "<<";

	memset(text + 2, 'x', 255);
	strcpy(text + 257, "\na\n");
	memset(text + 260, 'x', 255);
	ck_assert_int_eq(lex(text, 515), 0);
	ck_assert_uint_eq(tokens.count, 1);
	ck_assert_str_eq(tokens.items[0].text, "a");
	memmove(text + 258, text + 257, 258);
	text[257] = 'x';
	ck_assert_int_eq(lex(text, 516), -1);
	ck_assert_msg(strstr(err.message, "too long"), "%s", err.message);
}
END_TEST

/* Cut anywhere, in a buffer of exactly that size, it is tokens or an error with a place. */
START_TEST(test_cut)
{
	static const char text[] = "\xef\xbb\xbf"
				   "a \\\n \"b\\\"\n\" `c` # d \\\n e <<X\n \xc3\xa9\n"
				   "\n f\n X } {\\<< \xe2\x80\xa8 z\n";

	for (size_t length = 0; length <= sizeof text - 1; length++) {
		char *copy = malloc(length + 1);

		ck_assert_ptr_nonnull(copy);
		memcpy(copy, text, length);
		if (lex(copy, length) == -1) {
			ck_assert_msg(strncmp(err.path, "F:", 2) == 0, "%s", err.path);
			ck_assert_uint_gt(strlen(err.message), 0);
		}
		free(copy);
	}
}
END_TEST

START_TEST(test_too_many)
{
	struct buf text = {0};

	for (size_t i = 0; i <= TOKENS_MAX; i++)
		buf_append_str(&text, "a ");
	ck_assert_int_eq(lex(text.data, buf_len(&text)), -1);
	ck_assert_int_eq(err.code, ERROR_LIMIT);
	ck_assert_uint_eq(tokens.count, TOKENS_MAX);
	buf_fini(&text);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("lexer");
	TCase *tcase = tcase_create("lexer");
	SRunner *runner;
	int failed;

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_set_timeout(tcase, 60);
	tcase_add_loop_test(tcase, test_words, 0, sizeof words / sizeof words[0]);
	tcase_add_loop_test(tcase, test_refused, 0, sizeof refused / sizeof refused[0]);
	tcase_add_test(tcase, test_nul);
	tcase_add_test(tcase, test_long_marker);
	tcase_add_test(tcase, test_cut);
	tcase_add_test(tcase, test_too_many);
	suite_add_tcase(suite, tcase);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? 1 : 0;
}
