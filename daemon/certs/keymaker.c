/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "daemon/certs/keymaker.h"

#include <pthread.h>
#include <stdlib.h>

#include "common/arena.h"
#include "daemon/net/mailbox.h"

struct keymaking {
	struct message message;
	struct keymaking *prev, *next;
	pthread_t thread;
	enum key_type type;
	struct key *key;
	struct error err;
	void (*done)(void *arg, struct key *key, const struct error *err); /* NULL: cancelled */
	void *arg;
};

static struct mailbox box;
static struct keymaking *all;

/* After its thread has ended. */
static void keymaking_free(struct keymaking *m)
{
	pthread_join(m->thread, NULL);
	if (m->prev != NULL)
		m->prev->next = m->next;
	else
		all = m->next;
	if (m->next != NULL)
		m->next->prev = m->prev;
	key_unref(m->key);
	free(m);
}

static void on_made(struct message *message, void *owner)
{
	struct keymaking *m = (struct keymaking *)message;

	(void)owner;
	if (m->done != NULL)
		m->done(m->arg, m->key, &m->err);
	keymaking_free(m);
}

static void *make(void *arg)
{
	struct keymaking *m = arg;

	m->key = key_generate(m->type, &m->err);
	mailbox_post(&box, &m->message);
	return NULL;
}

struct keymaking *keymaking_start(enum key_type type,
    void (*done)(void *arg, struct key *key, const struct error *err), void *arg, struct error *err)
{
	struct keymaking *m = mem_zalloc(sizeof(*m));

	m->message.run = on_made;
	m->type = type;
	m->done = done;
	m->arg = arg;
	if (pthread_create(&m->thread, NULL, make, m) != 0) {
		free(m);
		error_set(err, ERROR_LIMIT, "the system gives no thread to make a key on");
		return NULL;
	}
	m->next = all;
	if (all != NULL)
		all->prev = m;
	all = m;
	return m;
}

void keymaking_cancel(struct keymaking *making)
{
	if (making != NULL)
		making->done = NULL;
}

void keymaker_start(struct ev_loop *loop)
{
	mailbox_init(&box, loop, NULL);
}

void keymaker_stop(void)
{
	while (all != NULL)
		keymaking_free(all);
	mailbox_fini(&box);
}
