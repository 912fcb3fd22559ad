/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "common/arena.h"
#include "common/error.h"
#include "daemon/core/iprange.h"
#include "daemon/core/load.h"
#include "daemon/input/field.h"

static struct arena *arena;

static void setup(void)
{
	arena = arena_new(1024);
}

static void teardown(void)
{
	arena_free(arena);
}

static struct netaddr ip(const char *text)
{
	struct netaddr addr;

	ck_assert_msg(netaddr_parse_ip(text, &addr), "%s", text);
	return addr;
}

/* A set of the ranges in text, apart by spaces. */
static struct iprange *set_of(const char *text)
{
	struct cidr ranges[64];
	char *copy = strdup(text), *save, *word;
	struct iprange *set;
	size_t n = 0;

	for (word = strtok_r(copy, " ", &save); word != NULL; word = strtok_r(NULL, " ", &save))
		ck_assert_msg(cidr_parse(word, &ranges[n++]), "%s", word);
	free(copy);
	set = iprange_new(arena, ranges, n);
	return set;
}

static const struct {
	const char *ranges;
	size_t count; /* left after merging */
	const char *in, *out;
} table[] = {
    {"", 0, "", "1.2.3.4 ::1"},
    {"10.0.0.0/8", 1, "10.0.0.0 10.255.255.255", "9.255.255.255 11.0.0.0 ::a00:1"},
    {"10.1.2.3/8", 1, "10.0.0.0 10.255.255.255", "11.0.0.0"},
    {"1.2.3.4", 1, "1.2.3.4 ::ffff:1.2.3.4", "1.2.3.3 1.2.3.5"},
    {"0.0.0.0/0", 1, "0.0.0.0 255.255.255.255 ::ffff:1.2.3.4", "::1"},
    {"::/0", 1, ":: ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "1.2.3.4 ::ffff:1.2.3.4"},
    {"10.0.0.0/25 10.0.0.128/25", 1, "10.0.0.0 10.0.0.127 10.0.0.128 10.0.0.255", "10.0.1.0"},
    {"10.0.0.0/24 10.0.0.0/8 10.9.0.0/16", 1, "10.0.0.1 10.200.0.1", "11.0.0.1"},
    {"10.0.0.3 10.0.0.1", 2, "10.0.0.1 10.0.0.3", "10.0.0.0 10.0.0.2 10.0.0.4"},
    {"255.255.255.255 0.0.0.0", 2, "0.0.0.0 255.255.255.255", "0.0.0.1 255.255.255.254"},
    {"10.255.255.255 11.0.0.0", 1, "10.255.255.255 11.0.0.0", "11.0.0.1 10.255.255.254"},
    {"10.0.0.0/31 10.0.0.1 10.0.0.0", 1, "10.0.0.0 10.0.0.1", "10.0.0.2"},
    {"fd00::/8 fe80::/10", 2, "fd12::1 fe80::1 febf::1", "fec0::1 fc00::1"},
    {"2001:db8::/33 2001:db8:8000::/33", 1, "2001:db8:7fff::1 2001:db8:8000::1", "2001:db9::"},
    {"::1 ::2 ::4", 2, "::1 ::2 ::4", ":: ::3 ::5"},
    {"2001:db8::ff/121", 1, "2001:db8::80 2001:db8::ff", "2001:db8::7f 2001:db8::100"},
    {"1.0.0.0/9 2.0.0.0/7 fd00::/8 9.9.9.9", 4, "1.127.0.1 3.255.255.255 9.9.9.9 fd00::1",
	"1.128.0.0 4.0.0.0 9.9.9.8 fe00::1"},
};

static void check_all(const struct iprange *set, const char *addresses, bool expected)
{
	char *copy = strdup(addresses), *save, *word;

	for (word = strtok_r(copy, " ", &save); word != NULL; word = strtok_r(NULL, " ", &save)) {
		struct netaddr addr = ip(word);

		ck_assert_msg(iprange_contains(set, &addr) == expected, "%s", word);
	}
	free(copy);
}

START_TEST(test_sets)
{
	struct iprange *set = set_of(table[_i].ranges);

	ck_assert_uint_eq(iprange_count(set), table[_i].count);
	check_all(set, table[_i].in, true);
	check_all(set, table[_i].out, false);
}
END_TEST

START_TEST(test_no_ip)
{
	struct iprange *set = set_of("0.0.0.0/0 ::/0");
	struct netaddr none = {0}, path = {.family = AF_UNIX, .path = "/x"};

	ck_assert(!iprange_contains(set, &none));
	ck_assert(!iprange_contains(set, &path));
}
END_TEST

/* Against a look at every range. */
START_TEST(test_random)
{
	static struct cidr ranges[3000];
	struct iprange *set;
	struct netaddr addr;
	size_t i, n, hits = 0;
	bool expected;

	srandom(7);
	for (i = 0; i < 3000; i++) {
		memset(&addr, 0, sizeof(addr));
		addr.family = i % 2 ? AF_INET : AF_INET6;
		addr.ip[0] = (uint8_t)(random() & 31);
		addr.ip[1] = (uint8_t)random();
		addr.ip[2] = (uint8_t)random();
		ranges[i] = (struct cidr){.net = addr, .bits = (uint8_t)(16 + random() % 17)};
	}
	set = iprange_new(arena, ranges, 3000);
	for (n = 0; n < 5000; n++) {
		memset(&addr, 0, sizeof(addr));
		addr.family = n % 2 ? AF_INET : AF_INET6;
		addr.ip[0] = (uint8_t)(random() & 31);
		addr.ip[1] = (uint8_t)random();
		addr.ip[2] = (uint8_t)random();
		addr.ip[3] = (uint8_t)random();
		expected = false;
		for (i = 0; i < 3000 && !expected; i++)
			expected = cidr_contains(&ranges[i], &addr);
		ck_assert_int_eq(iprange_contains(set, &addr), expected);
		hits += expected;
	}
	ck_assert_uint_gt(hits, 20);
	ck_assert_uint_lt(hits, 4900);
}
END_TEST

START_TEST(test_load)
{
	json_t *json =
	    json_pack("{s:[s,s,s]}", "ranges", "private_ranges", "8.8.8.0/24", "{env.PM_TEST_IP}");
	const char *items[] = {"private_ranges", "8.8.8.0/24", "{env.PM_TEST_IP}"};
	struct strings texts = {.items = items, .count = 3};
	struct jnode node = jnode_root(json);
	struct load load = {.arena = arena};
	struct iprange *set;
	struct error err;
	char text[2048];

	setenv("PM_TEST_IP", "9.9.9.9", 1);
	ck_assert_int_eq(iprange_load(&load, &node, "ranges", &texts, &set, &err), 0);
	check_all(
	    set, "192.168.1.1 172.31.0.1 10.1.1.1 127.0.0.1 ::1 fd00::1 8.8.8.8 9.9.9.9", true);
	check_all(set, "172.32.0.1 8.8.9.1 fe80::1", false);
	setenv("PM_TEST_IP", "nonsense", 1);
	ck_assert_int_eq(iprange_load(&load, &node, "ranges", &texts, &set, &err), -1);
	error_text(&err, text, sizeof(text));
	ck_assert_str_eq(
	    text, "ranges[2]: 'nonsense' is no IP address and no range such as 10.0.0.0/8");
	json_decref(json);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("iprange");
	TCase *tc = tcase_create("iprange");
	SRunner *runner;
	int failed;

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_loop_test(tc, test_sets, 0, sizeof(table) / sizeof(table[0]));
	tcase_add_test(tc, test_no_ip);
	tcase_add_test(tc, test_random);
	tcase_add_test(tc, test_load);
	suite_add_tcase(suite, tc);
	runner = srunner_create(suite);
	srunner_set_fork_status(runner, CK_NOFORK);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}
