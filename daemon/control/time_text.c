/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "daemon/control/time_text.h"

#include <math.h>
#include <time.h>

const char *time_text(int64_t ns, char out[TIME_TEXT_MAX])
{
	time_t seconds = (time_t)(ns / DURATION_S);
	unsigned ms = (unsigned)(ns % DURATION_S / DURATION_MS);
	struct tm tm;
	size_t n;

	gmtime_r(&seconds, &tm);
	n = strftime(out, TIME_TEXT_MAX, "%Y-%m-%dT%H:%M:%S", &tm);
	out[n++] = '.';
	out[n++] = (char)('0' + ms / 100);
	out[n++] = (char)('0' + ms / 10 % 10);
	out[n++] = (char)('0' + ms % 10);
	out[n++] = 'Z';
	out[n] = '\0';
	return out;
}

double time_seconds_since(int64_t ns)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return time_round(
	    (double)((int64_t)now.tv_sec * DURATION_S + now.tv_nsec - ns) / (double)DURATION_S);
}

double time_round(double seconds)
{
	return seconds > 0 ? round(seconds * 1000.0) / 1000.0 : 0.0;
}
