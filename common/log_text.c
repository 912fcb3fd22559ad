/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "common/log_text.h"

#include <string.h>
#include <time.h>

/* Kept free in a line for its end: the mark of a cut, a brace, the newline. */
#define LINE_END_MAX 16
#define LINE_MAX_USED (sizeof(((struct log_text *)0)->text) - LINE_END_MAX)

const char *log_level_name(enum log_level level)
{
	static const char *const names[LOG_LEVELS] = {"debug", "info", "warn", "error"};

	return names[level];
}

/* --- bytes into a line; the callers have seen that there is room --- */

static bool fits(struct log_text *line, size_t length)
{
	if (length <= LINE_MAX_USED - line->used)
		return true;
	line->cut = true;
	return false;
}

static void put(struct log_text *line, const char *text, size_t length)
{
	if (length > 0)
		memcpy(line->text + line->used, text, length);
	line->used += length;
}

static void put_str(struct log_text *line, const char *text)
{
	put(line, text, strlen(text));
}

/* Decimal with leading zeros up to width digits; returns the length. */
static size_t decimal(uint64_t value, unsigned width, char out[20])
{
	char digits[20];
	size_t n = 0, i;

	do {
		digits[n++] = (char)('0' + value % 10);
		value /= 10;
	} while (value > 0 || n < width);
	for (i = 0; i < n; i++)
		out[i] = digits[n - 1 - i];
	return n;
}

/* --- escapes --- */

/*
 * Takes one character in UTF-8 (RFC 3629) from a span that is not empty. false: malformed, and one
 * byte was taken.
 */
static bool take_rune(struct span *s, uint32_t *rune)
{
	static const uint32_t least[] = {0, 0x80, 0x800, 0x10000};
	uint8_t head = s->p[0];
	size_t more = head < 0x80 ? 0 : head < 0xe0 ? 1 : head < 0xf0 ? 2 : 3, i;
	uint32_t value = more == 0 ? head : head & (0x3fu >> more);
	bool good = more == 0 || (head >= 0xc2 && head <= 0xf4 && s->n > more);

	for (i = 1; good && i <= more; i++) {
		good = (s->p[i] & 0xc0) == 0x80;
		value = value << 6 | (s->p[i] & 0x3fu);
	}
	good =
	    good && value >= least[more] && value <= 0x10ffff && (value < 0xd800 || value > 0xdfff);
	*rune = good ? value : head;
	span_skip(s, good ? more + 1 : 1);
	return good;
}

/* Would it change how a terminal shows the rest: controls, line separators, writing direction? */
static bool unsafe(uint32_t rune)
{
	return rune < 0x20 || (rune >= 0x7f && rune < 0xa0) || (rune >= 0x2028 && rune <= 0x202e) ||
	       (rune >= 0x2066 && rune <= 0x2069);
}

/* What a byte may be without an escape: part of a quoted text, part of a bare one. */
enum { IN_QUOTES = 1, BARE = 2 };
static const uint8_t plain[256] = {
    [' '] = IN_QUOTES,
    ['!'] = IN_QUOTES | BARE,
    ['#' ... '<'] = IN_QUOTES | BARE,
    ['='] = IN_QUOTES,
    ['>' ... '['] = IN_QUOTES | BARE,
    [']' ... '~'] = IN_QUOTES | BARE,
};

/* How many bytes at the front may stand as they are. */
static size_t plain_run(struct span s, uint8_t where)
{
	size_t n = 0;

	while (n < s.n && (plain[s.p[n]] & where))
		n++;
	return n;
}

/* Takes one character and writes how it is shown, at most 8 bytes; returns the length. */
static size_t escape(enum log_format format, struct span *s, char out[8])
{
	static const char hex[] = "0123456789abcdef";
	static const char shorts[] = "n\nr\rt\t\"\"\\\\";
	const uint8_t *from = s->p;
	uint32_t rune;
	const char *p;

	if (!take_rune(s, &rune)) {
		if (format == LOG_JSON)
			return (size_t)(stpcpy(out, "\\ufffd") - out);
		memcpy(out, (char[]){'\\', 'x', hex[rune >> 4], hex[rune & 15]}, 4);
		return 4;
	}
	for (p = shorts; *p != '\0'; p += 2) {
		if (rune == (uint8_t)p[1]) {
			memcpy(out, (char[]){'\\', p[0]}, 2);
			return 2;
		}
	}
	if (unsafe(rune)) {
		memcpy(out,
		    (char[]){'\\', 'u', hex[rune >> 12 & 15], hex[rune >> 8 & 15],
			hex[rune >> 4 & 15], hex[rune & 15]},
		    6);
		return 6;
	}
	memcpy(out, from, (size_t)(s->p - from));
	return (size_t)(s->p - from);
}

/*
 * As much of value as fits with after bytes left over, never a part of an escape. There is room for
 * the after bytes when this is called.
 */
static void put_escaped(struct log_text *line, struct span value, size_t after)
{
	size_t run, room;
	char out[8];

	for (;;) {
		run = plain_run(value, IN_QUOTES);
		room = LINE_MAX_USED - after - line->used;
		put(line, (const char *)value.p, run < room ? run : room);
		if (run > room)
			line->cut = true;
		if (run >= value.n || run > room)
			return;
		span_skip(&value, run);
		run = escape(line->format, &value, out);
		if (!fits(line, run + after))
			return;
		put(line, out, run);
	}
}

/* --- the parts of a line --- */

/* "2026-01-02T03:04:05.678Z" in 24 bytes. A second's text is made once in each thread. */
static void put_time(struct log_text *line)
{
	static _Thread_local time_t second = -1;
	static _Thread_local char text[24];
	struct timespec now;
	struct tm tm;
	char ms[20];

	clock_gettime(CLOCK_REALTIME, &now);
	if (now.tv_sec != second) {
		gmtime_r(&now.tv_sec, &tm);
		strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S", &tm);
		second = now.tv_sec;
	}
	put_str(line, text);
	put(line, ".", 1);
	put(line, ms, decimal((uint64_t)now.tv_nsec / 1000000, 3, ms));
	put(line, "Z", 1);
}

void log_text_begin(struct log_text *line, enum log_format format, enum log_level level,
    const char *subsystem, const char *message)
{
	static const char *const columns[] = {" debug ", " info  ", " warn  ", " error "};

	line->format = format;
	line->cut = false;
	line->used = 0;
	if (format == LOG_TEXT) {
		put_time(line);
		put_str(line, columns[level]);
		put_str(line, subsystem);
		put_str(line, ": ");
		put_escaped(line, span_str(message), 0);
		return;
	}
	put_str(line, "{\"ts\":\"");
	put_time(line);
	put_str(line, "\",\"level\":\"");
	put_str(line, log_level_name(level));
	put_str(line, "\",\"subsystem\":\"");
	put_str(line, subsystem);
	put_str(line, "\",\"msg\":\"");
	put_escaped(line, span_str(message), 1);
	put_str(line, "\"");
}

/* Writes the key if it and after more bytes fit. */
static bool put_key(struct log_text *line, const char *key, size_t after)
{
	size_t length = strlen(key);

	if (!fits(line, length + 4 + after))
		return false;
	put_str(line, line->format == LOG_TEXT ? " " : ",\"");
	put(line, key, length);
	put_str(line, line->format == LOG_TEXT ? "=" : "\":");
	return true;
}

static bool needs_quotes(enum log_format format, struct span value)
{
	return format == LOG_JSON || value.n == 0 || plain_run(value, BARE) < value.n;
}

void log_text_bytes(struct log_text *line, const char *key, struct span value)
{
	bool quotes = needs_quotes(line->format, value);

	if (!put_key(line, key, 2))
		return;
	if (quotes)
		put(line, "\"", 1);
	put_escaped(line, value, quotes);
	if (quotes)
		put(line, "\"", 1);
}

void log_text_u64(struct log_text *line, const char *key, uint64_t value)
{
	char text[20];
	size_t length = decimal(value, 1, text);

	if (put_key(line, key, length))
		put(line, text, length);
}

void log_text_seconds(struct log_text *line, const char *key, int64_t value)
{
	uint64_t ms = ((value < 0 ? 0 - (uint64_t)value : (uint64_t)value) + 500000) / 1000000;
	char text[20], fraction[20];
	size_t length = decimal(ms / 1000, 1, text);

	if (!put_key(line, key, length + 5))
		return;
	if (value < 0 && ms > 0)
		put(line, "-", 1);
	put(line, text, length);
	put(line, ".", 1);
	put(line, fraction, decimal(ms % 1000, 3, fraction));
}

void log_text_end(struct log_text *line)
{
	bool json = line->format == LOG_JSON;

	if (line->cut)
		put_str(line, json ? ",\"cut\":true" : " cut=true");
	put_str(line, json ? "}\n" : "\n");
}
