/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "tests/unit/matcher_support.h"

#define ANY "{'wireguard': {}}"
#define MARKED "{'wireguard': {'zero': 4285988864}}" /* 0xff770000: 77 ff behind two bytes */

/* A message of size bytes that begins with head. */
static struct span message(const char *head, size_t size)
{
	uint8_t *bytes = arena_alloc(arena, size);

	memset(bytes, 0x5a, size);
	memcpy(bytes, head, 4);
	return span_of(bytes, size);
}

static const struct {
	const char *set, *head;
	size_t n;
	enum match_verdict verdict;
} datagrams[] = {
    {ANY, "\1\0\0\0", 148, MATCH_YES},
    {ANY, "\4\0\0\0", 32, MATCH_YES},
    {ANY, "\1\0\0\0", 32, MATCH_NO},
    {ANY, "\4\0\0\0", 148, MATCH_NO},
    {ANY, "\2\0\0\0", 92, MATCH_NO},
    {ANY, "\3\0\0\0", 64, MATCH_NO},
    {ANY, "\4\0\0\0", 33, MATCH_NO},
    {ANY, "\1\0\0\0", 149, MATCH_NO},
    {ANY, "\1\0\0\1", 148, MATCH_NO},
    {ANY, "\1\1\0\0", 148, MATCH_NO},
    {ANY, "\1\0\x77\xff", 148, MATCH_NO},
    {MARKED, "\1\0\x77\xff", 148, MATCH_YES},
    {MARKED, "\4\0\x77\xff", 32, MATCH_YES},
    {MARKED, "\1\0\0\0", 148, MATCH_NO},
    {"{'wireguard': {'zero': 255}}", "\1\0\0\0", 148, MATCH_YES}, /* the type's own byte */
    {"{'wireguard': {'zero': 256}}", "\1\1\0\0", 148, MATCH_YES},
};

START_TEST(test_datagrams)
{
	struct span bytes = message(datagrams[_i].head, datagrams[_i].n);

	ck_assert_int_eq(support_verdict(datagrams[_i].set, bytes, true), datagrams[_i].verdict);
}
END_TEST

START_TEST(test_client)
{
	struct span bytes = support_flight("wireguard");

	support_datagram(ANY, bytes, MATCH_YES);
	support_datagram(MARKED, bytes, MATCH_NO);
	support_cuts(ANY, bytes, 148, MATCH_YES);
}
END_TEST

START_TEST(test_streams)
{
	support_cuts(ANY, message("\4\0\0\0", 32), 32, MATCH_YES);
	support_cuts(ANY, message("\2\0\0\0", 92), 1, MATCH_NO);
	support_cuts(ANY, message("\1\0\1\0", 148), 3, MATCH_NO);
	support_cuts(MARKED, message("\1\0\0\0", 148), 3, MATCH_NO);
	ck_assert_int_eq(support_verdict(ANY, message("\1\0\0\0", 149), false), MATCH_NO);
	ck_assert_int_eq(support_verdict(ANY, message("\4\0\0\0", 33), false), MATCH_NO);
}
END_TEST

START_TEST(test_options)
{
	support_adapt("wireguard", "{}");
	support_adapt("wireguard 0", "{}");
	support_adapt("wireguard 4285988864", "{'zero': 4285988864}");
	support_adapt("wireguard 4294967295", "{'zero': 4294967295}");
	support_adapt("wireguard 4294967296", NULL);
	support_adapt("wireguard 0xff", NULL);
	support_adapt("wireguard -1", NULL);
	support_adapt("wireguard 1 2", NULL);
	support_adapt("wireguard {\nzero 1\n}", NULL);
	support_refused("{'wireguard': {'zero': 4294967296}}", "wireguard.zero: ");
	support_refused("{'wireguard': {'zero': -1}}", "wireguard.zero: ");
	ck_assert(support_set(ANY).bytes);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("wireguard");
	TCase *tc = tcase_create("wireguard");

	tcase_add_checked_fixture(tc, support_setup, support_teardown);
	SUPPORT_LOOP(tc, test_datagrams, datagrams);
	tcase_add_test(tc, test_client);
	tcase_add_test(tc, test_streams);
	tcase_add_test(tc, test_options);
	suite_add_tcase(suite, tc);
	return support_run(suite);
}
