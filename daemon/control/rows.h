/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Lists of what the document has, sent in chunks as fast as the client takes them: of the instance
 * that was in force when the list began, which is held until its end.
 */
#ifndef DAEMON_CONTROL_ROWS_H
#define DAEMON_CONTROL_ROWS_H

#include <stdbool.h>
#include <stddef.h>
#include <jansson.h>

#include "common/pack.h"
#include "daemon/core/instance.h"

struct call;

#define ROW_TEXT_MAX 256 /* bytes; longer texts of rows are cut */
#define ROW_TEXTS_MAX 32 /* items of a list in a row */

struct rows {
	struct call *call;
	struct instance *instance;
	size_t list, item, inner; /* the cursor, for next(): servers, or lists of routes */
	/* Puts the next row into items; false: there is none. */
	bool (*next)(struct rows *rows, struct pack_box *items);
	size_t sent;
	/* Adds to the result, at the end; NULL: it has the count alone. */
	void (*result)(struct rows *rows, struct pack_box *result);
	void *state; /* next()'s; released at the end where release is not NULL */
	void (*release)(void *state);
};

/* Answers the call with the rows; the result has their "count". */
void rows_start(struct call *call, bool (*next)(struct rows *rows, struct pack_box *items));

/* The same with a state; takes it, also where there is no document. */
void rows_start_with(struct call *call, bool (*next)(struct rows *rows, struct pack_box *items),
    void *state, void (*release)(void *state));

/* The same with what result() adds. */
void rows_start_full(struct call *call, bool (*next)(struct rows *rows, struct pack_box *items),
    void (*result)(struct rows *rows, struct pack_box *result), void *state,
    void (*release)(void *state));

/* A text that may have to be cut; NULL is nil. */
void rows_text(struct pack *pack, const char *text);
void rows_texts(struct pack *pack, const json_t *list);

#endif
