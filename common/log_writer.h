/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Writes the lines of a log to one file: at once, or through a bounded ring to a thread that
 * gathers them into few writes. A file that blocks or fails loses lines, which are counted, and
 * delays nobody. Belongs to log.c; lines come from any thread.
 */
#ifndef COMMON_LOG_WRITER_H
#define COMMON_LOG_WRITER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/log_text.h"

#define LOG_RING_SIZE (1u << 20)

struct log_file;
struct log_writer;

/* file is taken. Of lost lines it tells in format. */
struct log_writer *log_writer_new(struct log_file *file, enum log_format format);
/* The file's name. */
const char *log_writer_name(const struct log_writer *w);
/* Another file (taken) of the same name, from the next line on. */
void log_writer_take(struct log_writer *w, struct log_file *file, enum log_format format);
/* Opens the file anew, from the next line on. */
void log_writer_reopen(struct log_writer *w);

void log_writer_start(struct log_writer *w);
/* Takes over one line with its newline. Urgent ones are not held back to be gathered. */
void log_writer_put(struct log_writer *w, const char *text, size_t length, bool urgent);

/* Nobody has it any more: it writes what it holds, and goes. Does not wait. */
void log_writer_retire(struct log_writer *w);
/* Waits for what these and retired ones hold to be written, 2 s at the most. */
void log_writers_stop(struct log_writer *const *writers, size_t count);

#endif
