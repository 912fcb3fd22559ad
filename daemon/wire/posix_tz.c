/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "daemon/wire/posix_tz.h"

#define DAY 86400
#define HOURS_MAX_OFFSET 24
#define HOURS_MAX_TIME 167
#define TIME_USUAL (2 * 3600)

/* --- reading --------------------------------------------------------------------------------- */

static bool take_byte(struct span *s, char c)
{
	return s->n > 0 && s->p[0] == (uint8_t)c && span_skip(s, 1);
}

static bool take_number(struct span *s, int low, int high, int *out)
{
	size_t n;

	*out = 0;
	for (n = 0; n < s->n && n < 4 && s->p[n] >= '0' && s->p[n] <= '9'; n++)
		*out = *out * 10 + (s->p[n] - '0');
	return n > 0 && span_skip(s, n) && *out >= low && *out <= high;
}

static bool is_letter(uint8_t c)
{
	return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

/* "CET" or "<+03>" */
static bool skip_name(struct span *s)
{
	size_t n = 0;

	if (take_byte(s, '<')) {
		while (n < s->n && s->p[n] != '>')
			n++;
		return n > 0 && n < s->n && span_skip(s, n + 1);
	}
	while (n < s->n && is_letter(s->p[n]))
		n++;
	return n >= 3 && span_skip(s, n);
}

/* "[+-]hh[:mm[:ss]]" in seconds */
static bool take_time(struct span *s, int hours_max, int32_t *out)
{
	int sign = take_byte(s, '-') ? -1 : 1, hours, minutes = 0, seconds = 0;

	if (sign == 1)
		take_byte(s, '+');
	if (!take_number(s, 0, hours_max, &hours))
		return false;
	if (take_byte(s, ':')) {
		if (!take_number(s, 0, 59, &minutes))
			return false;
		if (take_byte(s, ':') && !take_number(s, 0, 59, &seconds))
			return false;
	}
	*out = sign * (hours * 3600 + minutes * 60 + seconds);
	return true;
}

/* "Mm.w.d", "Jn" or "n", perhaps with "/time" */
static bool take_change(struct span *s, struct posix_tz_change *out)
{
	bool valid;

	*out = (struct posix_tz_change){.kind = POSIX_TZ_DAY, .time = TIME_USUAL};
	if (take_byte(s, 'M')) {
		out->kind = POSIX_TZ_WEEKDAY;
		valid = take_number(s, 1, 12, &out->month) && take_byte(s, '.') &&
			take_number(s, 1, 5, &out->week) && take_byte(s, '.') &&
			take_number(s, 0, 6, &out->day);
	} else if (take_byte(s, 'J')) {
		out->kind = POSIX_TZ_DAY_WITHOUT_LEAP;
		valid = take_number(s, 1, 365, &out->day);
	} else {
		valid = take_number(s, 0, 365, &out->day);
	}
	return valid && (!take_byte(s, '/') || take_time(s, HOURS_MAX_TIME, &out->time));
}

/* West is positive there, and east here. */
bool posix_tz_parse(struct span text, struct posix_tz *out)
{
	struct posix_tz zone = {0};
	int32_t west;

	if (!skip_name(&text) || !take_time(&text, HOURS_MAX_OFFSET, &west))
		return false;
	zone.standard = -west;
	if (text.n > 0) {
		zone.has_daylight = true;
		zone.daylight = zone.standard + 3600;
		if (!skip_name(&text))
			return false;
		if (text.n > 0 && text.p[0] != ',') {
			if (!take_time(&text, HOURS_MAX_OFFSET, &west))
				return false;
			zone.daylight = -west;
		}
		if (!take_byte(&text, ',') || !take_change(&text, &zone.start) ||
		    !take_byte(&text, ',') || !take_change(&text, &zone.end))
			return false;
	}
	if (text.n > 0)
		return false;
	*out = zone;
	return true;
}

/* --- the calendar ---------------------------------------------------------------------------- */

static bool is_leap(int64_t year)
{
	return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

static int64_t floor_div(int64_t a, int64_t b)
{
	return a / b - (a % b < 0);
}

/* Days from 1970-01-01 to the first of January of year. */
static int64_t days_before_year(int64_t year)
{
	int64_t y = year - 1;

	return (year - 1970) * 365 + floor_div(y, 4) - floor_div(y, 100) + floor_div(y, 400) - 477;
}

/* The year that has day, counted from 1970-01-01. */
static int64_t year_of(int64_t day)
{
	int64_t year = 1970 + floor_div(day * 400, 146097);

	while (days_before_year(year) > day)
		year--;
	while (days_before_year(year + 1) <= day)
		year++;
	return year;
}

static int64_t days_before_month(int64_t year, int month)
{
	static const int before[] = {0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334, 365};

	return before[month - 1] + (month > 2 && is_leap(year));
}

/* The day, counted from 1970-01-01, on which the change is in year. */
static int64_t change_day(const struct posix_tz_change *c, int64_t year)
{
	int64_t first = days_before_year(year), day, next;

	if (c->kind == POSIX_TZ_DAY)
		return first + c->day;
	if (c->kind == POSIX_TZ_DAY_WITHOUT_LEAP)
		return first + c->day - 1 + (c->day >= 60 && is_leap(year));
	next =
	    first + (c->month == 12 ? 365 + is_leap(year) : days_before_month(year, c->month + 1));
	first += days_before_month(year, c->month);
	day = first + 7 * (c->week - 1);
	day +=
	    (c->day - (first + 4) % 7 + 7 + 7) % 7; /* the first of January 1970 was a Thursday */
	return day < next ? day : day - 7;
}

int32_t posix_tz_offset(const struct posix_tz *zone, int64_t at)
{
	int64_t year, start, end;
	bool daylight;

	if (!zone->has_daylight)
		return zone->standard;
	year = year_of(floor_div(at + zone->standard, DAY));
	start = change_day(&zone->start, year) * DAY + zone->start.time - zone->standard;
	end = change_day(&zone->end, year) * DAY + zone->end.time - zone->daylight;
	if (start < end)
		daylight = at >= start && at < end;
	else
		daylight = at < end || at >= start;
	return daylight ? zone->daylight : zone->standard;
}
