/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "ctl/human.h"

#include <stdio.h>
#include <stdlib.h>

const char *human_bytes(uint64_t bytes, char out[HUMAN_MAX])
{
	static const char units[] = "KMGTPE";
	unsigned unit = 0;
	double value = (double)bytes / 1024;

	if (bytes < 1000) {
		snprintf(out, HUMAN_MAX, "%u", (unsigned)bytes);
		return out;
	}
	while (value >= 999.5 && unit < sizeof(units) - 2) {
		value /= 1024;
		unit++;
	}
	snprintf(out, HUMAN_MAX, value < 9.95 ? "%.1f%c" : "%.0f%c", value, units[unit]);
	return out;
}

const char *human_rate(double per_second, char out[HUMAN_MAX])
{
	static const char units[] = "kMGTPE";
	double value = per_second;
	size_t unit = 0;

	if (value < 999.5) {
		snprintf(out, HUMAN_MAX, "%.*f",
		    value > 0 && value < 0.095 ? 2 : value > 0 && value < 9.95, value);
		return out;
	}
	for (value /= 1000; value >= 999.5 && unit < sizeof(units) - 2; unit++)
		value /= 1000;
	snprintf(out, HUMAN_MAX, "%.*f%c", value < 9.95, value, units[unit]);
	return out;
}

const char *human_byte_rate(double per_second, char out[HUMAN_MAX])
{
	return human_bytes(per_second < 0x1p63 ? (uint64_t)(per_second + 0.5) : UINT64_MAX, out);
}

const char *human_seconds(double seconds, char out[HUMAN_MAX])
{
	static const struct {
		uint64_t large, small;
		char large_unit, small_unit;
	} steps[] = {{86400, 3600, 'd', 'h'}, {3600, 60, 'h', 'm'}, {60, 1, 'm', 's'}};
	uint64_t whole = seconds > 0 && seconds < 1e15 ? (uint64_t)(seconds + 0.0005) : 0;
	uint64_t rest;
	size_t i;

	if (seconds < 0.9995 && seconds >= 0) {
		snprintf(out, HUMAN_MAX, "%.0fms", seconds * 1000);
		return out;
	}
	for (i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		if (whole < steps[i].large)
			continue;
		rest = whole % steps[i].large / steps[i].small;
		if (rest == 0 || whole >= 100 * steps[i].large)
			snprintf(out, HUMAN_MAX, "%llu%c",
			    (unsigned long long)(whole / steps[i].large), steps[i].large_unit);
		else
			snprintf(out, HUMAN_MAX, "%llu%c%llu%c",
			    (unsigned long long)(whole / steps[i].large), steps[i].large_unit,
			    (unsigned long long)rest, steps[i].small_unit);
		return out;
	}
	snprintf(out, HUMAN_MAX, "%llus", (unsigned long long)whole);
	return out;
}

void human_print(struct span text, FILE *to)
{
	size_t i;

	for (i = 0; i < text.n; i++)
		fputc(text.p[i] < 0x20 || text.p[i] == 0x7f ? '?' : text.p[i], to);
}
