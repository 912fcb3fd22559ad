/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A list of the document while a patch is applied to it: its items are found by their keys, put
 * between others and taken out, each in constant time.
 */
#ifndef DAEMON_CONFIG_PATCH_ORDER_H
#define DAEMON_CONFIG_PATCH_ORDER_H

#include <stdbool.h>
#include <jansson.h>

struct order;
struct order_item;

/* list is borrowed until order_close(). */
struct order *order_open(json_t *list);
/* Puts what has become of it into list (which must be nobody else's), and frees. */
void order_close(struct order *order);

/* NULL: none. */
struct order_item *order_find(const struct order *order, const char *key);
/* Is there one of that key, or was there before it was removed? */
bool order_had(const struct order *order, const char *key);
json_t *order_json(const struct order_item *item); /* borrowed */

/* Does it stand between these two? NULL: the list's ends. */
bool order_is_between(const struct order_item *item, const char *before, const char *after);
/* Did it stand beside one of them when the list was opened? */
bool order_was_beside(const struct order_item *item, const char *before, const char *after);
/* Do the two stand side by side? NULL: the list's ends. */
bool order_adjacent(const struct order *order, const char *left, const char *right);

/* key and json are borrowed until order_close(). */
void order_remove(struct order_item *item);
void order_replace(struct order *order, struct order_item *item, const char *key, json_t *json);

/* Where something is put: behind at, or first where at is NULL. */
void order_insert(struct order *order, struct order_item *at, const char *key, json_t *json);
void order_move(struct order *order, struct order_item *at, struct order_item *item);

/* The item before it, NULL: it is the first; the last one, NULL: the list is empty. */
struct order_item *order_previous(const struct order *order, const struct order_item *item);
struct order_item *order_last(const struct order *order);

#endif
