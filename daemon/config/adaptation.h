/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What is known while one Caddyfile is turned into a document, and small helpers for the values
 * that are made on the way. Values are JSON from the start: what an option or a directive means is
 * written into them once and taken apart later by name.
 */
#ifndef DAEMON_CONFIG_ADAPTATION_H
#define DAEMON_CONFIG_ADAPTATION_H

#include <stdbool.h>
#include <stddef.h>
#include <jansson.h>

#include "common/arena.h"
#include "common/error.h"
#include "daemon/input/dispenser.h"

/*
 * What may be written out again for each site, listener or use, in words: a Caddyfile of some
 * megabytes must not become a document of many gigabytes.
 */
#define ADAPTATION_WORK_MAX 20000000u

#define HTTP_PORT 80
#define HTTPS_PORT 443

struct adaptation {
	struct arena *arena;
	json_t *options;    /* the global options: name -> what was read */
	json_t *places;     /* name of a global option -> "file:line" */
	json_t *warnings;   /* texts */
	json_t *cert_tags;  /* certificate file -> the tag it was given */
	const char **order; /* directives that make routes, in the order in which they apply */
	size_t order_count;
	json_t *log_names;   /* of global logs, as a set */
	size_t option_words; /* in global options that each site takes over */
	size_t work;
	unsigned groups; /* groups of routes that were named so far */
	unsigned logs;   /* access logs, likewise */
};

/* Adds a warning about the token at the cursor. */
void adaptation_warn(struct adaptation *a, const struct dispenser *d, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Counts amount more words. Returns 0, or -1 with err at the token where they are too many. */
int adaptation_work(struct adaptation *a, size_t amount, const struct token *at, struct error *err);

/* A global option's value, borrowed; NULL: it was not given. */
json_t *adaptation_option(const struct adaptation *a, const char *name);
/* Puts the place of a global option that was given into err. Returns -1. */
int adaptation_at(const struct adaptation *a, const char *option, struct error *err);
/* Its text or number, or fallback. */
const char *adaptation_text(const struct adaptation *a, const char *name, const char *fallback);
long adaptation_number(const struct adaptation *a, const char *name, long fallback);
/* Was auto_https given this word? */
bool adaptation_auto_https(const struct adaptation *a, const char *word);

/* Is text one of the strings in array (NULL: no)? */
bool strings_have(const json_t *array, const char *text);
/* Appends text unless it is there; for short lists. */
void strings_add(json_t *array, const char *text);
/* Appends what of more is not yet there. */
void strings_add_all(json_t *array, const json_t *more);
/* Removes what stands there before, in place. */
void strings_unique(json_t *array);
/* Sorts strings by bytes, in place. */
void strings_sort(json_t *array);

/* The array at key of object, made if it is not there. Borrowed. */
json_t *member_array(json_t *object, const char *key);
/* The object at key of object, made if it is not there. Borrowed. */
json_t *member_object(json_t *object, const char *key);

/*
 * Sorts count items of size bytes stably. before says whether a must stand before b; it need not
 * be a strict order, then runs of 20 come out as from a sort by insertion.
 */
void stable_sort(void *items, size_t count, size_t size,
    bool (*before)(const void *a, const void *b, void *context), void *context);

#endif
