/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "common/duration.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define MINUTE (60 * DURATION_S)
#define HOUR (60 * MINUTE)
#define DAY (24 * HOUR)

/* The magnitude of the smallest duration; one more than the largest. */
#define MAGNITUDE_MAX (UINT64_C(1) << 63)

static const struct {
	const char *name;
	uint64_t ns;
} units[] = {
    {"ns", 1},
    {"us", DURATION_US},
    {"\xc2\xb5s", DURATION_US}, /* U+00B5, the micro sign */
    {"\xce\xbcs", DURATION_US}, /* U+03BC, Greek mu */
    {"ms", DURATION_MS},
    {"s", DURATION_S},
    {"m", MINUTE},
    {"h", HOUR},
    {"d", DAY},
};

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* Digits up to the first other byte. false: over MAGNITUDE_MAX. */
static bool parse_whole(const char **text, uint64_t *out)
{
	uint64_t value = 0;

	for (; is_digit(**text); (*text)++) {
		if (value > MAGNITUDE_MAX / 10)
			return false;
		value = value * 10 + (uint64_t)(**text - '0');
		if (value > MAGNITUDE_MAX)
			return false;
	}
	*out = value;
	return true;
}

/* As Go: digits that do not fit any more are read and have no effect. */
static void parse_fraction(const char **text, uint64_t *out, double *scale)
{
	uint64_t value = 0;
	bool full = false;

	*scale = 1;
	for (; is_digit(**text); (*text)++) {
		uint64_t digit = (uint64_t)(**text - '0');

		full =
		    full || value > (MAGNITUDE_MAX - 1) / 10 || value * 10 + digit > MAGNITUDE_MAX;
		if (full)
			continue;
		value = value * 10 + digit;
		*scale *= 10;
	}
	*out = value;
}

/* The unit is everything up to the next digit or dot. */
static bool parse_unit(const char **text, uint64_t *ns)
{
	size_t length = strcspn(*text, ".0123456789"), i;

	for (i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		if (strlen(units[i].name) == length && strncmp(units[i].name, *text, length) == 0) {
			*ns = units[i].ns;
			*text += length;
			return true;
		}
	}
	return false;
}

/* One number with its unit, such as "1.5h". */
static bool parse_part(const char **text, uint64_t *out)
{
	uint64_t value, fraction = 0, unit;
	const char *start = *text;
	size_t digits;
	double scale = 1;

	if (!parse_whole(text, &value))
		return false;
	digits = (size_t)(*text - start);
	if (**text == '.') {
		(*text)++;
		start = *text;
		parse_fraction(text, &fraction, &scale);
		digits += (size_t)(*text - start);
	}
	if (digits == 0 || !parse_unit(text, &unit) || value > MAGNITUDE_MAX / unit)
		return false;
	value *= unit;
	if (fraction > 0)
		value += (uint64_t)((double)fraction * ((double)unit / scale));
	*out = value;
	return value <= MAGNITUDE_MAX;
}

bool duration_parse(const char *text, int64_t *out)
{
	uint64_t total = 0, part;
	bool negative = *text == '-';

	if (*text == '-' || *text == '+')
		text++;
	if (strcmp(text, "0") == 0) {
		*out = 0;
		return true;
	}
	if (*text == '\0')
		return false;
	while (*text != '\0') {
		if (!parse_part(&text, &part) || part > MAGNITUDE_MAX - total)
			return false;
		total += part;
	}
	if (!negative && total == MAGNITUDE_MAX)
		return false;
	*out = negative ? (int64_t)(0 - total) : (int64_t)total;
	return true;
}

/* value / scale with as many of its decimals (at most digits) as are not zero at the end. */
static int put_decimal(char *out, size_t size, uint64_t value, uint64_t scale, int digits)
{
	uint64_t fraction = value % scale;

	while (digits > 0 && fraction % 10 == 0) {
		fraction /= 10;
		digits--;
	}
	if (digits == 0)
		return snprintf(out, size, "%" PRIu64, value / scale);
	return snprintf(out, size, "%" PRIu64 ".%0*" PRIu64, value / scale, digits, fraction);
}

static void put_short(char *out, size_t size, uint64_t ns)
{
	const char *unit = "ns";
	uint64_t scale = 1;
	int digits = 0, used;

	if (ns >= (uint64_t)DURATION_MS) {
		unit = "ms";
		scale = DURATION_MS;
		digits = 6;
	} else if (ns >= (uint64_t)DURATION_US) {
		unit = "\xc2\xb5s";
		scale = DURATION_US;
		digits = 3;
	}
	used = put_decimal(out, size, ns, scale, digits);
	snprintf(out + used, size - (size_t)used, "%s", unit);
}

static void put_long(char *out, size_t size, uint64_t ns)
{
	uint64_t hours = ns / HOUR, minutes = ns / MINUTE % 60;
	int used = 0;

	if (hours > 0)
		used = snprintf(out, size, "%" PRIu64 "h%" PRIu64 "m", hours, minutes);
	else if (minutes > 0)
		used = snprintf(out, size, "%" PRIu64 "m", minutes);
	used += put_decimal(out + used, size - (size_t)used, ns % MINUTE, DURATION_S, 9);
	snprintf(out + used, size - (size_t)used, "s");
}

const char *duration_text(int64_t ns, char out[DURATION_TEXT_MAX])
{
	uint64_t magnitude = ns < 0 ? 0 - (uint64_t)ns : (uint64_t)ns;
	char *at = out;
	size_t size = DURATION_TEXT_MAX;

	if (ns < 0) {
		*at++ = '-';
		size--;
	}
	if (magnitude == 0)
		snprintf(at, size, "0s");
	else if (magnitude < (uint64_t)DURATION_S)
		put_short(at, size, magnitude);
	else
		put_long(at, size, magnitude);
	return out;
}
