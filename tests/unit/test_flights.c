/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Every matcher of bytes against every flight, cut at every length: the protocol's own never says
 * no, the others never say yes.
 */
#include <config.h>

#include "tests/unit/hello_samples.h"
#include "tests/unit/matcher_support.h"
#include "tests/unit/quic_flights.h"
#include "tests/unit/recorded_flights.h"

#define BYTES(s) (s), sizeof(s) - 1
#define KEY "0123456789abcdef0123456789abcdef"

/* What no client of Debian sends, made by the protocols' descriptions. */
static const struct {
	const char *matcher, *what;
	bool datagram;
	const char *bytes;
	size_t n;
} made[] = {
    {"postgres", "GSSENCRequest", false, BYTES("\0\0\0\x08\x04\xd2\x16\x30")},
    {"postgres", "CancelRequest", false,
	BYTES("\0\0\0\x10\x04\xd2\x16\x2e\0\0\x12\x34\x56\x78\x9a\xbc")},
    {"proxy_protocol", "version 1", false, BYTES("PROXY TCP4 192.0.2.1 192.0.2.2 1 2\r\n")},
    {"proxy_protocol", "version 2", false,
	BYTES("\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c\1\2\3\4\5\6\7\x08\0\1\0\2")},
    {"socks4", "BIND", false, BYTES("\4\2\0\x50\xc0\0\2\7joe\0")},
    {"winbox", "standard", false, BYTES("\x27\6admin\0" KEY "\1")},
    {"winbox", "RoMON", false, BYTES("\x29\6admin+r\0" KEY "\0")},
    {"wireguard", "keepalive", true,
	BYTES("\4\0\0\0\1\2\3\4\1\0\0\0\0\0\0\0"
	      "0123456789abcdef")},
};

/*
 * The truly ambiguous: a flight that is one protocol's and, byte for byte, another's too. None so
 * far. Name the matcher and the flight here when there is one, and which goes first in the docs.
 */
static const struct {
	const char *flight, *matcher;
} ambiguous[] = {
    {NULL, NULL},
};

static bool is_ambiguous(const char *flight, const char *matcher)
{
	size_t i;

	for (i = 0; ambiguous[i].flight != NULL; i++) {
		if (strcmp(ambiguous[i].flight, flight) == 0 &&
		    strcmp(ambiguous[i].matcher, matcher) == 0)
			return true;
	}
	return false;
}

/* Flights are called like their matcher, with something behind it. */
static bool belongs(const char *flight, const char *matcher)
{
	return strncmp(flight, matcher, strlen(matcher)) == 0;
}

/* regexp looks for nothing by itself; the flights of openvpn are from long ago. */
static const char *bare_set(const struct matcher_type *type)
{
	const char *params = "{}";

	if (!type->bytes || strcmp(type->name, "regexp") == 0)
		return NULL;
	if (strcmp(type->name, "http") == 0)
		params = "[{}]";
	if (strcmp(type->name, "openvpn") == 0)
		params = "{'ignore_timestamp': true}";
	return arena_printf(arena, "{'%s': %s}", type->name, params);
}

/* A datagram is not cut: only the whole counts. */
static void check(
    const struct matcher_type *type, const char *flight, bool own, struct span bytes, bool datagram)
{
	const char *text = bare_set(type);
	struct matcher_set set = support_set(text);
	enum match_verdict verdict = MATCH_MORE;
	size_t n;

	for (n = datagram ? bytes.n : 0; n <= bytes.n; n++) {
		verdict = support_ask(&set, span_of(bytes.p, n), datagram);
		if (own)
			ck_assert_msg(
			    verdict != MATCH_NO, "%s says no to %s at %zu", type->name, flight, n);
		else
			ck_assert_msg(verdict != MATCH_YES || is_ambiguous(flight, type->name),
			    "%s says yes to %s at %zu", type->name, flight, n);
	}
	if (own)
		ck_assert_msg(
		    verdict == MATCH_YES, "%s does not say yes to %s", type->name, flight);
}

static const struct matcher_type *matcher_of(const char *flight)
{
	size_t i;

	for (i = 0; support_types[i] != NULL; i++) {
		if (bare_set(support_types[i]) != NULL && belongs(flight, support_types[i]->name))
			return support_types[i];
	}
	return NULL;
}

static void check_all(
    const char *flight, const struct matcher_type *own, struct span bytes, bool datagram)
{
	size_t i;

	for (i = 0; support_types[i] != NULL; i++) {
		if (bare_set(support_types[i]) != NULL)
			check(support_types[i], flight, support_types[i] == own, bytes, datagram);
	}
}

START_TEST(test_flights)
{
	const struct matcher_type *own = matcher_of(flights[_i].name);

	ck_assert_msg(own != NULL, "no matcher for %s", flights[_i].name);
	check_all(flights[_i].name, own, support_hex(flights[_i].hex), flights[_i].datagram);
}
END_TEST

START_TEST(test_recorded)
{
	const struct recorded_flight *f = &recorded_flights[_i];

	check_all(f->client, f->matcher != NULL ? matcher_type_find(f->matcher) : NULL,
	    support_hex(f->hex), f->datagram);
}
END_TEST

START_TEST(test_made)
{
	check_all(made[_i].what, matcher_type_find(made[_i].matcher),
	    span_of(made[_i].bytes, made[_i].n), made[_i].datagram);
}
END_TEST

START_TEST(test_hellos)
{
	check_all(hello_samples[_i].client, matcher_type_find("tls"),
	    support_hex(hello_samples[_i].hex), false);
}
END_TEST

/* Where the hello needs two datagrams, the first one leaves the matcher wanting. */
START_TEST(test_quic)
{
	const struct quic_flight *f = &quic_flights[_i];
	size_t i;

	if (f->count == 1)
		check_all(f->name, matcher_type_find("quic"), support_hex(f->datagrams[0]), true);
	for (i = 0; i < f->count && f->count > 1; i++)
		check_all(f->name, NULL, support_hex(f->datagrams[i]), true);
}
END_TEST

/* What belongs to no matcher of this program. */
static const struct {
	const char *bytes;
	size_t n;
} strangers[] = {
    {BYTES("EHLO client.example\r\n")},
    {BYTES("*1\r\n$4\r\nPING\r\n")},
    {BYTES("\x10\x16\0\4MQTT\4\2\0\x3c\0\nclient-123")},
    {BYTES("a001 CAPABILITY\r\n")},
    {BYTES("\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0")},
    {BYTES("\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff")},
};

START_TEST(test_strangers)
{
	check_all("a stranger", NULL, span_of(strangers[_i].bytes, strangers[_i].n), false);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("flights");
	TCase *tc = tcase_create("flights");

	tcase_add_checked_fixture(tc, support_setup, support_teardown);
	SUPPORT_LOOP(tc, test_flights, flights);
	SUPPORT_LOOP(tc, test_recorded, recorded_flights);
	SUPPORT_LOOP(tc, test_made, made);
	SUPPORT_LOOP(tc, test_hellos, hello_samples);
	SUPPORT_LOOP(tc, test_quic, quic_flights);
	SUPPORT_LOOP(tc, test_strangers, strangers);
	suite_add_tcase(suite, tc);
	return support_run(suite);
}
