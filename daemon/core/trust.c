/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "daemon/core/trust.h"

#include <stdlib.h>
#include <string.h>
#include <uthash.h>

#include "common/arena.h"
#include "daemon/core/file_text.h"
#include "daemon/core/instance.h"
#include "daemon/core/load.h"
#include "daemon/core/replacer.h"

/* Noted values of the instance before with the same text. */
struct trust_known {
	const struct trusted *first;
	struct trust_known *same;
	UT_hash_handle hh;
};

const struct field trust_placeholders = {.name = "placeholders", .flags = FIELD_ENV};

/* ---- what was there before ------------------------------------------------------------------ */

static void know(struct trust *trust, const struct trusted *t)
{
	struct trust_known *k, *same;

	for (; t != NULL; t = t->next) {
		k = mem_zalloc(sizeof(*k));
		k->first = t;
		HASH_FIND(hh, trust->known, t->text, strlen(t->text), same);
		if (same != NULL) {
			k->same = same->same;
			same->same = k;
		} else {
			HASH_ADD_KEYPTR(hh, trust->known, t->text, strlen(t->text), k);
		}
	}
}

static void gather(struct trust *trust)
{
	const struct instance *in = trust->before;
	size_t i, j;

	trust->gathered = true;
	if (in == NULL)
		return;
	know(trust, in->trusted);
	for (i = 0; i < in->table_count; i++)
		for (j = 0; j < in->tables[i]->routes->count; j++)
			know(trust, in->tables[i]->routes->items[j]->trusted);
}

static bool is_known(struct trust *trust, const struct field *field, const char *text)
{
	struct trust_known *k;

	if (!trust->gathered)
		gather(trust);
	HASH_FIND(hh, trust->known, text, strlen(text), k);
	while (k != NULL && k->first->field != field)
		k = k->same;
	return k != NULL;
}

void trust_fini(struct trust *trust)
{
	struct trust_known *k, *next, *same;

	HASH_ITER (hh, trust->known, k, next) {
		HASH_DEL(trust->known, k);
		for (; k != NULL; k = same) {
			same = k->same;
			free(k);
		}
	}
}

void trust_notes(struct load *load, struct trusted **notes)
{
	if (load->trust != NULL)
		load->trust->notes = notes;
}

/* ---- what counts ---------------------------------------------------------------------------- */

static bool reads_surroundings(const char *text)
{
	return strstr(text, "{env.") != NULL || file_text_in(text);
}

/* Of an address: one that is not of the Internet's protocols. */
static bool names_file(const struct field *field, const char *text, struct arena *arena)
{
	static const char *const others[] = {"tcp", "tcp4", "tcp6", "udp", "udp4", "udp6", NULL};
	const char *slash;
	size_t i;

	if (!(field->flags & FIELD_ADDRESS))
		return text[0] != '\0';
	text = replace_at_load(arena, text); /* {system.slash} is one too */
	slash = strchr(text, '/');
	for (i = 0; slash != NULL && others[i] != NULL; i++)
		if (strlen(others[i]) == (size_t)(slash - text) &&
		    memcmp(others[i], text, (size_t)(slash - text)) == 0)
			return false;
	return slash != NULL;
}

/* What is said of a text that counts; NULL: it does not. */
static const char *reason(const struct field *field, const char *text, struct arena *arena)
{
	if (field->flags & FIELD_OPEN)
		return "opens something to the network";
	if (field->flags & FIELD_SECRET)
		return "is a secret";
	/* Before anything is put in its place: not even what is said may tell what there is. */
	if (reads_surroundings(text))
		return "lets the daemon's environment or files be read";
	if ((field->flags & FIELD_PATH) && names_file(field, text, arena))
		return "names a file or socket that the daemon would use";
	return NULL;
}

static int note(struct load *load, const struct field *field, const char *text, const char *why,
    const struct jnode *node, struct error *err)
{
	struct trust *trust = load->trust;
	struct trusted *t;

	if (trust->limited && !is_known(trust, field, text))
		return jnode_error(
		    node, err, ERROR_DENIED, "is new and %s: that needs the level admin", why);
	t = arena_alloc(load->arena, sizeof(*t));
	t->field = field;
	t->text = arena_strdup(load->arena, text);
	t->next = *trust->notes;
	*trust->notes = t;
	return 0;
}

static int look_at_text(struct load *load, const struct field *field, const char *text,
    const struct jnode *node, struct error *err)
{
	const char *why = reason(field, text, load->arena);

	return why != NULL ? note(load, field, text, why, node, err) : 0;
}

/* All texts of a value, and the keys that may have placeholders. */
static int look_at(
    struct load *load, const struct field *field, const struct jnode *node, struct error *err)
{
	const char *key;
	json_t *value;
	size_t i;

	if (json_is_string(node->value))
		return look_at_text(load, field, json_string_value(node->value), node, err);
	json_object_foreach (node->value, key, value) {
		struct jnode member = jnode_member(node, key);

		if ((reads_surroundings(key) &&
			look_at_text(load, &trust_placeholders, key, &member, err) == -1) ||
		    look_at(load, field, &member, err) == -1)
			return -1;
	}
	json_array_foreach (node->value, i, value) {
		struct jnode item = jnode_item(node, i);

		if (look_at(load, field, &item, err) == -1)
			return -1;
	}
	return 0;
}

int trust_field(
    struct load *load, const struct field *field, const struct jnode *node, struct error *err)
{
	const unsigned counting = FIELD_PATH | FIELD_SECRET | FIELD_ENV | FIELD_OPEN;
	bool text = field->type == FIELD_TYPE_STRING || field->type == FIELD_TYPE_STRINGS;

	/* A table further in says it for itself. */
	if (load->trust == NULL || (!text && !(field->flags & counting)))
		return 0;
	return look_at(load, field, node, err);
}

int trust_text(struct load *load, const struct field *field, const char *text,
    const struct jnode *node, struct error *err)
{
	return load->trust != NULL ? look_at_text(load, field, text, node, err) : 0;
}

int trust_object(
    struct load *load, const struct field *field, const struct jnode *node, struct error *err)
{
	char *text = json_dumps(node->value, JSON_COMPACT | JSON_SORT_KEYS);
	int rc = trust_text(load, field, text != NULL ? text : "", node, err);

	free(text);
	return rc;
}
