/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include <check.h>
#include <stdlib.h>

#include "common/scanner.h"

static const struct scanner_limits limits = {.size = 4096, .depth = 4, .elements = 100};

#define BYTES(...)                                                                                 \
	.bytes = (const uint8_t[]){__VA_ARGS__}, .size = sizeof((const uint8_t[]){__VA_ARGS__})

struct value_case {
	const char *name;
	const uint8_t *bytes;
	size_t size;
	enum scanner_result result;
};

static const struct value_case values[] = {
    {"fixint", BYTES(0x7f), SCANNER_DONE},
    {"negative fixint", BYTES(0xe0), SCANNER_DONE},
    {"nil", BYTES(0xc0), SCANNER_DONE},
    {"false", BYTES(0xc2), SCANNER_DONE},
    {"true", BYTES(0xc3), SCANNER_DONE},
    {"empty bin 8", BYTES(0xc4, 0), SCANNER_DONE},
    {"bin 8", BYTES(0xc4, 2, 1, 2), SCANNER_DONE},
    {"bin 16", BYTES(0xc5, 0, 2, 1, 2), SCANNER_DONE},
    {"bin 32", BYTES(0xc6, 0, 0, 0, 2, 1, 2), SCANNER_DONE},
    {"ext 8", BYTES(0xc7, 2, 5, 1, 2), SCANNER_DONE},
    {"ext 16", BYTES(0xc8, 0, 1, 5, 1), SCANNER_DONE},
    {"ext 32", BYTES(0xc9, 0, 0, 0, 1, 5, 1), SCANNER_DONE},
    {"float 32", BYTES(0xca, 1, 2, 3, 4), SCANNER_DONE},
    {"float 64", BYTES(0xcb, 1, 2, 3, 4, 5, 6, 7, 8), SCANNER_DONE},
    {"uint 8", BYTES(0xcc, 1), SCANNER_DONE},
    {"uint 16", BYTES(0xcd, 1, 2), SCANNER_DONE},
    {"uint 32", BYTES(0xce, 1, 2, 3, 4), SCANNER_DONE},
    {"uint 64", BYTES(0xcf, 1, 2, 3, 4, 5, 6, 7, 8), SCANNER_DONE},
    {"int 8", BYTES(0xd0, 1), SCANNER_DONE},
    {"int 16", BYTES(0xd1, 1, 2), SCANNER_DONE},
    {"int 32", BYTES(0xd2, 1, 2, 3, 4), SCANNER_DONE},
    {"int 64", BYTES(0xd3, 1, 2, 3, 4, 5, 6, 7, 8), SCANNER_DONE},
    {"fixext 1", BYTES(0xd4, 5, 1), SCANNER_DONE},
    {"fixext 2", BYTES(0xd5, 5, 1, 2), SCANNER_DONE},
    {"fixext 4", BYTES(0xd6, 5, 1, 2, 3, 4), SCANNER_DONE},
    {"fixext 8", BYTES(0xd7, 5, 1, 2, 3, 4, 5, 6, 7, 8), SCANNER_DONE},
    {"fixext 16", BYTES(0xd8, 5, 1, 2, 3, 4, 5, 6, 7, 8, 1, 2, 3, 4, 5, 6, 7, 8), SCANNER_DONE},
    {"fixstr", BYTES(0xa3, 'a', 'b', 'c'), SCANNER_DONE},
    {"empty fixstr", BYTES(0xa0), SCANNER_DONE},
    {"str 8", BYTES(0xd9, 1, 'a'), SCANNER_DONE},
    {"str 16", BYTES(0xda, 0, 1, 'a'), SCANNER_DONE},
    {"str 32", BYTES(0xdb, 0, 0, 0, 1, 'a'), SCANNER_DONE},
    {"empty fixarray", BYTES(0x90), SCANNER_DONE},
    {"empty fixmap", BYTES(0x80), SCANNER_DONE},
    {"fixarray", BYTES(0x93, 1, 2, 3), SCANNER_DONE},
    {"fixmap", BYTES(0x82, 1, 2, 3, 4), SCANNER_DONE},
    {"array 16", BYTES(0xdc, 0, 2, 0xc0, 0xa1, 'x'), SCANNER_DONE},
    {"array 32", BYTES(0xdd, 0, 0, 0, 2, 0xc0, 0xa1, 'x'), SCANNER_DONE},
    {"map 16", BYTES(0xde, 0, 1, 0xa1, 'k', 0x90), SCANNER_DONE},
    {"map 32", BYTES(0xdf, 0, 0, 0, 1, 0xa1, 'k', 0x80), SCANNER_DONE},
    {"empty containers at the end", BYTES(0x92, 0x90, 0x91, 0x80), SCANNER_DONE},
    {"request", BYTES(0x94, 0, 7, 0xa4, 'p', 'i', 'n', 'g', 0x91, 0x80), SCANNER_DONE},
    {"as deep as allowed", BYTES(0x91, 0x91, 0x91, 0x91, 0), SCANNER_DONE},
    {"never used", BYTES(0xc1), SCANNER_BAD},
    {"never used, inside", BYTES(0x92, 1, 0xc1), SCANNER_BAD},
    {"too deep", BYTES(0x91, 0x91, 0x91, 0x91, 0x91, 0), SCANNER_DEPTH},
    {"too deep, empty", BYTES(0x91, 0x91, 0x91, 0x91, 0x90), SCANNER_DEPTH},
    {"too deep, map", BYTES(0x81, 1, 0x81, 1, 0x81, 1, 0x81, 1, 0x80), SCANNER_DEPTH},
    {"too many items", BYTES(0xdc, 0, 100), SCANNER_ELEMENTS},
    {"too many pairs", BYTES(0xde, 0, 50), SCANNER_ELEMENTS},
    {"as many as allowed, not all there", BYTES(0x92, 0xdc, 0, 50, 1, 2), SCANNER_MORE},
    {"string longer than a message", BYTES(0xda, 0x10, 0), SCANNER_SIZE},
    {"string of 4 GiB", BYTES(0xdb, 0xff, 0xff, 0xff, 0xff), SCANNER_SIZE},
    {"ext of 4 GiB", BYTES(0xc9, 0xff, 0xff, 0xff, 0xff), SCANNER_SIZE},
    {"array of 2^32 - 1", BYTES(0xdd, 0xff, 0xff, 0xff, 0xff), SCANNER_SIZE},
    {"map of 2^32 - 1", BYTES(0xdf, 0xff, 0xff, 0xff, 0xff), SCANNER_SIZE},
};

/* In a copy of exactly n bytes, so that a sanitizer sees a read beyond. */
static enum scanner_result run_cut(struct scanner *s, const uint8_t *bytes, size_t n)
{
	uint8_t *copy = malloc(n + 1);
	enum scanner_result result;

	memcpy(copy + 1, bytes, n);
	result = scanner_run(s, span_of(copy + 1, n));
	free(copy);
	return result;
}

START_TEST(values_whole)
{
	const struct value_case *c = &values[_i];
	struct scanner s;

	scanner_init(&s, limits);
	ck_assert_msg(run_cut(&s, c->bytes, c->size) == c->result, "%s", c->name);
	if (c->result == SCANNER_DONE)
		ck_assert_msg(s.at == c->size, "%s: ends at %zu", c->name, s.at);
}
END_TEST

/* Each beginning asks for more, or is refused as the whole is; with one scanner and a fresh one. */
START_TEST(values_cut)
{
	const struct value_case *c = &values[_i];
	struct scanner all, fresh;
	enum scanner_result got, want;
	size_t n;

	scanner_init(&all, limits);
	for (n = 0; n < c->size; n++) {
		scanner_init(&fresh, limits);
		want = run_cut(&fresh, c->bytes, n);
		got = run_cut(&all, c->bytes, n);
		ck_assert_msg(got == want, "%s at %zu: %d, fresh %d", c->name, n, got, want);
		ck_assert_msg(got == SCANNER_MORE || (got == c->result && got != SCANNER_DONE),
		    "%s at %zu: %d", c->name, n, got);
		if (got != SCANNER_MORE)
			return;
	}
	ck_assert_msg(run_cut(&all, c->bytes, n) == c->result, "%s", c->name);
}
END_TEST

START_TEST(next_value_is_not_looked_at)
{
	const uint8_t bytes[] = {0x91, 0x05, 0xc1, 0xc1};
	struct scanner s;

	scanner_init(&s, limits);
	ck_assert_int_eq(run_cut(&s, bytes, 4), SCANNER_DONE);
	ck_assert_uint_eq(s.at, 2);
}
END_TEST

START_TEST(size_is_exact)
{
	struct scanner s;
	uint8_t bytes[4097] = {0xda, 0x0f, 0xfd}; /* 3 + 4093 */

	scanner_init(&s, limits);
	ck_assert_int_eq(run_cut(&s, bytes, 4095), SCANNER_MORE);
	ck_assert_int_eq(run_cut(&s, bytes, 4096), SCANNER_DONE);
	bytes[2] = 0xfe;
	scanner_init(&s, limits);
	ck_assert_int_eq(run_cut(&s, bytes, 3), SCANNER_SIZE);
}
END_TEST

/* Many small values in one array: the count alone must stop them. */
START_TEST(elements_add_up)
{
	uint8_t bytes[200] = {0xdc, 0, 60};
	struct scanner s;

	bytes[3] = 0xdc; /* the first of the 60 is an array of 40: 1 + 60 + 40 > 100 */
	bytes[5] = 40;
	scanner_init(&s, limits);
	ck_assert_int_eq(run_cut(&s, bytes, 5), SCANNER_MORE);
	ck_assert_int_eq(run_cut(&s, bytes, 6), SCANNER_ELEMENTS);
	bytes[5] = 39;
	scanner_init(&s, limits);
	ck_assert_int_eq(run_cut(&s, bytes, sizeof(bytes)), SCANNER_DONE);
	ck_assert_uint_eq(s.at, 3 + 3 + 39 + 59);
}
END_TEST

START_TEST(size_by_small_values)
{
	struct scanner_limits small = {.size = 5, .depth = 4, .elements = 100};
	const uint8_t bytes[] = {0x94, 0xc4, 1, 0, 1, 1, 1};
	struct scanner s;

	scanner_init(&s, small);
	ck_assert_int_eq(run_cut(&s, bytes, sizeof(bytes)), SCANNER_SIZE);
}
END_TEST

int main(void)
{
	const int count = sizeof(values) / sizeof(values[0]);
	Suite *suite = suite_create("scanner");
	TCase *tc = tcase_create("scanner");
	SRunner *runner;
	int failed;

	tcase_add_loop_test(tc, values_whole, 0, count);
	tcase_add_loop_test(tc, values_cut, 0, count);
	tcase_add_test(tc, next_value_is_not_looked_at);
	tcase_add_test(tc, size_is_exact);
	tcase_add_test(tc, elements_add_up);
	tcase_add_test(tc, size_by_small_values);
	suite_add_tcase(suite, tc);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? 0 : 1;
}
