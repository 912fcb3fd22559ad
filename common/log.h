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

/* Who writes lines; each has a level of its own. */
#define LOG_SUBSYSTEMS(X)                                                                          \
	X("access")                                                                                \
	X("admin")                                                                                 \
	X("certs")                                                                                 \
	X("config")                                                                                \
	X("control")                                                                               \
	X("core")                                                                                  \
	X("health")                                                                                \
	X("http")                                                                                  \
	X("log")                                                                                   \
	X("regex")                                                                                 \
	X("tee")                                                                                   \
	X("tls")
extern const char *const log_subsystems[]; /* NULL-ended */

/* From now on lines below level are not made: of all, or of log_subsystems[index]. */
void log_set_level(enum log_level level);
void log_set_level_of(size_t index, enum log_level level);
enum log_level log_level_of(size_t index);
/* Should a line of this level be made? Cheap. */
bool log_enabled(enum log_level level, const char *subsystem);
/* "debug" ... "error"; -1: no such level. */
int log_level_parse(const char *text);
const char *log_level_name(enum log_level level);

/* One line with a message and no fields. subsystem is one of LOG_SUBSYSTEMS. */
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
