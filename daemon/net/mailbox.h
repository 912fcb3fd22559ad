/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Message queues between threads: any thread posts, the owner's loop runs the messages in order.
 */
#ifndef DAEMON_NET_MAILBOX_H
#define DAEMON_NET_MAILBOX_H

#include <pthread.h>
#include <ev.h>

/* Embedded first in what is sent; owned by the sender until run() is called, then by run(). */
struct message {
	struct message *next;
	void (*run)(struct message *message, void *owner);
};

struct mailbox {
	ev_async wake;
	struct ev_loop *loop;
	void *owner;
	pthread_mutex_t lock; /* held for a pointer's exchange only */
	struct message *first, **last;
};

/* owner is what run() is handed. Called on the loop's thread, before others may post. */
void mailbox_init(struct mailbox *box, struct ev_loop *loop, void *owner);
void mailbox_fini(struct mailbox *box);
/* From any thread. */
void mailbox_post(struct mailbox *box, struct message *message);

#endif
