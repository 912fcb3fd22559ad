/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "common/buf.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/arena.h"

#define FIRST_SIZE 256

void buf_fini(struct buf *b)
{
	free(b->data);
	*b = (struct buf){0};
}

void buf_clear(struct buf *b)
{
	b->start = b->end = 0;
}

/* Moves what is held to the front where that alone makes room and is worth its copying. */
static bool slide(struct buf *b, size_t n)
{
	size_t held = buf_len(b);

	if (b->start < held || n > b->size - held)
		return false;
	if (held > 0)
		memmove(b->data, b->data + b->start, held);
	b->start = 0;
	b->end = held;
	return true;
}

uint8_t *buf_reserve(struct buf *b, size_t n)
{
	size_t size = b->size > 0 ? b->size : FIRST_SIZE, needed;

	if (b->data != NULL && (n <= b->size - b->end || slide(b, n)))
		return b->data + b->end;
	if (__builtin_add_overflow(b->end, n, &needed) || needed > SIZE_MAX / 2)
		abort();
	while (size < needed)
		size *= 2;
	b->data = mem_realloc(b->data, size);
	b->size = size;
	return b->data + b->end;
}

void buf_commit(struct buf *b, size_t n)
{
	assert(n <= b->size - b->end);
	b->end += n;
}

void buf_append(struct buf *b, const void *bytes, size_t n)
{
	if (n == 0)
		return;
	memcpy(buf_reserve(b, n), bytes, n);
	b->end += n;
}

void buf_append_str(struct buf *b, const char *text)
{
	buf_append(b, text, strlen(text));
}

void buf_printf(struct buf *b, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	buf_vprintf(b, format, args);
	va_end(args);
}

void buf_vprintf(struct buf *b, const char *format, va_list args)
{
	size_t room = 128;
	char *out = (char *)buf_reserve(b, room);
	va_list again;
	int length;

	va_copy(again, args);
	room = b->size - b->end;
	length = vsnprintf(out, room, format, args);
	if (length < 0)
		abort();
	if ((size_t)length >= room) {
		out = (char *)buf_reserve(b, (size_t)length + 1);
		vsnprintf(out, (size_t)length + 1, format, again);
	}
	va_end(again);
	b->end += (size_t)length;
}

void buf_consume(struct buf *b, size_t n)
{
	assert(n <= buf_len(b));
	b->start += n;
	if (b->start < b->end)
		return;
	if (b->size > BUF_KEEP)
		buf_fini(b);
	else
		buf_clear(b);
}

const char *buf_str(struct buf *b)
{
	*buf_reserve(b, 1) = '\0';
	return (const char *)b->data + b->start;
}
