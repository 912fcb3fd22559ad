/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "daemon/certs/announce.h"

#include "common/log.h"

static const struct {
	enum log_level level;
	const char *text;
} lines[] = {
    [CERTS_OBTAINED] = {LOG_INFO, "certificate obtained"},
    [CERTS_RENEWED] = {LOG_INFO, "certificate renewed"},
    [CERTS_FAILED] = {LOG_WARN, "no certificate yet"},
};

static void put_time(struct log_line *line, const char *key, time_t time)
{
	struct tm tm;
	char text[32];

	if (time == 0)
		return;
	gmtime_r(&time, &tm);
	strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &tm);
	log_str(line, key, text);
}

void announce(const struct announcement *a)
{
	struct log_line line;

	if (!log_enabled(lines[a->event].level))
		return;
	log_begin(&line, lines[a->event].level, "certs", lines[a->event].text);
	log_str(&line, "name", a->name);
	log_str(&line, "issuer", a->issuer);
	put_time(&line, "expires", a->expires);
	put_time(&line, "next", a->next);
	if (a->error != NULL)
		log_str(&line, "error", a->error);
	log_end(&line);
}
