/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "daemon/wire/rdp.h"
#include "tests/unit/matcher_support.h"

#define ANY "{'rdp': {}}"
#define BYTES(s) (s), sizeof(s) - 1

#define NEGOTIATION "\1\0\x08\0\3\0\0\0"
#define CORRELATED "\1\x08\x08\0\3\0\0\0"
#define ID "\1\2\3\4\5\6\7\x08\x09\x10\x11\x12\x13\x14\x15\x16"
#define ZEROS "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"
#define JACOB "Cookie: mstshash=jacob\r\n"
#define ROUTE "Cookie: msts=3640205228.15629.0000\r\n"
/* Of 11 + 36 bytes. */
#define TOKEN "\3\0\0\x2f\x2a\xe0\0\0\0\0\0" ROUTE

/* A request with this behind its headers. */
static struct span request(const char *payload, size_t n)
{
	uint8_t *out = arena_alloc(arena, 11 + n);
	uint8_t head[11] = {
	    3, 0, (uint8_t)((11 + n) >> 8), (uint8_t)(11 + n), (uint8_t)(6 + n), 0xe0};

	memcpy(out, head, sizeof(head));
	memcpy(out + sizeof(head), payload, n);
	return span_of(out, 11 + n);
}

/* --- requests -------------------------------------------------------------------------------- */

static const struct {
	const char *payload;
	size_t n;
	bool match;
} requests[] = {
    {BYTES(NEGOTIATION), true},
    {BYTES("\1\0\x08\0\0\0\0\0"), true},
    {BYTES("\1\3\x08\0\x1f\0\0\0"), true},
    {BYTES(JACOB), true},
    {BYTES(JACOB NEGOTIATION), true},
    {BYTES(ROUTE NEGOTIATION), true},
    {BYTES(TOKEN NEGOTIATION), true},
    {BYTES("tsv://farm/jacob\r\n" NEGOTIATION), true},
    {BYTES("x\r\n"), true},
    {BYTES("\r\r\n"), true},
    {BYTES("Cookie: mstshash=\r\n" NEGOTIATION), true},
    {BYTES(CORRELATED "\6\0\x24\0" ID ZEROS), true},
    {BYTES(JACOB CORRELATED "\6\0\x24\0" ID ZEROS), true},
    {BYTES(CORRELATED "\6\0\x24\0" ID ZEROS "x"), true},
    {BYTES("\r\n"), false},
    {BYTES("\r\n" NEGOTIATION), false},
    {BYTES("jacob"), false},
    {BYTES("jacob\r"), false},
    {BYTES("jacob\n" NEGOTIATION), false},
    {BYTES(JACOB "\1\0\x08\0\3\0\0"), false},
    {BYTES(JACOB NEGOTIATION "\0"), false},
    {BYTES("\2\0\x08\0\3\0\0\0"), false},
    {BYTES("\1\4\x08\0\3\0\0\0"), false},
    {BYTES("\1\0\x09\0\3\0\0\0"), false},
    {BYTES("\1\0\0\x08\3\0\0\0"), false},
    {BYTES("\1\0\x08\0\x20\0\0\0"), false},
    {BYTES("\1\0\x08\0\3\0\0\1"), false},
    {BYTES("\1\0\x08\0\2\0\0\0"), false},   /* HYBRID without SSL */
    {BYTES("\1\0\x08\0\x09\0\0\0"), false}, /* HYBRID_EX without HYBRID */
    {BYTES(CORRELATED), false},
    {BYTES(CORRELATED "\6\0\x24\0" ID "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"), false},
    {BYTES(CORRELATED "\5\0\x24\0" ID ZEROS), false},
    {BYTES(CORRELATED "\6\1\x24\0" ID ZEROS), false},
    {BYTES(CORRELATED "\6\0\x25\0" ID ZEROS), false},
    {BYTES(CORRELATED "\6\0\x24\0" ZEROS ZEROS), false},
    {BYTES(CORRELATED "\6\0\x24\0" ID ID), false},
    {BYTES(CORRELATED "\6\0\x24\0\xf4\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1" ZEROS), false},
    {BYTES(CORRELATED "\6\0\x24\0\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\r" ZEROS), false},
    {BYTES(""), false},
};

START_TEST(test_requests)
{
	struct span bytes = request(requests[_i].payload, requests[_i].n);

	support_cuts(ANY, bytes, bytes.n, requests[_i].match ? MATCH_YES : MATCH_NO);
}
END_TEST

static const struct {
	const char *bytes;
	size_t n, decided;
} heads[] = {
    {BYTES("GET / HTTP/1.1\r\n"), 1},
    {BYTES("\2\0\0\x0b\6\xe0\0\0\0\0\0"), 1},
    {BYTES("\3\1\0\x0b\6\xe0\0\0\0\0\0"), 2},
    {BYTES("\3\0\2\0"), 3},
    {BYTES("\3\0\0\x0a\5\xe0\0\0\0\0\0"), 4},
    {BYTES("\3\0\1\4\xff\xe0\0\0\0\0\0"), 4},
    {BYTES("\3\0\0\x13\x0f\xe0\0\0\0\0\0" NEGOTIATION), 5},
    {BYTES("\3\0\0\x13\x0e\xd0\0\0\0\0\0" NEGOTIATION), 6},
    {BYTES("\3\0\0\x13\x0e\xe0\1\0\0\0\0" NEGOTIATION), 7},
    {BYTES("\3\0\0\x13\x0e\xe0\0\0\0\1\0" NEGOTIATION), 10},
    {BYTES("\3\0\0\x13\x0e\xe0\0\0\0\0\1" NEGOTIATION), 11},
    {BYTES("\3\0\0\x0b\x06\xe0\0\0\0\0\0"), 11},
};

START_TEST(test_heads)
{
	support_cuts(ANY, span_of(heads[_i].bytes, heads[_i].n), heads[_i].decided, MATCH_NO);
}
END_TEST

/* The longest that the length can say; and nothing may follow. */
START_TEST(test_bounds)
{
	char payload[249] = {0};
	struct span bytes;

	memset(payload, 'x', 248);
	memcpy(payload + 246, "\r\n", 2);
	bytes = request(payload, 248);
	support_cuts(ANY, bytes, bytes.n, MATCH_YES);
	bytes = request(BYTES(JACOB "x"));
	((uint8_t *)bytes.p)[3]--;
	((uint8_t *)bytes.p)[4]--;
	support_cuts(ANY, span_of(bytes.p, bytes.n - 1), bytes.n - 1, MATCH_YES);
	ck_assert_int_eq(support_verdict(ANY, bytes, false), MATCH_NO);
}
END_TEST

/* --- clients, placeholders ------------------------------------------------------------------- */

static const struct {
	const char *flight, *cookie, *ip, *port, *info;
} clients[] = {
    {"rdp_freerdp", "jacob", NULL, NULL, NULL},
    {"rdp_freerdp_plain", "jacob", NULL, NULL, NULL},
    {"rdp_freerdp_admin", "\\jacob", NULL, NULL, NULL},
    {"rdp_rdesktop", "jacob", NULL, NULL, NULL},
    {"rdp_freerdp_token", NULL, "172.31.249.216", "3389", "Cookie: msts=3640205228.15629.0000"},
    {"rdp_freerdp_info", NULL, NULL, NULL, "tsv://farm/jacob"},
};

START_TEST(test_clients)
{
	struct span bytes = support_flight(clients[_i].flight);

	support_cuts(ANY, bytes, bytes.n, MATCH_YES);
	support_fact("l4.rdp.cookie_hash", clients[_i].cookie);
	support_fact("l4.rdp.cookie_ip", clients[_i].ip);
	support_fact("l4.rdp.cookie_port", clients[_i].port);
	support_fact("l4.rdp.custom_info", clients[_i].info);
	support_fact("l4.rdp.correlation_id", NULL);
}
END_TEST

START_TEST(test_captures)
{
	struct span bytes = request(BYTES(TOKEN CORRELATED "\6\0\x24\0" ID ZEROS));

	ck_assert_int_eq(support_verdict(ANY, bytes, false), MATCH_YES);
	support_fact("l4.rdp.cookie_ip", "172.31.249.216");
	support_fact("l4.rdp.cookie_port", "3389");
	support_fact("l4.rdp.custom_info", NULL);
	support_fact("l4.rdp.correlation_id", "AQIDBAUGBwgJEBESExQVFg==");
}
END_TEST

/* --- options --------------------------------------------------------------------------------- */

#define RDP(options) "{'rdp': {" options "}}"

static const struct {
	const char *set, *payload;
	size_t n;
	bool match;
} filters[] = {
    {RDP("'cookie_hash': 'jacob'"), BYTES(JACOB), true},
    {RDP("'cookie_hash': 'jaco'"), BYTES(JACOB), false},
    {RDP("'cookie_hash': '{l4.test.user}'"), BYTES(JACOB), true},
    {RDP("'cookie_hash': '{l4.test.nobody}'"), BYTES(JACOB), true},
    {RDP("'cookie_hash': 'jacob'"), BYTES(NEGOTIATION), false},
    {RDP("'cookie_hash': 'jacob'"), BYTES("jacob\r\n"), false},
    {RDP("'cookie_hash_regexp': '^ja'"), BYTES(JACOB), true},
    {RDP("'cookie_hash_regexp': '^ac'"), BYTES(JACOB), false},
    {RDP("'cookie_hash_regexp': ''"), BYTES(NEGOTIATION), true},
    {RDP("'cookie_hash_regexp': '.*'"), BYTES(NEGOTIATION), false},
    {RDP("'custom_info': 'jacob'"), BYTES("jacob\r\n" NEGOTIATION), true},
    {RDP("'custom_info': 'jacob'"), BYTES("jacobs\r\n" NEGOTIATION), false},
    {RDP("'custom_info': 'jacob'"), BYTES(JACOB), false},
    {RDP("'custom_info_regexp': '^(.*)jacob$'"), BYTES("x/jacob\r\n"), true},
    {RDP("'custom_info_regexp': '.*'"), BYTES(JACOB), false},
    {RDP("'custom_info_regexp': '.*'"), BYTES(TOKEN), false},
    {RDP("'custom_info_regexp': 'msts='"), BYTES(ROUTE), true},
    {RDP("'cookie_ips': ['172.16.0.0/12']"), BYTES(TOKEN), true},
    {RDP("'cookie_ips': ['172.16.0.0/12']"), BYTES(ROUTE), true},
    {RDP("'cookie_ips': ['10.0.0.0/8', '172.31.249.216']"), BYTES(TOKEN), true},
    {RDP("'cookie_ips': ['10.0.0.0/8']"), BYTES(TOKEN), false},
    {RDP("'cookie_ips': ['0.0.0.0/0']"), BYTES(JACOB), false},
    {RDP("'cookie_ports': [1, 3389]"), BYTES(TOKEN), true},
    {RDP("'cookie_ports': [15629]"), BYTES(TOKEN), false},
    {RDP("'cookie_ports': [3389]"), BYTES(NEGOTIATION), false},
    {RDP("'cookie_ports': [3389], 'cookie_ips': ['private_ranges']"), BYTES(TOKEN), true},
    {RDP("'cookie_ports': [3389], 'cookie_ips': ['::/0']"), BYTES(TOKEN), false},
    {RDP("'cookie_hash': 'jacob', 'custom_info': 'jacob'"), BYTES(JACOB), false},
    {RDP("'cookie_hash': 'jacob', 'cookie_ports': [3389]"), BYTES(JACOB), false},
    {RDP("'cookie_ports': [65535], 'cookie_ips': ['255.255.255.255']"),
	BYTES("Cookie: msts=4294967295.65535.0000\r\n"), true},
    /* tokens that are none */
    {RDP("'cookie_ports': [3389]"), BYTES("Cookie: msts=4294967296.15629.0000\r\n"), false},
    {RDP("'cookie_ports': [3389]"), BYTES("Cookie: msts=1.65536.0000\r\n"), false},
    {RDP("'cookie_ports': [3389]"), BYTES("Cookie: msts=1.15629.0001\r\n"), false},
    {RDP("'cookie_ports': [3389]"), BYTES("Cookie: msts=1.15629\r\n"), false},
    {RDP("'cookie_ports': [3389]"), BYTES("Cookie: msts=.15629.0000\r\n"), false},
    {RDP("'cookie_ports': [3389]"), BYTES("Cookie: msts=1.15629.0000.\r\n"), false},
    {RDP("'cookie_ports': [3389]"), BYTES("\3\0\0\x2e\x29\xe0\0\0\0\0\0" ROUTE), false},
    {RDP("'cookie_ports': [3389]"), BYTES("\3\0\0\x2f\x2a\xd0\0\0\0\0\0" ROUTE), false},
};

START_TEST(test_filters)
{
	struct span bytes = request(filters[_i].payload, filters[_i].n);

	facts_set(&facts, "l4.test.user", span_str("jacob"));
	support_cuts(filters[_i].set, bytes, bytes.n, filters[_i].match ? MATCH_YES : MATCH_NO);
}
END_TEST

START_TEST(test_options)
{
	support_adapt("rdp", "{}");
	support_adapt("rdp {\ncookie_hash a\n}", "{'cookie_hash': 'a'}");
	support_adapt("rdp {\ncookie_hash_regexp a\n}", "{'cookie_hash_regexp': 'a'}");
	support_adapt("rdp {\ncustom_info a\n}", "{'custom_info': 'a'}");
	support_adapt("rdp {\ncustom_info_regexp a\n}", "{'custom_info_regexp': 'a'}");
	support_adapt(
	    "rdp {\ncookie_ip 1.1.1.1 2.2.2.2\ncookie_port 1\ncookie_ip ::1\ncookie_port 2 3\n}",
	    "{'cookie_ips': ['1.1.1.1', '2.2.2.2', '::1'], 'cookie_ports': [1, 2, 3]}");
	support_adapt("rdp x", NULL);
	support_adapt("rdp {\ncookie_hash\n}", NULL);
	support_adapt("rdp {\ncookie_hash a b\n}", NULL);
	support_adapt("rdp {\ncookie_hash a\ncookie_hash b\n}", NULL);
	support_adapt("rdp {\ncookie_hash a\ncookie_hash_regexp b\n}", NULL);
	support_adapt("rdp {\ncookie_hash a\ncookie_port 1\n}", NULL);
	support_adapt("rdp {\ncookie_port 1\ncookie_hash a\n}", NULL);
	support_adapt("rdp {\ncustom_info a\ncookie_hash a\n}", NULL);
	support_adapt("rdp {\ncustom_info a\ncookie_ip 1.1.1.1\n}", NULL);
	support_adapt("rdp {\ncustom_info_regexp a\ncustom_info a\n}", NULL);
	support_adapt("rdp {\ncookie_ip\n}", NULL);
	support_adapt("rdp {\ncookie_port\n}", NULL);
	support_adapt("rdp {\ncookie_port 65536\n}", NULL);
	support_adapt("rdp {\ncookie_ips 1.1.1.1\n}", NULL);
	support_refused("{'rdp': {'cookie_ips': ['x']}}", "rdp.cookie_ips[0]: 'x'");
	support_refused("{'rdp': {'cookie_ports': [70000]}}", "rdp.cookie_ports[0]: ");
	support_refused("{'rdp': {'cookie_hash_regexp': '('}}", "rdp.cookie_hash_regexp: ");
	support_refused("{'rdp': {'custom_info_regexp': '(a)\\\\1'}}", "rdp.custom_info_regexp: ");
	ck_assert(support_set(ANY).bytes);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("rdp");
	TCase *tc = tcase_create("rdp");

	tcase_add_checked_fixture(tc, support_setup, support_teardown);
	SUPPORT_LOOP(tc, test_requests, requests);
	SUPPORT_LOOP(tc, test_heads, heads);
	tcase_add_test(tc, test_bounds);
	SUPPORT_LOOP(tc, test_clients, clients);
	tcase_add_test(tc, test_captures);
	SUPPORT_LOOP(tc, test_filters, filters);
	tcase_add_test(tc, test_options);
	suite_add_tcase(suite, tc);
	return support_run(suite);
}
