/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "common/arena.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ALIGNMENT 16
#define CHUNK_MIN 256
#define CHUNK_MAX (64 * 1024)
#define SMALL 2048

struct release {
	struct release *next;
	void (*run)(void *object);
	void *object;
};

/* The head of every chunk but the first, whose head is the arena. */
struct chunk {
	struct chunk *next;
};

struct arena {
	uint8_t *free, *end;      /* what is left of the chunk in use */
	struct chunk *chunks;     /* all but the first */
	struct release *releases; /* newest first */
	size_t size, next_size;
};

static size_t aligned(size_t size)
{
	return (size + ALIGNMENT - 1) & ~(size_t)(ALIGNMENT - 1);
}

#define HEAD_SIZE ((sizeof(struct arena) + ALIGNMENT - 1) & ~(size_t)(ALIGNMENT - 1))
#define CHUNK_HEAD_SIZE ((sizeof(struct chunk) + ALIGNMENT - 1) & ~(size_t)(ALIGNMENT - 1))
_Static_assert(_Alignof(max_align_t) <= ALIGNMENT, "malloc aligns as arenas do");

static _Noreturn void out_of_memory(size_t size)
{
	fprintf(stderr, "out of memory: %zu bytes were refused by the system\n", size);
	abort();
}

struct arena *arena_new(size_t size)
{
	struct arena *arena;

	if (size > SIZE_MAX / 2)
		out_of_memory(size);
	size = HEAD_SIZE + aligned(size);
	if (size < CHUNK_MIN)
		size = CHUNK_MIN;
	arena = mem_alloc(size);
	arena->free = (uint8_t *)arena + HEAD_SIZE;
	arena->end = (uint8_t *)arena + size;
	arena->chunks = NULL;
	arena->releases = NULL;
	arena->size = size;
	/* Small ones are of things that come in thousands: they grow by little. */
	arena->next_size = size >= CHUNK_MAX / 2 ? CHUNK_MAX
			   : size < SMALL        ? aligned(size / 2)
						 : size * 2;
	return arena;
}

void arena_free(struct arena *arena)
{
	struct release *release;
	struct chunk *chunk;

	if (arena == NULL)
		return;
	/* A release may register another one. */
	while ((release = arena->releases) != NULL) {
		arena->releases = release->next;
		release->run(release->object);
	}
	while ((chunk = arena->chunks) != NULL) {
		arena->chunks = chunk->next;
		free(chunk);
	}
	free(arena);
}

static uint8_t *add_chunk(struct arena *arena, size_t size)
{
	struct chunk *chunk = mem_alloc(size);

	chunk->next = arena->chunks;
	arena->chunks = chunk;
	arena->size += size;
	return (uint8_t *)chunk + CHUNK_HEAD_SIZE;
}

static void grow_next(struct arena *arena)
{
	arena->next_size = arena->next_size >= CHUNK_MAX / 2 ? CHUNK_MAX : arena->next_size * 2;
}

/* A large piece gets a chunk of its own, so that what is left of the current one is not lost. */
static uint8_t *take_from_system(struct arena *arena, size_t size)
{
	uint8_t *piece;

	if (size > (arena->next_size - CHUNK_HEAD_SIZE) / 2) {
		piece = add_chunk(arena, CHUNK_HEAD_SIZE + size);
	} else {
		piece = add_chunk(arena, arena->next_size);
		arena->free = piece + size;
		arena->end = piece + arena->next_size - CHUNK_HEAD_SIZE;
	}
	grow_next(arena);
	return piece;
}

/* Uninitialised memory. */
static void *take(struct arena *arena, size_t size)
{
	uint8_t *piece = arena->free;

	if (size > SIZE_MAX / 2)
		out_of_memory(size);
	size = aligned(size);
	if (size > (size_t)(arena->end - piece))
		return take_from_system(arena, size);
	arena->free += size;
	return piece;
}

void *arena_alloc(struct arena *arena, size_t size)
{
	return memset(take(arena, size), 0, size);
}

void *arena_array(struct arena *arena, size_t count, size_t size)
{
	size_t bytes;

	if (__builtin_mul_overflow(count, size, &bytes))
		out_of_memory(SIZE_MAX);
	return arena_alloc(arena, bytes);
}

char *arena_strdup(struct arena *arena, const char *text)
{
	return arena_strndup(arena, text, strlen(text));
}

char *arena_strndup(struct arena *arena, const char *text, size_t length)
{
	char *copy;

	if (length > SIZE_MAX / 2)
		out_of_memory(length);
	copy = take(arena, length + 1);
	if (length > 0)
		memcpy(copy, text, length);
	copy[length] = '\0';
	return copy;
}

char *arena_printf(struct arena *arena, const char *format, ...)
{
	char small[256], *out;
	va_list args;
	int length;

	va_start(args, format);
	length = vsnprintf(small, sizeof(small), format, args);
	va_end(args);
	if (length < 0)
		abort();
	if ((size_t)length < sizeof(small))
		return arena_strndup(arena, small, (size_t)length);
	out = take(arena, (size_t)length + 1);
	va_start(args, format);
	vsnprintf(out, (size_t)length + 1, format, args);
	va_end(args);
	return out;
}

void arena_release(struct arena *arena, void (*run)(void *object), void *object)
{
	struct release *release = take(arena, sizeof(*release));

	*release = (struct release){.next = arena->releases, .run = run, .object = object};
	arena->releases = release;
}

static void free_adopted(void *other)
{
	arena_free(other);
}

void arena_adopt(struct arena *arena, struct arena *other)
{
	arena_release(arena, free_adopted, other);
}

size_t arena_size(const struct arena *arena)
{
	return arena->size;
}

void *mem_alloc(size_t size)
{
	void *memory = malloc(size > 0 ? size : 1);

	if (memory == NULL)
		out_of_memory(size);
	return memory;
}

void *mem_zalloc(size_t size)
{
	void *memory = calloc(1, size > 0 ? size : 1);

	if (memory == NULL)
		out_of_memory(size);
	return memory;
}

void *mem_realloc(void *old, size_t size)
{
	void *memory = realloc(old, size > 0 ? size : 1);

	if (memory == NULL)
		out_of_memory(size);
	return memory;
}

char *mem_strdup(const char *text)
{
	size_t size = strlen(text) + 1;

	return memcpy(mem_alloc(size), text, size);
}
