/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Names for the items of a list, by which they are found again in a list like it, also after a
 * restart: "@web" where an item has an "@id", "@wrapper:tls" for a listener wrapper, which is known
 * by what it is, else a digest of its canonical JSON; of equal items the second is "digest/1", the
 * third "digest/2". Items are never changed once they were looked at, as it is with all of a
 * document, so digests are remembered. Control thread.
 */
#ifndef DAEMON_CORE_ITEM_KEY_H
#define DAEMON_CORE_ITEM_KEY_H

#include <stdbool.h>
#include <stddef.h>
#include <jansson.h>

struct item_keys {
	char **items; /* one for each item of the list, all different */
	size_t count;
};

/* list (borrowed) is a JSON array, or NULL: no keys. Free with item_keys_fini(). */
void item_keys_make(struct item_keys *keys, const json_t *list);
void item_keys_fini(struct item_keys *keys);

/* Is key, which begins with '@', the name of item? */
bool item_is_named(const json_t *item, const char *key);

/* The key of item as the first of its kind in a list, to be freed. */
char *item_key(json_t *item);

/* Forgets what is remembered: at the end of the program. */
void item_keys_forget(void);

#endif
