/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "daemon/upstream/destination.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "common/arena.h"
#include "daemon/core/listener.h"

#define COUNT(a) ((int)(sizeof(a) / sizeof((a)[0])))

static struct arena *arena;
static struct facts facts;
static struct destination destination;
static struct error err;

static void setup(void)
{
	setenv("PM_PORT", "993", 1);
	arena = arena_new(1024);
	facts = (struct facts){.arena = arena, .fd = -1};
	memset(&destination, 0, sizeof(destination));
	memset(&err, 0, sizeof(err));
}

static void teardown(void)
{
	arena_free(arena);
}

static int init(const char *text, struct destination_rules rules)
{
	struct jnode node = {.key = "dial"};
	struct load load = {.arena = arena};

	memset(&destination, 0, sizeof(destination));
	return destination_init(&destination, &load, &node, text, &rules, &err);
}

static void must_init(const char *text, struct destination_rules rules)
{
	ck_assert_msg(init(text, rules) == 0, "'%s': %s", text, err.message);
}

START_TEST(test_fixed)
{
	char text[NETADDR_TEXT_MAX];

	must_init("10.0.0.1:{env.PM_PORT}", (struct destination_rules){0});
	ck_assert_ptr_null(destination.host);
	ck_assert_str_eq(netaddr_text(&destination.fixed, text), "10.0.0.1:993");
	ck_assert_str_eq(destination.peer->address, "tcp/10.0.0.1:993");
	must_init("example.com:80", (struct destination_rules){0});
	ck_assert_int_eq(destination.fixed.family, AF_UNSPEC);
	must_init("udp/10.0.0.1:53", (struct destination_rules){0});
	ck_assert_str_eq(destination.peer->address, "udp/10.0.0.1:53");
	must_init("unixgram//run/x", (struct destination_rules){0});
	ck_assert_str_eq(destination.fixed.path, "/run/x");
	must_init("unix//run/x", (struct destination_rules){0});
	ck_assert_str_eq(destination.fixed.path, "/run/x");
}
END_TEST

static const struct {
	const char *text, *why;
} refused[] = {
    {"{l4.x}", "needs a port"},
    {"{l4.x}:{l4.port}", "needs a port"},
    {"host:{l4.port}", "needs a port"},
    {"{l4.x}:", "port ''"},
    {"{l4.x}:0", "port 0"},
    {"{l4.x}:99999", "99999"},
    {"unix/{l4.x}", "needs a port"},
    {"unix/{l4.x}:1", "path of a Unix socket"},
    {"unixpacket//run/x", "unixpacket cannot be dialled"},
    {"nonsense/{l4.x}:53", "unknown network"},
    {"{l4.network}/host:53", "the network cannot depend"},
};

START_TEST(test_refused)
{
	ck_assert_msg(
	    init(refused[_i].text, (struct destination_rules){0}) == -1, "'%s'", refused[_i].text);
	ck_assert_msg(strstr(err.message, refused[_i].why) != NULL, "'%s' gave: %s",
	    refused[_i].text, err.message);
}
END_TEST

/* want: the address that x makes of text; NULL: it makes none. */
static const struct {
	const char *text, *x, *want;
} expansions[] = {
    {"{l4.x}:443", "example.com", "tcp/example.com:443"},
    {"tcp4/{l4.x}.internal.example.com:{env.PM_PORT}", "a-b", "tcp4/a-b.internal.example.com:993"},
    {"{l4.x}:443", "10.0.0.1", "tcp/10.0.0.1:443"},
    {"udp/{l4.x}:443", "10.0.0.1", "udp/10.0.0.1:443"},
    {"{l4.x}:443", "2001:db8::1", "tcp/[2001:db8::1]:443"},
    {"[{l4.x}]:443", "2001:db8::1", "tcp/[2001:db8::1]:443"},
    {"{l4.x}:443", "_srv.example.com.", "tcp/_srv.example.com.:443"},
    {"{l4.x}:443", "", NULL},
    {"{l4.x}:443", "unix//run/x", NULL},
    {"{l4.x}:443", "/run/x", NULL},
    {"{l4.x}:443", "example.com:22", NULL},
    {"{l4.x}:443", "fe80::1%lo", NULL},
    {"{l4.x}:443", "[::1]", NULL},
    {"{l4.x}:443", "a b", NULL},
    {"{l4.x}:443", "a\nb", NULL},
    {"{l4.x}:443", "{l4.x}", NULL},
    {"{l4.x}:443",
	"b\xc3\xbc"
	"cher.example",
	NULL},
};

START_TEST(test_expand)
{
	struct address address;
	char text[ADDRESS_TEXT_MAX];
	const char *problem;

	must_init(expansions[_i].text, (struct destination_rules){0});
	ck_assert_ptr_nonnull(destination.host);
	ck_assert_ptr_null(destination.peer);
	facts_set(&facts, "l4.x", span_str(expansions[_i].x));
	problem = destination_expand(&destination, &facts, 0, &address);
	if (expansions[_i].want == NULL) {
		ck_assert_ptr_nonnull(problem);
		return;
	}
	ck_assert_msg(problem == NULL, "%s", problem);
	ck_assert_str_eq(address_text(&address, text), expansions[_i].want);
}
END_TEST

/* No value of any length or content gets past the room for it. */
START_TEST(test_expand_long)
{
	struct address address;
	char value[600];
	size_t n;

	must_init("{l4.x}:443", (struct destination_rules){0});
	memset(value, 'a', sizeof(value));
	for (n = 0; n < sizeof(value); n++) {
		facts_set(&facts, "l4.x", span_of(value, n));
		ck_assert((destination_expand(&destination, &facts, 0, &address) == NULL) ==
			  (n > 0 && n <= 253));
	}
	facts_set(&facts, "l4.x", span_of("a\0b", 3));
	ck_assert_ptr_nonnull(destination_expand(&destination, &facts, 0, &address));
}
END_TEST

static const struct {
	const char *ip;
	bool plain, allow_local, deny_private; /* may it be dialled under these rules? */
} addresses[] = {
    {"198.51.100.1", true, true, true},
    {"2001:db8::1", true, true, true},
    {"10.0.0.1", true, true, false},
    {"172.31.255.255", true, true, false},
    {"192.168.1.1", true, true, false},
    {"100.64.0.1", true, true, false},
    {"fd00::1", true, true, false},
    {"127.0.0.1", false, true, false},
    {"127.255.0.9", false, true, false},
    {"::1", false, true, false},
    {"::ffff:127.0.0.1", false, true, false},
    {"169.254.169.254", false, true, false},
    {"fe80::1", false, true, false},
    {"0.0.0.0", false, false, false},
    {"0.1.2.3", false, false, false},
    {"::", false, false, false},
    {"224.0.0.1", false, false, false},
    {"255.255.255.255", false, false, false},
    {"ff02::1", false, false, false},
};

static bool allowed(struct destination_rules rules, const char *ip)
{
	struct netaddr addr;

	must_init("{l4.x}:443", rules);
	ck_assert(netaddr_parse_ip(ip, &addr));
	addr.port = 443;
	return destination_refusal(&destination, &addr, NULL) == NULL;
}

START_TEST(test_rules)
{
	const char *ip = addresses[_i].ip;

	ck_assert(allowed((struct destination_rules){0}, ip) == addresses[_i].plain);
	ck_assert(allowed((struct destination_rules){.allow_local = true}, ip) ==
		  addresses[_i].allow_local);
	ck_assert(allowed((struct destination_rules){.deny_private = true}, ip) ==
		  addresses[_i].deny_private);
}
END_TEST

static bool meets(const struct netaddr *addr, const char *listens_on, uint16_t port)
{
	struct listener *l = calloc(1, sizeof(*l) + 1);
	bool met;

	if (listens_on != NULL)
		ck_assert(netaddr_parse_ip(listens_on, &l->local));
	l->local.port = port;
	met = destination_refusal(&destination, addr, l) != NULL;
	free(l);
	return met;
}

/* What would come back to ourselves is refused. */
START_TEST(test_own_listeners)
{
	struct netaddr here, there;

	netaddr_parse_ip("127.0.0.1", &here);
	netaddr_parse_ip("198.51.100.1", &there);
	here.port = there.port = 443;
	must_init("{l4.x}:443", (struct destination_rules){0});
	ck_assert(!meets(&there, "198.51.100.1", 444));
	ck_assert(meets(&there, "198.51.100.1", 443));
	ck_assert(!meets(&there, "198.51.100.2", 443));
	ck_assert(!meets(&there, NULL, 443)); /* on any address, of which that is none */
	must_init("{l4.x}:443", (struct destination_rules){.allow_local = true});
	destination.allow_local = false; /* to get as far as the listeners with this address */
	ck_assert(meets(&here, NULL, 443));
	ck_assert(!meets(&here, NULL, 444));
	destination.allow_local = true;
	ck_assert(!meets(&here, NULL, 443));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("destination");
	TCase *tc = tcase_create("destination");
	SRunner *runner;
	int failed;

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, test_fixed);
	tcase_add_loop_test(tc, test_refused, 0, COUNT(refused));
	tcase_add_loop_test(tc, test_expand, 0, COUNT(expansions));
	tcase_add_test(tc, test_expand_long);
	tcase_add_loop_test(tc, test_rules, 0, COUNT(addresses));
	tcase_add_test(tc, test_own_listeners);
	suite_add_tcase(suite, tc);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}
