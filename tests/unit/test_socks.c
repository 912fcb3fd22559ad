/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The matchers socks4 and socks5.
 */
#include <config.h>

#include "tests/unit/matcher_support.h"

#define BYTES(s) (s), sizeof(s) - 1
#define SOCKS4(options) "{'socks4': {" options "}}"
#define SOCKS5(options) "{'socks5': {" options "}}"

/* To 192.0.2.7:8080, without a user. */
#define CONNECT "\4\1\x1f\x90\xc0\0\2\7\0"
#define BIND "\4\2\x1f\x90\xc0\0\2\7\0"

static const struct {
	const char *set, *bytes;
	size_t n, decided;
	enum match_verdict verdict;
} verdicts[] = {
    {SOCKS4(""), BYTES(CONNECT), 8, MATCH_YES},
    {SOCKS4(""), BYTES(BIND), 8, MATCH_YES},
    {SOCKS4(""), BYTES("\5\1\0"), 1, MATCH_NO},
    {SOCKS4(""), BYTES("\4\0\0"), 2, MATCH_NO},
    {SOCKS4(""), BYTES("\4\3\0"), 2, MATCH_NO},
    {SOCKS4("'commands': []"), BYTES(BIND), 8, MATCH_YES},
    {SOCKS4("'commands': ['CONNECT']"), BYTES(CONNECT), 8, MATCH_YES},
    {SOCKS4("'commands': ['connect', 'Bind']"), BYTES(BIND), 8, MATCH_YES},
    {SOCKS4("'commands': ['CONNECT']"), BYTES(BIND), 2, MATCH_NO},
    {SOCKS4("'commands': ['BIND']"), BYTES(CONNECT), 2, MATCH_NO},
    {SOCKS4("'ports': [443, 8080]"), BYTES(CONNECT), 8, MATCH_YES},
    {SOCKS4("'ports': [443, 36895]"), BYTES(CONNECT), 4, MATCH_NO},
    {SOCKS4("'networks': ['10.0.0.0/8', '192.0.2.0/24']"), BYTES(CONNECT), 8, MATCH_YES},
    {SOCKS4("'networks': ['192.0.2.7']"), BYTES(CONNECT), 8, MATCH_YES},
    {SOCKS4("'networks': ['192.0.2.8', '::/0', 'private_ranges']"), BYTES(CONNECT), 8, MATCH_NO},
    {SOCKS4("'networks': ['7.2.0.192']"), BYTES(CONNECT), 8, MATCH_NO},
    {SOCKS4("'networks': []"), BYTES(CONNECT), 8, MATCH_YES},
    {SOCKS4("'commands': ['BIND'], 'ports': [8080], 'networks': ['192.0.2.7']"), BYTES(BIND), 8,
	MATCH_YES},
    {SOCKS5(""), BYTES("\5\1\0"), 3, MATCH_YES},
    {SOCKS5(""), BYTES("\5\3\0\1\2more"), 5, MATCH_YES},
    {SOCKS5(""), BYTES("\4\1\0"), 1, MATCH_NO},
    {SOCKS5(""), BYTES("\5\0\0"), 2, MATCH_NO},
    {SOCKS5(""), BYTES("\5\3\0\3\2"), 4, MATCH_NO},
    {SOCKS5("'auth_methods': []"), BYTES("\5\2\0\2"), 4, MATCH_YES},
    {SOCKS5("'auth_methods': [2]"), BYTES("\5\1\2"), 3, MATCH_YES},
    {SOCKS5("'auth_methods': [2]"), BYTES("\5\2\0\2"), 3, MATCH_NO},
    {SOCKS5("'auth_methods': [2]"), BYTES("\5\2\2\0"), 4, MATCH_NO},
    {SOCKS5("'auth_methods': [0, 255]"), BYTES("\5\2\xff\0"), 4, MATCH_YES},
};

START_TEST(test_verdicts)
{
	support_cuts(verdicts[_i].set, span_of(verdicts[_i].bytes, verdicts[_i].n),
	    verdicts[_i].decided, verdicts[_i].verdict);
}
END_TEST

START_TEST(test_clients)
{
	support_cuts(SOCKS4(""), support_flight("socks4"), 8, MATCH_YES);
	support_cuts(SOCKS4("'commands': ['CONNECT'], 'networks': ['192.0.2.7'], 'ports': [8080]"),
	    support_flight("socks4"), 8, MATCH_YES);
	support_cuts(SOCKS4("'networks': ['0.0.0.0/24']"), support_flight("socks4a"), 8, MATCH_YES);
	support_cuts(SOCKS5(""), support_flight("socks4a"), 1, MATCH_NO);
	support_cuts(SOCKS5(""), support_flight("socks5"), 4, MATCH_YES);
	support_cuts(
	    SOCKS5("'auth_methods': [0, 1, 2]"), support_flight("socks5_auth"), 5, MATCH_YES);
	support_cuts(SOCKS5("'auth_methods': [0]"), support_flight("socks5_auth"), 4, MATCH_NO);
	support_cuts(SOCKS4(""), support_flight("socks5"), 1, MATCH_NO);
}
END_TEST

/* A greeting may offer 255 methods. */
START_TEST(test_many_methods)
{
	uint8_t bytes[2 + 255] = {5, 255};

	support_cuts(SOCKS5(""), span_of(bytes, sizeof(bytes)), sizeof(bytes), MATCH_YES);
	bytes[256] = 9;
	support_cuts(SOCKS5(""), span_of(bytes, sizeof(bytes)), sizeof(bytes), MATCH_NO);
}
END_TEST

START_TEST(test_options)
{
	support_adapt("socks4", "{}");
	support_adapt("socks4 {\ncommands BIND\ncommands CONNECT\nports 1 2\nports 3\n"
		      "networks 10.0.0.0/8\nnetworks ::1 1.1.1.1\n}",
	    "{'commands': ['BIND', 'CONNECT'], 'ports': [1, 2, 3], "
	    "'networks': ['10.0.0.0/8', '::1', '1.1.1.1']}");
	support_adapt("socks4 {\nnetworks private_ranges\n}",
	    "{'networks': ['192.168.0.0/16', '172.16.0.0/12', '10.0.0.0/8', '127.0.0.1/8', "
	    "'fd00::/8', '::1']}");
	support_adapt("socks4 CONNECT", NULL);
	support_adapt("socks4 {\ncommands\n}", NULL);
	support_adapt("socks4 {\nports\n}", NULL);
	support_adapt("socks4 {\nports 65536\n}", NULL);
	support_adapt("socks4 {\nports -1\n}", NULL);
	support_adapt("socks4 {\nports a\n}", NULL);
	support_adapt("socks4 {\nnetworks\n}", NULL);
	support_adapt("socks4 {\nnetwork 1.1.1.1\n}", NULL);
	support_adapt("socks4 {\nports 1 {\n2\n}\n}", NULL);
	support_adapt("socks5", "{}");
	support_adapt(
	    "socks5 {\nauth_methods 0 2\nauth_methods 128\n}", "{'auth_methods': [0, 2, 128]}");
	support_adapt("socks5 0", NULL);
	support_adapt("socks5 {\nauth_methods\n}", NULL);
	support_adapt("socks5 {\nauth_methods 256\n}", NULL);
	support_adapt("socks5 {\nmethods 1\n}", NULL);
	support_refused("{'socks4': {'commands': ['CONNECT', 'ASSOCIATE']}}",
	    "socks4.commands[1]: 'ASSOCIATE' is neither");
	support_refused("{'socks4': {'ports': [65536]}}", "socks4.ports[0]: ");
	support_refused("{'socks4': {'ports': 1}}", "socks4.ports: ");
	support_refused("{'socks4': {'networks': ['x']}}", "socks4.networks[0]: 'x'");
	support_refused("{'socks5': {'auth_methods': [256]}}", "socks5.auth_methods[0]: ");
	support_refused("{'socks5': {'auth_methods': ['0']}}", "socks5.auth_methods[0]: ");
	ck_assert(support_set("{'socks4': {}}").bytes && support_set("{'socks5': {}}").bytes);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("socks");
	TCase *tc = tcase_create("socks");

	tcase_add_checked_fixture(tc, support_setup, support_teardown);
	SUPPORT_LOOP(tc, test_verdicts, verdicts);
	tcase_add_test(tc, test_clients);
	tcase_add_test(tc, test_many_methods);
	tcase_add_test(tc, test_options);
	suite_add_tcase(suite, tc);
	return support_run(suite);
}
