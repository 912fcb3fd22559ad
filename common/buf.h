/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A growing byte buffer with a read offset. Zeroed memory is a valid empty buffer. The owner frees
 * it with buf_fini(); growing never fails (see arena.h), so callers bound what they append.
 */
#ifndef COMMON_BUF_H
#define COMMON_BUF_H

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include "common/span.h"

struct buf {
	uint8_t *data;
	size_t start, end; /* what is held is data[start..end) */
	size_t size;
};

static inline size_t buf_len(const struct buf *b)
{
	return b->end - b->start;
}

static inline struct span buf_span(const struct buf *b)
{
	return b->data == NULL ? span_of(NULL, 0) : span_of(b->data + b->start, b->end - b->start);
}

void buf_fini(struct buf *b);

/* Empties it and keeps the memory. */
void buf_clear(struct buf *b);

/* Room for at least n more bytes; returns where they go. Follow with buf_commit(). */
uint8_t *buf_reserve(struct buf *b, size_t n);
void buf_commit(struct buf *b, size_t n);

void buf_append(struct buf *b, const void *bytes, size_t n);
void buf_append_str(struct buf *b, const char *text);
void buf_printf(struct buf *b, const char *format, ...) __attribute__((format(printf, 2, 3)));
void buf_vprintf(struct buf *b, const char *format, va_list args)
    __attribute__((format(printf, 2, 0)));

/* Forgets n bytes from the front; memory is freed when it becomes empty and is over keep bytes. */
void buf_consume(struct buf *b, size_t n);
#define BUF_KEEP 4096

/* What is held as a C string (a NUL is put behind it, not counted), until the next call. */
const char *buf_str(struct buf *b);

#endif
