/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What commands print: lists and single objects, in the format that was asked for. Commands say
 * which keys make which columns; JSON has everything that the daemon sent.
 */
#ifndef CTL_OUTPUT_H
#define CTL_OUTPUT_H

#include <stdio.h>

#include "common/buf.h"
#include "ctl/client.h"
#include "ctl/table.h"

enum format { FORMAT_TEXT, FORMAT_WIDE, FORMAT_JSON, FORMAT_JSONL, FORMAT_NAME };

struct output {
	enum format format;
	FILE *to;
	size_t width; /* of the terminal; 0: none */
	bool colours;
};

enum column_kind {
	COLUMN_TEXT,
	COLUMN_NUMBER, /* a whole one, 0 or more */
	COLUMN_BYTES,
	COLUMN_SECONDS,
	COLUMN_RATE,       /* per second */
	COLUMN_BYTES_RATE, /* bytes per second */
	COLUMN_FLAG,       /* true or false, shown as "yes" or nothing */
	COLUMN_BOOL,       /* shown as it is */
	COLUMN_TIME,       /* a text, RFC 3339 */
	COLUMN_TEXTS,      /* a list, as are the next two */
	COLUMN_NUMBERS,
	COLUMN_NAMES,    /* texts, or null where there is none */
	COLUMN_MAP,      /* texts by names that nobody knows beforehand */
	COLUMN_COUNTS,   /* numbers by such names */
	COLUMN_TIMES,    /* a list of seconds */
	COLUMN_OBJECT,   /* of its members */
	COLUMN_OBJECTS,  /* a list of those */
	COLUMN_DOCUMENT, /* the document or a part of it: pointsmand schema describes it */
};

/*
 * A member of what the daemon sends: how it is shown, and what JSON has there. Tables of these are
 * what `pointsctl schema` is made of.
 */
struct column {
	const char *title; /* NULL: in JSON alone */
	const char *key;   /* NULL ends a table of columns */
	enum column_kind kind;
	bool null;                    /* JSON may have null instead */
	bool absent;                  /* or may not have it */
	const struct column *members; /* of an object */
	bool cut, middle;             /* as in table.h */
	unsigned drop;
	/* Writes the value (NULL: there is none) as text where the kind does not say how; else
	 * NULL. */
	void (*write)(struct buf *out, const msgpack_object *value);
};

/* A list on its way. */
struct output_list {
	const struct output *output;
	const struct column *columns;
	const char *name; /* the key that -o name prints, or several, with blanks */
	struct table_column table_columns[TABLE_COLUMNS_MAX];
	struct table *table; /* of text formats */
	struct buf json;     /* items so far */
	bool whole;          /* JSON has what else the result says, too; set after the beginning */
	size_t count;
};

void output_list_begin(struct output_list *list, const struct output *output,
    const struct column *columns, const char *name);
/* For client_call(): arg is the list. */
void output_list_chunk(struct reply *chunk, void *arg);
/* result is that of the response; NULL where the list failed: prints nothing more. 0 or -1. */
int output_list_end(struct output_list *list, const msgpack_object *result);

/*
 * One object: in text a line for each of columns that it has, in JSON the whole. 0 or -1.
 */
int output_object(const struct output *output, const msgpack_object *object,
    const struct column *columns, const char *name);

/* 'json', ...; -1: no such format. */
int output_format_parse(const char *text);

#endif
