/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A thousand damaged configurations: each is refused with a reason, or loads. What is damaged are
 * the examples, always in the same way.
 */
#include <config.h>

#include <check.h>
#include <glob.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/buf.h"
#include "common/errors.h"
#include "daemon/config/change.h"
#include "daemon/config/document.h"
#include "daemon/config/layer4.h"
#include "daemon/core/instance.h"
#include "daemon/http/app.h"
#include "daemon/tls/app.h"
#include "tests/unit/modules.h"

static const struct app_type *const apps[] = {&app_tls, &app_layer4, &app_http, NULL};

#define TOTAL 1000
#define WORDS_MAX 4096

static char path[4096];
static uint64_t seed;
static unsigned refused, loaded;

/* SplitMix64: a number below n. */
static size_t draw(size_t n)
{
	uint64_t z = (seed += 0x9e3779b97f4a7c15);

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
	z = (z ^ z >> 27) * 0x94d049bb133111eb;
	return n > 0 ? (size_t)((z ^ z >> 31) % n) : 0;
}

/* ---- damages ------------------------------------------------------------------------------- */

static void flip_bits(struct buf *text)
{
	size_t n = 1 + draw(8);

	for (; n > 0 && buf_len(text) > 0; n--)
		text->data[text->start + draw(buf_len(text))] ^= (uint8_t)(1u << draw(8));
}

/* The first line at or after a place drawn. */
static struct span draw_line(const struct buf *text)
{
	struct span all = buf_span(text);
	const uint8_t *begin, *end;

	span_skip(&all, draw(all.n));
	begin = all.n > 0 ? memchr(all.p, '\n', all.n) : NULL;
	if (begin == NULL)
		return buf_span(text);
	begin++;
	end = memchr(begin, '\n', (size_t)(all.p + all.n - begin));
	if (end == NULL)
		end = all.p + all.n - 1;
	return span_of(begin, (size_t)(end - begin) + 1);
}

/* The text with what is put in place of a part of it. */
static void replace(struct buf *text, struct span part, struct span by)
{
	struct buf out = {0};
	struct span all = buf_span(text);
	size_t before = (size_t)(part.p - all.p);

	buf_append(&out, all.p, before);
	buf_append(&out, by.p, by.n);
	buf_append(&out, part.p + part.n, all.n - before - part.n);
	buf_fini(text);
	*text = out;
}

static void cut(struct buf *text)
{
	struct span tail = buf_span(text);

	span_skip(&tail, draw(tail.n));
	replace(text, tail, span_of(NULL, 0));
}

static void delete_line(struct buf *text)
{
	replace(text, draw_line(text), span_of(NULL, 0));
}

static void double_line(struct buf *text)
{
	struct span line = draw_line(text);

	replace(text, span_of(line.p, 0), line);
}

static bool in_word(uint8_t c)
{
	return c > ' ' && strchr("{}[],:\"", c) == NULL;
}

/* The words of text, at most WORDS_MAX. Returns how many. */
static size_t find_words(struct span text, struct span words[WORDS_MAX])
{
	size_t count = 0, i, n;

	for (i = 0; i < text.n && count < WORDS_MAX; i += n + 1) {
		for (n = 0; i + n < text.n && in_word(text.p[i + n]); n++)
			;
		if (n > 0)
			words[count++] = span_of(text.p + i, n);
	}
	return count;
}

/* Two words change places. */
static void swap_words(struct buf *text)
{
	static struct span words[WORDS_MAX];
	struct span all = buf_span(text), first, second, between, after;
	size_t count = find_words(all, words), at = draw(count > 0 ? count - 1 : 0);
	struct buf out = {0};

	if (count < 2)
		return;
	first = words[at];
	second = words[at + 1 + draw(count - 1 - at)];
	between = span_of(first.p + first.n, (size_t)(second.p - first.p) - first.n);
	after = span_of(second.p + second.n, (size_t)(all.p + all.n - second.p) - second.n);
	buf_append(&out, all.p, (size_t)(first.p - all.p));
	buf_append(&out, second.p, second.n);
	buf_append(&out, between.p, between.n);
	buf_append(&out, first.p, first.n);
	buf_append(&out, after.p, after.n);
	buf_fini(text);
	*text = out;
}

/* A word becomes another kind of value. */
static void change_type(struct buf *text)
{
	static const char *const values[] = {"0", "-1", "1e99", "true", "null", "\"\"", "[]", "{}",
	    "[[[]]]", "{", "}", "18446744073709551616", "\"\\u0000\"", "*", "@x", "\xff"};
	struct span all = buf_span(text), rest;
	size_t n = 0;

	rest = all;
	span_skip(&rest, draw(all.n));
	while (rest.n > 0 && !in_word(*rest.p))
		span_skip(&rest, 1);
	while (n < rest.n && in_word(rest.p[n]))
		n++;
	if (rest.n > 0)
		replace(text, span_of(rest.p, n),
		    span_str(values[draw(sizeof(values) / sizeof(values[0]))]));
}

static void (*const damages[])(struct buf *text) = {
    cut, flip_bits, delete_line, double_line, swap_words, change_type};

#define DAMAGES (sizeof(damages) / sizeof(damages[0]))

/* ---- loading ------------------------------------------------------------------------------- */

static void write_text(struct span text)
{
	FILE *file = fopen(path, "w");

	ck_assert_ptr_nonnull(file);
	ck_assert_uint_eq(fwrite(text.p, 1, text.n, file), text.n);
	ck_assert_int_eq(fclose(file), 0);
}

/* As `pointsmand validate`. */
static void try(struct span text)
{
	struct change change = {.document = NULL};
	struct error err = {.code = ERROR_NONE};
	struct errors errors;
	int rc;

	write_text(text);
	errors_begin(&errors);
	rc = document_read(path, ADAPTER_BY_CONTENT, NULL, &change.document, &err);
	if (rc == 0)
		rc = change_check(&change, &err);
	json_decref(change.document);
	rc = errors_end(&errors, rc, &err);
	ck_assert_uint_eq(change_revision(), 0);
	if (rc == 0) {
		loaded++;
		return;
	}
	refused++;
	ck_assert_int_ne(err.code, ERROR_NONE);
	ck_assert_int_ne(err.message[0], '\0');
}

static void read_text(const char *from, struct buf *out)
{
	FILE *file = fopen(from, "r");
	size_t n;

	ck_assert_ptr_nonnull(file);
	while ((n = fread(buf_reserve(out, 4096), 1, 4096, file)) > 0)
		buf_commit(out, n);
	fclose(file);
}

/* Files are named from their folder. */
static void damage_file(const char *from, unsigned times)
{
	char folder[4096];
	struct buf whole = {0}, text = {0};
	size_t n;

	read_text(from, &whole);
	snprintf(folder, sizeof(folder), "%s", from);
	ck_assert_int_eq(chdir(dirname(folder)), 0);
	for (; times > 0; times--) {
		buf_append(&text, buf_span(&whole).p, buf_len(&whole));
		for (n = 1 + draw(2); n > 0 && buf_len(&text) > 0; n--)
			damages[draw(DAMAGES)](&text);
		try(buf_span(&text));
		buf_fini(&text);
	}
	buf_fini(&whole);
}

static char *examples(const char *name)
{
	const char *top = getenv("top_srcdir");
	char *whole = realpath(top != NULL ? top : ".", NULL), *pattern;

	ck_assert_ptr_nonnull(whole);
	pattern = malloc(strlen(whole) + 64);
	sprintf(pattern, "%s/examples/*/%s", whole, name);
	free(whole);
	return pattern;
}

START_TEST(test_damaged)
{
	char *caddyfiles = examples("Caddyfile"), *documents = examples("config.json");
	glob_t found;
	const char *folder = getenv("TMPDIR");
	size_t i;
	int fd;

	snprintf(
	    path, sizeof(path), "%s/pointsman-damaged.XXXXXX", folder != NULL ? folder : "/tmp");
	fd = mkstemp(path);
	ck_assert_int_ne(fd, -1);
	close(fd);
	matcher_types_set(matchers);
	handler_types_set(handlers);
	app_types_set(apps);
	ck_assert_int_eq(glob(caddyfiles, 0, NULL, &found), 0);
	ck_assert_int_eq(glob(documents, GLOB_APPEND, NULL, &found), 0);
	ck_assert_uint_gt(found.gl_pathc, 20);
	for (i = 0; i < found.gl_pathc; i++) {
		seed = i;
		damage_file(found.gl_pathv[i], (unsigned)(TOTAL / found.gl_pathc + 1));
	}
	globfree(&found);
	free(caddyfiles);
	free(documents);
	unlink(path);
	printf("%u refused, %u loaded\n", refused, loaded);
	ck_assert_uint_ge(refused + loaded, TOTAL);
	ck_assert_uint_gt(refused, TOTAL / 4);
	ck_assert_uint_gt(loaded, TOTAL / 20);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("damaged");
	TCase *tests = tcase_create("damaged");
	SRunner *runner;
	int failed;

	tcase_set_timeout(tests, 300);
	tcase_add_test(tests, test_damaged);
	suite_add_tcase(suite, tests);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
