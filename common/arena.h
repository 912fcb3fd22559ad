/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Arenas: memory that is freed all at once, with a list of releases to run first. The arena itself
 * lies in its first chunk, so a small one is a single allocation. Not thread-safe.
 *
 * Small allocations never fail: when the system has no memory the program ends with a message.
 * Sizes that come from the network are bounded by the caller before they get here.
 */
#ifndef COMMON_ARENA_H
#define COMMON_ARENA_H

#include <stddef.h>

struct arena;

/* A new arena whose first chunk has room for about size bytes. Free with arena_free(). */
struct arena *arena_new(size_t size);

/* Runs the releases, newest first, then frees everything. NULL is allowed. */
void arena_free(struct arena *arena);

/* size zeroed bytes, aligned for any type. Never NULL. */
void *arena_alloc(struct arena *arena, size_t size);

/* Zeroed array of count elements; ends the program where count * size overflows. */
void *arena_array(struct arena *arena, size_t count, size_t size);

/* Copies, always terminated by a NUL that is not counted. */
char *arena_strdup(struct arena *arena, const char *text);
char *arena_strndup(struct arena *arena, const char *text, size_t length);
char *arena_printf(struct arena *arena, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Registers release(object), to be run by arena_free(). */
void arena_release(struct arena *arena, void (*release)(void *object), void *object);

/* other is freed with arena. */
void arena_adopt(struct arena *arena, struct arena *other);

/* Bytes that the arena holds from the system. */
size_t arena_size(const struct arena *arena);

/* malloc, calloc, realloc and strdup that end the program with a message instead of failing. */
void *mem_alloc(size_t size);
void *mem_zalloc(size_t size);
void *mem_realloc(void *old, size_t size);
char *mem_strdup(const char *text);

#endif
