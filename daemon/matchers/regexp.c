/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include <stdlib.h>

#include "daemon/core/load.h"
#include "daemon/core/match_regexp.h"
#include "daemon/core/matcher.h"
#include "daemon/core/numbers.h"
#include "daemon/regex/regex.h"

#define COUNT_USUAL 4
#define COUNT_ON_STACK 512

struct params {
	const char *pattern;
	int64_t count;
	bool hex;
	struct regex *regex;
};

static const struct field fields[] = {
    FIELD_STRING(struct params, pattern, "pattern", FIELD_ENV,
	"regular expression, Go's syntax, for the first bytes"),
    FIELD_INT(struct params, count, "count", 0, "4", 0, UINT16_MAX, "how many bytes"),
    FIELD_BOOL(struct params, hex, "hex", 0, "look at them as hexadecimal digits, in upper case"),
    FIELD_END,
};

/*
 * What comes is bytes, so that \xFF is one of them. Where a pattern cannot be read so, because it
 * has classes of characters beyond ASCII, what comes is read as text.
 */
static int load_params(struct load *load, const struct jnode *node, void *params, struct error *err)
{
	struct params *p = params;
	struct error ignored;

	if (p->count == 0)
		p->count = COUNT_USUAL;
	if (p->pattern == NULL || p->pattern[0] == '\0')
		return 0;
	if (match_pattern_load(load, node, "pattern", p->pattern, 0, &p->regex, &ignored) == 0)
		return 0;
	return match_pattern_load(load, node, "pattern", p->pattern, REGEX_TEXT, &p->regex, err);
}

static bool match_hex(const struct regex *regex, struct span bytes)
{
	static const char digits[] = "0123456789ABCDEF";
	char small[2 * COUNT_ON_STACK], *text = small;
	bool matches;
	size_t i;

	if (bytes.n > COUNT_ON_STACK)
		text = mem_alloc(2 * bytes.n);
	for (i = 0; i < bytes.n; i++) {
		text[2 * i] = digits[bytes.p[i] >> 4];
		text[2 * i + 1] = digits[bytes.p[i] & 15];
	}
	matches = regex_match(regex, span_of(text, 2 * bytes.n), NULL, 0);
	if (text != small)
		free(text);
	return matches;
}

static enum match_verdict match(const void *params, struct match_input *in)
{
	const struct params *p = params;
	struct span rest = in->bytes, bytes;
	bool matches;

	if (!span_take(&rest, (size_t)p->count, &bytes))
		return match_wire(in, WIRE_MORE);
	if (p->regex == NULL)
		return MATCH_YES;
	matches = p->hex ? match_hex(p->regex, bytes) : regex_match(p->regex, bytes, NULL, 0);
	return matches ? MATCH_YES : MATCH_NO;
}

/* --- Caddyfile ------------------------------------------------------------------------------- */

static int adapt_count(
    struct dispenser *d, const char *text, json_t *out, bool *has_count, struct error *err)
{
	uint64_t count;

	if (*has_count)
		return dispenser_error(d, err, ERROR_INVALID, "unexpected '%s'", text);
	if (!number_parse(text, UINT16_MAX, &count))
		return dispenser_error(d, err, ERROR_INVALID,
		    "'%s' is neither 'hex' nor a number from 0 to %u", text, UINT16_MAX);
	*has_count = true;
	if (count != 0)
		json_object_set_new(out, "count", json_integer((json_int_t)count));
	return 0;
}

/* "regexp <pattern> [<count>] [hex]", the last two in any order */
static int adapt(struct dispenser *d, json_t **out, struct error *err)
{
	bool has_count = false;
	const char *text;

	dispenser_next(d); /* the name */
	text = dispenser_arg(d);
	if (text == NULL)
		return dispenser_arg_error(d, err);
	*out = json_object();
	if (text[0] != '\0')
		json_object_set_new(*out, "pattern", json_string(text));
	while ((text = dispenser_arg(d)) != NULL) {
		if (strcmp(text, "hex") != 0) {
			if (adapt_count(d, text, *out, &has_count, err) == -1)
				return -1;
		} else if (dispenser_set(d, *out, "hex", json_true(), err) == -1) {
			return -1;
		}
	}
	return dispenser_no_block(d, err);
}

const struct matcher_type matcher_regexp = {
    .name = "regexp",
    .help = "a regular expression on the first bytes",
    .bytes = true,
    .fields = fields,
    .params_size = sizeof(struct params),
    .load = load_params,
    .match = match,
    .adapt = adapt,
};
