/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a JSON value may be, where a plain field does not say it: the value of a field that a module
 * reads itself, or a whole module's. The schema is made from it; loading does not look at it.
 */
#ifndef DAEMON_INPUT_SHAPE_H
#define DAEMON_INPUT_SHAPE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct field;
struct shape;

enum shape_type {
	SHAPE_NOTHING, /* is refused, whatever it is */
	SHAPE_ANY,     /* is not looked at */
	SHAPE_EMPTY,   /* what stands for "not given": null, false, "", [] or {} */
	SHAPE_BOOL,
	SHAPE_INT, /* min..max; both 0: any that fits */
	SHAPE_NUMBER,
	SHAPE_TEXT,
	SHAPE_ENUM, /* one of the texts in names */
	SHAPE_DURATION,
	SHAPE_OBJECT, /* described by fields */
	SHAPE_LIST,   /* of what of describes */
	SHAPE_MAP,    /* an object with any keys, whose values of describes */
	SHAPE_EITHER, /* what one of choices describes */
	SHAPE_KEYED,  /* an object whose keys are modules' names, and whose values are theirs */
	SHAPE_TAGGED, /* an object whose member tag names the module that the others are for */
};

/* A module among others: its fields, or its shape where it has no fields. */
struct shape_module {
	const char *name, *help;
	const struct field *fields;
	const struct shape *shape;
};

struct shape {
	enum shape_type type;
	const char
	    *name; /* what uses it refers to it by this name; a shape within itself has one */
	bool null; /* null is taken, too */
	int64_t min, max;
	const char *const *names; /* NULL-ended */
	const struct field *fields;
	const struct shape *of;
	const struct shape *const *choices; /* NULL-ended */
	const char *tag;
	bool (*module)(size_t i, struct shape_module *out); /* the ith; false: there are no more */
};

extern const struct shape shape_nothing, shape_any, shape_empty, shape_bool, shape_text,
    shape_texts; /* a list of texts */

#endif
