/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A module's options as one table of fields. The table drives loading from JSON into the module's
 * parameters, errors, the JSON Schema, the documentation and the permission check alike.
 *
 *	static const struct field fields[] = {
 *	    FIELD_STRINGS(struct params, sni, "sni", 0, "server names; '*.name' matches one label"),
 *	    FIELD_END,
 *	};
 */
#ifndef DAEMON_INPUT_FIELD_H
#define DAEMON_INPUT_FIELD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/arena.h"
#include "common/error.h"
#include "daemon/input/json.h"
#include "daemon/input/shape.h"

struct load; /* core/load.h: what loading a document carries along */

enum field_type {
	FIELD_TYPE_BOOL,     /* bool */
	FIELD_TYPE_INT,      /* int64_t, min..max */
	FIELD_TYPE_FLOAT,    /* double, min..max; integers are taken too */
	FIELD_TYPE_DURATION, /* int64_t, nanoseconds */
	FIELD_TYPE_STRING,   /* const char * */
	FIELD_TYPE_STRINGS,  /* struct strings; one string is not taken for a list */
	FIELD_TYPE_ENUM,     /* int: the index in names */
	FIELD_TYPE_OBJECT,   /* embedded struct, described by fields; absent: its defaults */
	FIELD_TYPE_OBJECTS,  /* struct objects: items of size bytes each, described by fields */
	FIELD_TYPE_CUSTOM,   /* load() does it */
};

enum field_flag {
	FIELD_REQUIRED = 1 << 0,
	FIELD_PATH = 1 << 1,         /* names a file that the daemon opens */
	FIELD_SECRET = 1 << 2,       /* masked when shown */
	FIELD_ENV = 1 << 3,          /* may read the environment through {env.*} */
	FIELD_OPEN = 1 << 4,         /* opens something to the network: admin only */
	FIELD_PLACEHOLDERS = 1 << 5, /* placeholders are expanded at each use */
	FIELD_HIDDEN = 1 << 6,       /* accepted for old files, not documented */
	FIELD_ADDRESS = 1 << 7,      /* with PATH: an address, so a file where it is no IP's */
};

struct strings {
	const char **items;
	size_t count;
};

struct objects {
	void *items;
	size_t count;
};

struct field {
	const char *name; /* NULL ends a table */
	enum field_type type;
	size_t offset;
	unsigned flags;
	const char *fallback; /* the default as the documentation shows it and, for scalars, as it
				 is loaded ("30s", "1", "true"); NULL: zero */
	int64_t min, max;     /* INT and FLOAT; both 0: any that fits */
	const char *const *names; /* ENUM: NULL-ended */
	const struct field
	    *fields; /* OBJECT, OBJECTS; CUSTOM that reads an object by them, or null */
	size_t size; /* OBJECTS: of one item */
	/* CUSTOM: reads node (never absent) into target, which is params + offset. */
	int (*load)(struct load *load, const struct jnode *node, void *target, struct error *err);
	const struct shape *shape; /* CUSTOM without fields: what load() takes */
	const char *help;
};

#define FIELD_AT(s, m) .offset = offsetof(s, m)
#define FIELD_BOOL(s, m, n, f, h)                                                                  \
	{                                                                                          \
		.name = n, .type = FIELD_TYPE_BOOL, FIELD_AT(s, m), .flags = f, .help = h          \
	}
#define FIELD_INT(s, m, n, f, d, lo, hi, h)                                                        \
	{                                                                                          \
		.name = n, .type = FIELD_TYPE_INT, FIELD_AT(s, m), .flags = f, .fallback = d,      \
		.min = lo, .max = hi, .help = h                                                    \
	}
#define FIELD_FLOAT(s, m, n, f, d, lo, hi, h)                                                      \
	{                                                                                          \
		.name = n, .type = FIELD_TYPE_FLOAT, FIELD_AT(s, m), .flags = f, .fallback = d,    \
		.min = lo, .max = hi, .help = h                                                    \
	}
#define FIELD_DURATION(s, m, n, f, d, h)                                                           \
	{                                                                                          \
		.name = n, .type = FIELD_TYPE_DURATION, FIELD_AT(s, m), .flags = f, .fallback = d, \
		.help = h                                                                          \
	}
#define FIELD_STRING(s, m, n, f, h)                                                                \
	{                                                                                          \
		.name = n, .type = FIELD_TYPE_STRING, FIELD_AT(s, m), .flags = f, .help = h        \
	}
#define FIELD_STRINGS(s, m, n, f, h)                                                               \
	{                                                                                          \
		.name = n, .type = FIELD_TYPE_STRINGS, FIELD_AT(s, m), .flags = f, .help = h       \
	}
#define FIELD_ENUM(s, m, n, f, d, list, h)                                                         \
	{                                                                                          \
		.name = n, .type = FIELD_TYPE_ENUM, FIELD_AT(s, m), .flags = f, .fallback = d,     \
		.names = list, .help = h                                                           \
	}
#define FIELD_OBJECT(s, m, n, f, table, h)                                                         \
	{                                                                                          \
		.name = n, .type = FIELD_TYPE_OBJECT, FIELD_AT(s, m), .flags = f, .fields = table, \
		.help = h                                                                          \
	}
#define FIELD_OBJECTS(s, m, n, f, table, item, h)                                                  \
	{                                                                                          \
		.name = n, .type = FIELD_TYPE_OBJECTS, FIELD_AT(s, m), .flags = f,                 \
		.fields = table, .size = sizeof(item), .help = h                                   \
	}
#define FIELD_CUSTOM(s, m, n, f, fn, sh, h)                                                        \
	{                                                                                          \
		.name = n, .type = FIELD_TYPE_CUSTOM, FIELD_AT(s, m), .flags = f, .load = fn,      \
		.shape = sh, .help = h                                                             \
	}
#define FIELD_END                                                                                  \
	{                                                                                          \
		.name = NULL                                                                       \
	}

/*
 * Reads object into params (zeroed by the caller, or not yet touched) by the table: sets defaults,
 * refuses unknown fields with a suggestion, wrong types, values out of range, missing required
 * ones. null counts as absent, except for CUSTOM. extra is a key that is allowed besides
 * ("handler"), or NULL; "@id" always is. Strings are copied into arena. Returns 0, or -1 with err.
 */
int fields_load(const struct field *fields, struct load *load, const struct jnode *object,
    const char *extra, struct arena *arena, void *params, struct error *err);

/*
 * Has seen called for each field that is given, before it is read, where load is not NULL; -1 ends
 * the loading. One for the whole program: how permissions hear of what a document has.
 */
void fields_watch(int (*seen)(
    struct load *load, const struct field *field, const struct jnode *node, struct error *err));

#endif
