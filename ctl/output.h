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

/* A flag is "yes" or nothing. */
enum column_kind { COLUMN_TEXT, COLUMN_NUMBER, COLUMN_BYTES, COLUMN_SECONDS, COLUMN_FLAG };

struct column {
	const char *title; /* NULL ends a table of columns */
	const char *key;
	enum column_kind kind;
	bool cut; /* as in table.h */
	unsigned drop;
};

/* A list on its way. */
struct output_list {
	const struct output *output;
	const struct column *columns;
	const char *name; /* the key that -o name prints */
	struct table_column table_columns[TABLE_COLUMNS_MAX];
	struct table *table; /* of text formats */
	struct buf json;     /* items so far */
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
