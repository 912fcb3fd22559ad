/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "common/netaddr.h"

#include <arpa/inet.h>
#include <check.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/un.h>

static char text[NETADDR_TEXT_MAX];

static struct netaddr parsed(const char *ip)
{
	struct netaddr addr;

	ck_assert_msg(netaddr_parse_ip(ip, &addr), "%s", ip);
	return addr;
}

START_TEST(test_parse)
{
	static const char *const cases[][2] = {
	    {"1.2.3.4", "1.2.3.4"},
	    {"0.0.0.0", "0.0.0.0"},
	    {"::", "::"},
	    {"::1", "::1"},
	    {"2001:DB8:0:0:0:0:0:1", "2001:db8::1"},
	    {"::ffff:10.1.2.3", "10.1.2.3"},
	    {"::ffff:a01:203", "10.1.2.3"},
	    {"::10.1.2.3", "::10.1.2.3"},
	    {"fe80::1%lo", "fe80::1%lo"},
	    {"fe80::1%1", "fe80::1%lo"},
	    {"fe80::1%4000000000", "fe80::1%4000000000"},
	};
	static const char *const bad[] = {"", "1.2.3", "1.2.3.4.5", "1.2.3.256", "01.2.3.4",
	    "1.2.3.4:80", "[::1]", "::1::", ":", "fe80::1%", "fe80::1%no-such-link", "fe80::1%0",
	    "fe80::1%99999999999", "fe80::1%1x", "1.2.3.4%1", " 1.2.3.4", "localhost", "@x", "/a",
	    "1111:2222:3333:4444:5555:6666:7777:8888:9999:1111:2222:3333:4444"};
	struct netaddr addr;
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		addr = parsed(cases[i][0]);
		ck_assert_str_eq(netaddr_ip_text(&addr, text), cases[i][1]);
		ck_assert_uint_eq(addr.port, 0);
	}
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		ck_assert_msg(!netaddr_parse_ip(bad[i], &addr), "%s", bad[i]);
}
END_TEST

START_TEST(test_text)
{
	struct netaddr addr = parsed("1.2.3.4");

	addr.port = 80;
	ck_assert_str_eq(netaddr_text(&addr, text), "1.2.3.4:80");
	addr = parsed("0.10.100.255");
	ck_assert_str_eq(netaddr_text(&addr, text), "0.10.100.255:0");
	addr.port = 65535;
	ck_assert_str_eq(netaddr_text(&addr, text), "0.10.100.255:65535");
	ck_assert_str_eq(netaddr_ip_text(&addr, text), "0.10.100.255");
	addr = parsed("fe80::1%1");
	addr.port = 65535;
	ck_assert_str_eq(netaddr_text(&addr, text), "[fe80::1%lo]:65535");
	addr = (struct netaddr){.family = AF_UNIX, .path = "@name"};
	ck_assert_str_eq(netaddr_text(&addr, text), "@name");
	ck_assert_str_eq(netaddr_ip_text(&addr, text), "@name");
	addr.path = NULL;
	ck_assert_str_eq(netaddr_text(&addr, text), "");
	addr = (struct netaddr){0};
	ck_assert_str_eq(netaddr_text(&addr, text), "-");
}
END_TEST

static void must_survive(struct netaddr addr)
{
	struct sockaddr_storage ss;
	socklen_t length = netaddr_to_sockaddr(&addr, &ss);
	struct netaddr back = netaddr_from_sockaddr((struct sockaddr *)&ss, length);

	ck_assert_uint_gt(length, 0);
	ck_assert(netaddr_equal(&addr, &back));
}

START_TEST(test_sockaddr)
{
	struct netaddr addr = parsed("1.2.3.4"),
		       unix_addr = {.family = AF_UNIX, .path = "/run/a.sock"};
	struct sockaddr_storage ss;
	struct sockaddr_in6 in6 = {.sin6_family = AF_INET6, .sin6_port = htons(7)};
	socklen_t length;

	addr.port = 443;
	must_survive(addr);
	addr = parsed("fe80::9%1");
	addr.port = 1;
	must_survive(addr);
	must_survive(unix_addr);

	inet_pton(AF_INET6, "::ffff:9.8.7.6", &in6.sin6_addr);
	addr = netaddr_from_sockaddr((struct sockaddr *)&in6, sizeof(in6));
	ck_assert_str_eq(netaddr_text(&addr, text), "9.8.7.6:7");

	for (length = 0; length < sizeof(in6); length++) {
		addr = netaddr_from_sockaddr((struct sockaddr *)&in6, length);
		ck_assert_uint_eq(addr.family, AF_UNSPEC);
	}
	ck_assert_uint_eq(netaddr_to_sockaddr(&addr, &ss), 0);
}
END_TEST

START_TEST(test_unix)
{
	struct sockaddr_storage ss;
	struct sockaddr_un *un = (struct sockaddr_un *)&ss;
	size_t head = offsetof(struct sockaddr_un, sun_path);
	struct netaddr addr = {.family = AF_UNIX, .path = "@abc"};
	char path[sizeof(un->sun_path) + 1];

	ck_assert_uint_eq(netaddr_to_sockaddr(&addr, &ss), head + 4);
	ck_assert_int_eq(memcmp(un->sun_path, "\0abc", 4), 0);
	addr.path = "";
	ck_assert_uint_eq(netaddr_to_sockaddr(&addr, &ss), head);
	memset(path, 'p', sizeof(path));
	path[sizeof(path) - 1] = '\0';
	addr.path = path;
	ck_assert_uint_eq(netaddr_to_sockaddr(&addr, &ss), 0);
	path[sizeof(path) - 2] = '\0';
	ck_assert_uint_eq(netaddr_to_sockaddr(&addr, &ss), sizeof(*un));
	ck_assert_str_eq(netaddr_text(&addr, text), path);
	must_survive(addr);
	/* A system that leaves no room for the NUL must not make us read on. */
	memset(un->sun_path, 'p', sizeof(un->sun_path));
	addr = netaddr_from_sockaddr((struct sockaddr *)&ss, sizeof(*un));
	ck_assert_uint_eq(addr.family, AF_UNIX);
	ck_assert_str_eq(addr.path, "");
}
END_TEST

START_TEST(test_equal)
{
	struct netaddr a = parsed("1.2.3.4"), b = parsed("::ffff:1.2.3.4"), c = parsed("::1");
	struct netaddr d = parsed("fe80::1%1"), e = parsed("fe80::1");
	struct netaddr u = {.family = AF_UNIX, .path = NULL}, v = {.family = AF_UNIX, .path = ""};

	ck_assert(netaddr_equal(&a, &b));
	b.port = 5;
	ck_assert(!netaddr_equal(&a, &b));
	ck_assert(netaddr_equal_ip(&a, &b));
	ck_assert(!netaddr_equal_ip(&a, &c));
	ck_assert(!netaddr_equal_ip(&d, &e));
	ck_assert(netaddr_equal(&u, &v));
	v.path = "/a";
	ck_assert(!netaddr_equal(&u, &v));
	a = parsed("0.0.0.0");
	b = parsed("::");
	ck_assert(netaddr_is_any(&a) && netaddr_is_any(&b));
	ck_assert(!netaddr_is_any(&c) && !netaddr_is_any(&u));
}
END_TEST

START_TEST(test_cidr)
{
	static const struct {
		const char *range, *net;
		unsigned bits;
		const char *in, *out;
	} cases[] = {
	    {"10.0.0.0/8", "10.0.0.0", 8, "10.255.0.1", "11.0.0.0"},
	    {"10.1.2.3/8", "10.0.0.0", 8, "10.0.0.0", "9.255.255.255"},
	    {"172.16.0.0/12", "172.16.0.0", 12, "172.31.255.255", "172.32.0.0"},
	    {"1.2.3.4", "1.2.3.4", 32, "1.2.3.4", "1.2.3.5"},
	    {"1.2.3.5/31", "1.2.3.4", 31, "1.2.3.5", "1.2.3.6"},
	    {"0.0.0.0/0", "0.0.0.0", 0, "255.1.1.1", "::1"},
	    {"::/0", "::", 0, "ff::1", "1.1.1.1"},
	    {"fd00::/8", "fd00::", 8, "fdff::1", "fe00::1"},
	    {"2001:db8::ff/121", "2001:db8::80", 121, "2001:db8::90", "2001:db8::7f"},
	    {"::1", "::1", 128, "::1", "::2"},
	    {"::ffff:10.9.0.0/104", "10.0.0.0", 8, "10.1.1.1", "11.1.1.1"},
	    {"::ffff:10.9.0.0", "10.9.0.0", 32, "10.9.0.0", "10.9.0.1"},
	};
	static const char *const bad[] = {"", "/", "10.0.0.0/", "10.0.0.0/33", "10.0.0.0/-1",
	    "10.0.0.0/08", "10.0.0.0/+8", "10.0.0.0/8/8", "10.0.0.0/ 8", "::/129", "::/1280",
	    "::ffff:1.2.3.4/95", "fe80::%1/64", "10/8", "a/8"};
	struct netaddr addr;
	struct cidr range;
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		ck_assert_msg(cidr_parse(cases[i].range, &range), "%s", cases[i].range);
		ck_assert_str_eq(netaddr_ip_text(&range.net, text), cases[i].net);
		ck_assert_uint_eq(range.bits, cases[i].bits);
		addr = parsed(cases[i].in);
		ck_assert_msg(cidr_contains(&range, &addr), "%s", cases[i].range);
		addr = parsed(cases[i].out);
		ck_assert_msg(!cidr_contains(&range, &addr), "%s", cases[i].range);
	}
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		ck_assert_msg(!cidr_parse(bad[i], &range), "%s", bad[i]);
	for (i = 0; cidr_private_ranges[i] != NULL; i++)
		ck_assert(cidr_parse(cidr_private_ranges[i], &range));
	ck_assert_uint_eq(i, 6);
	addr = (struct netaddr){.family = AF_UNIX};
	ck_assert(cidr_parse("0.0.0.0/0", &range) && !cidr_contains(&range, &addr));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("netaddr");
	TCase *tests = tcase_create("netaddr");
	SRunner *runner;
	int failed;

	tcase_add_test(tests, test_parse);
	tcase_add_test(tests, test_text);
	tcase_add_test(tests, test_sockaddr);
	tcase_add_test(tests, test_unix);
	tcase_add_test(tests, test_equal);
	tcase_add_test(tests, test_cidr);
	suite_add_tcase(suite, tests);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
