/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "ctl/change.h"

#include <stdlib.h>
#include <string.h>

#include "common/arena.h"

#define KEY_MAX 128

void change_init(struct change *ch)
{
	*ch = (struct change){.operations = json_array()};
}

void change_fini(struct change *ch)
{
	json_decref(ch->operations);
	free(ch->items);
}

/* ---- operations ------------------------------------------------------------------------------ */

int change_operation(struct change *ch, const char *op, const char *name)
{
	if (ch->count == CONTROL_OPERATIONS_MAX)
		return fault_set(ch->c->fault, CONTROL_EXIT_LIMIT,
		    "at most %d operations at a time", CONTROL_OPERATIONS_MAX);
	if (ch->count == ch->size) {
		ch->size = ch->size == 0 ? 16 : 2 * ch->size;
		ch->items = mem_realloc(ch->items, ch->size * sizeof(*ch->items));
	}
	ch->items[ch->count++] = (struct change_item){.command = ch->c->command, .name = name};
	ch->last = json_pack("{s:s}", "op", op);
	json_array_append_new(ch->operations, ch->last);
	return 0;
}

static struct change_item *last_item(struct change *ch)
{
	return &ch->items[ch->count - 1];
}

int change_json(struct change *ch, const char *key, json_t *value)
{
	json_object_set_new(ch->last, key, value);
	return 0;
}

/* what: to say what is no text. */
static int set_text(struct change *ch, const char *key, struct span text, const char *what)
{
	json_t *value;

	ch->bytes += text.n;
	if (ch->bytes > INPUT_MAX)
		return fault_set(ch->c->fault, CONTROL_EXIT_LIMIT,
		    "more than %u MiB in one transaction", INPUT_MAX >> 20);
	value = text.n > 0 ? json_stringn((const char *)text.p, text.n) : json_string("");
	if (value == NULL || (text.n > 0 && memchr(text.p, 0, text.n) != NULL)) {
		json_decref(value);
		return fault_set(
		    ch->c->fault, CONTROL_EXIT_INVALID, "%s is not a text in UTF-8", what);
	}
	return change_json(ch, key, value);
}

int change_text(struct change *ch, const char *key, const char *text)
{
	int rc = set_text(ch, key, span_str(text), key);

	if (rc == -1)
		ch->c->fault->word = text;
	return rc;
}

int change_encoded(struct change *ch, const char *key, const json_t *value)
{
	char *text = json_dumps(value, JSON_COMPACT);
	int rc = set_text(ch, key, span_str(text), key);

	free(text);
	return rc;
}

int change_file(struct change *ch, const char *key, const char *file, const char *what)
{
	struct input in;
	int rc = input_read(ch->c, file, what, &in);

	if (rc == 0) {
		last_item(ch)->input = in.place;
		rc = set_text(ch, key, buf_span(&in.text), in.place.name);
	}
	input_fini(&in);
	return rc;
}

int change_existing(struct change *ch)
{
	const struct options *o = ch->c->options;

	last_item(ch)->existing = o->existing;
	last_item(ch)->drain = o->drain;
	if (o->existing != NULL && change_text(ch, "existing", o->existing) == -1)
		return -1;
	return o->drain != NULL ? change_text(ch, "drain", o->drain) : 0;
}

int change_place(struct change *ch)
{
	const struct options *o = ch->c->options;
	unsigned places = ((o->given & OPTION_FIRST) != 0) + ((o->given & OPTION_LAST) != 0) +
			  (o->before != NULL) + (o->after != NULL);

	if (places > 1)
		return fault_set(ch->c->fault, CONTROL_EXIT_USAGE,
		    "only one of --first, --last, --before and --after says where it goes");
	if (o->given & OPTION_FIRST)
		change_json(ch, "first", json_true());
	if (o->given & OPTION_LAST)
		change_json(ch, "last", json_true());
	if (o->before != NULL && change_text(ch, "before", o->before) == -1)
		return -1;
	return o->after != NULL ? change_text(ch, "after", o->after) : 0;
}

/* ---- key=value ------------------------------------------------------------------------------- */

int change_pair(struct context *c, const char *text, char *key, size_t size, const char **value)
{
	size_t n = strcspn(text, "=");

	if (text[n] == '\0' || n == 0 || n >= size) {
		fault_set(c->fault, CONTROL_EXIT_USAGE, "'%s' is not of the form key=value", text);
		c->fault->word = text;
		return -1;
	}
	memcpy(key, text, n);
	key[n] = '\0';
	*value = text + n + 1;
	return 0;
}

int change_pairs(struct context *c, int argc, char **argv, json_t *object)
{
	char key[KEY_MAX];
	const char *text;
	json_t *value;
	int i;

	for (i = 0; i < argc; i++) {
		if (change_pair(c, argv[i], key, sizeof(key), &text) == -1)
			return -1;
		value = json_loads(text, JSON_DECODE_ANY | JSON_REJECT_DUPLICATES, NULL);
		if (value == NULL)
			value = json_string(text);
		if (json_object_set_new(object, key, value) == -1)
			return fault_set(
			    c->fault, CONTROL_EXIT_INVALID, "'%s' is not UTF-8", argv[i]);
	}
	return 0;
}

/* ---- what many commands are ------------------------------------------------------------------ */

int change_members(
    struct change *ch, const char *op, const char *proxy, const char *id, int argc, char **argv)
{
	const char *value;
	char key[KEY_MAX];
	int i;

	for (i = 0; i < argc; i++)
		if (change_pair(ch->c, argv[i], key, sizeof(key), &value) == -1 ||
		    change_operation(ch, op, id) == -1 ||
		    (proxy != NULL && change_text(ch, "proxy", proxy) == -1) ||
		    change_text(ch, "id", id) == -1 || change_text(ch, "key", key) == -1 ||
		    change_text(ch, "value", value) == -1 || change_existing(ch) == -1)
			return -1;
	return 0;
}

int change_each(struct change *ch, const char *op, const char *key, int argc, char **argv)
{
	int i;

	for (i = 0; i < argc; i++)
		if (change_operation(ch, op, argv[i]) == -1 ||
		    change_text(ch, key, argv[i]) == -1 || change_existing(ch) == -1)
			return -1;
	return 0;
}

int change_upstreams(struct change *ch, const char *op, int argc, char **argv)
{
	int i;

	for (i = 1; i < argc; i++)
		if (change_operation(ch, op, argv[i]) == -1 ||
		    change_text(ch, "proxy", argv[0]) == -1 ||
		    change_text(ch, "id", argv[i]) == -1 || change_existing(ch) == -1)
			return -1;
	return 0;
}

/* ---- whole commands -------------------------------------------------------------------------- */

/* Back to the first count operations. */
static void forget_from(struct change *ch, size_t count)
{
	while (ch->count > count)
		json_array_remove(ch->operations, --ch->count);
}

int change_make(
    struct change *ch, struct context *c, const struct input_place *place, int argc, char **argv)
{
	size_t i, before = ch->count, bytes = ch->bytes;

	ch->c = c;
	if (c->command->make(ch, argc, argv) == -1) {
		forget_from(ch, before);
		ch->bytes = bytes;
		return -1;
	}
	for (i = before; place != NULL && i < ch->count; i++)
		ch->items[i].place = *place;
	return 0;
}

int change_run(struct context *c, int argc, char **argv)
{
	struct change change;
	int rc;

	change_init(&change);
	rc = change_make(&change, c, NULL, argc, argv);
	if (rc == 0)
		rc = change_send(&change, c);
	change_fini(&change);
	return rc;
}
