/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "daemon/core/item_key.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <gnutls/gnutls.h>
#include <gnutls/crypto.h>
#include <uthash.h>

#include "common/arena.h"

#define DIGEST_SIZE 32  /* SHA-256 */
#define DIGEST_SHOWN 16 /* bytes of it in a key: enough that no two texts meet */
#define HEX_SIZE (2 * DIGEST_SHOWN + 1)
#define COUNT_MAX 24
#define MEMORY_MIN 1024

/* How often a name has been wanted in the list. */
struct seen {
	char *name;
	size_t count;
	UT_hash_handle hh;
};

/* ---- digests, remembered --------------------------------------------------------------------- */

struct digest {
	json_t *item; /* a reference, so that the address stands for it */
	char hex[HEX_SIZE];
	UT_hash_handle hh;
};

/* Grows to twice what is still in use somewhere, then what is not is forgotten. */
static struct {
	struct digest *by_item;
	size_t limit;
} memory = {.limit = MEMORY_MIN};

static void forget(struct digest *d)
{
	HASH_DEL(memory.by_item, d);
	json_decref(d->item);
	free(d);
}

static void forget_unused(void)
{
	struct digest *d, *next;

	/* Other threads may give their references back meanwhile; none can get one of the last. */
	HASH_ITER (hh, memory.by_item, d, next)
		if (__atomic_load_n(&d->item->refcount, __ATOMIC_ACQUIRE) == 1)
			forget(d);
	memory.limit = 2 * HASH_COUNT(memory.by_item) + MEMORY_MIN;
}

void item_keys_forget(void)
{
	struct digest *d, *next;

	HASH_ITER (hh, memory.by_item, d, next)
		forget(d);
}

static void make_hex(const json_t *item, char hex[HEX_SIZE])
{
	char *text = json_dumps(item, JSON_COMPACT | JSON_SORT_KEYS | JSON_ENCODE_ANY);
	unsigned char digest[DIGEST_SIZE] = {0};
	size_t i;

	if (text != NULL)
		gnutls_hash_fast(GNUTLS_DIG_SHA256, text, strlen(text), digest);
	free(text);
	for (i = 0; i < DIGEST_SHOWN; i++)
		snprintf(hex + 2 * i, 3, "%02x", digest[i]);
}

static const char *remembered(json_t *item)
{
	struct digest *d;

	HASH_FIND_PTR(memory.by_item, &item, d);
	if (d != NULL)
		return d->hex;
	if (HASH_COUNT(memory.by_item) >= memory.limit)
		forget_unused();
	d = mem_zalloc(sizeof(*d));
	d->item = json_incref(item);
	make_hex(item, d->hex);
	HASH_ADD_PTR(memory.by_item, item, d);
	return d->hex;
}

static char *digest_of(json_t *item)
{
	char *out = mem_alloc(HEX_SIZE + COUNT_MAX);

	/* Texts and numbers cost less than to remember them. */
	if (json_is_object(item) || json_is_array(item))
		memcpy(out, remembered(item), HEX_SIZE);
	else
		make_hex(item, out);
	return out;
}

/* ---- keys ----------------------------------------------------------------------------------- */

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

/* NULL: it has none. */
static char *name_of(const json_t *item)
{
	const char *id = json_string_value(json_object_get(item, "@id"));
	const char *wrapper = json_string_value(json_object_get(item, "wrapper"));
	const char *name = id != NULL ? id : wrapper;
	char *key;

	if (name == NULL)
		return NULL;
	key = mem_alloc(strlen(name) + sizeof("@wrapper:"));
	sprintf(key, "@%s%s", id == NULL ? "wrapper:" : "", name);
	return key;
}

bool item_is_named(const json_t *item, const char *key)
{
	char *name = name_of(item);
	bool same = name != NULL && strcmp(name, key) == 0;

	free(name);
	return same;
}

char *item_key(json_t *item)
{
	char *key = name_of(item);

	return key != NULL ? key : digest_of(item);
}

static char *key_of(struct seen **table, json_t *item)
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
		snprintf(key + HEX_SIZE - 1, COUNT_MAX, "/%zu", n);
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
