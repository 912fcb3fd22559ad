/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "daemon/net/mailbox.h"

static void on_wake(struct ev_loop *loop, ev_async *w, int events)
{
	struct mailbox *box = w->data;
	struct message *message, *next;

	(void)loop;
	(void)events;
	pthread_mutex_lock(&box->lock);
	message = box->first;
	box->first = NULL;
	box->last = &box->first;
	pthread_mutex_unlock(&box->lock);

	for (; message != NULL; message = next) {
		next = message->next;
		message->run(message, box->owner);
	}
}

void mailbox_init(struct mailbox *box, struct ev_loop *loop, void *owner)
{
	pthread_mutex_init(&box->lock, NULL);
	box->loop = loop;
	box->owner = owner;
	box->first = NULL;
	box->last = &box->first;
	ev_async_init(&box->wake, on_wake);
	box->wake.data = box;
	ev_async_start(loop, &box->wake);
	ev_unref(loop); /* waiting for messages alone does not keep a loop running */
}

void mailbox_fini(struct mailbox *box)
{
	ev_ref(box->loop);
	ev_async_stop(box->loop, &box->wake);
	pthread_mutex_destroy(&box->lock);
}

void mailbox_post(struct mailbox *box, struct message *message)
{
	message->next = NULL;
	pthread_mutex_lock(&box->lock);
	*box->last = message;
	box->last = &message->next;
	pthread_mutex_unlock(&box->lock);
	ev_async_send(box->loop, &box->wake);
}
