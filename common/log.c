/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "common/log.h"

#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/arena.h"
#include "common/log_file.h"
#include "common/log_writer.h"
#include "common/readers.h"

/* Where lines go: never changed once it is published. */
struct setup {
	struct arena *arena; /* of the rules; handed on where only levels change */
	struct log_rule rules[LOG_OUTPUTS_MAX];
	struct log_routes routes; /* made of these rules */
	enum log_format formats[LOG_OUTPUTS_MAX];
	struct log_writer *writers[LOG_OUTPUTS_MAX]; /* one of those below */
	struct log_writer *own[LOG_OUTPUTS_MAX];
	size_t count, writer_count;
};

static struct setup *_Atomic current;
static struct readers readers; /* of current */
static pthread_mutex_t changing = PTHREAD_MUTEX_INITIALIZER;
static bool started;

/*
 * What current makes of the levels, so that a line that nobody wants costs no more than a look:
 * the lowest level, and the formats (as bits) that a subsystem's lines are wanted in.
 */
static _Atomic int lowest = LOG_INFO;
static _Atomic uint8_t formats_wanted[LOG_SUBSYSTEM_COUNT][LOG_LEVELS];

static pthread_once_t once = PTHREAD_ONCE_INIT;

/* Whoever has not begun with log_init() has his lines on standard error. */
static void init_default(void)
{
	const struct setup *s = atomic_load(&current);

	if (s == NULL || s->count == 0)
		log_init(LOG_TEXT, LOG_INFO, STDERR_FILENO);
}

/* For those who change it: nobody else frees it meanwhile. */
static const struct setup *setup_now(void)
{
	pthread_once(&once, init_default);
	return atomic_load(&current);
}

/* For all others, until readers_leave(place). */
static const struct setup *setup_enter(unsigned *place)
{
	pthread_once(&once, init_default);
	*place = readers_enter(&readers);
	return atomic_load(&current);
}

/* ---- lines ---------------------------------------------------------------------------------- */

static bool any_wants(enum log_level level)
{
	return (int)level >= atomic_load_explicit(&lowest, memory_order_relaxed);
}

/* The formats, as bits, of the outputs that take such a line. */
static unsigned formats_of(
    const struct setup *s, int subsystem, const char *logger, enum log_level level)
{
	uint32_t bits = log_routes_takers(&s->routes, subsystem, logger, level);
	unsigned formats = 0;
	size_t i;

	for (i = 0; i < s->count; i++)
		if (bits & UINT32_C(1) << i)
			formats |= 1u << s->formats[i];
	return formats;
}

static unsigned formats_for(int subsystem, const char *logger, enum log_level level)
{
	const struct setup *s;
	unsigned formats, place;

	pthread_once(&once, init_default);
	if (subsystem != -1)
		return atomic_load_explicit(
		    &formats_wanted[subsystem][level], memory_order_relaxed);
	s = setup_enter(&place);
	formats = formats_of(s, subsystem, logger, level);
	readers_leave(&readers, place);
	return formats;
}

void log_begin(
    struct log_line *line, enum log_level level, const char *subsystem, const char *message)
{
	unsigned formats = 0;
	int format;

	line->level = level;
	line->logger = subsystem;
	line->subsystem = log_subsystem(subsystem);
	if (any_wants(level))
		formats = formats_for(line->subsystem, subsystem, level);
	for (format = 0; format < LOG_FORMATS; format++) {
		line->wanted[format] = (formats & 1u << format) != 0;
		if (line->wanted[format])
			log_text_begin(&line->forms[format], (enum log_format)format, level,
			    subsystem, message);
	}
}

void log_bytes(struct log_line *line, const char *key, struct span value)
{
	int format;

	for (format = 0; format < LOG_FORMATS; format++)
		if (line->wanted[format])
			log_text_bytes(&line->forms[format], key, value);
}

void log_str(struct log_line *line, const char *key, const char *value)
{
	log_bytes(line, key, span_str(value));
}

void log_u64(struct log_line *line, const char *key, uint64_t value)
{
	int format;

	for (format = 0; format < LOG_FORMATS; format++)
		if (line->wanted[format])
			log_text_u64(&line->forms[format], key, value);
}

void log_seconds(struct log_line *line, const char *key, int64_t value)
{
	int format;

	for (format = 0; format < LOG_FORMATS; format++)
		if (line->wanted[format])
			log_text_seconds(&line->forms[format], key, value);
}

/* The outputs may have been changed since the line was begun: it goes to those of now. */
static void hand_out(const struct setup *s, const struct log_line *line)
{
	uint32_t bits = log_routes_takers(&s->routes, line->subsystem, line->logger, line->level);
	bool urgent = line->level >= LOG_WARN;
	size_t i;

	for (i = 0; i < s->count; i++) {
		const struct log_text *form = &line->forms[s->formats[i]];

		if ((bits & UINT32_C(1) << i) && line->wanted[s->formats[i]])
			log_writer_put(s->writers[i], form->text, form->used, urgent);
	}
}

void log_end(struct log_line *line)
{
	const struct setup *s;
	unsigned place;
	int format;

	if (!line->wanted[LOG_TEXT] && !line->wanted[LOG_JSON])
		return;
	for (format = 0; format < LOG_FORMATS; format++)
		if (line->wanted[format])
			log_text_end(&line->forms[format]);
	s = setup_enter(&place);
	hand_out(s, line);
	readers_leave(&readers, place);
}

void log_msg(enum log_level level, const char *subsystem, const char *format, ...)
{
	struct log_line line;
	char message[sizeof(line.forms[0].text)];
	va_list args;

	if (!log_enabled(level, subsystem))
		return;
	va_start(args, format);
	vsnprintf(message, sizeof(message), format, args);
	va_end(args);
	log_begin(&line, level, subsystem, message);
	log_end(&line);
}

/* ---- changes -------------------------------------------------------------------------------- */

/* The setup of now, to be changed and published. With changing held. */
static struct setup *setup_copy(void)
{
	const struct setup *now = atomic_load(&current);
	struct setup *s = mem_zalloc(sizeof(*s));

	if (now != NULL)
		*s = *now;
	else
		log_routes_init(&s->routes);
	s->routes.rules = s->rules;
	return s;
}

/* From the next line on. Returns the one before, which nobody reads any more. */
static struct setup *publish(struct setup *next)
{
	struct setup *before = atomic_exchange(&current, next);
	int i, level;

	for (i = 0; i < LOG_SUBSYSTEM_COUNT; i++)
		for (level = 0; level < LOG_LEVELS; level++)
			atomic_store_explicit(&formats_wanted[i][level],
			    (uint8_t)formats_of(next, i, NULL, (enum log_level)level),
			    memory_order_relaxed);
	atomic_store_explicit(&lowest, next->routes.lowest, memory_order_relaxed);
	readers_wait(&readers);
	return before;
}

/* ---- levels --------------------------------------------------------------------------------- */

int log_set_level(const char *subsystem, int level)
{
	struct setup *s;
	int rc;

	pthread_mutex_lock(&changing);
	s = setup_copy();
	rc = log_routes_level(&s->routes, subsystem, level);
	free(rc == 0 ? publish(s) : s);
	pthread_mutex_unlock(&changing);
	return rc;
}

int log_level_set_for(size_t index)
{
	unsigned place;
	int level = setup_enter(&place)->routes.levels[index];

	readers_leave(&readers, place);
	return level;
}

int log_level_with(size_t index, int set)
{
	unsigned place;
	int level = log_routes_lowest(&setup_enter(&place)->routes, index, set);

	readers_leave(&readers, place);
	return level;
}

bool log_enabled(enum log_level level, const char *subsystem)
{
	return any_wants(level) && formats_for(log_subsystem(subsystem), subsystem, level) != 0;
}

int log_level_parse(const char *text)
{
	int i;

	for (i = 0; i < LOG_LEVELS; i++)
		if (strcmp(text, log_level_name((enum log_level)i)) == 0)
			return i;
	return -1;
}

/* ---- outputs -------------------------------------------------------------------------------- */

static const char *const *copy_names(struct arena *arena, const char *const *names)
{
	size_t n = 0, i;
	const char **copy;

	while (names != NULL && names[n] != NULL)
		n++;
	copy = arena_array(arena, n + 1, sizeof(*copy));
	for (i = 0; i < n; i++)
		copy[i] = arena_strdup(arena, names[i]);
	return copy;
}

/* The writer for a file (taken): one that is in use goes on, from the next line on with it. */
static struct log_writer *writer_for(
    struct setup *before, struct log_file *file, enum log_format format)
{
	struct log_writer *w;
	size_t i;

	for (i = 0; i < before->writer_count; i++) {
		w = before->own[i];
		if (w == NULL || strcmp(log_writer_name(w), log_file_name(file)) != 0)
			continue;
		before->own[i] = NULL;
		log_writer_take(w, file, format);
		return w;
	}
	w = log_writer_new(file, format);
	if (started)
		log_writer_start(w);
	return w;
}

/* What lost lines are told of in: the format of the first that writes there. */
static enum log_format format_of(const struct log_output *outputs, size_t count, size_t file)
{
	size_t i;

	for (i = 0; i < count; i++)
		if (outputs[i].file == file)
			return outputs[i].format;
	return LOG_TEXT;
}

/* Other outputs in s, whose writers of before are left in before if nothing goes there any more. */
static void setup_make(struct setup *s, struct setup *before, const struct log_output *outputs,
    size_t count, struct log_file **files, size_t file_count)
{
	size_t i;

	s->arena = arena_new(256);
	s->count = count;
	s->writer_count = file_count;
	for (i = 0; i < file_count; i++)
		s->own[i] = writer_for(before, files[i], format_of(outputs, count, i));
	for (i = 0; i < count; i++) {
		s->rules[i] = outputs[i].rule;
		s->rules[i].include = copy_names(s->arena, outputs[i].rule.include);
		s->rules[i].exclude = copy_names(s->arena, outputs[i].rule.exclude);
		s->formats[i] = outputs[i].format;
		s->writers[i] = s->own[outputs[i].file];
	}
	log_routes_set(&s->routes, s->rules, s->count);
}

void log_outputs_set(
    const struct log_output *outputs, size_t count, struct log_file **files, size_t file_count)
{
	struct setup *next, before;
	size_t i;

	pthread_mutex_lock(&changing);
	next = setup_copy();
	before = *next;
	setup_make(next, &before, outputs, count, files, file_count);
	free(publish(next));
	pthread_mutex_unlock(&changing);
	for (i = 0; i < before.writer_count; i++)
		if (before.own[i] != NULL)
			log_writer_retire(before.own[i]);
	if (before.arena != NULL)
		arena_free(before.arena);
}

void log_reopen(void)
{
	const struct setup *s = setup_now();
	size_t i;

	for (i = 0; i < s->writer_count; i++)
		log_writer_reopen(s->own[i]);
}

/* ---- the whole ------------------------------------------------------------------------------ */

void log_init(enum log_format format, enum log_level level, int fd)
{
	const struct log_output output = {.rule.level = level, .format = format};
	struct log_file *file = log_file_of(fd == STDERR_FILENO ? LOG_STDERR : "default", fd);

	log_set_level(NULL, -1);
	log_outputs_set(&output, 1, &file, 1);
}

void log_start(void)
{
	const struct setup *s = setup_now();
	size_t i;

	started = true;
	for (i = 0; i < s->writer_count; i++)
		log_writer_start(s->own[i]);
}

void log_stop(void)
{
	const struct setup *s = setup_now();

	started = false;
	log_writers_stop(s->own, s->writer_count);
}
