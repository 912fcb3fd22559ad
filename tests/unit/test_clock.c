/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include <time.h>
#include <unistd.h>

#include "tests/unit/matcher_support.h"

#define CLOCK(options) "{'clock': {" options "}}"

/* Saturday the 1st of July 2023, and Sunday the 1st of January 2023, at midnight UTC. */
#define JULY INT64_C(1688169600)
#define JANUARY INT64_C(1672531200)
#define AT(h, m, s) ((h)*3600 + (m)*60 + (s))

static const struct {
	const char *set;
	int64_t at;
	enum match_verdict verdict;
} cases[] = {
    {CLOCK("'after': '08:00:00', 'before': '20:00:00'"), JULY + AT(7, 59, 59), MATCH_NO},
    {CLOCK("'after': '08:00:00', 'before': '20:00:00'"), JULY + AT(8, 0, 0), MATCH_YES},
    {CLOCK("'after': '08:00:00', 'before': '20:00:00'"), JULY + AT(19, 59, 59), MATCH_YES},
    {CLOCK("'after': '08:00:00', 'before': '20:00:00'"), JULY + AT(20, 0, 0), MATCH_NO},
    /* swapped */
    {CLOCK("'after': '20:00:00', 'before': '08:00:00'"), JULY + AT(12, 0, 0), MATCH_YES},
    {CLOCK("'after': '20:00:00', 'before': '08:00:00'"), JULY + AT(21, 0, 0), MATCH_NO},
    /* midnight is a day's end */
    {CLOCK("'after': '21:00:00', 'before': '00:00:00'"), JULY + AT(23, 59, 59), MATCH_YES},
    {CLOCK("'after': '21:00:00', 'before': '00:00:00'"), JULY + AT(20, 59, 59), MATCH_NO},
    {CLOCK("'after': '00:00:00', 'before': '05:00:00'"), JULY, MATCH_YES},
    {CLOCK("'after': '00:00:00', 'before': '00:00:00'"), JULY + AT(23, 59, 59), MATCH_YES},
    {CLOCK("'after': '12:00:00', 'before': '12:00:00'"), JULY + AT(12, 0, 0), MATCH_NO},
    {CLOCK("'after': '21:00:00'"), JULY + AT(22, 0, 0), MATCH_YES},
    {CLOCK("'before': '21:00:00'"), JULY + AT(22, 0, 0), MATCH_NO},
    {CLOCK(""), JULY, MATCH_YES},
    {CLOCK("'after': '8:00:00', 'before': '20:00:00.999'"), JULY + AT(8, 0, 0), MATCH_YES},
    {CLOCK("'after': '{env.POINTSMAN_AFTER}'"), JULY + AT(9, 30, 0), MATCH_YES},
    {CLOCK("'after': '{env.POINTSMAN_AFTER}'"), JULY + AT(9, 29, 59), MATCH_NO},
    /* zones */
    {CLOCK("'after': '12:00:00', 'timezone': 'UTC'"), JULY + AT(12, 0, 0), MATCH_YES},
    {CLOCK("'after': '12:00:00', 'timezone': '+02'"), JULY + AT(10, 0, 0), MATCH_YES},
    {CLOCK("'after': '12:00:00', 'timezone': '+02'"), JULY + AT(9, 59, 59), MATCH_NO},
    {CLOCK("'after': '12:00:00', 'timezone': '-03:30'"), JULY + AT(15, 30, 0), MATCH_YES},
    {CLOCK("'after': '12:00:00', 'timezone': '-03:30'"), JULY + AT(15, 29, 59), MATCH_NO},
    {CLOCK("'before': '00:34:56', 'timezone': '+12:34:56'"), JULY + AT(12, 0, 0), MATCH_NO},
    {CLOCK("'before': '00:34:56', 'timezone': '+12:34:56'"), JULY + AT(11, 59, 59), MATCH_YES},
    {CLOCK("'before': '01:00:00', 'timezone': '-01'"), JULY - JULY + AT(1, 59, 59), MATCH_YES},
    {CLOCK("'after': '23:00:00', 'timezone': '-01'"), 0, MATCH_YES}, /* before 1970 */
    {CLOCK("'after': '12:00:00', 'timezone': 'Local'"), JULY + AT(7, 0, 0), MATCH_YES},
    {CLOCK("'after': '12:00:00', 'timezone': 'Local'"), JULY + AT(6, 59, 59), MATCH_NO},
};

static void setup(void)
{
	support_setup();
	setenv("POINTSMAN_AFTER", "09:30:00", 1);
	setenv("TZ", "QQQ-5", 1);
}

START_TEST(test_cases)
{
	facts.start_ns = cases[_i].at * 1000000000 + 999999999;
	ck_assert_msg(support_verdict(cases[_i].set, span_str(""), false) == cases[_i].verdict,
	    "%s at %lld", cases[_i].set, (long long)cases[_i].at);
	ck_assert(!support_set(cases[_i].set).bytes);
}
END_TEST

/* Where the system has its files: summer and winter. */
START_TEST(test_named_zones)
{
	const char *set = CLOCK("'after': '08:00:00', 'timezone': 'America/Los_Angeles'");

	if (access("/usr/share/zoneinfo/America/Los_Angeles", R_OK) == -1)
		return; /* the package tzdata is missing */
	facts.start_ns = (JULY + AT(15, 0, 0)) * 1000000000;
	ck_assert_int_eq(support_verdict(set, span_str(""), false), MATCH_YES);
	facts.start_ns = (JULY + AT(14, 59, 59)) * 1000000000;
	ck_assert_int_eq(support_verdict(set, span_str(""), false), MATCH_NO);
	facts.start_ns = (JANUARY + AT(15, 59, 59)) * 1000000000;
	ck_assert_int_eq(support_verdict(set, span_str(""), false), MATCH_NO);
	facts.start_ns = (JANUARY + AT(16, 0, 0)) * 1000000000;
	ck_assert_int_eq(support_verdict(set, span_str(""), false), MATCH_YES);
}
END_TEST

static const char *const wrong_times[] = {"24:00:00", "12:60:00", "12:00:60", "12:00", "12", "x",
    "12:0:00", "12:00:0", "123:00:00", "-1:00:00", " 12:00:00", "12:00:00 ", "12:00:00.", ":00:00"};

START_TEST(test_wrong_times)
{
	support_refused(arena_printf(arena, "{'clock': {'after': '%s'}}", wrong_times[_i]),
	    arena_printf(arena, "clock.after: '%s' is not a time", wrong_times[_i]));
	support_refused(
	    arena_printf(arena, "{'clock': {'before': '%s'}}", wrong_times[_i]), "clock.before: ");
}
END_TEST

static const char *const wrong_zones[] = {"+2", "+02:0", "+25", "+02:61", "+02:00:61", "02",
    "+02:", "Europe/Nowhere", "../etc/passwd", "/etc/passwd", "Europe",
    "Europe/../../../etc/passwd", "local"};

START_TEST(test_wrong_zones)
{
	support_refused(arena_printf(arena, "{'clock': {'timezone': '%s'}}", wrong_zones[_i]),
	    "clock.timezone: ");
}
END_TEST

START_TEST(test_options)
{
	support_adapt("clock 08:00:00 20:00:00", "{'after': '08:00:00', 'before': '20:00:00'}");
	support_adapt("clock 1 2 Europe/Berlin",
	    "{'after': '1', 'before': '2', 'timezone': 'Europe/Berlin'}");
	support_adapt("clock after 21:00:00", "{'after': '21:00:00', 'before': '00:00:00'}");
	support_adapt("clock FROM 21:00:00 +02",
	    "{'after': '21:00:00', 'before': '00:00:00', 'timezone': '+02'}");
	support_adapt("clock before 05:00:00", "{'after': '00:00:00', 'before': '05:00:00'}");
	support_adapt("clock till 05:00:00", "{'after': '00:00:00', 'before': '05:00:00'}");
	support_adapt("clock to 05:00:00", "{'after': '00:00:00', 'before': '05:00:00'}");
	support_adapt("clock Until 05:00:00 Local",
	    "{'after': '00:00:00', 'before': '05:00:00', 'timezone': 'Local'}");
	support_adapt("clock", NULL);
	support_adapt("clock 08:00:00", NULL);
	support_adapt("clock a b c d", NULL);
	support_adapt("clock a b {\nc\n}", NULL);
	support_refused("{'clock': {'until': '1'}}", "clock: unknown field 'until'");
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("clock");
	TCase *tc = tcase_create("clock");

	tcase_add_checked_fixture(tc, setup, support_teardown);
	SUPPORT_LOOP(tc, test_cases, cases);
	tcase_add_test(tc, test_named_zones);
	SUPPORT_LOOP(tc, test_wrong_times, wrong_times);
	SUPPORT_LOOP(tc, test_wrong_zones, wrong_zones);
	tcase_add_test(tc, test_options);
	suite_add_tcase(suite, tc);
	return support_run(suite);
}
