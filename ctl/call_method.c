/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * call: any method of the control protocol. What the method takes is asked of the daemon first
 * (api.info), so that a newer one's methods can be called, too.
 */
#include <config.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <jansson.h>

#include "common/unpack.h"
#include "ctl/change.h"
#include "ctl/json_text.h"
#include "ctl/listing.h"

#define KEY_MAX 128

/* ---- what there is ------------------------------------------------------------------------- */

/* "filter?, after?, limit?" */
static void write_parameters(struct buf *out, const msgpack_object *list)
{
	struct span name = {0};
	bool required = false;
	uint32_t i;

	for (i = 0; unpack_is_array(list) && i < list->via.array.size; i++) {
		unpack_text(unpack_get(&list->via.array.ptr[i], "name"), &name);
		unpack_bool(unpack_get(&list->via.array.ptr[i], "required"), &required);
		buf_append_str(out, i > 0 ? ", " : "");
		buf_append(out, name.p, name.n);
		buf_append_str(out, required ? "" : "?");
	}
}

static const struct column columns[] = {
    {.title = "METHOD", .key = "name"},
    {.title = "LEVEL", .key = "level", .drop = 1},
    {.title = "PARAMETERS", .key = "parameters", .cut = true, .write = write_parameters},
    {.title = "DOES", .key = "help", .cut = true},
    {.key = NULL},
};

/* ---- what the method takes ------------------------------------------------------------------ */

/* Keeps the chunk. */
static void take_info(struct reply *chunk, void *arg)
{
	struct reply *info = arg;

	reply_fini(info);
	*info = *chunk;
	memset(chunk, 0, sizeof(*chunk));
}

static int ask_info(struct context *c, const char *method, struct reply *info)
{
	struct pack_box *params = client_begin(c->client, CONTROL_API_INFO);
	struct reply reply;

	pack_str(pack_key(params, "method"), method);
	if (client_call(c->client, take_info, info, &reply, c->fault) == -1)
		return -1;
	reply_fini(&reply);
	return 0;
}

/* "text", "int", ...; empty: the method has no such parameter. */
static struct span type_of(const struct reply *info, const char *key)
{
	const msgpack_object *items = unpack_get(info->result, "items"), *list = NULL;
	struct span name, type = {0};
	uint32_t i;

	if (unpack_is_array(items) && items->via.array.size > 0)
		list = unpack_get(&items->via.array.ptr[0], "parameters");
	for (i = 0; unpack_is_array(list) && i < list->via.array.size; i++)
		if (unpack_text(unpack_get(&list->via.array.ptr[i], "name"), &name) &&
		    span_eq_str(name, key))
			unpack_text(unpack_get(&list->via.array.ptr[i], "type"), &type);
	return type;
}

/* ---- key=value ------------------------------------------------------------------------------ */

/* NULL: none. *end is behind it. */
static json_t *read_int(const char *text, char **end)
{
	long long number;

	errno = 0;
	number = strtoll(text, end, 10);
	return *text >= '0' && *text <= '9' && errno == 0 ? json_integer(number) : NULL;
}

static json_t *read_ints(const char *text)
{
	json_t *list = json_array(), *number;
	char *end = (char *)text;

	if (*text == '\0')
		return list;
	for (;; text = end + 1) {
		number = read_int(text, &end);
		if (number == NULL || (*end != ',' && *end != '\0'))
			break;
		json_array_append_new(list, number);
		if (*end == '\0')
			return list;
	}
	json_decref(number);
	json_decref(list);
	return NULL;
}

static json_t *read_whole_int(const char *text)
{
	char *end = (char *)text;
	json_t *number = read_int(text, &end);

	if (number != NULL && *end == '\0')
		return number;
	json_decref(number);
	return NULL;
}

static json_t *read_bool(const char *text)
{
	if (strcmp(text, "true") == 0)
		return json_true();
	return strcmp(text, "false") == 0 ? json_false() : NULL;
}

/* What the method does not have is sent as text: the daemon has the words for it. */
static int read_value(
    struct context *c, struct span type, const char *key, const char *text, json_t **out)
{
	static const struct {
		const char *type, *wanted;
		json_t *(*read)(const char *text);
	} kinds[] = {
	    {"int", "a whole number, 0 or more", read_whole_int},
	    {"bool", "true or false", read_bool},
	    {"[int]", "whole numbers with commas", read_ints},
	    {"text", "UTF-8", json_string},
	    {"", "UTF-8", json_string},
	};
	const char *wanted = "of a type that this pointsctl knows";
	size_t i;

	*out = NULL;
	for (i = 0; *out == NULL && i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (span_eq_str(type, kinds[i].type)) {
			*out = kinds[i].read(text);
			wanted = kinds[i].wanted;
		}
	if (*out != NULL)
		return 0;
	fault_set(c->fault, CONTROL_EXIT_INVALID, "must be %s, not '%s'", wanted, text);
	snprintf(c->fault->path, sizeof(c->fault->path), "%s", key);
	return -1;
}

static int read_pairs(
    struct context *c, const struct reply *info, int argc, char **argv, json_t *params)
{
	char key[KEY_MAX];
	const char *text;
	json_t *value;
	int i;

	for (i = 0; i < argc; i++) {
		if (change_pair(c, argv[i], key, sizeof(key), &text) == -1 ||
		    read_value(c, type_of(info, key), key, text, &value) == -1)
			return -1;
		if (json_object_set_new(params, key, value) == -1)
			return fault_set(
			    c->fault, CONTROL_EXIT_INVALID, "'%s' is not UTF-8", argv[i]);
	}
	return 0;
}

/* ---- the request ---------------------------------------------------------------------------- */

static int pack_json(struct context *c, struct pack *pack, const char *key, const json_t *value);

static int pack_list(struct context *c, struct pack *pack, const char *key, const json_t *value)
{
	struct pack_box list;
	json_t *item;
	size_t i;
	int rc = 0;

	if (json_array_size(value) > CONTROL_ELEMENTS_MAX)
		return fault_set(c->fault, CONTROL_EXIT_LIMIT, "%s has more than %d items", key,
		    CONTROL_ELEMENTS_MAX);
	pack_array_open(pack, &list);
	json_array_foreach (value, i, item)
		if (rc == 0)
			rc = json_is_array(item) ? -1 : pack_json(c, pack_item(&list), key, item);
	pack_close(&list);
	return rc;
}

/* Parameters are values and lists of values; which, the daemon checks. */
static int pack_json(struct context *c, struct pack *pack, const char *key, const json_t *value)
{
	if (json_is_array(value))
		return pack_list(c, pack, key, value);
	if (json_is_string(value))
		pack_text(pack, span_of(json_string_value(value), json_string_length(value)));
	else if (json_is_boolean(value))
		pack_bool(pack, json_is_true(value));
	else if (json_is_integer(value) && json_integer_value(value) >= 0)
		pack_u64(pack, (uint64_t)json_integer_value(value));
	else if (json_is_number(value))
		pack_double(pack, json_number_value(value));
	else if (json_is_null(value))
		pack_nil(pack);
	else
		return -1;
	return 0;
}

static int pack_params(struct context *c, const char *method, const json_t *params)
{
	struct pack_box *map = client_begin(c->client, method);
	const char *key;
	json_t *value;

	if (json_object_size(params) > CONTROL_ELEMENTS_MAX)
		return fault_set(
		    c->fault, CONTROL_EXIT_LIMIT, "more than %d parameters", CONTROL_ELEMENTS_MAX);
	json_object_foreach ((json_t *)params, key, value) {
		if (pack_json(c, pack_key(map, key), key, value) == 0)
			continue;
		fault_set(c->fault, CONTROL_EXIT_INVALID,
		    "must be a value or a list of values, not JSON within JSON");
		snprintf(c->fault->path, sizeof(c->fault->path), "%s", key);
		return -1;
	}
	return 0;
}

/* What -f says, then what the arguments say. */
static int read_params(
    struct context *c, const struct reply *info, int argc, char **argv, json_t **out)
{
	*out = c->options->file != NULL ? input_object(c, "the parameters") : json_object();
	return *out != NULL ? read_pairs(c, info, argc, argv, *out) : -1;
}

/* ---- the answer ----------------------------------------------------------------------------- */

struct incoming {
	const struct output *output;
	bool is_list, is_text;
	size_t count;     /* of items so far */
	struct buf items; /* JSON, with commas */
	struct buf text;
};

/* With -o jsonl a line each, at once. */
static void take_item(struct incoming *a, const msgpack_object *item)
{
	bool lines = a->output->format == FORMAT_JSONL;

	if (a->count++ > 0 && !lines)
		buf_append(&a->items, ",", 1);
	json_text_value(&a->items, item);
	if (!lines)
		return;
	buf_append(&a->items, "\n", 1);
	fwrite(buf_span(&a->items).p, 1, buf_len(&a->items), a->output->to);
	buf_clear(&a->items);
}

static void take_chunk(struct reply *chunk, void *arg)
{
	const msgpack_object *items = unpack_get(chunk->result, "items");
	struct incoming *a = arg;
	struct span text;
	uint32_t i;

	if (unpack_text(unpack_get(chunk->result, "text"), &text)) {
		a->is_text = true;
		buf_append(&a->text, text.p, text.n);
	}
	a->is_list = a->is_list || unpack_is_array(items);
	for (i = 0; unpack_is_array(items) && i < items->via.array.size; i++)
		take_item(a, &items->via.array.ptr[i]);
	fflush(a->output->to);
}

static int print(struct incoming *a, const msgpack_object *result)
{
	struct buf out = {0};
	uint64_t revision = 0;
	int rc;

	/* A list without items has no chunks, but a count. */
	a->is_list = a->is_list || unpack_get(result, "count") != NULL;
	if (a->is_list && a->output->format == FORMAT_JSONL)
		return 0;
	unpack_u64(unpack_get(result, "rev"), &revision);
	buf_printf(&out, "{\"rev\":%llu", (unsigned long long)revision);
	if (a->is_list) {
		buf_append_str(&out, ",\"items\":[");
		buf_append(&out, buf_span(&a->items).p, buf_len(&a->items));
		buf_append_str(&out, "]");
	}
	if (a->is_text) {
		buf_append_str(&out, ",\"text\":");
		json_text_string(&out, buf_span(&a->text));
	}
	json_text_pairs(&out, result, "rev");
	buf_append_str(&out, "}\n");
	rc = fputs(buf_str(&out), a->output->to) == EOF ? -1 : 0;
	buf_fini(&out);
	return rc;
}

static int send_and_print(struct context *c)
{
	struct incoming in = {.output = &c->output};
	struct reply reply;
	int rc = -1;

	if (client_call(c->client, take_chunk, &in, &reply, c->fault) == 0) {
		rc = command_printed(c, print(&in, reply.result));
		reply_fini(&reply);
	}
	buf_fini(&in.items);
	buf_fini(&in.text);
	return rc;
}

/* ---- the command ---------------------------------------------------------------------------- */

static int run_call(struct context *c, int argc, char **argv)
{
	struct reply info = {0};
	json_t *params = NULL;
	int rc = -1;

	if (argc == 0)
		return listing_all(c, CONTROL_API_INFO, columns, "name");
	if (c->output.format == FORMAT_NAME)
		return fault_set(
		    c->fault, CONTROL_EXIT_USAGE, "an answer has no name: it is always JSON");
	if (command_connect(c) != NULL && ask_info(c, argv[0], &info) == 0 &&
	    read_params(c, &info, argc - 1, argv + 1, &params) == 0 &&
	    pack_params(c, argv[0], params) == 0)
		rc = send_and_print(c);
	json_decref(params);
	reply_fini(&info);
	return rc;
}

const struct command command_call_method = {
    .object = "call",
    .arguments = "[METHOD [KEY=VALUE...]]",
    .help = "any method of the control protocol; alone, which there are",
    .details = "The answer is JSON. Parameters are the arguments and, with -f, the members of a\n"
	       "JSON object; of a list the numbers have commas. With -o jsonl the items of a\n"
	       "list are lines, written as they come:\n"
	       "  pointsctl call conn.kill ids=17,18 dry_run=true\n"
	       "  echo '{\"id\": \"web\"}' | pointsctl call route.show -f -\n"
	       "  pointsctl -t 0 -o jsonl call events.watch types=config\n",
    .options = OPTION_FILE,
    .max = -1,
    .answer = {.form = ANSWER_BARE},
    .run = run_call,
};
