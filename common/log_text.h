/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One line of the log in one format. What comes from outside is escaped; what does not fit is cut,
 * and the line says so. Belongs to log.c.
 */
#ifndef COMMON_LOG_TEXT_H
#define COMMON_LOG_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/span.h"

enum log_level { LOG_DEBUG, LOG_INFO, LOG_WARN, LOG_ERROR };
#define LOG_LEVELS 4
enum log_format { LOG_TEXT, LOG_JSON };
#define LOG_FORMATS 2

/* "debug" ... "error". */
const char *log_level_name(enum log_level level);

struct log_text {
	enum log_format format;
	bool cut;
	size_t used;
	char text[2048];
};

void log_text_begin(struct log_text *line, enum log_format format, enum log_level level,
    const char *subsystem, const char *message);
void log_text_bytes(struct log_text *line, const char *key, struct span value);
void log_text_u64(struct log_text *line, const char *key, uint64_t value);
/* value in nanoseconds, written as seconds with a millisecond's three digits. */
void log_text_seconds(struct log_text *line, const char *key, int64_t value);
/* Adds the end with the newline. */
void log_text_end(struct log_text *line);

#endif
