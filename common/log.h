/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The daemon's log: one line an event, text or JSON, with key=value fields, to each output whose
 * level and filter take it. Callers never block: lines go through a bounded ring to a thread for
 * each target; lines that do not fit are dropped, counted, and the count is logged when there is
 * room again. Bytes from outside are escaped here.
 */
#ifndef COMMON_LOG_H
#define COMMON_LOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/log_route.h"
#include "common/log_text.h"
#include "common/span.h"

struct log_file;

/* One output, "default", to a descriptor. Before log_start() lines are written at once. fd is
 * borrowed. */
void log_init(enum log_format format, enum log_level level, int fd);
/* Starts and stops the threads; stopping writes what is left, waiting 2 s at the most. */
void log_start(void);
void log_stop(void);

/* Where lines go, which, and how they look. */
struct log_output {
	struct log_rule rule;
	enum log_format format;
	size_t file; /* index of its file */
};

/*
 * From now on these are the outputs, LOG_OUTPUTS_MAX at the most; rules are copied, files taken.
 * One that has the name of a file in use takes over from it, after the lines that wait there.
 */
void log_outputs_set(
    const struct log_output *outputs, size_t count, struct log_file **files, size_t file_count);
/* Opens all files anew by their names, after they were moved away. Does not wait for it. */
void log_reopen(void);

/*
 * Another lowest level than the outputs have, for lines of a subsystem (NULL: of all); -1 for
 * level: as they have it. Returns 0, or -1: there is no such subsystem.
 */
int log_set_level(const char *subsystem, int level);
/* The level that was set for log_subsystems[index]; -1: as the outputs have it. */
int log_level_set_for(size_t index);
/* The lowest level of its lines that an output takes if that one is set; -1: none takes any. */
int log_level_with(size_t index, int set);
/* Should a line of this level be made? Cheap. */
bool log_enabled(enum log_level level, const char *subsystem);
/* "debug" ... "error"; -1: no such level. */
int log_level_parse(const char *text);

/*
 * One line with a message and no fields. subsystem is one of log_route.h's, or another logger's
 * name such as "http.log.access.name".
 */
void log_msg(enum log_level level, const char *subsystem, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* A line with fields: log_begin(), then fields, then log_end(). Fields that do not fit are cut. */
struct log_line {
	enum log_level level;
	const char *logger;
	int subsystem; /* its index; -1: none */
	bool wanted[LOG_FORMATS];
	struct log_text forms[LOG_FORMATS];
};

void log_begin(
    struct log_line *line, enum log_level level, const char *subsystem, const char *message);
void log_str(struct log_line *line, const char *key, const char *value);
void log_bytes(struct log_line *line, const char *key, struct span value);
void log_u64(struct log_line *line, const char *key, uint64_t value);
/* value in nanoseconds, written as seconds with a millisecond's three digits. */
void log_seconds(struct log_line *line, const char *key, int64_t value);
void log_end(struct log_line *line);

#endif
