/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "daemon/config/item_key.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <gnutls/gnutls.h>
#include <gnutls/crypto.h>
#include <uthash.h>

#include "common/arena.h"

#define DIGEST_SIZE 32  /* SHA-256 */
#define DIGEST_SHOWN 16 /* bytes of it in a key: enough that no two texts meet */
#define COUNT_MAX 24

/* How often a name has been wanted in the list. */
struct seen {
	char *name;
	size_t count;
	UT_hash_handle hh;
};

char *item_canonical(const json_t *json)
{
	char *text = json_dumps(json, JSON_COMPACT | JSON_SORT_KEYS | JSON_ENCODE_ANY);

	return text != NULL ? text : mem_strdup("");
}

static char *digest_of(const json_t *item)
{
	char *text = item_canonical(item), *out = mem_alloc(2 * DIGEST_SHOWN + COUNT_MAX);
	unsigned char digest[DIGEST_SIZE] = {0};
	size_t i;

	gnutls_hash_fast(GNUTLS_DIG_SHA256, text, strlen(text), digest);
	free(text);
	for (i = 0; i < DIGEST_SHOWN; i++)
		snprintf(out + 2 * i, 3, "%02x", digest[i]);
	return out;
}

static struct seen *look_up(struct seen **table, const char *name)
{
	struct seen *s;

	HASH_FIND_STR(*table, name, s);
	if (s == NULL) {
		s = mem_zalloc(sizeof(*s));
		s->name = mem_strdup(name);
		HASH_ADD_KEYPTR(hh, *table, s->name, strlen(s->name), s);
	}
	return s;
}

/* NULL: it has no "@id". */
static char *name_of(const json_t *item)
{
	const char *id = json_string_value(json_object_get(item, "@id"));
	char *key;

	if (id == NULL)
		return NULL;
	key = mem_alloc(strlen(id) + 2);
	sprintf(key, "@%s", id);
	return key;
}

char *item_key(const json_t *item)
{
	char *key = name_of(item);

	return key != NULL ? key : digest_of(item);
}

static char *key_of(struct seen **table, const json_t *item)
{
	char *key = name_of(item);
	size_t n;

	if (key != NULL && look_up(table, key)->count++ > 0) {
		free(key); /* a name that several have is none */
		key = NULL;
	}
	if (key != NULL)
		return key;
	key = digest_of(item);
	n = look_up(table, key)->count++;
	if (n > 0)
		snprintf(key + strlen(key), COUNT_MAX, "/%zu", n);
	return key;
}

void item_keys_make(struct item_keys *keys, const json_t *list)
{
	struct seen *table = NULL, *s, *next;
	size_t i;

	keys->count = json_array_size(list);
	keys->items = mem_alloc((keys->count + 1) * sizeof(*keys->items));
	for (i = 0; i < keys->count; i++)
		keys->items[i] = key_of(&table, json_array_get(list, i));
	HASH_ITER (hh, table, s, next) {
		HASH_DEL(table, s);
		free(s->name);
		free(s);
	}
}

void item_keys_fini(struct item_keys *keys)
{
	size_t i;

	for (i = 0; i < keys->count; i++)
		free(keys->items[i]);
	free(keys->items);
	*keys = (struct item_keys){NULL, 0};
}
