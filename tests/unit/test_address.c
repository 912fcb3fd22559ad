/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "daemon/net/address.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define COUNT(a) ((int)(sizeof(a) / sizeof((a)[0])))

/* want: the address as text, with "-port" for a range; NULL: refused with a message that has why.
 */
struct sample {
	const char *text, *want, *why;
};

static const struct sample listens[] = {
    {":80", "tcp/:80", NULL},
    {"tcp/:80", "tcp/:80", NULL},
    {"TCP/:80", "tcp/:80", NULL},
    {"0.0.0.0:80", "tcp/:80", NULL},
    {"[::]:80", "tcp/:80", NULL},
    {"tcp4/0.0.0.0:80", "tcp4/:80", NULL},
    {"tcp4/:80", "tcp4/:80", NULL},
    {"tcp6/[::]:80", "tcp6/:80", NULL},
    {"127.0.0.1:0", "tcp/127.0.0.1:0", NULL},
    {"localhost:80", "tcp/127.0.0.1:80", NULL},
    {"tcp6/localhost:80", "tcp6/[::1]:80", NULL},
    {"[2001:DB8::0:1]:443", "tcp/[2001:db8::1]:443", NULL},
    {"[fe80::1%lo]:443", "tcp/[fe80::1%lo]:443", NULL},
    {"udp/:53", "udp/:53", NULL},
    {"udp6/[::1]:53", "udp6/[::1]:53", NULL},
    {":1-1000", "tcp/:1-1000", NULL},
    {"10.0.0.1:65535-65535", "tcp/10.0.0.1:65535", NULL},
    {"unix//run/x.sock", "unix//run/x.sock", NULL},
    {"unix/x.sock", "unix/x.sock", NULL},
    {"unix//run/x.sock|0222", "unix//run/x.sock", NULL},
    {"unix/@name", "unix/@name", NULL},
    {"unixgram//run/x", "unixgram//run/x", NULL},
    {"unixpacket//run/x", "unixpacket//run/x", NULL},
    {"fd/3", "fd/3", NULL},
    {"fdgram/4", "fdgram/4", NULL},
    {"", NULL, "no port"},
    {"80", NULL, "no port"},
    {"localhost", NULL, "no port"},
    {":", NULL, "port ''"},
    {":x", NULL, "port 'x'"},
    {":-1", NULL, "port ''"},
    {":1-", NULL, "port ''"},
    {":65536", NULL, "65536"},
    {":99999999999999999999", NULL, "not a number"},
    {":9-8", NULL, "ends before it begins"},
    {"::1:80", NULL, "[address]:port"},
    {"[::1]", NULL, "[address]:port"},
    {"[::1", NULL, "[address]:port"},
    {"[::1]80", NULL, "[address]:port"},
    {"example.com:80", NULL, "must be an IP address"},
    {"[]:80", "tcp/:80", NULL},
    {"tcp4/[::1]:80", NULL, "not an address of tcp4"},
    {"tcp6/127.0.0.1:80", NULL, "not an address of tcp6"},
    {"tpc/:80", NULL, "unknown network 'tpc'"},
    {"/run/x.sock", NULL, "unknown network ''"},
    {"averylongnetworkname/:80", NULL, "unknown network"},
    {"unix/", NULL, "1 to 107 bytes"},
    {"unix//x|", NULL, "not octal"},
    {"unix//x|0888", NULL, "not octal"},
    {"unix//x|-200", NULL, "not octal"},
    {"unix//x|01777", NULL, "not octal"},
    {"unix//x|0044", NULL, "owner"},
    {"fd/", NULL, "a descriptor is a number"},
    {"fd/x", NULL, "a descriptor is a number"},
    {"fd/99999999999", NULL, "a descriptor is a number"},
};

static const struct sample dials[] = {
    {"example.com:443", "tcp/example.com:443", NULL},
    {"localhost:143", "tcp/localhost:143", NULL},
    {"127.0.0.1:143", "tcp/127.0.0.1:143", NULL},
    {":8080", "tcp/127.0.0.1:8080", NULL},
    {"tcp6/:8080", "tcp6/[::1]:8080", NULL},
    {"[2001:db8::1]:1", "tcp/[2001:db8::1]:1", NULL},
    {"tcp4/example.com:443", "tcp4/example.com:443", NULL},
    {"udp/10.0.0.1:53", "udp/10.0.0.1:53", NULL},
    {"unix//run/x.sock", "unix//run/x.sock", NULL},
    {"host:1000-1010", "tcp/host:1000-1010", NULL},
    {"example.com", NULL, "no port"},
    {"example.com:0", NULL, "port 0"},
    {"fd/3", NULL, "cannot dial a descriptor"},
    {"tcp4/[::1]:80", NULL, "not an address of tcp4"},
};

static void check(
    int (*run)(const char *, struct address_range *, struct error *), const struct sample *s)
{
	struct address_range range;
	char text[ADDRESS_TEXT_MAX], want[ADDRESS_TEXT_MAX];
	struct error err = {0};

	if (s->want == NULL) {
		ck_assert_msg(run(s->text, &range, &err) == -1, "'%s' was taken", s->text);
		ck_assert_msg(
		    strstr(err.message, s->why) != NULL, "'%s' gave: %s", s->text, err.message);
		return;
	}
	ck_assert_msg(run(s->text, &range, &err) == 0, "'%s': %s", s->text, err.message);
	address_text(&range.first, text);
	if (range.last_port != range.first.port)
		snprintf(text + strlen(text), 8, "-%u", range.last_port);
	snprintf(want, sizeof(want), "%s", s->want);
	ck_assert_str_eq(text, want);
}

START_TEST(test_listen)
{
	check(address_parse_listen, &listens[_i]);
}
END_TEST

START_TEST(test_dial)
{
	check(address_parse_dial, &dials[_i]);
}
END_TEST

START_TEST(test_range)
{
	struct address_range range;
	struct address a;
	struct error err;

	ck_assert_int_eq(address_parse_listen(":65530-65535", &range, &err), 0);
	ck_assert_uint_eq(address_range_count(&range), 6);
	a = address_range_at(&range, 5);
	ck_assert_uint_eq(a.port, 65535);
	ck_assert_int_eq(address_parse_listen(":0-65535", &range, &err), 0);
	ck_assert_uint_eq(address_range_count(&range), 65536);
}
END_TEST

START_TEST(test_mode)
{
	struct address_range range;
	struct error err;

	ck_assert_int_eq(address_parse_listen("unix//x|0662", &range, &err), 0);
	ck_assert_uint_eq(range.first.mode, 0662);
	ck_assert_str_eq(range.first.host, "/x");
	ck_assert_int_eq(address_parse_listen("unix//x", &range, &err), 0);
	ck_assert_uint_eq(range.first.mode, 0200);
}
END_TEST

START_TEST(test_family)
{
	static const struct {
		const char *text;
		int family, type;
	} cases[] = {
	    {":80", AF_UNSPEC, SOCK_STREAM},
	    {"tcp4/:80", AF_INET, SOCK_STREAM},
	    {"tcp6/:80", AF_INET6, SOCK_STREAM},
	    {"127.0.0.1:80", AF_INET, SOCK_STREAM},
	    {"udp/[::1]:80", AF_INET6, SOCK_DGRAM},
	    {"unix//x", AF_UNIX, SOCK_STREAM},
	    {"unixgram//x", AF_UNIX, SOCK_DGRAM},
	    {"unixpacket//x", AF_UNIX, SOCK_SEQPACKET},
	    {"fdgram/5", AF_UNSPEC, SOCK_DGRAM},
	};
	struct address_range range;
	struct error err;
	int i;

	for (i = 0; i < COUNT(cases); i++) {
		ck_assert_int_eq(address_parse_listen(cases[i].text, &range, &err), 0);
		ck_assert_int_eq(address_family(&range.first), cases[i].family);
		ck_assert_int_eq(address_socket_type(range.first.network), cases[i].type);
	}
}
END_TEST

/* Hosts and paths up to what fits and beyond. */
START_TEST(test_long)
{
	struct address_range range;
	char text[400], out[ADDRESS_TEXT_MAX];
	struct error err;
	size_t n;

	for (n = 0; n < 300; n++) {
		memset(text, 'a', n);
		strcpy(text + n, ":80");
		ck_assert_int_eq(
		    address_parse_dial(text, &range, &err), n < ADDRESS_HOST_MAX ? 0 : -1);
		if (n > 0 && n < ADDRESS_HOST_MAX)
			ck_assert_str_eq(address_text(&range.first, out) + 4, text);
		memcpy(text, "unix/", 5);
		memset(text + 5, 'b', n);
		text[5 + n] = '\0';
		ck_assert_int_eq(
		    address_parse_listen(text, &range, &err), n > 0 && n < 108 ? 0 : -1);
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("address");
	TCase *tc = tcase_create("address");
	SRunner *runner;
	int failed;

	tcase_add_loop_test(tc, test_listen, 0, COUNT(listens));
	tcase_add_loop_test(tc, test_dial, 0, COUNT(dials));
	tcase_add_test(tc, test_range);
	tcase_add_test(tc, test_mode);
	tcase_add_test(tc, test_family);
	tcase_add_test(tc, test_long);
	suite_add_tcase(suite, tc);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}
