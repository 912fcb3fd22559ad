/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "common/log.h"

#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/arena.h"
#include "common/log_file.h"
#include "common/log_writer.h"

/* Where lines go now. Whoever writes a line reads it; whoever changes the outputs writes it. */
struct setup {
	struct arena *arena;
	struct log_rule rules[LOG_OUTPUTS_MAX];
	enum log_format formats[LOG_OUTPUTS_MAX];
	struct log_writer *writers[LOG_OUTPUTS_MAX]; /* one of those below */
	struct log_writer *own[LOG_OUTPUTS_MAX];
	size_t count, writer_count;
};

static struct setup current;
static pthread_rwlock_t current_lock = PTHREAD_RWLOCK_WRITER_NONRECURSIVE_INITIALIZER_NP;
static _Atomic uint32_t json_outputs;
static bool started;

static pthread_once_t once = PTHREAD_ONCE_INIT;

/* Whoever has not begun with log_init() has his lines on standard error. */
static void init_default(void)
{
	if (current.count == 0)
		log_init(LOG_TEXT, LOG_INFO, STDERR_FILENO);
}

/* ---- lines ---------------------------------------------------------------------------------- */

/* current_lock is not held. */
static uint32_t takers(const struct log_line *line)
{
	uint32_t bits;

	if (line->subsystem != -1)
		return log_route(line->subsystem, line->level);
	pthread_rwlock_rdlock(&current_lock);
	bits = log_route_named(line->logger, line->level);
	pthread_rwlock_unlock(&current_lock);
	return bits;
}

void log_begin(
    struct log_line *line, enum log_level level, const char *subsystem, const char *message)
{
	uint32_t bits, json;
	int format;

	pthread_once(&once, init_default);
	line->level = level;
	line->logger = subsystem;
	line->subsystem = log_subsystem(subsystem);
	bits = log_route_any(level) ? takers(line) : 0;
	json = atomic_load_explicit(&json_outputs, memory_order_relaxed);
	line->wanted[LOG_TEXT] = (bits & ~json) != 0;
	line->wanted[LOG_JSON] = (bits & json) != 0;
	for (format = 0; format < LOG_FORMATS; format++)
		if (line->wanted[format])
			log_text_begin(&line->forms[format], (enum log_format)format, level,
			    subsystem, message);
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
void log_end(struct log_line *line)
{
	bool urgent = line->level >= LOG_WARN;
	uint32_t bits;
	size_t i;
	int format;

	if (!line->wanted[LOG_TEXT] && !line->wanted[LOG_JSON])
		return;
	for (format = 0; format < LOG_FORMATS; format++)
		if (line->wanted[format])
			log_text_end(&line->forms[format]);
	bits = takers(line);
	pthread_rwlock_rdlock(&current_lock);
	for (i = 0; i < current.count; i++) {
		const struct log_text *form = &line->forms[current.formats[i]];

		if ((bits & UINT32_C(1) << i) && line->wanted[current.formats[i]])
			log_writer_put(current.writers[i], form->text, form->used, urgent);
	}
	pthread_rwlock_unlock(&current_lock);
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

/* ---- levels --------------------------------------------------------------------------------- */

int log_set_level(const char *subsystem, int level)
{
	int rc;

	pthread_rwlock_wrlock(&current_lock);
	rc = log_route_level(subsystem, level);
	pthread_rwlock_unlock(&current_lock);
	return rc;
}

int log_level_set_for(size_t index)
{
	int level;

	pthread_rwlock_rdlock(&current_lock);
	level = log_route_level_of(index);
	pthread_rwlock_unlock(&current_lock);
	return level;
}

int log_level_with(size_t index, int set)
{
	int level;

	pthread_rwlock_rdlock(&current_lock);
	level = log_route_lowest(index, set);
	pthread_rwlock_unlock(&current_lock);
	return level;
}

bool log_enabled(enum log_level level, const char *subsystem)
{
	int index;

	if (!log_route_any(level))
		return false;
	index = log_subsystem(subsystem);
	return index == -1 || log_route(index, level) != 0;
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

static void setup_make(struct setup *s, struct setup *before, const struct log_output *outputs,
    size_t count, struct log_file **files, size_t file_count)
{
	size_t i;

	memset(s, 0, sizeof(*s));
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
}

void log_outputs_set(
    const struct log_output *outputs, size_t count, struct log_file **files, size_t file_count)
{
	struct setup before = current, next;
	uint32_t json = 0;
	size_t i;

	setup_make(&next, &before, outputs, count, files, file_count);
	for (i = 0; i < count; i++)
		if (next.formats[i] == LOG_JSON)
			json |= UINT32_C(1) << i;
	pthread_rwlock_wrlock(&current_lock);
	current = next;
	atomic_store_explicit(&json_outputs, json, memory_order_relaxed);
	log_route_set(current.rules, current.count);
	pthread_rwlock_unlock(&current_lock);
	for (i = 0; i < before.writer_count; i++)
		if (before.own[i] != NULL)
			log_writer_retire(before.own[i]);
	if (before.arena != NULL)
		arena_free(before.arena);
}

void log_reopen(void)
{
	size_t i;

	for (i = 0; i < current.writer_count; i++)
		log_writer_reopen(current.own[i]);
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
	size_t i;

	started = true;
	for (i = 0; i < current.writer_count; i++)
		log_writer_start(current.own[i]);
}

void log_stop(void)
{
	started = false;
	log_writers_stop(current.own, current.writer_count);
}
