/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The daemon's log: one line an event, text or JSON, with key=value fields. Callers never block:
 * lines go through a bounded ring to a writer thread; lines that do not fit are dropped, counted,
 * and the count is logged when there is room again. Bytes from outside are escaped here.
 */
#ifndef COMMON_LOG_H
#define COMMON_LOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/span.h"

enum log_level { LOG_DEBUG, LOG_INFO, LOG_WARN, LOG_ERROR };
enum log_format { LOG_TEXT, LOG_JSON };

/* Before log_start() lines are written at once. fd is borrowed. */
void log_init(enum log_format format, enum log_level level, int fd);
/* Starts and stops the writer thread; stopping writes what is left, waiting 2 s at the most. */
void log_start(void);
void log_stop(void);

void log_set_level(enum log_level level);
/* Should a line of this level be made? Cheap. */
bool log_enabled(enum log_level level);
/* "debug" ... "error"; -1: no such level. */
int log_level_parse(const char *text);

/* One line with a message and no fields. subsystem is a constant such as "core" or "tls". */
void log_msg(enum log_level level, const char *subsystem, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* A line with fields: log_begin(), then fields, then log_end(). Fields that do not fit are cut. */
struct log_line {
	enum log_level level;
	size_t used;
	bool cut;
	char text[2048];
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
