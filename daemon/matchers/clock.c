/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>
#include <time.h>
#include <unistd.h>

#include "daemon/core/load.h"
#include "daemon/core/matcher.h"
#include "daemon/core/replacer.h"
#include "daemon/input/settings.h"
#include "daemon/wire/tzif.h"

#define DAY 86400
#define ZONES "/usr/share/zoneinfo" /* $TZDIR says otherwise */

struct params {
	const char *after_text, *before_text, *zone_name;
	int32_t after, before; /* seconds of the day */
	enum { ZONE_FIXED, ZONE_LOCAL, ZONE_FILE } kind;
	int32_t offset; /* of FIXED: seconds east of UTC */
	struct tzif zone;
};

static const struct field fields[] = {
    FIELD_STRING(struct params, after_text, "after", FIELD_ENV, "from this time on, 15:04:05"),
    FIELD_STRING(struct params, before_text, "before", FIELD_ENV,
	"up to this time; 00:00:00 is the day's end"),
    FIELD_STRING(struct params, zone_name, "timezone", FIELD_ENV,
	"America/Los_Angeles, +02:00, Local; UTC if empty"),
    FIELD_END,
};

/* --- times ----------------------------------------------------------------------------------- */

/* digits of them at the least and two at the most. */
static bool take_number(const char **text, int digits, int max, int *out)
{
	int n = 0;

	*out = 0;
	while (n < 2 && (*text)[n] >= '0' && (*text)[n] <= '9')
		*out = *out * 10 + ((*text)[n++] - '0');
	*text += n;
	return n >= digits && *out <= max;
}

static bool take_colon(const char **text)
{
	return **text == ':' && (*text)++ != NULL;
}

/* "15:04:05", perhaps with a fraction, which is dropped. Empty is midnight. */
static bool parse_time(const char *text, int32_t *out)
{
	int hours, minutes, seconds;

	*out = 0;
	if (text[0] == '\0')
		return true;
	if (!take_number(&text, 1, 23, &hours) || !take_colon(&text) ||
	    !take_number(&text, 2, 59, &minutes) || !take_colon(&text) ||
	    !take_number(&text, 2, 59, &seconds))
		return false;
	*out = hours * 3600 + minutes * 60 + seconds;
	if ((*text == '.' || *text == ',') && text[1] != '\0')
		text += 1 + strspn(text + 1, "0123456789");
	return *text == '\0';
}

static int load_time(struct load *load, const struct jnode *node, const char *key, const char *text,
    int32_t *out, struct error *err)
{
	struct jnode member = jnode_member(node, key);

	if (text == NULL)
		text = "";
	if (parse_time(replace_at_load(load->arena, text), out))
		return 0;
	return jnode_error(
	    &member, err, ERROR_INVALID, "'%s' is not a time such as 15:04:05", text);
}

/* --- zones ----------------------------------------------------------------------------------- */

/* "+02", "-03:30", "+12:34:56" */
static bool parse_offset(const char *text, int32_t *out)
{
	int hours, minutes = 0, seconds = 0, sign = text[0] == '-' ? -1 : 1;

	if (text[0] != '+' && text[0] != '-')
		return false;
	text++;
	if (!take_number(&text, 2, 24, &hours))
		return false;
	if (take_colon(&text)) {
		if (!take_number(&text, 2, 60, &minutes))
			return false;
		if (take_colon(&text) && !take_number(&text, 2, 60, &seconds))
			return false;
	}
	*out = sign * (hours * 3600 + minutes * 60 + seconds);
	return *text == '\0';
}

/* The file in arena. Returns 0, or -1 with errno. */
static int read_zone(struct arena *arena, const char *name, struct span *out)
{
	const char *folder = getenv("TZDIR");
	uint8_t *bytes, *copy;
	ssize_t n;
	int fd;

	fd = open(arena_printf(arena, "%s/%s", folder != NULL ? folder : ZONES, name),
	    O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd == -1)
		return -1;
	bytes = mem_alloc(TZIF_SIZE_MAX);
	n = read(fd, bytes, TZIF_SIZE_MAX);
	close(fd);
	if (n > 0) {
		copy = arena_alloc(arena, (size_t)n);
		memcpy(copy, bytes, (size_t)n);
		*out = span_of(copy, (size_t)n);
	}
	free(bytes);
	return n > 0 ? 0 : -1;
}

static bool name_valid(const char *name)
{
	return name[0] != '/' && name[0] != '.' && strstr(name, "..") == NULL &&
	       strlen(name) < NAME_MAX;
}

static int load_zone(struct load *load, const struct jnode *node, struct params *p,
    const char *name, struct error *err)
{
	struct jnode member = jnode_member(node, "timezone");
	struct span file;

	p->kind = ZONE_FIXED;
	if (name[0] == '\0' || strcmp(name, "UTC") == 0 || parse_offset(name, &p->offset))
		return 0;
	if (strcmp(name, "Local") == 0) {
		p->kind = ZONE_LOCAL;
		tzset();
		return 0;
	}
	p->kind = ZONE_FILE;
	if (!name_valid(name) || read_zone(load->arena, name, &file) == -1)
		return jnode_error(&member, err, ERROR_INVALID,
		    "no time zone '%s'; zones are those of the package tzdata", name);
	if (!tzif_parse(file, &p->zone))
		return jnode_error(
		    &member, err, ERROR_INVALID, "the file of '%s' is no time zone", name);
	return 0;
}

static int load_params(struct load *load, const struct jnode *node, void *params, struct error *err)
{
	struct params *p = params;
	int32_t swap;

	if (load_time(load, node, "after", p->after_text, &p->after, err) == -1 ||
	    load_time(load, node, "before", p->before_text, &p->before, err) == -1)
		return -1;
	if (p->before == 0)
		p->before = DAY;
	if (p->before < p->after) {
		swap = p->after;
		p->after = p->before;
		p->before = swap;
	}
	return load_zone(load, node, p,
	    p->zone_name != NULL ? replace_at_load(load->arena, p->zone_name) : "", err);
}

/* --- matching -------------------------------------------------------------------------------- */

static int32_t offset_at(const struct params *p, int64_t at)
{
	time_t time = (time_t)at;
	struct tm tm;

	switch (p->kind) {
	case ZONE_LOCAL:
		return localtime_r(&time, &tm) != NULL ? (int32_t)tm.tm_gmtoff : 0;
	case ZONE_FILE:
		return tzif_offset(&p->zone, at);
	default:
		return p->offset;
	}
}

/* The time at which the connection was accepted. */
static enum match_verdict match(const void *params, struct match_input *in)
{
	const struct params *p = params;
	int64_t at = in->facts->start_ns / 1000000000, second;

	second = (at + offset_at(p, at)) % DAY;
	if (second < 0)
		second += DAY;
	return second >= p->after && second < p->before ? MATCH_YES : MATCH_NO;
}

/* --- Caddyfile ------------------------------------------------------------------------------- */

static bool is_word(const char *text, const char *const *words)
{
	for (; *words != NULL; words++) {
		if (strcasecmp(text, *words) == 0)
			return true;
	}
	return false;
}

/* "clock <after> <before>", "clock after <time>", "clock before <time>", each perhaps with a zone
 */
static int adapt(struct dispenser *d, json_t **out, struct error *err)
{
	static const char *const before_words[] = {"before", "till", "to", "until", NULL};
	static const char *const after_words[] = {"after", "from", NULL};
	const char *after, *before, *zone;

	dispenser_next(d); /* the name */
	if (dispenser_args_left(d) < 2 || dispenser_args_left(d) > 3)
		return dispenser_arg_error(d, err);
	after = dispenser_arg(d);
	before = dispenser_arg(d);
	zone = dispenser_arg(d);
	if (is_word(after, before_words)) {
		after = "00:00:00";
	} else if (is_word(after, after_words)) {
		after = before;
		before = "00:00:00";
	}
	*out = json_object();
	settings_put(*out, "after", json_string(after));
	settings_put(*out, "before", json_string(before));
	settings_put(*out, "timezone", json_string(zone != NULL ? zone : ""));
	return dispenser_no_block(d, err);
}

const struct matcher_type matcher_clock = {
    .name = "clock",
    .help = "the time of day at which the connection came",
    .fields = fields,
    .params_size = sizeof(struct params),
    .load = load_params,
    .match = match,
    .adapt = adapt,
};
