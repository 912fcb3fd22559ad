/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "daemon/wire/dns.h"
#include "tests/unit/matcher_support.h"

#define ANY "{'dns': {}}"
#define BYTES(s) (s), sizeof(s) - 1

#define HEAD(qd, an, ns, ar) "\x12\x34\1\0\0" qd "\0" an "\0" ns "\0" ar
#define WWW "\3www\7example\3com\0"
#define WWW_A WWW "\0\1\0\1"
#define OPT "\0\0\x29\x04\xd0\0\0\0\0\0\0"
#define COOKIE                                                                                     \
	"\0\0\x29\x04\xd0\0\0\0\0\0\x0c\0\x0a\0\x08"                                               \
	"12345678"

/* With its length before it, as on a stream. */
static struct span framed(struct span message)
{
	uint8_t *out = arena_alloc(arena, message.n + 2);

	out[0] = (uint8_t)(message.n >> 8);
	out[1] = (uint8_t)message.n;
	memcpy(out + 2, message.p, message.n);
	return span_of(out, message.n + 2);
}

static struct span joined(struct span a, struct span b)
{
	uint8_t *out = arena_alloc(arena, a.n + b.n);

	memcpy(out, a.p, a.n);
	memcpy(out + a.n, b.p, b.n);
	return span_of(out, a.n + b.n);
}

/* --- messages -------------------------------------------------------------------------------- */

static const struct {
	const char *bytes;
	size_t n;
} requests[] = {
    {BYTES(HEAD("\1", "\0", "\0", "\0") WWW_A)},
    {BYTES(HEAD("\1", "\0", "\0", "\0") "\0\0\2\0\1")},
    {BYTES(HEAD("\1", "\0", "\0", "\1") WWW_A OPT)},
    {BYTES(HEAD("\1", "\0", "\0", "\1") WWW_A COOKIE)},
    {BYTES(HEAD("\2", "\0", "\0", "\0") WWW_A WWW_A)},
    /* a pointer to the question's name in an authority record, as in IXFR */
    {BYTES(HEAD("\1", "\0", "\1", "\0") WWW_A "\xc0\x0c\0\6\0\1\0\0\0\0\0\2xx")},
    {BYTES(HEAD("\1", "\0", "\1", "\0") WWW_A "\1a\xc0\x10\0\6\0\1\0\0\0\0\0\0")},
    /* NOTIFY, UPDATE, with truncation, and the flags of DNSSEC */
    {BYTES("\0\0\x24\0\0\1\0\0\0\0\0\0" WWW_A)},
    {BYTES("\0\0\x28\0\0\1\0\0\0\0\0\0" WWW_A)},
    {BYTES("\0\0\x03\x30\0\1\0\0\0\0\0\0" WWW_A)},
};

START_TEST(test_requests)
{
	struct span message = span_of(requests[_i].bytes, requests[_i].n), stream = framed(message);

	support_datagram(ANY, message, MATCH_YES);
	support_cuts(ANY, stream, stream.n, MATCH_YES);
}
END_TEST

/* decided: in the message, without the stream's length. */
static const struct {
	const char *bytes;
	size_t n, decided;
} others[] = {
    {BYTES("\0\0\x81\0\0\1\0\0\0\0\0\0" WWW_A), 3}, /* a response */
    {BYTES("\0\0\1\3\0\1\0\0\0\0\0\0" WWW_A), 4},   /* with a response code */
    {BYTES("\0\0\1\x40\0\1\0\0\0\0\0\0" WWW_A), 4}, /* the reserved bit */
    {BYTES("\0\0\1\0\0\0\0\0\0\0\0\0" WWW_A), 6},   /* no question */
    {BYTES("\0\0\1\0\0\5\0\0\0\0\0\0" WWW_A), 6},   /* more than there is room for */
    {BYTES("\0\0\1\0\0\1\0\2\0\0\0\0" WWW_A), 8},
    {BYTES("\0\0\1\0\0\1\0\1\0\1\0\0" WWW_A), 10},
    {BYTES("\0\0\1\0\0\1\0\0\0\0\xff\xff" WWW_A), 12},
    {BYTES(HEAD("\1", "\0", "\0", "\0") WWW_A "x"), 33},    /* a byte too many */
    {BYTES(HEAD("\1", "\0", "\0", "\0") WWW "\0\1\0"), 29}, /* and too few */
    {BYTES(HEAD("\1", "\0", "\0", "\0") "\x40xxxxxxxxxxxxxxxxxxxxxx"), 13},
    {BYTES(HEAD("\1", "\0", "\0", "\0") "\x80xxxxxxxxxxxxxxxxxxxxxx"), 13},
    {BYTES(HEAD("\1", "\0", "\0", "\0") "\xc0\x0cxxxxxxxxxxxxxxxx"), 13},
    {BYTES(HEAD("\1", "\0", "\0", "\0") "\x3fxxxxxxxxxxxxxxxx"), 13}, /* a label beyond the end */
    {BYTES(HEAD("\1", "\0", "\1", "\0") WWW_A "\xc0\x21\0\6\0\1\0\0\0\0\0\0"), 35}, /* itself */
    {BYTES(HEAD("\1", "\0", "\1", "\0") WWW_A "\xc0\x0b\0\6\0\1\0\0\0\0\0\0"), 35}, /* the header */
    {BYTES(HEAD("\1", "\0", "\0", "\1") WWW_A "\1x\0\0\x29\x04\xd0\0\0\0\0\0\0"), 38},
    {BYTES(HEAD("\1", "\0", "\0", "\1") WWW_A "\0\0\x29\x04\xd0\0\0\0\0\0\4\0\x0a\0\1"), 48},
    {BYTES(HEAD("\1", "\0", "\0", "\1") WWW_A "\0\0\x29\x04\xd0\0\0\0\0\0\2\0"), 44},
    {BYTES("\0\0\1\0\0\1\0\0\0\0\0\0"), 0},
};

START_TEST(test_others)
{
	struct span message = span_of(others[_i].bytes, others[_i].n), stream = framed(message);

	ck_assert_int_eq(support_verdict(ANY, message, true), MATCH_NO);
	support_cuts(ANY, stream, others[_i].decided + 2, MATCH_NO);
}
END_TEST

/* 255 bytes with the lengths and the root's are the most; one more is no name. */
START_TEST(test_long_names)
{
	char bytes[12 + 300] = HEAD("\1", "\0", "\0", "\0");
	size_t n = 12, i;
	struct dns_request request;
	struct dns_question question;
	struct span message;

	for (i = 0; i < 4; i++) {
		bytes[n++] = (char)(i < 3 ? 63 : 61);
		memset(bytes + n, i == 0 ? '\1' : 'x', 63);
		n += i < 3 ? 63 : 61;
	}
	memcpy(bytes + n, "\0\0\1\0\1", 5);
	message = span_of(bytes, n + 5);
	support_datagram(ANY, message, MATCH_YES);
	ck_assert_int_eq(dns_parse(message, message.n, &request), WIRE_YES);
	ck_assert(dns_next_question(&request, &question));
	ck_assert_uint_eq(strlen(question.name), 63 * 4 + 2 * 63 + 61 + 4);
	bytes[12 + 3 * 64] = 62;
	memcpy(bytes + n, "x\0\0\1\0\1", 6);
	support_cuts(ANY, framed(span_of(bytes, n + 6)), 2 + 12 + 3 * 64 + 1 + 62 + 1, MATCH_NO);
}
END_TEST

/* --- streams --------------------------------------------------------------------------------- */

START_TEST(test_streams)
{
	struct span one = framed(span_of(requests[0].bytes, requests[0].n));
	struct span two = joined(one, one);

	support_cuts(ANY, two, one.n, MATCH_YES);
	ck_assert_int_eq(support_verdict(ANY, joined(one, span_str("\1\x02x")), false), MATCH_YES);
	ck_assert_int_eq(
	    support_verdict(ANY, joined(one, span_of(BYTES("\0\1x"))), false), MATCH_NO);
	ck_assert_int_eq(support_verdict(ANY, one, true), MATCH_NO);
	/* what other protocols begin with */
	support_cuts(ANY, span_str("SSH-2.0-x\r\n"), 6, MATCH_NO);
	support_cuts(ANY, span_str("GET / HTTP/1.1\r\n"), 8, MATCH_NO);
	support_cuts(ANY, span_of(BYTES("\x16\3\1\2\0\1\0\1\xfc\3\3")), 6, MATCH_NO);
	support_cuts(ANY, span_of(BYTES("\0\x10x")), 2, MATCH_NO);
}
END_TEST

static const struct {
	const char *flight, *name;
	uint16_t type, class;
} clients[] = {
    {"dns_tcp_dig", "www.example.com.", 1, 1},
    {"dns_axfr_dig", "example.com.", 252, 1},
    {"dns_ixfr_dig", "example.com.", 251, 1},
    {"dns_dig", "www.example.com.", 28, 1},
    {"dns_kdig", "example.com.", 15, 1},
    {"dns_chaos_dig", "version.bind.", 16, 3},
    {"dns_tsig_dig", "example.com.", 6, 1},
};

START_TEST(test_clients)
{
	const struct flight *flight = support_find_flight(clients[_i].flight);
	struct span bytes = support_hex(flight->hex);
	struct dns_request request;
	struct dns_question q;
	size_t used;

	if (flight->datagram) {
		support_datagram(ANY, bytes, MATCH_YES);
		ck_assert_int_eq(dns_parse(bytes, bytes.n, &request), WIRE_YES);
	} else {
		support_cuts(ANY, bytes, bytes.n, MATCH_YES);
		ck_assert_int_eq(dns_parse_stream(bytes, &request, &used), WIRE_YES);
		ck_assert_uint_eq(used, bytes.n);
	}
	ck_assert(dns_next_question(&request, &q));
	ck_assert_str_eq(q.name, clients[_i].name);
	ck_assert_uint_eq(q.type, clients[_i].type);
	ck_assert_uint_eq(q.class, clients[_i].class);
	ck_assert(!dns_next_question(&request, &q));
}
END_TEST

START_TEST(test_names)
{
	struct span message = span_of(
	    BYTES(HEAD("\2", "\0", "\0", "\0") "\x0b"
					       "a.b @\\\"\xff\0;Z\4()'x\0\0\1\0\1\0\0\2\0\1"));
	struct dns_request request;
	struct dns_question q;

	ck_assert_int_eq(dns_parse(message, message.n, &request), WIRE_YES);
	ck_assert(dns_next_question(&request, &q));
	ck_assert_str_eq(q.name, "a\\.b\\ \\@\\\\\\\"\\255\\000\\;z.\\(\\)\\'x.");
	ck_assert(dns_next_question(&request, &q));
	ck_assert_str_eq(q.name, ".");
	ck_assert_uint_eq(q.type, 2);
	ck_assert_str_eq(dns_type_name(65), "HTTPS");
	ck_assert_str_eq(dns_type_name(23), "NSAP-PTR");
	ck_assert_str_eq(dns_type_name(32769), "DLV");
	ck_assert_ptr_null(dns_type_name(11111));
	ck_assert_str_eq(dns_class_name(4), "HS");
	ck_assert_ptr_null(dns_class_name(7));
}
END_TEST

/* --- rules ----------------------------------------------------------------------------------- */

#define DNS(options) "{'dns': {" options "}}"
#define MX_EXAMPLE "\7Example\3COM\0\0\x0f\0\1"

static const struct {
	const char *set, *questions;
	size_t n;
	bool match;
} rules[] = {
    {DNS("'allow': []"), BYTES(WWW_A), true},
    {DNS("'allow': [{}]"), BYTES(WWW_A), true},
    {DNS("'deny': [{}]"), BYTES(WWW_A), false},
    {DNS("'default_deny': true"), BYTES(WWW_A), true},
    {DNS("'allow': [{'name': 'www.example.com.'}]"), BYTES(WWW_A), true},
    {DNS("'allow': [{'name': 'www.example.com'}]"), BYTES(WWW_A), true},
    {DNS("'allow': [{'name': 'WWW.Example.com.'}]"), BYTES(WWW_A), true},
    {DNS("'allow': [{'name': 'example.com.'}]"), BYTES(WWW_A), false},
    {DNS("'allow': [{'name': 'example.com.'}]"), BYTES(MX_EXAMPLE), true},
    {DNS("'allow': [{'name': 'x.'}, {'type': 'A'}]"), BYTES(WWW_A), true},
    {DNS("'allow': [{'name': 'www.example.com.', 'type': 'AAAA'}]"), BYTES(WWW_A), false},
    {DNS("'allow': [{'name': '{l4.test.name}'}]"), BYTES(WWW_A), true},
    {DNS("'allow': [{'name': '{l4.test.nothing}'}]"), BYTES(WWW_A), true},
    {DNS("'allow': [{'name': '.'}]"), BYTES("\0\0\2\0\1"), true},
    {DNS("'allow': [{'name': '.'}]"), BYTES(WWW_A), false},
    {DNS("'allow': [{'name_regexp': '^(|[-0-9a-z]+\\\\.)example\\\\.com\\\\.$'}]"), BYTES(WWW_A),
	true},
    {DNS("'allow': [{'name_regexp': '^example\\\\.com\\\\.$'}]"), BYTES(MX_EXAMPLE), true},
    {DNS("'allow': [{'name_regexp': '^Example'}]"), BYTES(MX_EXAMPLE), false},
    {DNS("'allow': [{'type': 'mx', 'class': 'in'}]"), BYTES(MX_EXAMPLE), true},
    {DNS("'allow': [{'class': 'CH'}]"), BYTES(WWW_A), false},
    {DNS("'deny': [{'type_regexp': '^(MX|NS)$'}]"), BYTES(WWW_A), true},
    {DNS("'deny': [{'type_regexp': '^(MX|NS)$'}]"), BYTES(MX_EXAMPLE), false},
    {DNS("'deny': [{'class_regexp': '^C'}]"), BYTES(WWW_A), true},
    {DNS("'deny': [{'class_regexp': '^I'}]"), BYTES(WWW_A), false},
    {DNS("'deny': [{'type': 'A', 'type_regexp': '^X'}]"), BYTES(WWW_A), true},
    {DNS("'deny': [{'name': 'x.'}], 'default_deny': true"), BYTES(WWW_A), false},
    {DNS("'allow': [{'name': 'x.'}], 'prefer_allow': true"), BYTES(WWW_A), false},
    /* both lists: in both, in one, in none */
    {DNS("'allow': [{'type': 'A'}], 'deny': [{'class': 'IN'}]"), BYTES(WWW_A), false},
    {DNS("'allow': [{'type': 'A'}], 'deny': [{'class': 'IN'}], 'prefer_allow': true"), BYTES(WWW_A),
	true},
    {DNS("'allow': [{'type': 'NS'}], 'deny': [{'class': 'IN'}], 'prefer_allow': true"),
	BYTES(WWW_A), false},
    {DNS("'allow': [{'type': 'A'}], 'deny': [{'class': 'CH'}]"), BYTES(WWW_A), true},
    {DNS("'allow': [{'type': 'NS'}], 'deny': [{'class': 'CH'}]"), BYTES(WWW_A), true},
    {DNS("'allow': [{'type': 'NS'}], 'deny': [{'class': 'CH'}], 'default_deny': true"),
	BYTES(WWW_A), false},
    /* what has no name */
    {DNS("'deny': [{'type': 'MX'}]"), BYTES(WWW "\x2b\x67\0\1"), false},
    {DNS("'deny': [{'type': 'MX'}]"), BYTES(WWW "\0\1\0\7"), false},
    {DNS(""), BYTES(WWW "\x2b\x67\0\7"), true},
};

START_TEST(test_rules)
{
	struct span message = joined(span_of(BYTES(HEAD("\1", "\0", "\0", "\0"))),
	    span_of(rules[_i].questions, rules[_i].n));
	struct span stream = framed(message);

	facts_set(&facts, "l4.test.name", span_str("www.example.com."));
	support_datagram(rules[_i].set, message, rules[_i].match ? MATCH_YES : MATCH_NO);
	support_cuts(rules[_i].set, stream, stream.n, rules[_i].match ? MATCH_YES : MATCH_NO);
}
END_TEST

/* Every question of a message and every message of a stream. */
START_TEST(test_all_questions)
{
	const char *set = DNS("'deny': [{'type': 'MX'}]");
	struct span both = span_of(BYTES(HEAD("\2", "\0", "\0", "\0") WWW_A MX_EXAMPLE));
	struct span a = framed(span_of(BYTES(HEAD("\1", "\0", "\0", "\0") WWW_A)));
	struct span mx = framed(span_of(BYTES(HEAD("\1", "\0", "\0", "\0") MX_EXAMPLE)));

	ck_assert_int_eq(support_verdict(set, both, true), MATCH_NO);
	ck_assert_int_eq(support_verdict(set, joined(a, a), false), MATCH_YES);
	ck_assert_int_eq(support_verdict(set, joined(a, mx), false), MATCH_NO);
}
END_TEST

START_TEST(test_options)
{
	support_adapt("dns", "{}");
	support_adapt("dns {\nallow example.com.\nallow * NS\nallow * * CH\nallow *\n}",
	    "{'allow': [{'name': 'example.com.'}, {'type': 'NS'}, {'class': 'CH'}, {}]}");
	support_adapt("dns {\ndeny a. MX IN\nallow_regexp ^a ^M ^I\ndeny_regexp * * ^C\n}",
	    "{'deny': [{'name': 'a.', 'type': 'MX', 'class': 'IN'}, {'class_regexp': '^C'}], "
	    "'allow': [{'name_regexp': '^a', 'type_regexp': '^M', 'class_regexp': '^I'}]}");
	support_adapt(
	    "dns {\ndefault_deny\nprefer_allow\n}", "{'default_deny': true, 'prefer_allow': true}");
	support_adapt("dns x", NULL);
	support_adapt("dns {\nallow\n}", NULL);
	support_adapt("dns {\nallow a b c d\n}", NULL);
	support_adapt("dns {\ndefault_deny true\n}", NULL);
	support_adapt("dns {\nprefer_allow\nprefer_allow\n}", NULL);
	support_adapt("dns {\nrefuse a\n}", NULL);
	support_adapt("dns {\nallow a {\nb\n}\n}", NULL);
	support_refused("{'dns': {'allow': {}}}", "dns.allow: ");
	support_refused("{'dns': {'allow': [{'nam': 'a'}]}}", "dns.allow[0]: unknown field 'nam'");
	support_refused(
	    "{'dns': {'deny': [{}, {'name_regexp': '('}]}}", "dns.deny[1].name_regexp: ");
	ck_assert(support_set(ANY).bytes);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("dns");
	TCase *tc = tcase_create("dns");

	tcase_add_checked_fixture(tc, support_setup, support_teardown);
	SUPPORT_LOOP(tc, test_requests, requests);
	SUPPORT_LOOP(tc, test_others, others);
	tcase_add_test(tc, test_long_names);
	tcase_add_test(tc, test_streams);
	SUPPORT_LOOP(tc, test_clients, clients);
	tcase_add_test(tc, test_names);
	SUPPORT_LOOP(tc, test_rules, rules);
	tcase_add_test(tc, test_all_questions);
	tcase_add_test(tc, test_options);
	suite_add_tcase(suite, tc);
	return support_run(suite);
}
