/* SPDX-License-Identifier: BSD-2-Clause */
/* Whom a request is from: what a proxy says counts where it is trusted, and only then. */
#include <config.h>

#include "daemon/http/client_ip.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "common/arena.h"
#include "daemon/input/json.h"

static struct arena *arena;

static void setup(void)
{
	arena = arena_new(4096);
}

static void teardown(void)
{
	arena_free(arena);
}

static int load_trusted(const char *json, struct http_client_ip *out, struct error *err)
{
	struct load load = {.arena = arena};
	json_t *value = json_loads(json, 0, NULL);
	struct jnode node = jnode_root(value);
	int result = http_trusted_proxies_load(&load, &node, &out->trusted, err);

	json_decref(value);
	return result;
}

static void make_request(struct http_request *r, const char *source, const char *fields)
{
	struct facts facts = {.fd = -1};
	struct http1_head head;
	const char *bytes = arena_printf(arena, "GET / HTTP/1.1\r\nHost: x\r\n%s\r\n", fields);

	if (*source == '/')
		facts.src = (struct netaddr){.family = AF_UNIX, .path = ""};
	else
		ck_assert(netaddr_parse_ip(source, &facts.src));
	facts.src.port = 4711;
	ck_assert_int_eq(http1_parse(span_str(bytes), 65536, &head), HTTP1_OK);
	http_request_init(r, arena, &head, &facts, false);
}

static const char *const proxies = "{\"source\": \"static\", \"ranges\": [\"10.0.0.0/8\"]}";

static const struct client_case {
	const char *source, *fields, *first, *strict;
} cases[] = {
    /* nobody named, or by somebody who is not trusted */
    {"10.0.0.1", "", "10.0.0.1", "10.0.0.1"},
    {"192.0.2.1", "X-Forwarded-For: 192.0.2.9\r\n", "192.0.2.1", "192.0.2.1"},
    {"10.0.0.1", "X-Real-IP: 192.0.2.9\r\n", "10.0.0.1", "10.0.0.1"},
    /* one, several, several fields */
    {"10.0.0.1", "X-Forwarded-For: 192.0.2.9\r\n", "192.0.2.9", "192.0.2.9"},
    {"10.0.0.1", "X-Forwarded-For: 192.0.2.9, 192.0.2.8\r\n", "192.0.2.9", "192.0.2.8"},
    {"10.0.0.1", "X-Forwarded-For: 192.0.2.9\r\nx-forwarded-for: 192.0.2.8\r\n", "192.0.2.9",
	"192.0.2.8"},
    {"10.0.0.1", "X-Forwarded-For: 192.0.2.9, 10.0.0.2,10.0.0.3\r\n", "192.0.2.9", "192.0.2.9"},
    {"10.0.0.1", "X-Forwarded-For: 10.0.0.2, 10.0.0.3\r\n", "10.0.0.2", "10.0.0.1"},
    /* forms of an address */
    {"10.0.0.1", "X-Forwarded-For: 192.0.2.9:80\r\n", "192.0.2.9", "192.0.2.9"},
    {"10.0.0.1", "X-Forwarded-For: [2001:db8::1]:80\r\n", "2001:db8::1", "2001:db8::1"},
    {"10.0.0.1", "X-Forwarded-For: 2001:db8::1\r\n", "2001:db8::1", "2001:db8::1"},
    {"10.0.0.1", "X-Forwarded-For: fe80::1%eth0\r\n", "fe80::1", "fe80::1"},
    {"10.0.0.1", "X-Forwarded-For: \t192.0.2.9 \r\n", "192.0.2.9", "192.0.2.9"},
    {"10.0.0.1", "X-Forwarded-For: ::ffff:192.0.2.9\r\n", "192.0.2.9", "192.0.2.9"},
    /* what is none is passed over */
    {"10.0.0.1", "X-Forwarded-For: unknown, 192.0.2.9, _x\r\n", "192.0.2.9", "192.0.2.9"},
    {"10.0.0.1", "X-Forwarded-For: ,,\r\n", "10.0.0.1", "10.0.0.1"},
    {"10.0.0.1", "X-Forwarded-For:\r\n", "10.0.0.1", "10.0.0.1"},
    {"10.0.0.1", "X-Forwarded-For: [], []:1, :, %, [192.0.2.9\r\n", "10.0.0.1", "10.0.0.1"},
};

static void expect(struct http_client_ip *c, const struct client_case *t, const char *expected)
{
	char text[NETADDR_TEXT_MAX];
	struct http_request r;
	struct netaddr client;

	make_request(&r, t->source, t->fields);
	client = http_client_ip(c, &r);
	ck_assert_msg(strcmp(netaddr_ip_text(&client, text), expected) == 0,
	    "%s, %s: %s, expected %s", t->source, t->fields, text, expected);
	ck_assert_uint_eq(client.port, 0);
}

START_TEST(test_client)
{
	struct http_client_ip c = {0};
	struct error err;

	ck_assert_int_eq(load_trusted(proxies, &c, &err), 0);
	expect(&c, &cases[_i], cases[_i].first);
	c.strict = 1;
	expect(&c, &cases[_i], cases[_i].strict);
}
END_TEST

START_TEST(test_nobody_trusted)
{
	static const struct client_case t = {
	    "10.0.0.1", "X-Forwarded-For: 192.0.2.9\r\n", NULL, NULL};
	struct http_client_ip c = {0};

	expect(&c, &t, "10.0.0.1");
}
END_TEST

START_TEST(test_headers)
{
	static const struct client_case t = {"10.0.0.1",
	    "X-Forwarded-For: 192.0.2.9\r\nX-Two: 192.0.2.8\r\nX-One: bad\r\n", NULL, NULL};
	const char *names[] = {"X-One", "X-Two"};
	struct http_client_ip c = {.headers = {names, 2}};
	struct error err;

	ck_assert_int_eq(load_trusted(proxies, &c, &err), 0);
	expect(&c, &t, "192.0.2.8");
}
END_TEST

START_TEST(test_unix_sockets)
{
	struct http_client_ip c = {0};
	struct http_request r;
	struct netaddr client;
	char text[NETADDR_TEXT_MAX];

	make_request(&r, "/", "X-Forwarded-For: 192.0.2.9, 192.0.2.8\r\n");
	ck_assert_int_eq(http_client_ip(&c, &r).family, AF_UNIX);
	c.unix_sockets = true;
	client = http_client_ip(&c, &r);
	ck_assert_str_eq(netaddr_ip_text(&client, text), "192.0.2.9");
	c.strict = 1;
	client = http_client_ip(&c, &r);
	ck_assert_str_eq(netaddr_ip_text(&client, text), "192.0.2.8");
}
END_TEST

static const struct refusal {
	const char *json, *message;
} refusals[] = {
    {"[]", "object"},
    {"{}", "required"},
    {"{\"source\": \"dns\"}", "there is no source 'dns'"},
    {"{\"source\": \"static\", \"ranges\": [\"x\"]}", "'x' is no IP address"},
};

START_TEST(test_refusals)
{
	struct http_client_ip c = {0};
	struct error err;

	ck_assert_int_eq(load_trusted(refusals[_i].json, &c, &err), -1);
	ck_assert_msg(strstr(err.message, refusals[_i].message) != NULL, "%s", err.message);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("http_client_ip");
	TCase *all = tcase_create("all");
	SRunner *runner;
	int failed;

	tcase_add_checked_fixture(all, setup, teardown);
	tcase_add_loop_test(all, test_client, 0, sizeof(cases) / sizeof(cases[0]));
	tcase_add_test(all, test_nobody_trusted);
	tcase_add_test(all, test_headers);
	tcase_add_test(all, test_unix_sockets);
	tcase_add_loop_test(all, test_refusals, 0, sizeof(refusals) / sizeof(refusals[0]));
	suite_add_tcase(suite, all);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}
