/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "common/duration.h"

#include <check.h>
#include <inttypes.h>
#include <stdlib.h>

#define MINUTE (60 * DURATION_S)
#define HOUR (60 * MINUTE)

static const struct {
	const char *text;
	int64_t ns;
} good[] = {
    {"0", 0},
    {"-0", 0},
    {"+0", 0},
    {"0s", 0},
    {"5s", 5 * DURATION_S},
    {"+5s", 5 * DURATION_S},
    {"-5s", -5 * DURATION_S},
    {"86399s", 86399 * DURATION_S},
    {"5.0s", 5 * DURATION_S},
    {"7.25s", 7250 * DURATION_MS},
    {"5.s", 5 * DURATION_S},
    {".5s", 500 * DURATION_MS},
    {"2.005s", 2005 * DURATION_MS},
    {"60.00200s", 60002 * DURATION_MS},
    {"7ns", 7},
    {"80us", 80 * DURATION_US},
    {"12\xc2\xb5s", 12 * DURATION_US},
    {"12\xce\xbcs", 12 * DURATION_US},
    {"250ms", 250 * DURATION_MS},
    {"90m", 90 * MINUTE},
    {"24h", 24 * HOUR},
    {"2d", 48 * HOUR},
    {"1.5d", 36 * HOUR},
    {"1d12h", 36 * HOUR},
    {"2h45m", 2 * HOUR + 45 * MINUTE},
    {"1m30.5s", MINUTE + 30500 * DURATION_MS},
    {"-1m0.25s", -(MINUTE + 250 * DURATION_MS)},
    {"1h2m3s4ms5us6ns", HOUR + 2 * MINUTE + 3 * DURATION_S + 4 * DURATION_MS + 5006},
    {"30s1h", HOUR + 30 * DURATION_S},
    {"31557600000ns", 31557600000},
    {"0.6666666666666666666h", 40 * MINUTE},
    {"0.25000000000000000000000000h", 15 * MINUTE},
    {"0.99999999999999999999999s", DURATION_S},
    {"9007199254740993ns", 9007199254740993},
    {"9223372036854775807ns", INT64_MAX},
    {"9223372036854775.807us", INT64_MAX},
    {"9223372036s854ms775us807ns", INT64_MAX},
    {"-9223372036854775808ns", INT64_MIN},
    {"-9223372036854775.808us", INT64_MIN},
    {"106751d", INT64_C(106751) * 24 * HOUR},
};

static const char *const bad[] = {
    "",
    "3",
    "-",
    "+",
    "s",
    ".",
    "-.",
    ".s",
    "+.s",
    "1d2",
    "1.5",
    "0.0",
    "00",
    "5S",
    "1w",
    "1 s",
    " 1s",
    "1s ",
    "--1s",
    "+-1s",
    "1s-2s",
    "1..5s",
    "0x1s",
    "1e3s",
    "1,5s",
    "\xc2\xb5s",
    "1\xc2s",
    "1\xb5s",
    "2600000h",
    "106752d",
    "9223372036854775808ns",
    "9223372036854775.808us",
    "-9223372036854775809ns",
    "9223372036854ms775us808ns",
    "99999999999999999999s",
    "18446744073709551616ns",
    "-9223372036854775808ns1ns",
    "-9223372036854775808ns9223372036854775808ns",
};

START_TEST(test_parse)
{
	int64_t ns;
	size_t i;

	for (i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		ns = 77;
		ck_assert_msg(duration_parse(good[i].text, &ns), "%s", good[i].text);
		ck_assert_msg(ns == good[i].ns, "%s: %" PRId64, good[i].text, ns);
	}
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		ck_assert_msg(!duration_parse(bad[i], &ns), "%s", bad[i]);
}
END_TEST

START_TEST(test_text)
{
	static const struct {
		int64_t ns;
		const char *text;
	} cases[] = {
	    {0, "0s"},
	    {1, "1ns"},
	    {999, "999ns"},
	    {1500, "1.5\xc2\xb5s"},
	    {7050000, "7.05ms"},
	    {250 * DURATION_MS, "250ms"},
	    {999999999, "999.999999ms"},
	    {DURATION_S, "1s"},
	    {1250 * DURATION_MS, "1.25s"},
	    {90 * DURATION_S, "1m30s"},
	    {12 * MINUTE, "12m0s"},
	    {HOUR, "1h0m0s"},
	    {25 * HOUR + MINUTE + 2030 * DURATION_MS, "25h1m2.03s"},
	    {MINUTE + 1, "1m0.000000001s"},
	    {-DURATION_S, "-1s"},
	    {-1, "-1ns"},
	    {INT64_MAX, "2562047h47m16.854775807s"},
	    {INT64_MIN, "-2562047h47m16.854775808s"},
	};
	char text[DURATION_TEXT_MAX];
	int64_t back;
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		ck_assert_str_eq(duration_text(cases[i].ns, text), cases[i].text);
		ck_assert(duration_parse(text, &back));
		ck_assert_int_eq(back, cases[i].ns);
	}
	ck_assert_double_eq(duration_seconds(1500 * DURATION_MS), 1.5);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("duration");
	TCase *tests = tcase_create("duration");
	SRunner *runner;
	int failed;

	tcase_add_test(tests, test_parse);
	tcase_add_test(tests, test_text);
	suite_add_tcase(suite, tests);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
