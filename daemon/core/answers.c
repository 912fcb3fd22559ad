/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "daemon/core/answers.h"

#include <ctype.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <uthash.h>

#include "common/arena.h"

#define KEY_MAX 512

struct answer {
	UT_hash_handle hh;
	_Atomic unsigned refs;
	char *key, *name, *text;
	void *object;
	void (*release)(void *object);
};

_Atomic unsigned answers_count[ANSWER_TYPES];

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct answer *tables[ANSWER_TYPES]; /* by key */
static void (*server)(struct conn *conn);

/* ---- the table ----------------------------------------------------------------------------- */

void answer_unref(struct answer *answer)
{
	if (answer == NULL ||
	    atomic_fetch_sub_explicit(&answer->refs, 1, memory_order_acq_rel) != 1)
		return;
	if (answer->release != NULL)
		answer->release(answer->object);
	free(answer->key);
	free(answer->name);
	free(answer->text);
	free(answer);
}

/* With lock held. */
static struct answer *take_out(enum answer_type type, const char *key)
{
	struct answer *a;

	HASH_FIND_STR(tables[type], key, a);
	if (a != NULL) {
		HASH_DEL(tables[type], a);
		atomic_fetch_sub(&answers_count[type], 1);
	}
	return a;
}

int answers_add(enum answer_type type, const char *key, const char *name, const char *text,
    void *object, void (*release)(void *object), struct error *err)
{
	struct answer *a = mem_zalloc(sizeof(*a)), *old;
	bool full;

	a->refs = 1;
	a->key = mem_strdup(key);
	a->name = mem_strdup(name);
	a->text = text != NULL ? mem_strdup(text) : NULL;
	a->object = object;
	a->release = release;
	pthread_mutex_lock(&lock);
	old = take_out(type, key);
	full = HASH_COUNT(tables[type]) >= ANSWERS_MAX;
	if (!full) {
		HASH_ADD_KEYPTR(hh, tables[type], a->key, strlen(a->key), a);
		atomic_fetch_add(&answers_count[type], 1);
	}
	pthread_mutex_unlock(&lock);
	answer_unref(old);
	if (!full)
		return 0;
	answer_unref(a);
	return error_set(
	    err, ERROR_LIMIT, "more than %d answers to challenges at once", ANSWERS_MAX);
}

bool answers_remove(enum answer_type type, const char *key)
{
	struct answer *old;

	pthread_mutex_lock(&lock);
	old = take_out(type, key);
	pthread_mutex_unlock(&lock);
	answer_unref(old);
	return old != NULL;
}

static bool fits(const struct answer *a, struct span name)
{
	return name.n == 0 || *a->name == '\0' ||
	       (strlen(a->name) == name.n &&
		   strncasecmp(a->name, (const char *)name.p, name.n) == 0);
}

struct answer *answers_find(enum answer_type type, struct span key, struct span name)
{
	struct answer *a = NULL;

	if (key.n == 0 || key.n > KEY_MAX)
		return NULL;
	pthread_mutex_lock(&lock);
	HASH_FIND(hh, tables[type], key.p, (unsigned)key.n, a);
	if (a != NULL && !fits(a, name))
		a = NULL;
	if (a != NULL)
		atomic_fetch_add_explicit(&a->refs, 1, memory_order_relaxed);
	pthread_mutex_unlock(&lock);
	return a;
}

const char *answer_text(const struct answer *answer)
{
	return answer->text;
}

void *answer_object(const struct answer *answer)
{
	return answer->object;
}

/* ---- TLS-ALPN-01 --------------------------------------------------------------------------- */

bool answers_asked(const struct hello *hello, char name[ANSWER_NAME_MAX])
{
	struct span list = hello->alpn, protocol;
	size_t i;

	/* The one protocol of its list (RFC 8737 section 3). */
	if (!hello_next_name(&list, &protocol) || list.n > 0 || !span_eq_str(protocol, ANSWER_ALPN))
		return false;
	if (hello->server_name.n == 0 || hello->server_name.n >= ANSWER_NAME_MAX)
		return false;
	for (i = 0; i < hello->server_name.n; i++)
		name[i] = (char)tolower(hello->server_name.p[i]);
	name[i] = '\0';
	return true;
}

bool answers_challenged(const struct hello *hello)
{
	char name[ANSWER_NAME_MAX];
	struct answer *a;

	if (!answers_asked(hello, name))
		return false;
	a = answers_find(ANSWER_TLS_ALPN, span_str(name), span_of(NULL, 0));
	answer_unref(a);
	return a != NULL;
}

void answers_serve_set(void (*serve)(struct conn *conn))
{
	server = serve;
}

void answers_serve(struct conn *conn)
{
	server(conn);
}
