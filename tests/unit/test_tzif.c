/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Time zones: POSIX rules, TZif files; both compared with what the C library says of the same.
 */
#include <config.h>

#include <stdio.h>
#include <time.h>

#include "daemon/wire/tzif.h"
#include "tests/unit/matcher_support.h"

static int32_t system_offset(time_t at)
{
	struct tm tm;

	ck_assert_ptr_nonnull(localtime_r(&at, &tm));
	return (int32_t)tm.tm_gmtoff;
}

/* Zones are changed under the test's own feet, so each test says UTC again. */
static void use_zone(const char *name)
{
	setenv("TZ", name, 1);
	tzset();
}

/* --- POSIX rules ----------------------------------------------------------------------------- */

static const char *const rules[] = {
    "UTC0",
    "<+0530>-5:30",
    "CET-1CEST,M3.5.0,M10.5.0/3",
    "EST5EDT,M3.2.0,M11.1.0",
    "AEST-10AEDT,M10.1.0,M4.1.0/3",
    "<+1030>-10:30<+11>-11,M10.1.0,M4.1.0",
    "IST-1GMT0,M10.5.0,M3.5.0/1",
    "<-02>2<-01>,M3.5.0/-1,M10.5.0/0",
    "EET-2EEST,M3.4.4/50,M10.4.4/50",
    "QQQ3YYY,J60/0,J300",
    "QQQ3YYY,59/0,299",
    "QQQ-12:34:56YYY-13:45:01,J20/1,J350/22:30:10",
    "ZZZ0zaz,M2.1.1,M12.5.6",
};

/* Twice a day over leap years and their neighbours, and around the years' ends by the hour. */
START_TEST(test_rules)
{
	struct posix_tz zone;
	int64_t at;

	ck_assert_msg(posix_tz_parse(span_str(rules[_i]), &zone), "%s", rules[_i]);
	use_zone(rules[_i]);
	for (at = INT64_C(946684800) - 86400; at < INT64_C(946684800) + 86400 * 366 * 5;
	     at += 43199)
		ck_assert_msg(posix_tz_offset(&zone, at) == system_offset((time_t)at), "%s at %lld",
		    rules[_i], (long long)at);
	for (at = INT64_C(4102444800); at < INT64_C(4102444800) + 86400 * 366; at += 3599)
		ck_assert_msg(posix_tz_offset(&zone, at) == system_offset((time_t)at), "%s at %lld",
		    rules[_i], (long long)at);
	use_zone("UTC0");
}
END_TEST

static const char *const wrong_rules[] = {
    "",
    "U",
    "UT0",
    "UTC",
    "UTC0x",
    "0",
    "<>0",
    "<+03",
    "<+03>",
    "UTC25",
    "UTC-+1",
    "UTC+-1",
    "UTC0:60",
    "UTC0:0:60",
    "UTC0:",
    "CET-1CEST",
    "CET-1CEST,",
    "CET-1CEST,M3.5.0",
    "CET-1CEST,M3.5.0,",
    "CET-1CEST,M13.5.0,M10.5.0",
    "CET-1CEST,M0.5.0,M10.5.0",
    "CET-1CEST,M3.6.0,M10.5.0",
    "CET-1CEST,M3.0.0,M10.5.0",
    "CET-1CEST,M3.5.7,M10.5.0",
    "CET-1CEST,M3.5,M10.5.0",
    "CET-1CEST,J0,J1",
    "CET-1CEST,J366,J1",
    "CET-1CEST,366,1",
    "CET-1CEST,M3.5.0/168,M10.5.0",
    "CET-1CEST,M3.5.0/,M10.5.0",
    "CET-1CEST,M3.5.0,M10.5.0/3 ",
    "CET-1CEST,M3.5.0,M10.5.0,",
    "CET-1C,M3.5.0,M10.5.0",
    "UTC99999999999",
};

START_TEST(test_wrong_rules)
{
	struct posix_tz zone;

	ck_assert_msg(!posix_tz_parse(span_str(wrong_rules[_i]), &zone), "%s", wrong_rules[_i]);
}
END_TEST

START_TEST(test_cut_rules)
{
	struct posix_tz zone;
	const char *rule = "CET-1CEST,M3.5.0,M10.5.0/3";
	size_t n, length = strlen(rule);

	for (n = 0; n < length; n++) {
		/* What is left of these is a rule. */
		bool whole = n == 5 || n == strlen("CET-1CEST,M3.5.0,M10.5.0");

		ck_assert_msg(posix_tz_parse(span_of(rule, n), &zone) == whole, "cut at %zu", n);
	}
}
END_TEST

/* --- files ----------------------------------------------------------------------------------- */

/* Version 2: +1 h before 1000, +2 h up to 2000, then what is behind. */
static struct span make_file(uint8_t version, const char *rule, size_t *body)
{
	static const uint8_t types[] = {0, 0, 0x0e, 0x10, 0, 0, 0, 0, 0x1c, 0x20, 1, 2};
	uint8_t *out = arena_alloc(arena, 1024), *p = out;
	int pass;

	for (pass = 0; pass < (version == 0 ? 1 : 2); pass++) {
		size_t width = pass == 0 ? 4 : 8;

		*body = (size_t)(p - out);
		memcpy(p, "TZif", 4);
		p[4] = version;
		p[44 - 1] = 4;  /* letters */
		p[44 - 5] = 2;  /* types */
		p[44 - 9] = 2;  /* times */
		p[44 - 13] = 1; /* leap seconds */
		p[44 - 17] = 2; /* standard */
		p[44 - 21] = 2; /* utc */
		p += 44;
		p[width - 2] = 1000 >> 8;
		p[width - 1] = 1000 & 255;
		p[2 * width - 2] = 2000 >> 8;
		p[2 * width - 1] = 2000 & 255;
		p += 2 * width;
		*p++ = 1;
		*p++ = 0;
		memcpy(p, types, sizeof(types));
		p += sizeof(types) + 4 + width + 4 + 2 + 2;
	}
	if (version > 0)
		p += sprintf((char *)p, "\n%s\n", rule);
	return span_of(out, (size_t)(p - out));
}

START_TEST(test_file)
{
	struct tzif zone;
	size_t body;

	ck_assert(tzif_parse(make_file('2', "<+03>-3", &body), &zone));
	ck_assert_int_eq(tzif_offset(&zone, -5000), 3600);
	ck_assert_int_eq(tzif_offset(&zone, 999), 3600);
	ck_assert_int_eq(tzif_offset(&zone, 1000), 7200);
	ck_assert_int_eq(tzif_offset(&zone, 1999), 7200);
	ck_assert_int_eq(tzif_offset(&zone, 2000), 3 * 3600);
	ck_assert(tzif_parse(make_file('2', "", &body), &zone));
	ck_assert_int_eq(tzif_offset(&zone, 2000), 3600);
	ck_assert(tzif_parse(make_file(0, "", &body), &zone));
	ck_assert_int_eq(tzif_offset(&zone, 1500), 7200);
	ck_assert_int_eq(tzif_offset(&zone, INT64_C(1) << 40), 3600);
}
END_TEST

START_TEST(test_cut_files)
{
	struct tzif zone;
	struct span file, first;
	size_t body, n;

	first = make_file(0, "", &body);
	for (n = 0; n < first.n; n++)
		ck_assert_msg(!tzif_parse(span_of(first.p, n), &zone), "cut at %zu", n);
	file = make_file('2', "<+03>-3", &body);
	for (n = 0; n < file.n; n++)
		ck_assert_msg(!tzif_parse(span_of(file.p, n), &zone), "cut at %zu", n);
}
END_TEST

START_TEST(test_wrong_files)
{
	struct tzif zone;
	struct span file;
	uint8_t *p;
	size_t body;

	ck_assert(!tzif_parse(make_file('2', "x", &body), &zone));
	file = make_file('2', "", &body);
	p = (uint8_t *)file.p;
	p[body] = 'X';
	ck_assert(!tzif_parse(file, &zone));
	p[body] = 'T';
	p[body + 44 + 16] = 2; /* a type that there is not */
	ck_assert(!tzif_parse(file, &zone));
	p[body + 44 + 16] = 1;
	ck_assert(tzif_parse(file, &zone));
	memset(p + body + 20, 0xff, 24); /* counts beyond all bounds */
	ck_assert(!tzif_parse(file, &zone));
}
END_TEST

/* The system's zones, where it has them: around each change, and far beyond the last. */
static const char *const zones[] = {"Europe/Berlin", "America/Los_Angeles", "Australia/Lord_Howe",
    "Asia/Kolkata", "America/Nuuk", "Africa/Casablanca", "Asia/Gaza", "Europe/Dublin",
    "Pacific/Apia", "America/Sao_Paulo", "Antarctica/Troll", "Etc/GMT+5"};

START_TEST(test_system)
{
	char path[256];
	uint8_t *bytes = arena_alloc(arena, TZIF_SIZE_MAX);
	struct tzif zone;
	FILE *file;
	size_t n;
	int64_t at;

	snprintf(path, sizeof(path), "/usr/share/zoneinfo/%s", zones[_i]);
	file = fopen(path, "rb");
	if (file == NULL)
		return; /* the package tzdata is missing */
	n = fread(bytes, 1, TZIF_SIZE_MAX, file);
	fclose(file);
	ck_assert_msg(tzif_parse(span_of(bytes, n), &zone), "%s", path);
	use_zone(zones[_i]);
	/* From 1900 to 2120, at odd times. */
	for (at = INT64_C(-2208988800); at < INT64_C(4733510400); at += 86400 * 5 + 4567)
		ck_assert_msg(tzif_offset(&zone, at) == system_offset((time_t)at), "%s at %lld",
		    zones[_i], (long long)at);
	for (at = INT64_C(1700000000); at < INT64_C(1700000000) + 86400 * 400; at += 900)
		ck_assert_msg(tzif_offset(&zone, at) == system_offset((time_t)at), "%s at %lld",
		    zones[_i], (long long)at);
	use_zone("UTC0");
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("tzif");
	TCase *tc = tcase_create("tzif");

	tcase_add_checked_fixture(tc, support_setup, support_teardown);
	SUPPORT_LOOP(tc, test_rules, rules);
	SUPPORT_LOOP(tc, test_wrong_rules, wrong_rules);
	tcase_add_test(tc, test_cut_rules);
	tcase_add_test(tc, test_file);
	tcase_add_test(tc, test_cut_files);
	tcase_add_test(tc, test_wrong_files);
	SUPPORT_LOOP(tc, test_system, zones);
	suite_add_tcase(suite, tc);
	return support_run(suite);
}
