/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "daemon/core/handler_state.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uthash.h>

#include "daemon/core/route.h"

#define KEY_MAX 1024

struct entry {
	unsigned refs;
	char *key;
	UT_hash_handle hh;
	max_align_t state[];
};

/* Taken when a document is loaded or a route goes: never on the way of a connection. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct entry *table;

static void unref(void *object)
{
	struct entry *e = object;

	pthread_mutex_lock(&lock);
	if (--e->refs == 0) {
		HASH_DEL(table, e);
		free(e->key);
		free(e);
	}
	pthread_mutex_unlock(&lock);
}

/* "7 throttle 8 handle[1]": what is of another size is something else. */
static void make_key(
    char key[KEY_MAX], const struct load *load, const struct jnode *node, size_t size)
{
	const char *name = json_string_value(json_object_get(node->value, "handler"));
	char route[KEY_MAX], path[KEY_MAX];
	size_t n;

	n = strlen(jnode_path(load->route, route, sizeof(route)));
	jnode_path(node, path, sizeof(path));
	snprintf(key, KEY_MAX, "%llu %s %zu %.900s", (unsigned long long)load->identity->handle,
	    name != NULL ? name : "", size, strlen(path) > n ? path + n : "");
}

static struct entry *find_or_make(const char *key, size_t size)
{
	struct entry *e;

	HASH_FIND_STR(table, key, e);
	if (e == NULL) {
		e = mem_zalloc(sizeof(*e) + size);
		e->key = mem_strdup(key);
		HASH_ADD_KEYPTR(hh, table, e->key, strlen(e->key), e);
	}
	e->refs++;
	return e;
}

void *handler_state(struct load *load, const struct jnode *node, size_t size)
{
	char key[KEY_MAX];
	struct entry *e;

	if (load->identity == NULL)
		return arena_alloc(load->arena, size);
	make_key(key, load, node, size);
	pthread_mutex_lock(&lock);
	e = find_or_make(key, size);
	pthread_mutex_unlock(&lock);
	arena_release(load->arena, unref, e);
	return e->state;
}
