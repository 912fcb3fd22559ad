/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * There is no client of Winbox to record: the messages are made as the protocol's description says.
 */
#include <config.h>

#include "tests/unit/matcher_support.h"

#define ANY "{'winbox': {}}"

/* The message of a user, in chunks of up to 255 bytes. */
static struct span message(const char *name, uint8_t parity)
{
	size_t length = strlen(name), size = length + 34, i, n = 0;
	uint8_t *payload = arena_alloc(arena, size), *out = arena_alloc(arena, size + 4);

	memcpy(payload, name, length);
	for (i = 1; i <= 32; i++)
		payload[length + i] = (uint8_t)(i * 37);
	payload[size - 1] = parity;
	for (i = 0; i < size; i++) {
		if (i % 255 == 0) {
			out[n++] = (uint8_t)(size - i < 255 ? size - i : 255);
			out[n++] = i == 0 ? 6 : 0xff;
		}
		out[n++] = payload[i];
	}
	return span_of(out, n);
}

static const char *long_name(size_t n, const char *end)
{
	char *name = arena_alloc(arena, n + 1);

	memset(name, 'u', n);
	memcpy(name + n - strlen(end), end, strlen(end));
	return name;
}

static const struct {
	const char *name, *username;
	bool romon;
} names[] = {
    {"admin", "admin", false},
    {"admin+r", "admin", true},
    {"a", "a", false},
    {"ab", "ab", false},
    {"a+r", "a", true},
    {"a.b-c_d#e@f1", "a.b-c_d#e@f1", false},
};

START_TEST(test_names)
{
	struct span bytes = message(names[_i].name, (uint8_t)(_i % 2));

	support_cuts(ANY, bytes, bytes.n, MATCH_YES);
	support_fact("l4.winbox.username", names[_i].username);
	support_cuts("{'winbox': {'modes': ['romon']}}", bytes, bytes.n,
	    names[_i].romon ? MATCH_YES : MATCH_NO);
	support_cuts("{'winbox': {'modes': ['Standard']}}", bytes, bytes.n,
	    names[_i].romon ? MATCH_NO : MATCH_YES);
}
END_TEST

/* In one full chunk, then in two; the last has its NUL in the second. */
START_TEST(test_long_names)
{
	static const size_t lengths[] = {219, 220, 221, 222, 223, 240, 253, 254, 255};
	struct span bytes;
	size_t i;

	for (i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
		bytes = message(long_name(lengths[i], "z"), 1);
		support_cuts(ANY, bytes, bytes.n, MATCH_YES);
		support_fact("l4.winbox.username", long_name(lengths[i], "z"));
		bytes = message(long_name(lengths[i], "+r"), 1);
		support_cuts("{'winbox': {'modes': ['romon']}}", bytes, bytes.n, MATCH_YES);
	}
	bytes = message(long_name(256, "z"), 1);
	ck_assert_int_eq(support_verdict(ANY, bytes, false), MATCH_NO);
}
END_TEST

/* name, and the byte of the whole at which it is a no */
static const struct {
	const char *name;
	size_t decided;
} bad_names[] = {
    {"-a", 3},
    {"a b", 4},
    {"a-", 5},
    {"a+", 5},
    {"a++", 5},
    {"a+rr", 6},
    {"a-+r", 5},
    {"+r", 3},
    {"\xc3\xa9", 3},
};

START_TEST(test_bad_names)
{
	support_cuts(ANY, message(bad_names[_i].name, 0), bad_names[_i].decided, MATCH_NO);
}
END_TEST

/* A byte of a message changed, and where that shows. */
static const struct {
	size_t length, at; /* of the name; of the byte */
	uint8_t byte;
	size_t decided;
} changes[] = {
    {5, 0, 34, 1},
    {5, 0, 0, 1},
    {5, 0, 38, 7}, /* the name would have to end sooner */
    {5, 0, 40, 8}, /* and later */
    {5, 1, 7, 2},
    {5, 1, 0xff, 2},
    {5, 7, 'a', 8},
    {5, 40, 2, 41},
    {5, 4, 0, 5},
    {230, 257, 8, 258}, /* the second chunk's length and kind */
    {230, 257, 10, 258},
    {230, 258, 6, 259},
    {255, 259, 1, 260},
    {255, 292, 2, 293},
    {221, 256, 9, 257},
    {240, 100, 0, 101},
};

START_TEST(test_changes)
{
	struct span bytes = message(long_name(changes[_i].length, "z"), 0);

	((uint8_t *)bytes.p)[changes[_i].at] = changes[_i].byte;
	support_cuts(ANY, bytes, changes[_i].decided, MATCH_NO);
}
END_TEST

/* Nothing may follow before the server has answered. */
START_TEST(test_more_bytes)
{
	static const size_t lengths[] = {5, 221, 222, 255};
	size_t i;

	for (i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
		struct span bytes = message(long_name(lengths[i], "z"), 0);
		uint8_t *longer = arena_alloc(arena, bytes.n + 1);

		memcpy(longer, bytes.p, bytes.n);
		ck_assert_int_eq(
		    support_verdict(ANY, span_of(longer, bytes.n + 1), false), MATCH_NO);
	}
}
END_TEST

static const struct {
	const char *set;
	enum match_verdict verdict; /* on the user toms */
} filters[] = {
    {"{'winbox': {'username': 'toms'}}", MATCH_YES},
    {"{'winbox': {'username': 'Toms'}}", MATCH_NO},
    {"{'winbox': {'username': '{l4.test.user}'}}", MATCH_YES},
    {"{'winbox': {'username': '{l4.test.nobody}'}}", MATCH_YES}, /* empty: any */
    {"{'winbox': {'username': '{l4.test.nobody}', 'username_regexp': 'x'}}", MATCH_NO},
    {"{'winbox': {'username': 'toms', 'username_regexp': 'x'}}", MATCH_YES},
    {"{'winbox': {'username_regexp': '^andris|toms|juris$'}}", MATCH_YES},
    {"{'winbox': {'username_regexp': '^om'}}", MATCH_NO},
    {"{'winbox': {'modes': ['standard', 'romon'], 'username': 'toms'}}", MATCH_YES},
    {"{'winbox': {'modes': ['romon'], 'username': 'toms'}}", MATCH_NO},
};

START_TEST(test_filters)
{
	struct span bytes = message("toms", 1);

	facts_set(&facts, "l4.test.user", span_str("toms"));
	support_cuts(filters[_i].set, bytes, bytes.n, filters[_i].verdict);
	support_fact("l4.winbox.username", filters[_i].verdict == MATCH_YES ? "toms" : NULL);
}
END_TEST

START_TEST(test_options)
{
	support_adapt("winbox", "{}");
	support_adapt("winbox {\nmodes standard romon\nusername toms\n}",
	    "{'modes': ['standard', 'romon'], 'username': 'toms'}");
	support_adapt("winbox {\nusername_regexp ^a\n}", "{'username_regexp': '^a'}");
	support_adapt("winbox x", NULL);
	support_adapt("winbox {\nmodes\n}", NULL);
	support_adapt("winbox {\nmodes a b c\n}", NULL);
	support_adapt("winbox {\nmodes romon\nmodes romon\n}", NULL);
	support_adapt("winbox {\nusername\n}", NULL);
	support_adapt("winbox {\nusername a b\n}", NULL);
	support_adapt("winbox {\nusername a\nusername_regexp b\n}", NULL);
	support_adapt("winbox {\nuser a\n}", NULL);
	support_refused("{'winbox': {'modes': ['x']}}", "winbox.modes[0]: 'x' is neither");
	support_refused("{'winbox': {'username_regexp': '('}}", "winbox.username_regexp: ");
	ck_assert(support_set(ANY).bytes);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("winbox");
	TCase *tc = tcase_create("winbox");

	tcase_add_checked_fixture(tc, support_setup, support_teardown);
	SUPPORT_LOOP(tc, test_names, names);
	tcase_add_test(tc, test_long_names);
	SUPPORT_LOOP(tc, test_bad_names, bad_names);
	SUPPORT_LOOP(tc, test_changes, changes);
	tcase_add_test(tc, test_more_bytes);
	SUPPORT_LOOP(tc, test_filters, filters);
	tcase_add_test(tc, test_options);
	suite_add_tcase(suite, tc);
	return support_run(suite);
}
