/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "ctl/options.h"

#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "common/duration.h"
#include "common/error.h"

#define TIMEOUT_DEFAULT (10 * DURATION_S)

#define DAY 86400u /* seconds */

#define LONG_ONLY OPTION_LONG_ONLY
#define LEVEL (LONG_ONLY + 27)

#define INTERVAL_MIN (100 * DURATION_MS)
#define INTERVAL_MAX (3600 * DURATION_S)

static const struct option_spec specs[] = {
    {'s', "socket", "PATH", 0, "the daemon's control socket"},
    {'j', "json", NULL, 0, "JSON, the same as -o json; errors too"},
    {'o', "output", "FORMAT", 0, "text, wide, json, jsonl or name"},
    {'t', "timeout", "DURATION", 0, "wait so long for an answer (10s; 0: for ever)"},
    {LEVEL, "level", "LEVEL", 0, "act with this lower level: observe, operate"},
    {'h', "help", NULL, 0, "say how it is used"},
    {'V', "version", NULL, 0, "print the version of pointsctl"},
    {'n', "dry-run", NULL, OPTION_DRY_RUN, "change nothing, only say what would be"},
    {'e', "echo", NULL, OPTION_ECHO, "print what was added or changed, as show does"},
    {LONG_ONLY, "filter", "FILTER", OPTION_FILTER, "only those that match"},
    {LONG_ONLY + 1, "limit", "N", OPTION_LIMIT, "at most so many"},
    {LONG_ONLY + 2, "after", "ID", OPTION_AFTER, "behind this connection or this route"},
    {LONG_ONLY + 3, "before", "ID", OPTION_BEFORE, "before this route"},
    {LONG_ONLY + 4, "first", NULL, OPTION_FIRST, "before all others"},
    {LONG_ONLY + 5, "last", NULL, OPTION_LAST, "behind all others, as without it"},
    {LONG_ONLY + 6, "server", "NAME", OPTION_SERVER, "the server that it belongs to"},
    {LONG_ONLY + 26, "wrapper", "SERVER", OPTION_WRAPPER,
	"the HTTP server whose listener wrapper it is for"},
    {LONG_ONLY + 7, "in", "ROUTE", OPTION_IN, "into the subroute of this route"},
    {'f', "file", "FILE", OPTION_FILE, "read it from there; -: standard input"},
    {LONG_ONLY + 8, "existing", "WHAT", OPTION_EXISTING,
	"connections on it: keep, drain[=30s], kill"},
    {LONG_ONLY + 9, "if-rev", "N", OPTION_IF_REV, "only if the document is at this revision"},
    {LONG_ONLY + 10, "comment", "TEXT", OPTION_COMMENT, "for the history"},
    {LONG_ONLY + 11, "save", NULL, OPTION_SAVE, "the change survives restarts and reloads"},
    {LONG_ONLY + 12, "confirm", "DURATION", OPTION_CONFIRM,
	"take it back then, unless it is confirmed"},
    {LONG_ONLY + 13, "txn-id", "ID", OPTION_TXN_ID, "a change of the same id is not made twice"},
    {LONG_ONLY + 14, "secrets", NULL, OPTION_SECRETS, "with the secrets themselves (admin)"},
    {LONG_ONLY + 15, "wait", NULL, OPTION_WAIT, "until no connection is left"},
    {LONG_ONLY + 16, "listener", "ADDRESS", OPTION_LISTENER, "the address it comes to"},
    {LONG_ONLY + 17, "src", "ADDRESS", OPTION_SRC, "the client's address; else 127.0.0.1"},
    {LONG_ONLY + 18, "sni", "NAME", OPTION_SNI, "the server name in its ClientHello"},
    {LONG_ONLY + 19, "alpn", "NAMES", OPTION_ALPN, "and the protocols, with commas"},
    {LONG_ONLY + 21, "bytes", "FILE", OPTION_BYTES, "its first bytes instead; -: standard input"},
    {LONG_ONLY + 22, "state", "STATE", OPTION_STATE,
	"live (more may come), ended, silent; else live"},
    {LONG_ONLY + 20, "since", "SEQ[@TIME]", OPTION_SINCE, "those after this number first, 0: all"},
    {LONG_ONLY + 23, "count", "N", OPTION_COUNT, "end after so many connections"},
    {LONG_ONLY + 24, "for", "DURATION", OPTION_FOR, "for this time, such as 10m"},
    {LONG_ONLY + 25, "strict", NULL, OPTION_STRICT, "fail (1) where there is advice"},
    {LONG_ONLY + 28, "drain", "DURATION", OPTION_DRAIN, "how long connections may go on"},
    {LONG_ONLY + 30, "interval", "DURATION", OPTION_INTERVAL, "from one look to the next; else 1s"},
    {LONG_ONLY + 31, "once", NULL, OPTION_ONCE, "print what one interval has brought, and end"},
    {LONG_ONLY + 40, "expires-within", "DURATION", OPTION_EXPIRES_WITHIN,
	"only those with no more time left, such as 30d"},
};

#define SPEC_COUNT (sizeof(specs) / sizeof(specs[0]))

const struct option_spec *options_table(size_t *count)
{
	*count = SPEC_COUNT;
	return specs;
}

const char *options_values(const struct option_spec *spec)
{
	static const struct {
		const char *name, *values;
	} closed[] = {
	    {"output", "text|wide|json|jsonl|name"},
	    {"existing", "keep|drain|kill"},
	    {"state", "live|ended|silent"},
	    {"level", "observe|operate|admin"},
	};
	size_t i;

	for (i = 0; i < sizeof(closed) / sizeof(closed[0]); i++)
		if (strcmp(closed[i].name, spec->name) == 0)
			return closed[i].values;
	return NULL;
}

static void make_tables(char *letters, struct option *table)
{
	size_t i;

	*letters++ = ':'; /* complaints are ours */
	for (i = 0; i < SPEC_COUNT; i++) {
		table[i] = (struct option){
		    .name = specs[i].name,
		    .has_arg = specs[i].argument != NULL ? required_argument : no_argument,
		    .val = specs[i].letter,
		};
		if (specs[i].letter >= LONG_ONLY)
			continue;
		*letters++ = (char)specs[i].letter;
		if (specs[i].argument != NULL)
			*letters++ = ':';
	}
	*letters = '\0';
	table[SPEC_COUNT] = (struct option){.name = NULL};
}

static int unknown(const char *word, int letter, struct fault *fault)
{
	const char *names[SPEC_COUNT + 1] = {NULL}, *near = NULL;
	size_t i;

	for (i = 0; i < SPEC_COUNT; i++)
		names[i] = specs[i].name;
	if (letter != 0)
		return fault_set(
		    fault, CONTROL_EXIT_USAGE, "no option -%c; see pointsctl --help", letter);
	near = error_suggest(word + strspn(word, "-"), names);
	if (near == NULL)
		return fault_set(
		    fault, CONTROL_EXIT_USAGE, "no option %s; see pointsctl --help", word);
	fault_set(fault, CONTROL_EXIT_USAGE, "no option %s, did you mean '--%s'?", word, near);
	snprintf(fault->hint, sizeof(fault->hint), "--%s", near);
	return -1;
}

static int read_number(const char *name, const char *text, uint64_t *out, struct fault *fault)
{
	char *end;

	errno = 0;
	*out = strtoull(text, &end, 10);
	if (*text < '0' || *text > '9' || *end != '\0' || errno != 0)
		return fault_set(
		    fault, CONTROL_EXIT_USAGE, "--%s takes a number, not '%s'", name, text);
	return 0;
}

/* "SEQ@TIME", of the last event that was seen */
static int read_since(const char *name, char *text, struct options *out, struct fault *fault)
{
	char *at = strchr(text, '@');

	if (at != NULL) {
		*at = '\0';
		out->since_time = at + 1;
	}
	return read_number(name, text, &out->since, fault);
}

/* One of those that options_values() has. */
static int check_value(const struct option_spec *spec, const char *text, struct fault *fault)
{
	const char *values = options_values(spec), *at = values;
	size_t n = strlen(text);
	char what[32];

	while (at != NULL && (strncmp(at, text, n) != 0 || strchr("|", at[n]) == NULL)) {
		at = strchr(at, '|');
		at += at != NULL;
	}
	if (values == NULL || (at != NULL && n > 0))
		return 0;
	if (spec->letter < LONG_ONLY)
		snprintf(what, sizeof(what), "-%c takes", spec->letter);
	else
		snprintf(what, sizeof(what), "--%s takes", spec->name);
	return fault_choice(fault, what, values, text);
}

static int read_timeout(const char *text, int64_t *out, struct fault *fault)
{
	if (!duration_parse(text, out) || *out < 0)
		return fault_set(
		    fault, CONTROL_EXIT_USAGE, "-t takes a duration such as 10s, not '%s'", text);
	return 0;
}

int options_most(const char *name, uint64_t seconds, uint64_t most, struct fault *fault)
{
	if (seconds <= most)
		return 0;
	if (most > 2 * DAY)
		return fault_set(
		    fault, CONTROL_EXIT_USAGE, "--%s: at most %" PRIu64 "d", name, most / DAY);
	return fault_set(
	    fault, CONTROL_EXIT_USAGE, "--%s: at most %" PRIu64 "h", name, most / 3600);
}

static int read_within(const char *text, int64_t *out, struct fault *fault)
{
	if (!duration_parse(text, out) || *out < 0)
		return fault_set(fault, CONTROL_EXIT_USAGE,
		    "--expires-within takes a duration such as 30d, not '%s'", text);
	return 0;
}

static int read_interval(const char *text, int64_t *out, struct fault *fault)
{
	if (!duration_parse(text, out) || *out < INTERVAL_MIN || *out > INTERVAL_MAX)
		return fault_set(fault, CONTROL_EXIT_USAGE,
		    "--interval takes a duration from 100ms to 1h, not '%s'", text);
	return 0;
}

/* In seconds, no less than was said. most is in seconds, least is not. */
static int read_seconds(const char *name, const char *text, int64_t least, uint64_t most,
    uint64_t *out, struct fault *fault)
{
	int64_t duration;

	if (!duration_parse(text, &duration) || duration < least)
		return fault_set(fault, CONTROL_EXIT_USAGE,
		    "--%s takes a duration such as 60s, not '%s'", name, text);
	*out = (uint64_t)(duration / DURATION_S + (duration % DURATION_S > 0));
	return options_most(name, *out, most, fault);
}

/* "kill", "drain=1m" */
static int read_existing(char *text, struct options *out, struct fault *fault)
{
	char *equals = strchr(text, '=');
	int64_t drain;

	if (equals != NULL && strncmp(text, "drain=", 6) == 0) {
		out->drain = equals + 1;
		if (!duration_parse(out->drain, &drain) || drain < 0)
			return fault_set(fault, CONTROL_EXIT_USAGE,
			    "--existing drain=T takes a duration such as 30s, not '%s'",
			    out->drain);
		out->existing = "drain";
		return 0;
	}
	if (strcmp(text, "keep") != 0 && strcmp(text, "drain") != 0 && strcmp(text, "kill") != 0)
		return fault_choice(fault, "--existing takes", "keep|drain|drain=T|kill", text);
	out->existing = text;
	return 0;
}

static int read_bytes_file(const char *text, struct options *out, struct fault *fault)
{
	if (out->bytes_count == BYTES_FILES_MAX)
		return fault_set(fault, CONTROL_EXIT_USAGE, "--bytes can be given %d times at most",
		    BYTES_FILES_MAX);
	out->bytes[out->bytes_count++] = text;
	return 0;
}

/* Those that are not common. */
static int take_special(const struct option_spec *spec, struct options *out, struct fault *fault)
{
	const struct {
		uint64_t bit;
		const char **text;
	} texts[] = {
	    {OPTION_FILTER, &out->filter},
	    {OPTION_AFTER, &out->after},
	    {OPTION_BEFORE, &out->before},
	    {OPTION_SERVER, &out->server},
	    {OPTION_WRAPPER, &out->wrapper},
	    {OPTION_IN, &out->in},
	    {OPTION_FILE, &out->file},
	    {OPTION_COMMENT, &out->comment},
	    {OPTION_TXN_ID, &out->txn_id},
	    {OPTION_LISTENER, &out->listener},
	    {OPTION_SRC, &out->src},
	    {OPTION_SNI, &out->sni},
	    {OPTION_ALPN, &out->alpn},
	    {OPTION_STATE, &out->state},
	};
	size_t i;

	for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		if (texts[i].bit == spec->bit)
			*texts[i].text = optarg;
	if (spec->bit == OPTION_BYTES)
		return read_bytes_file(optarg, out, fault);
	if (spec->bit == OPTION_LIMIT)
		return read_number(spec->name, optarg, &out->limit, fault);
	if (spec->bit == OPTION_SINCE)
		return read_since(spec->name, optarg, out, fault);
	if (spec->bit == OPTION_EXPIRES_WITHIN)
		return read_within(optarg, &out->expires_within, fault);
	if (spec->bit == OPTION_INTERVAL)
		return read_interval(optarg, &out->interval, fault);
	if (spec->bit == OPTION_IF_REV)
		return read_number(spec->name, optarg, &out->if_rev, fault);
	if (spec->bit == OPTION_CONFIRM)
		return read_seconds(
		    spec->name, optarg, 1, CONTROL_CONFIRM_SECONDS_MAX, &out->confirm_s, fault);
	if (spec->bit == OPTION_DRAIN)
		return read_seconds(
		    spec->name, optarg, 0, CONTROL_DRAIN_SECONDS_MAX, &out->drain_s, fault);
	if (spec->bit == OPTION_FOR)
		return read_seconds(
		    spec->name, optarg, 1, CONTROL_LEVEL_SECONDS_MAX, &out->for_s, fault);
	if (spec->bit == OPTION_COUNT)
		return read_number(spec->name, optarg, &out->count, fault);
	if (spec->bit == OPTION_STATE)
		return check_value(spec, optarg, fault);
	if (spec->bit == OPTION_EXISTING)
		return read_existing(optarg, out, fault);
	return 0;
}

static int take(const struct option_spec *spec, struct options *out, struct fault *fault)
{
	out->given |= spec->bit;
	if (spec->bit == 0 && out->common == NULL)
		out->common = spec->name;
	switch (spec->letter) {
	case 's':
		out->socket = optarg;
		return *optarg != '\0'
			   ? 0
			   : fault_set(fault, CONTROL_EXIT_USAGE, "--socket takes a path, not ''");
	case 'j':
		out->format = FORMAT_JSON;
		out->format_given = true;
		return 0;
	case 'o':
		out->format_given = true;
		if (check_value(spec, optarg, fault) == -1)
			return -1;
		out->format = (enum format)output_format_parse(optarg);
		return 0;
	case 't':
		return read_timeout(optarg, &out->timeout, fault);
	case LEVEL:
		out->level = optarg;
		return check_value(spec, optarg, fault);
	case 'h':
		out->help = true;
		return 0;
	case 'V':
		out->version = true;
		return 0;
	}
	return take_special(spec, out, fault);
}

int options_read(int argc, char **argv, const struct options *base, struct options *out, int *first,
    struct fault *fault)
{
	char letters[2 * SPEC_COUNT + 2];
	struct option table[SPEC_COUNT + 1];
	int letter;
	size_t i;

	*out = (struct options){.format = FORMAT_TEXT, .timeout = TIMEOUT_DEFAULT};
	if (base != NULL) {
		out->socket = base->socket;
		out->level = base->level;
		out->format = base->format;
		out->format_given = base->format_given;
		out->timeout = base->timeout;
	}
	make_tables(letters, table);
	optind = 0;
	while ((letter = getopt_long(argc, argv, letters, table, NULL)) != -1) {
		if (letter == '?') {
			unknown(argv[optind - 1], optopt < LONG_ONLY ? optopt : 0, fault);
			fault->word = argv[optind - 1];
			return -1;
		}
		if (letter == ':') {
			fault_set(fault, CONTROL_EXIT_USAGE, "%s needs a value", argv[optind - 1]);
			fault->word = argv[optind - 1];
			return -1;
		}
		for (i = 0; i < SPEC_COUNT; i++) {
			if (specs[i].letter != letter || take(&specs[i], out, fault) == 0)
				continue;
			fault->word = optarg;
			return -1;
		}
	}
	*first = optind;
	return 0;
}

bool options_json(const struct options *options)
{
	return options->format == FORMAT_JSON || options->format == FORMAT_JSONL;
}

const char *options_excess(uint64_t given, uint64_t allowed)
{
	size_t i;

	for (i = 0; i < SPEC_COUNT; i++)
		if (specs[i].bit & given & ~allowed)
			return specs[i].name;
	return NULL;
}

void options_print(uint64_t bits, FILE *to)
{
	size_t i;

	for (i = 0; i < SPEC_COUNT; i++) {
		const struct option_spec *spec = &specs[i];
		char left[64];

		if (bits == 0 ? spec->bit != 0 : (spec->bit & bits) == 0)
			continue;
		snprintf(left, sizeof(left), "%c%c%c --%s%s%s",
		    spec->letter < LONG_ONLY ? '-' : ' ',
		    spec->letter < LONG_ONLY ? (char)spec->letter : ' ',
		    spec->letter < LONG_ONLY ? ',' : ' ', spec->name,
		    spec->argument != NULL ? " " : "",
		    spec->argument != NULL ? spec->argument : "");
		fprintf(to, "  %-25s %s\n", left, spec->help);
	}
}
