/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "common/log.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "common/log_writer.h"

/* Kept free in a line for its end: the mark of a cut, a brace, the newline. */
#define LINE_END_MAX 16
#define LINE_MAX_USED (sizeof(((struct log_line *)0)->text) - LINE_END_MAX)

static enum log_format line_format = LOG_TEXT;

static const char *const level_names[] = {"debug", "info", "warn", "error"};
#define LEVEL_COUNT (sizeof(level_names) / sizeof(level_names[0]))

#define SUBSYSTEM_NAME(name) name,
const char *const log_subsystems[] = {LOG_SUBSYSTEMS(SUBSYSTEM_NAME) NULL};
#define SUBSYSTEM_COUNT (sizeof(log_subsystems) / sizeof(log_subsystems[0]) - 1)

#define LEVEL_AT_FIRST(name) LOG_INFO,
static _Atomic int levels[SUBSYSTEM_COUNT] = {LOG_SUBSYSTEMS(LEVEL_AT_FIRST)};
static _Atomic int lowest_level = LOG_INFO, highest_level = LOG_INFO; /* of them */

/* --- bytes into a line; the callers have seen that there is room --- */

static bool fits(struct log_line *line, size_t length)
{
	if (length <= LINE_MAX_USED - line->used)
		return true;
	line->cut = true;
	return false;
}

static void put(struct log_line *line, const char *text, size_t length)
{
	if (length > 0)
		memcpy(line->text + line->used, text, length);
	line->used += length;
}

static void put_str(struct log_line *line, const char *text)
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
static size_t escape(struct span *s, char out[8])
{
	static const char hex[] = "0123456789abcdef";
	static const char shorts[] = "n\nr\rt\t\"\"\\\\";
	const uint8_t *from = s->p;
	uint32_t rune;
	const char *p;

	if (!take_rune(s, &rune)) {
		if (line_format == LOG_JSON)
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
static void put_escaped(struct log_line *line, struct span value, size_t after)
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
		run = escape(&value, out);
		if (!fits(line, run + after))
			return;
		put(line, out, run);
	}
}

/* --- the parts of a line --- */

/* "2026-01-02T03:04:05.678Z" in 24 bytes. A second's text is made once in each thread. */
static void put_time(struct log_line *line)
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

static void put_head(struct log_line *line, const char *subsystem, const char *message)
{
	static const char *const columns[] = {" debug ", " info  ", " warn  ", " error "};

	if (line_format == LOG_TEXT) {
		put_time(line);
		put_str(line, columns[line->level]);
		put_str(line, subsystem);
		put_str(line, ": ");
		put_escaped(line, span_str(message), 0);
		return;
	}
	put_str(line, "{\"ts\":\"");
	put_time(line);
	put_str(line, "\",\"level\":\"");
	put_str(line, level_names[line->level]);
	put_str(line, "\",\"subsystem\":\"");
	put_str(line, subsystem);
	put_str(line, "\",\"msg\":\"");
	put_escaped(line, span_str(message), 1);
	put_str(line, "\"");
}

void log_begin(
    struct log_line *line, enum log_level level, const char *subsystem, const char *message)
{
	line->level = level;
	line->cut = false;
	line->used = 0; /* stays so where the line is not wanted */
	if (log_enabled(level, subsystem))
		put_head(line, subsystem, message);
}

/* Writes the key if it and after more bytes fit. */
static bool put_key(struct log_line *line, const char *key, size_t after)
{
	size_t length = strlen(key);

	if (line->used == 0 || !fits(line, length + 4 + after))
		return false;
	put_str(line, line_format == LOG_TEXT ? " " : ",\"");
	put(line, key, length);
	put_str(line, line_format == LOG_TEXT ? "=" : "\":");
	return true;
}

static bool needs_quotes(struct span value)
{
	return line_format == LOG_JSON || value.n == 0 || plain_run(value, BARE) < value.n;
}

void log_bytes(struct log_line *line, const char *key, struct span value)
{
	bool quotes = needs_quotes(value);

	if (!put_key(line, key, 2))
		return;
	if (quotes)
		put(line, "\"", 1);
	put_escaped(line, value, quotes);
	if (quotes)
		put(line, "\"", 1);
}

void log_str(struct log_line *line, const char *key, const char *value)
{
	log_bytes(line, key, span_str(value));
}

void log_u64(struct log_line *line, const char *key, uint64_t value)
{
	char text[20];
	size_t length = decimal(value, 1, text);

	if (put_key(line, key, length))
		put(line, text, length);
}

void log_seconds(struct log_line *line, const char *key, int64_t value)
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

static void put_tail(struct log_line *line)
{
	bool json = line_format == LOG_JSON;

	if (line->cut)
		put_str(line, json ? ",\"cut\":true" : " cut=true");
	put_str(line, json ? "}\n" : "\n");
}

void log_end(struct log_line *line)
{
	if (line->used == 0)
		return;
	put_tail(line);
	log_writer_put(line->text, line->used, line->level >= LOG_WARN);
}

void log_msg(enum log_level level, const char *subsystem, const char *format, ...)
{
	struct log_line line;
	char message[sizeof(line.text)];
	va_list args;

	if (!log_enabled(level, subsystem))
		return;
	va_start(args, format);
	vsnprintf(message, sizeof(message), format, args);
	va_end(args);
	log_begin(&line, level, subsystem, message);
	log_end(&line);
}

/* --- the whole --- */

static size_t report_lost(char *out, size_t size, uint64_t count)
{
	struct log_line line = {.level = LOG_WARN};

	put_head(&line, "log", "lines were lost: the output was blocked or failed");
	log_u64(&line, "count", count);
	put_tail(&line);
	if (line.used > size)
		return 0;
	memcpy(out, line.text, line.used);
	return line.used;
}

void log_init(enum log_format format, enum log_level level, int fd)
{
	line_format = format;
	log_set_level(level);
	log_writer_init(fd, report_lost);
}

void log_start(void)
{
	log_writer_start();
}

void log_stop(void)
{
	log_writer_stop();
}

void log_set_level(enum log_level level)
{
	size_t i;

	for (i = 0; i < SUBSYSTEM_COUNT; i++)
		log_set_level_of(i, level);
}

void log_set_level_of(size_t index, enum log_level level)
{
	int lowest = (int)level, highest = (int)level, other;
	size_t i;

	atomic_store_explicit(&levels[index], (int)level, memory_order_relaxed);
	for (i = 0; i < SUBSYSTEM_COUNT; i++) {
		other = (int)log_level_of(i);
		lowest = other < lowest ? other : lowest;
		highest = other > highest ? other : highest;
	}
	atomic_store_explicit(&lowest_level, lowest, memory_order_relaxed);
	atomic_store_explicit(&highest_level, highest, memory_order_relaxed);
}

enum log_level log_level_of(size_t index)
{
	return (enum log_level)atomic_load_explicit(&levels[index], memory_order_relaxed);
}

bool log_enabled(enum log_level level, const char *subsystem)
{
	size_t i = 0;

	if ((int)level < atomic_load_explicit(&lowest_level, memory_order_relaxed))
		return false;
	if ((int)level >= atomic_load_explicit(&highest_level, memory_order_relaxed))
		return true;
	while (i < SUBSYSTEM_COUNT && strcmp(log_subsystems[i], subsystem) != 0)
		i++;
	return i == SUBSYSTEM_COUNT || level >= log_level_of(i);
}

const char *log_level_name(enum log_level level)
{
	return level_names[level];
}

int log_level_parse(const char *text)
{
	size_t i;

	for (i = 0; i < LEVEL_COUNT; i++)
		if (strcmp(text, level_names[i]) == 0)
			return (int)i;
	return -1;
}
