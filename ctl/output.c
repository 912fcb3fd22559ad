/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "ctl/output.h"

#include <inttypes.h>
#include <string.h>

#include "common/unpack.h"
#include "ctl/human.h"
#include "ctl/json_text.h"

#define KEY_MAX 32 /* of a name */

int output_format_parse(const char *text)
{
	static const char *const names[] = {
	    [FORMAT_TEXT] = "text",
	    [FORMAT_WIDE] = "wide",
	    [FORMAT_JSON] = "json",
	    [FORMAT_JSONL] = "jsonl",
	    [FORMAT_NAME] = "name",
	};
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strcmp(text, names[i]) == 0)
			return (int)i;
	return -1;
}

static bool is_text(const struct output *output)
{
	return output->format == FORMAT_TEXT || output->format == FORMAT_WIDE;
}

static int put(const struct output *output, struct buf *line)
{
	size_t n = buf_len(line);
	int rc = fwrite(buf_span(line).p, 1, n, output->to) == n ? 0 : -1;

	buf_clear(line);
	return rc;
}

/* ---- values as text ------------------------------------------------------------------------ */

static void scalar_text(struct buf *out, const msgpack_object *value)
{
	struct span text;

	if (unpack_text(value, &text))
		buf_append(out, text.p, text.n);
	else
		json_text_value(out, value);
}

/* Small maps and lists on one line: "open 23, limit 1024". */
static void members_text(struct buf *out, const msgpack_object *value)
{
	bool map = unpack_is_map(value);
	uint32_t i, count = map ? value->via.map.size : value->via.array.size;

	for (i = 0; i < count; i++) {
		if (i > 0)
			buf_append_str(out, ", ");
		if (map) {
			scalar_text(out, &value->via.map.ptr[i].key);
			buf_append(out, " ", 1);
			scalar_text(out, &value->via.map.ptr[i].val);
		} else {
			scalar_text(out, &value->via.array.ptr[i]);
		}
	}
}

/* Replaces what out has. */
static void value_text(struct buf *out, const msgpack_object *value, enum column_kind kind)
{
	char text[HUMAN_MAX];
	double number;
	bool yes;

	buf_clear(out);
	if (unpack_is_nil(value))
		return;
	if (kind == COLUMN_SECONDS && unpack_double(value, &number))
		buf_append_str(out, human_seconds(number, text));
	else if (kind == COLUMN_RATE && unpack_double(value, &number))
		buf_append_str(out, human_rate(number, text));
	else if (kind == COLUMN_BYTES_RATE && unpack_double(value, &number))
		buf_append_str(out, human_byte_rate(number, text));
	else if (kind == COLUMN_BYTES && value->type == MSGPACK_OBJECT_POSITIVE_INTEGER)
		buf_append_str(out, human_bytes(value->via.u64, text));
	else if (kind == COLUMN_FLAG && unpack_bool(value, &yes))
		buf_append_str(out, yes ? "yes" : "");
	else if (unpack_is_map(value) || unpack_is_array(value))
		members_text(out, value);
	else
		scalar_text(out, value);
}

static void name_line(struct buf *out, const msgpack_object *object, const char *name)
{
	const msgpack_object *value;
	char key[KEY_MAX];
	size_t n;

	buf_clear(out);
	while (name != NULL && *name != '\0') {
		n = strcspn(name, " ");
		snprintf(key, sizeof(key), "%.*s", (int)n, name);
		value = unpack_get(object, key);
		if (!unpack_is_nil(value))
			scalar_text(out, value);
		name += n + strspn(name + n, " ");
		buf_append_str(out, *name != '\0' ? " " : "");
	}
	buf_append(out, "\n", 1);
}

static struct table_style style_of(const struct output *output, bool headings)
{
	return (struct table_style){
	    .width = output->format == FORMAT_WIDE ? 0 : output->width,
	    .headings = headings,
	    .colours = output->colours,
	};
}

static void column_text(struct buf *out, const struct column *column, const msgpack_object *value)
{
	if (column->write != NULL) {
		buf_clear(out);
		column->write(out, value);
	} else {
		value_text(out, value, column->kind);
	}
}

/* ---- lists --------------------------------------------------------------------------------- */

static bool is_number(enum column_kind kind)
{
	return kind == COLUMN_NUMBER || kind == COLUMN_BYTES || kind == COLUMN_SECONDS ||
	       kind == COLUMN_RATE || kind == COLUMN_BYTES_RATE;
}

void output_list_begin(struct output_list *list, const struct output *output,
    const struct column *columns, const char *name)
{
	size_t count = 0;

	*list = (struct output_list){.output = output, .columns = columns, .name = name};
	for (; columns->key != NULL; columns++)
		if (columns->title != NULL)
			list->table_columns[count++] = (struct table_column){
			    .title = columns->title,
			    .right = is_number(columns->kind),
			    .cut = columns->cut,
			    .middle = columns->middle,
			    .drop = columns->drop,
			};
	if (is_text(output))
		list->table = table_new(list->table_columns, count);
}

static void add_row(struct output_list *list, const msgpack_object *item)
{
	const struct column *column = list->columns;
	struct buf text = {0};
	size_t i = 0;

	table_row(list->table);
	for (; column->key != NULL; column++) {
		if (column->title == NULL)
			continue;
		column_text(&text, column, unpack_get(item, column->key));
		table_cell(list->table, i++, buf_str(&text));
	}
	buf_fini(&text);
}

static void add_item(struct output_list *list, const msgpack_object *item)
{
	switch (list->output->format) {
	case FORMAT_TEXT:
	case FORMAT_WIDE:
		add_row(list, item);
		break;
	case FORMAT_JSON:
		if (list->count > 0)
			buf_append(&list->json, ",", 1);
		json_text_value(&list->json, item);
		break;
	case FORMAT_JSONL:
		json_text_value(&list->json, item);
		buf_append(&list->json, "\n", 1);
		put(list->output, &list->json);
		break;
	case FORMAT_NAME:
		name_line(&list->json, item, list->name);
		put(list->output, &list->json);
		break;
	}
	list->count++;
}

void output_list_chunk(struct reply *chunk, void *arg)
{
	const msgpack_object *items = unpack_get(chunk->result, "items");
	struct output_list *list = arg;
	uint32_t i;

	for (i = 0; unpack_is_array(items) && i < items->via.array.size; i++)
		add_item(list, &items->via.array.ptr[i]);
}

static int end_json(struct output_list *list, const msgpack_object *result)
{
	struct buf out = {0};
	uint64_t revision = 0;
	int rc;

	unpack_u64(unpack_get(result, "rev"), &revision);
	buf_printf(&out, "{\"rev\":%" PRIu64 ",\"items\":[", revision);
	buf_append(&out, buf_span(&list->json).p, buf_len(&list->json));
	buf_append_str(&out, "]");
	if (list->whole)
		json_text_pairs_but(&out, result, "rev", "count");
	buf_append_str(&out, "}\n");
	rc = put(list->output, &out);
	buf_fini(&out);
	return rc;
}

int output_list_end(struct output_list *list, const msgpack_object *result)
{
	struct table_style style = style_of(list->output, true);
	int rc = 0;

	if (result != NULL && list->table != NULL)
		rc = table_print(list->table, &style, list->output->to);
	else if (result != NULL && list->output->format == FORMAT_JSON)
		rc = end_json(list, result);
	if (list->table != NULL)
		table_free(list->table);
	buf_fini(&list->json);
	return rc;
}

/* ---- objects ------------------------------------------------------------------------------- */

static int object_text(
    const struct output *output, const msgpack_object *object, const struct column *columns)
{
	static const struct table_column table_columns[] = {
	    {.title = "KEY"}, {.title = "VALUE", .cut = false}};
	struct table_style style = style_of(output, false);
	struct table *table = table_new(table_columns, 2);
	struct buf text = {0};
	int rc;

	style.width = 0; /* a value is never cut */
	for (; columns->key != NULL; columns++) {
		const msgpack_object *value = unpack_get(object, columns->key);

		if (value == NULL || columns->title == NULL)
			continue;
		column_text(&text, columns, value);
		table_row(table);
		table_cell(table, 0, columns->title);
		table_cell(table, 1, buf_str(&text));
	}
	rc = table_print(table, &style, output->to);
	table_free(table);
	buf_fini(&text);
	return rc;
}

/* "rev" first, then all else in the daemon's order. */
static void object_json(struct buf *out, const msgpack_object *object)
{
	uint64_t revision = 0;

	unpack_u64(unpack_get(object, "rev"), &revision);
	buf_printf(out, "{\"rev\":%" PRIu64, revision);
	json_text_pairs(out, object, "rev");
	buf_append_str(out, "}\n");
}

int output_object(const struct output *output, const msgpack_object *object,
    const struct column *columns, const char *name)
{
	struct buf line = {0};
	int rc;

	if (is_text(output))
		return object_text(output, object, columns);
	if (output->format != FORMAT_NAME)
		object_json(&line, object);
	else if (name != NULL)
		name_line(&line, object, name);
	rc = put(output, &line);
	buf_fini(&line);
	return rc;
}
