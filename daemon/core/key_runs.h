/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A list whose items ask for one of some texts, as routes do for server names, is looked up by the
 * text instead of asking each: runs of such items in a row. Built once, in an arena; then any
 * thread reads it.
 */
#ifndef DAEMON_CORE_KEY_RUNS_H
#define DAEMON_CORE_KEY_RUNS_H

#include <stddef.h>

#include "common/arena.h"
#include "common/span.h"
#include "daemon/input/field.h"

/* Shorter runs are not worth a look-up. */
#define KEY_RUN_MIN 8

/* Items in a row, all of one kind and with keys alone. */
struct key_run {
	size_t first, end; /* positions; end is the one after it */
	const void *kind;
	struct key_entry *entries;
};

struct key_runs;

/*
 * The keys of item i of list, and their kind; NULL: it asks something else. Called twice for an
 * item.
 */
typedef const void *key_runs_kind(const void *list, size_t i, struct strings *keys);

/* The runs of a list of count items, in arena; NULL: none is of KEY_RUN_MIN. */
struct key_runs *key_runs_new(
    struct arena *arena, const void *list, size_t count, key_runs_kind *kind);

/* The run that item i is in; NULL: none. */
const struct key_run *key_runs_at(const struct key_runs *runs, size_t i);

/* The first position from i on that has the key, whatever its case, or the run's end. */
size_t key_run_find(const struct key_run *run, size_t i, struct span key);

#endif
