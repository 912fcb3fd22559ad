/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Where log lines go: straight to the descriptor, or through a bounded ring to a thread that
 * gathers them into few writes. Belongs to log.c; thread-safe.
 */
#ifndef COMMON_LOG_WRITER_H
#define COMMON_LOG_WRITER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LOG_RING_SIZE (1u << 20)

/* Writes into out the line that tells of count lost lines; returns its length, at most size. */
typedef size_t log_writer_report(char *out, size_t size, uint64_t count);

/* fd is borrowed. */
void log_writer_init(int fd, log_writer_report *report);
void log_writer_start(void);
/* Waits for what is left to be written, 2 s at the most. */
void log_writer_stop(void);

/* Takes over one line with its newline. Urgent ones are not held back to be gathered. */
void log_writer_put(const char *text, size_t length, bool urgent);

#endif
