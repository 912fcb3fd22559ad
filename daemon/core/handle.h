/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Handles, the numbers by which top-level routes are known: given once, never to another route,
 * also after a restart. Who keeps them registers a source. Control thread.
 */
#ifndef DAEMON_CORE_HANDLE_H
#define DAEMON_CORE_HANDLE_H

#include <stdint.h>

struct load;

/* The key of a server's only route where the document has no list of them (the http app). */
#define HANDLE_KEY_ONLY "*"

struct handle_source {
	/* A number that no route has had. */
	uint64_t (*next)(void);
	/* The number that is kept for a route (key: its name in that list); 0: none. */
	uint64_t (*kept)(const char *list, const char *key);
};

/* Borrowed; NULL, as at first: numbers count from 1, and none is kept. */
void handle_source_set(const struct handle_source *source);

uint64_t handle_kept(const char *list, const char *key);

/* For a route that is new to the instance being loaded. 0 in a dry run, which uses no number up. */
uint64_t handle_next(const struct load *load);

#endif
