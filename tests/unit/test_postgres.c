/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "daemon/wire/postgres.h"
#include "tests/unit/matcher_support.h"

#define ANY "{'postgres': {}}"
#define BYTES(s) (s), sizeof(s) - 1
#define V3 "\0\3\0\0"
#define ALICE "user\0alice\0database\0planets_db\0application_name\0psql\0\0"
#define STARTUP "\0\0\0\x3e" V3 ALICE

/* --- what begins a session ------------------------------------------------------------------- */

static const struct {
	const char *bytes;
	size_t n, decided;
	enum postgres_kind kind;
} firsts[] = {
    {BYTES("\0\0\0\x08\x04\xd2\x16\x2f"), 8, POSTGRES_SSL_REQUEST},
    {BYTES("\0\0\0\x08\x04\xd2\x16\x2f\x16\x03\x01"), 8, POSTGRES_SSL_REQUEST},
    {BYTES("\0\0\0\x08\x04\xd2\x16\x30"), 8, POSTGRES_GSSENC_REQUEST},
    {BYTES("\0\0\0\x10\x04\xd2\x16\x2e\0\0\x12\x34\x56\x78\x9a\xbc"), 8, POSTGRES_CANCEL_REQUEST},
    {BYTES("\0\0\1\x0c\x04\xd2\x16\x2e\0\0\x12\x34"), 8, POSTGRES_CANCEL_REQUEST},
    {BYTES(STARTUP), 62, POSTGRES_STARTUP},
    {BYTES(STARTUP "p\0\0\0"), 62, POSTGRES_STARTUP},
    {BYTES("\0\0\0\x09\0\3\0\2\0"), 9, POSTGRES_STARTUP},
    {BYTES("\0\0\0\x0c\0\3\xff\xff"
	   "a\0\0\0"),
	12, POSTGRES_STARTUP},
};

START_TEST(test_firsts)
{
	struct span bytes = span_of(firsts[_i].bytes, firsts[_i].n);
	struct postgres_first first;

	support_cuts(ANY, bytes, firsts[_i].decided, MATCH_YES);
	ck_assert_int_eq(postgres_parse(bytes, &first), WIRE_YES);
	ck_assert_int_eq(first.kind, firsts[_i].kind);
}
END_TEST

static const struct {
	const char *bytes;
	size_t n, decided;
} others[] = {
    {BYTES("GET / HTTP/1.1\r\n"), 1},
    {BYTES("\x16\x03\x01\2\0"), 1},
    {BYTES("\0\1"), 2},
    {BYTES("\0\0\x41\0"), 3},
    {BYTES("\0\0\x40\x05\0\3\0\0"), 4},
    {BYTES("\0\0\0\7\0\0\0\0"), 4},
    {BYTES("\0\0\0\x08\0\3\0\0"), 5},
    {BYTES("\0\0\0\x09\4\xd2\x16\x2f\0"), 5},
    {BYTES("\0\0\0\x08\4\xd2\x16\x2e"), 8},
    {BYTES("\0\0\0\x08\4\xd2\x16\x31"), 8},
    {BYTES("\0\0\0\x10\4\xd2\x16\x2f"), 8},
    {BYTES("\0\0\1\x0d\4\xd2\x16\x2e"), 5},
    {BYTES("\0\0\0\x29\0\2\0\0user"), 6},
    {BYTES("\0\0\0\x29\0\4\0\0user"), 6},
    /* an empty name before the end; a value that does not end; a name that does not */
    {BYTES("\0\0\0\x0c" V3 "\0abc"), 9},
    {BYTES("\0\0\0\x0c" V3 "a\0bc"), 12},
    {BYTES("\0\0\0\x0c" V3 "abcd"), 12},
    {BYTES("\0\0\0\x0c" V3 "ab\0\0"), 12},
};

START_TEST(test_others)
{
	support_cuts(ANY, span_of(others[_i].bytes, others[_i].n), others[_i].decided, MATCH_NO);
}
END_TEST

START_TEST(test_clients)
{
	const char *set = "{'postgres': {'user': {'alice': ['planets_db']}, 'client': ['psql']}}";
	struct span startup = support_flight("postgres_startup");

	support_cuts(ANY, startup, startup.n, MATCH_YES);
	support_cuts(set, startup, startup.n, MATCH_YES);
	support_cuts(
	    "{'postgres': {'user': {'alice': ['planets_db']}}}", startup, startup.n, MATCH_YES);
	support_cuts(ANY, support_flight("postgres_ssl"), 8, MATCH_YES);
	support_cuts(set, support_flight("postgres_ssl"), 8, MATCH_NO);
}
END_TEST

START_TEST(test_parameters)
{
	struct postgres_first first;
	struct span name, value;

	ck_assert_int_eq(postgres_parse(span_of(BYTES(STARTUP)), &first), WIRE_YES);
	ck_assert_uint_eq(first.length, 62);
	ck_assert(postgres_next_parameter(&first.parameters, &name, &value));
	ck_assert(span_eq_str(name, "user") && span_eq_str(value, "alice"));
	ck_assert(postgres_next_parameter(&first.parameters, &name, &value));
	ck_assert(span_eq_str(name, "database") && span_eq_str(value, "planets_db"));
	ck_assert(postgres_next_parameter(&first.parameters, &name, &value));
	ck_assert(span_eq_str(name, "application_name") && span_eq_str(value, "psql"));
	ck_assert(!postgres_next_parameter(&first.parameters, &name, &value));
}
END_TEST

/* --- options --------------------------------------------------------------------------------- */

enum { SSL, GSS, CANCEL, START, NO_USER, NO_DATABASE, TWICE };

static const struct {
	const char *bytes;
	size_t n;
} samples[] = {
    [SSL] = {BYTES("\0\0\0\x08\x04\xd2\x16\x2f")},
    [GSS] = {BYTES("\0\0\0\x08\x04\xd2\x16\x30")},
    [CANCEL] = {BYTES("\0\0\0\x10\x04\xd2\x16\x2e\0\0\x12\x34\x56\x78\x9a\xbc")},
    [START] = {BYTES(STARTUP)},
    [NO_USER] = {BYTES("\0\0\0\x15" V3 "database\0db\0\0")},
    [NO_DATABASE] = {BYTES("\0\0\0\x14" V3 "user\0alice\0\0")},
    [TWICE] = {BYTES("\0\0\0\x1d" V3 "user\0alice\0user\0bob\0\0")},
};

#define USER(u) "{'postgres': {'user': {" u "}}}"

static const struct {
	const char *set;
	int sample;
	enum match_verdict verdict;
} filters[] = {
    {"{'postgres': {'tls': 'enabled'}}", SSL, MATCH_YES},
    {"{'postgres': {'tls': 'enabled'}}", GSS, MATCH_NO},
    {"{'postgres': {'tls': 'enabled'}}", CANCEL, MATCH_NO},
    {"{'postgres': {'tls': 'enabled'}}", START, MATCH_NO},
    {"{'postgres': {'tls': 'disabled'}}", SSL, MATCH_NO},
    {"{'postgres': {'tls': 'disabled'}}", GSS, MATCH_YES},
    {"{'postgres': {'tls': 'disabled'}}", CANCEL, MATCH_YES},
    {"{'postgres': {'tls': 'disabled'}}", START, MATCH_YES},
    {"{'postgres': {'tls': ''}}", SSL, MATCH_YES},
    {"{'postgres': {'client': ['x', 'psql']}}", START, MATCH_YES},
    {"{'postgres': {'client': ['x']}}", START, MATCH_NO},
    {"{'postgres': {'client': ['psql']}}", NO_USER, MATCH_NO},
    {"{'postgres': {'client': ['psql']}}", SSL, MATCH_NO},
    {"{'postgres': {'client': ['psql']}}", CANCEL, MATCH_NO},
    {USER("'alice': null"), START, MATCH_YES},
    {USER("'alice': []"), START, MATCH_YES},
    {USER("'alice': ['x', 'planets_db']"), START, MATCH_YES},
    {USER("'alice': ['x']"), START, MATCH_NO},
    {USER("'alice': ['x']"), NO_DATABASE, MATCH_YES},
    {USER("'bob': null"), START, MATCH_NO},
    {USER("'bob': null, 'alice': null"), START, MATCH_YES},
    {USER("'*': null"), START, MATCH_NO},
    {USER("'*': ['planets_db']"), START, MATCH_NO},
    {USER("'*': ['db']"), NO_USER, MATCH_YES},
    {USER("'*': ['x']"), NO_USER, MATCH_NO},
    {USER("'*': null"), NO_USER, MATCH_NO},
    {USER("'alice': null"), NO_USER, MATCH_NO},
    {USER("'alice': null"), TWICE, MATCH_NO},
    {USER("'bob': null"), TWICE, MATCH_YES},
    {"{'postgres': {'user': {'alice': null}, 'client': ['x']}}", START, MATCH_NO},
    {"{'postgres': {'user': {'alice': null}, 'client': ['psql'], 'tls': 'disabled'}}", START,
	MATCH_YES},
    {"{'postgres': {'user': {}, 'client': []}}", SSL, MATCH_YES},
    {"{'postgres': {'user': null, 'client': null}}", SSL, MATCH_YES},
};

START_TEST(test_filters)
{
	struct span bytes =
	    span_of(samples[filters[_i].sample].bytes, samples[filters[_i].sample].n);

	ck_assert_msg(support_verdict(filters[_i].set, bytes, false) == filters[_i].verdict, "%s",
	    filters[_i].set);
}
END_TEST

START_TEST(test_options)
{
	support_adapt("postgres", "{}");
	support_adapt("postgres {\nuser a\n}", "{'user': {'a': null}}");
	support_adapt("postgres {\nuser a\nuser a x\nuser a\nuser a y z\nuser * p\n}",
	    "{'user': {'a': ['x', 'y', 'z'], '*': ['p']}}");
	support_adapt("postgres {\nclient a b\nclient c\n}", "{'client': ['a', 'b', 'c']}");
	support_adapt("postgres {\ntls enabled\n}", "{'tls': 'enabled'}");
	support_adapt("postgres {\ntls *\n}", "{}");
	support_adapt("postgres x", NULL);
	support_adapt("postgres {\nuser\n}", NULL);
	support_adapt("postgres {\nclient\n}", NULL);
	support_adapt("postgres {\ntls\n}", NULL);
	support_adapt("postgres {\ntls maybe\n}", NULL);
	support_adapt("postgres {\ntls enabled disabled\n}", NULL);
	support_adapt("postgres {\ntls enabled\ntls enabled\n}", NULL);
	support_adapt("postgres {\nuser a {\nb\n}\n}", NULL);
	support_adapt("postgres {\nuserr a\n}", NULL);
	support_refused("{'postgres': {'tls': 'x'}}", "postgres.tls: ");
	support_refused("{'postgres': {'user': ['a']}}", "postgres.user: ");
	support_refused("{'postgres': {'user': {'a': 'x'}}}", "postgres.user.a: ");
	support_refused("{'postgres': {'user': {'a': [1]}}}", "postgres.user.a[0]: ");
	ck_assert(support_set(ANY).bytes);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("postgres");
	TCase *tc = tcase_create("postgres");

	tcase_add_checked_fixture(tc, support_setup, support_teardown);
	SUPPORT_LOOP(tc, test_firsts, firsts);
	SUPPORT_LOOP(tc, test_others, others);
	tcase_add_test(tc, test_clients);
	tcase_add_test(tc, test_parameters);
	SUPPORT_LOOP(tc, test_filters, filters);
	tcase_add_test(tc, test_options);
	suite_add_tcase(suite, tc);
	return support_run(suite);
}
