/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Control methods: one const struct method a method, one file a group of them, one line each in
 * methods_tbl.h. The table of parameters is strict and drives the checks.
 */
#ifndef DAEMON_CONTROL_METHOD_H
#define DAEMON_CONTROL_METHOD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <msgpack/object.h>

#include "common/error.h"
#include "common/span.h"
#include "daemon/control/level.h"

struct call;

enum param_type {
	PARAM_TEXT,
	PARAM_INT, /* 0 or more */
	PARAM_BOOL,
	PARAM_INTS, /* an array */
};

struct param {
	const char *name; /* NULL ends a table */
	enum param_type type;
	bool required;
	uint64_t max;     /* of an INT; bytes of a TEXT, items of INTS: 0 is PARAM_MAX */
	enum level level; /* needed to give it (a BOOL: as true), where above the method's */
	bool unlogged;    /* a document or a key, nothing for the log */
	const char *help;
};

#define PARAMS_MAX 16
#define PARAM_MAX 4096

/* A parameter as it was given; in the order of the table. Borrowed from the request. */
struct argument {
	bool given;
	bool yes;
	uint64_t number;
	struct span text;
	const msgpack_object *items; /* of INTS, checked */
	size_t count;
};

struct method {
	const char *name; /* of include/pointsman/control.h */
	const char *help; /* one line */
	enum level level;
	bool greets;                /* allowed before hello */
	bool changes;               /* logged with who asked for it */
	bool alone;                 /* holds much: the client's next requests wait for its end */
	bool endless;               /* goes on until the client ends its side */
	const struct param *params; /* NULL: none */
	/*
	 * Answers the call, now or later (call.h). args lives until run() returns.
	 */
	void (*run)(struct call *call, const struct argument *args);
};

/* All methods, ended by NULL. */
const struct method *const *method_all(void);

/* NULL with err: no such method; then *hint is what may have been meant, or NULL. */
const struct method *method_find(struct span name, const char **hint, struct error *err);

/* "text", "int", "bool", "[int]" */
const char *method_type_name(enum param_type type);

/*
 * Reads params, the request's array of one map, by the method's table: unknown keys, wrong types,
 * missing and too large ones are refused. args has room for PARAMS_MAX. *hint as above. Returns 0,
 * or -1 with err.
 */
int method_arguments(const struct method *method, const msgpack_object *params,
    struct argument *args, const char **hint, struct error *err);

/* Do the arguments need no higher level than the caller's? Returns 0, or -1 with err. */
int method_levels(
    const struct method *method, const struct argument *args, enum level level, struct error *err);

/* Is it only to be found out what would be done? */
bool method_is_dry_run(const struct method *method, const struct argument *args);

#endif
