/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "common/netaddr.h"
#include "daemon/core/filter.h"

struct record {
	uint64_t id, bytes;
	double age;
	struct span route, sni, empty;
	struct netaddr src, none;
};

#define FIELD(member, type)                                                                        \
	{                                                                                          \
		.name = #member, .kind = type, .offset = offsetof(struct record, member)           \
	}

static const struct filter_field fields[] = {
    FIELD(id, FILTER_NUMBER),
    FIELD(bytes, FILTER_NUMBER),
    FIELD(age, FILTER_SECONDS),
    FIELD(route, FILTER_TEXT),
    FIELD(sni, FILTER_TEXT),
    FIELD(empty, FILTER_TEXT),
    FIELD(src, FILTER_ADDRESS),
    FIELD(none, FILTER_ADDRESS),
    {.name = NULL},
};

static struct record example(void)
{
	struct record r = {.id = 17, .bytes = 2048, .age = 90.5};

	r.route = span_str("db");
	r.sni = span_str("mail.example.com");
	ck_assert(netaddr_parse_ip("10.1.2.3", &r.src));
	r.src.port = 4000;
	return r;
}

static const struct {
	const char *text;
	bool matches;
} cases[] = {
    {"id==17", true},
    {"id=17", true},
    {" id == 17 ", true},
    {"id!=17", false},
    {"id==1", false},
    {"id in 1,17,30", true},
    {"id in 1, 30", false},
    {"id<18 && id>16 && id<=17 && id>=17", true},
    {"id<17", false},
    {"bytes==2Ki", true},
    {"bytes>2k", true},
    {"bytes>1M", false},
    {"age>90", true},
    {"age>1m30s", true},
    {"age>1h", false},
    {"age<1d", true},
    {"age<=90.5s", true},
    {"age>=91", false},
    {"route==db", true},
    {"route==\"db\"", true},
    {"route=='db'", true},
    {"route==DB", false},
    {"route!=web", true},
    {"route in web,db", true},
    {"route in web,mail", false},
    {"route~d*", true},
    {"route~?", false},
    {"route~??", true},
    {"sni~*.example.com", true},
    {"sni~*example*", true},
    {"sni~*.example.org", false},
    {"sni~*a*a*", true},
    {"sni~*a*a*a*", false},
    {"route~\"\"", false},
    {"route", true},
    {"!route", false},
    {"empty", false},
    {"!empty", true},
    {"empty==\"\"", true},
    {"src==10.1.2.3", true},
    {"src==10.1.2.3:4000", true},
    {"src==10.1.2.3:4001", false},
    {"src!=10.1.2.4", true},
    {"src in 10.0.0.0/8", true},
    {"src in 192.168.0.0/16,::1,10.1.2.3", true},
    {"src in fd00::/8", false},
    {"src in private_ranges", true},
    {"src==::1", false},
    {"src==[::1]:80", false},
    {"src", true},
    {"none", false},
    {"none in 0.0.0.0/0", false},
    {"route==db && src in 10.0.0.0/8 && age>1h", false},
    {"route==db && src in 10.0.0.0/8 && age>1m", true},
    {"route==web || id==17", true},
    {"route==web || id==18", false},
    {"route==web && id==17 || age>1", true},
    {"route==web && (id==17 || age>1)", false},
    {"!(route==web && id==17)", true},
    {"!!route", true},
    {"((((id==17))))", true},
};

START_TEST(matching)
{
	struct record r = example();
	struct error err;
	struct filter *f = filter_new(span_str(cases[_i].text), fields, &err);

	ck_assert_msg(f != NULL, "%s: %s", cases[_i].text, err.message);
	ck_assert_msg(filter_match(f, &r) == cases[_i].matches, "%s", cases[_i].text);
	filter_free(f);
}
END_TEST

static const struct {
	const char *text, *says; /* says: a part of the message */
} refused[] = {
    {"", "column 1: wanted a field"},
    {"   ", "wanted a field"},
    {"id==", "column 5: wanted a value"},
    {"id==17 &&", "column 10: wanted a field"},
    {"id==17 id==18", "column 8: wanted '&&' or '||', not 'id'"},
    {"(id==17", "wanted ')'"},
    {"id==17)", "wanted '&&' or '||'"},
    {"rout==db", "did you mean 'route'"},
    {"frobnicate==1", "no such field: 'frobnicate'"},
    {"id==x", "not a number: 'x'"},
    {"id==-1", "not a number"},
    {"id==99999999999999999999G", "not a number"},
    {"age>soon", "not a duration"},
    {"age==1", "not for 'age'"},
    {"route<db", "not for 'route'"},
    {"src~10.*", "not for 'src'"},
    {"src<10.0.0.1", "not for 'src'"},
    {"src==somewhere", "not an address"},
    {"src in 10.0.0.0/33", "not an address range"},
    {"src in ", "wanted a value"},
    {"src in 10.0.0.0/8,", "wanted a value"},
    {"route==\"db", "the quote is not closed"},
    {"id & 1", "not '&'"},
    {"=", "wanted a field"},
    {"((((((((((((((((((((((((((((((((((((((((id", "too many parentheses"},
    {"!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!id", "too many parentheses"},
};

START_TEST(refusing)
{
	struct error err;
	struct filter *f = filter_new(span_str(refused[_i].text), fields, &err);

	ck_assert_msg(f == NULL, "%s", refused[_i].text);
	ck_assert_msg(
	    strstr(err.message, refused[_i].says) != NULL, "%s: %s", refused[_i].text, err.message);
	ck_assert_int_eq(err.code, ERROR_INVALID);
}
END_TEST

/* Every beginning of every case is a filter or an error, never more. */
START_TEST(cut_anywhere)
{
	struct record r = example();
	size_t n, length = strlen(cases[_i].text);
	struct error err;

	for (n = 0; n < length; n++) {
		char *copy = malloc(n + 1); /* exact, for the sanitizer */
		struct filter *f;

		memcpy(copy, cases[_i].text, n);
		f = filter_new(span_of(copy, n), fields, &err);
		if (f != NULL)
			filter_match(f, &r);
		filter_free(f);
		free(copy);
	}
}
END_TEST

START_TEST(too_long)
{
	static char text[FILTER_SIZE_MAX + 1];
	struct error err;

	memset(text, ' ', sizeof(text));
	ck_assert(filter_new(span_of(text, sizeof(text)), fields, &err) == NULL);
	ck_assert_int_eq(err.code, ERROR_LIMIT);
}
END_TEST

int main(void)
{
	const int count = sizeof(cases) / sizeof(cases[0]);
	Suite *suite = suite_create("filter");
	TCase *tc = tcase_create("filter");
	SRunner *runner;
	int failed;

	tcase_add_loop_test(tc, matching, 0, count);
	tcase_add_loop_test(tc, cut_anywhere, 0, count);
	tcase_add_loop_test(tc, refusing, 0, sizeof(refused) / sizeof(refused[0]));
	tcase_add_test(tc, too_long);
	suite_add_tcase(suite, tc);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? 0 : 1;
}
