/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What happens in a second, from two looks at what the daemon counts. Nothing here asks, waits or
 * prints.
 *
 *	snapshot_init(&now);
 *	snapshot_add(&now, item);        (each item of the answer to stats)
 *	snapshot_status(&now, result);   (the answer to status)
 *	snapshot_end(&now, seconds);
 *	rates_make(&rates, &before, &now);
 *	rates_choose(&rates, &wanted);
 */
#ifndef CTL_RATES_H
#define CTL_RATES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <msgpack/object.h>

struct arena;

/* All but the daemon can be looked at. */
enum rates_kind {
	RATES_LISTENER,
	RATES_ROUTE,
	RATES_UPSTREAM,
	RATES_DAEMON,
};
#define RATES_KINDS RATES_DAEMON

/* "listener", ... */
extern const char *const rates_kinds[RATES_KINDS + 1];

/* Names first, then how many there are, then what has a rate. */
enum rates_column {
	RATES_NAME,
	RATES_SERVER,
	RATES_ACTIVE,
	RATES_CONNECTIONS,
	RATES_BYTES_IN,
	RATES_BYTES_OUT,
	RATES_ERRORS,
	RATES_COLUMNS,
};

/* Their keys in the daemon's rows. */
extern const char *const rates_columns[RATES_COLUMNS];

struct snapshot_row {
	enum rates_kind kind;
	const char *name;
	const char *server;              /* NULL: none */
	uint64_t numbers[RATES_COLUMNS]; /* from RATES_ACTIVE on */
};

struct snapshot_status {
	char version[64];
	uint64_t pid, revision, workers, connections;
	double uptime; /* seconds */
};

/* Zeroed memory is one that never was: nothing can be compared with it. */
struct snapshot {
	struct arena *arena; /* names */
	struct snapshot_row *rows;
	size_t count, size;
	struct snapshot_status status;
	double time; /* when it was made, in seconds of a clock that is never set */
};

void snapshot_init(struct snapshot *s);
void snapshot_fini(struct snapshot *s); /* zeroed memory, too */

/* An item of the daemon; kinds that are not looked at, and nonsense, are left out. */
void snapshot_add(struct snapshot *s, const msgpack_object *item);
void snapshot_status(struct snapshot *s, const msgpack_object *result);
/* Nothing more comes. */
void snapshot_end(struct snapshot *s, double time);

#define RATE_UNKNOWN (-1.0)

struct rate {
	const struct snapshot_row *row; /* as it is now */
	double values[RATES_COLUMNS];   /* RATES_ACTIVE, then per second or RATE_UNKNOWN */
};

/* Rows of the newer snapshot, which they borrow. Zeroed memory is none. */
struct rates {
	struct rate *rows; /* by kind, server and name; or as rates_choose() left them */
	size_t count;
	struct rate daemon;
	double seconds; /* between the two; 0: there is nothing to compare with */
};

/*
 * What was not there before, or counts less than it did, is unknown, as everything is if the
 * daemon is another one. What out held is freed.
 */
void rates_make(struct rates *out, const struct snapshot *before, const struct snapshot *now);
void rates_fini(struct rates *rates);

struct rates_wanted {
	enum rates_kind kind;
	enum rates_column by;
	bool reverse;       /* names go up and numbers down unless it is set */
	const char *filter; /* part of the name or the server, whatever the case; "": all */
};

/*
 * Moves those that are wanted to the front, in their order, what is unknown last, and those that
 * are alike by server and name. Returns how many they are; *all is how many are of the kind.
 */
size_t rates_choose(struct rates *rates, const struct rates_wanted *wanted, size_t *all);

#endif
