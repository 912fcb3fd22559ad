/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "daemon/certs/announce.h"

#include "common/log.h"
#include "daemon/core/events.h"

#define TEXT_SIZE 32

static const struct {
	enum log_level level;
	enum event_type type;
	const char *text;
} kinds[] = {
    [CERTS_OBTAINED] = {LOG_INFO, EVENT_CERT_OBTAINED, "certificate obtained"},
    [CERTS_RENEWED] = {LOG_INFO, EVENT_CERT_RENEWED, "certificate renewed"},
    [CERTS_FAILED] = {LOG_WARN, EVENT_CERT_FAILED, "no certificate yet"},
};

/* RFC 3339; "" for 0. */
static const char *text_of(time_t time, char out[TEXT_SIZE])
{
	struct tm tm;

	out[0] = '\0';
	if (time != 0)
		strftime(out, TEXT_SIZE, "%Y-%m-%dT%H:%M:%SZ", gmtime_r(&time, &tm));
	return out;
}

static void write_line(const struct announcement *a, const char *expires, const char *next)
{
	struct log_line line;

	log_begin(&line, kinds[a->event].level, "certs", kinds[a->event].text);
	log_str(&line, "name", a->name);
	log_str(&line, "issuer", a->issuer);
	if (*expires != '\0')
		log_str(&line, "expires", expires);
	log_str(&line, "next", next);
	if (a->error != NULL)
		log_str(&line, "error", a->error);
	log_end(&line);
}

void announce(const struct announcement *a)
{
	struct event e = {.type = kinds[a->event].type};
	char expires[TEXT_SIZE], next[TEXT_SIZE];

	text_of(a->expires, expires);
	text_of(a->next, next);
	if (log_enabled(kinds[a->event].level, "certs"))
		write_line(a, expires, next);
	e.cert = span_str(a->name);
	e.issuer = span_str(a->issuer);
	e.expires = span_str(expires);
	e.next = span_str(next);
	if (a->error != NULL)
		e.problem = span_str(a->error);
	events_publish(&e);
}
