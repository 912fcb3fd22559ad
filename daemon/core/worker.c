/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "daemon/core/worker.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "common/arena.h"
#include "daemon/core/conn.h"
#include "daemon/core/conn_table.h"
#include "daemon/core/events.h"
#include "daemon/core/flow.h"
#include "daemon/core/instance.h"
#include "daemon/core/listener.h"
#include "daemon/core/routing.h"
#include "daemon/net/resolver.h"

static struct {
	unsigned count;
	struct worker *all;
	struct ev_loop *loop; /* the control thread's */
	struct mailbox mailbox;
	unsigned visits; /* on their way */
} engine;

unsigned workers_count(void)
{
	return engine.count;
}

struct worker *worker_at(unsigned index)
{
	return &engine.all[index];
}

void workers_connections(uint64_t *accepted, uint64_t *ended)
{
	unsigned i;
	int reason;

	*accepted = *ended = 0;
	for (i = 0; i < engine.count; i++) {
		const struct counters *c = &engine.all[i].counters;

		/* The ended first: one that is accepted in between must not be missing. */
		for (reason = 0; reason < END_REASON_COUNT; reason++)
			*ended += counter_get(&c->ended[reason]);
		*accepted += counter_get(&c->accepted);
	}
}

struct ev_loop *control_loop(void)
{
	return engine.loop;
}

void control_post(struct message *message)
{
	mailbox_post(&engine.mailbox, message);
}

/* ---- a worker's thread --------------------------------------------------------------------- */

/* The end of a round. */
static void on_reap(struct ev_loop *loop, ev_prepare *p, int events)
{
	struct worker *w = p->data;

	(void)loop;
	(void)events;
	conn_table_reap(w);
	tracer_publish(&w->tracer);
}

static void worker_init(struct worker *w, unsigned index)
{
	w->index = index;
	w->loop = ev_loop_new(EVBACKEND_EPOLL | EVFLAG_NOENV | EVFLAG_NOSIGMASK);
	w->scratch = mem_alloc(WORKER_SCRATCH);
	w->tls_ahead = mem_alloc(WORKER_SCRATCH);
	mailbox_init(&w->mailbox, w->loop, w);
	event_ring_init(&w->events, EVENT_RING_SIZE);
	conn_progress_init(w);
	ev_prepare_init(&w->reap, on_reap);
	w->reap.data = w;
	ev_prepare_start(w->loop, &w->reap);
}

static void worker_fini(struct worker *w)
{
	struct match_state *m;

	while (w->listeners != NULL) {
		struct listener *l = w->listeners;

		w->listeners = l->next;
		listener_close(l);
		listener_unref(l);
	}
	conn_table_end_all(w);
	conn_table_reap(w);
	conn_table_fini(w);
	flow_io_free(w->flow_io);
	while ((m = w->idle_match) != NULL) {
		w->idle_match = m->newer;
		free(m);
	}
	instance_unref(w->instance);
	resolver_free(w->resolver);
	pipe_pool_fini(&w->pipes);
	event_ring_fini(&w->events);
	tracer_fini(&w->tracer);
	conn_progress_stop(w);
	ev_prepare_stop(w->loop, &w->reap);
	mailbox_fini(&w->mailbox);
	ev_loop_destroy(w->loop);
	free(w->scratch);
	free(w->tls_ahead);
}

static void *worker_main(void *arg)
{
	struct worker *w = arg;

	ev_ref(w->loop); /* runs until ev_break(), whatever is watched */
	ev_run(w->loop, 0);
	ev_unref(w->loop);
	return NULL;
}

static void stop_worker(struct message *message, void *owner)
{
	struct worker *w = owner;

	free(message);
	ev_break(w->loop, EVBREAK_ALL);
}

int workers_start(unsigned count, struct error *err)
{
	sigset_t all, before;
	unsigned i;
	int rc = 0;

	engine.count = count;
	engine.loop = ev_default_loop(EVBACKEND_EPOLL | EVFLAG_NOENV);
	engine.all = mem_zalloc(count * sizeof(*engine.all));
	mailbox_init(&engine.mailbox, engine.loop, NULL);
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before); /* signals are the control thread's */
	for (i = 0; i < count; i++) {
		worker_init(&engine.all[i], i);
		rc = pthread_create(&engine.all[i].thread, NULL, worker_main, &engine.all[i]);
		if (rc != 0)
			break;
	}
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (rc != 0) {
		worker_fini(&engine.all[i]);
		engine.count = i;
		errno = rc;
		return error_errno(err, ERROR_INTERNAL, "cannot start worker %u", i);
	}
	return 0;
}

void workers_settle(void)
{
	if (engine.all == NULL)
		return;
	ev_ref(engine.loop); /* it waits for messages, whatever else is watched */
	while (engine.visits > 0)
		ev_run(engine.loop, EVRUN_ONCE);
	ev_unref(engine.loop);
}

void workers_stop(void)
{
	unsigned i;

	if (engine.all == NULL)
		return;
	workers_settle();
	for (i = 0; i < engine.count; i++) {
		struct message *message = mem_zalloc(sizeof(*message));

		message->run = stop_worker;
		mailbox_post(&engine.all[i].mailbox, message);
	}
	for (i = 0; i < engine.count; i++) {
		pthread_join(engine.all[i].thread, NULL);
		worker_fini(&engine.all[i]);
	}
	events_stop();
	traces_stop();
	mailbox_fini(&engine.mailbox);
	free(engine.all);
	engine.all = NULL;
	engine.count = 0;
}

/* ---- visits -------------------------------------------------------------------------------- */

/* One allocation: a message for each worker and the one that comes back. */
struct visit {
	struct message back;
	void (*run)(struct worker *w, void *arg);
	void (*done)(void *arg);
	void *arg;
	_Atomic unsigned left;
	struct visit_message {
		struct message message;
		struct visit *visit;
	} messages[];
};

static void visit_back(struct message *message, void *owner)
{
	struct visit *v = (struct visit *)message;

	(void)owner;
	engine.visits--;
	if (v->done != NULL)
		v->done(v->arg);
	free(v);
}

static void visit_worker(struct message *message, void *owner)
{
	struct visit *v = ((struct visit_message *)message)->visit;

	v->run(owner, v->arg);
	if (atomic_fetch_sub(&v->left, 1) == 1)
		control_post(&v->back);
}

static void visit(unsigned first, unsigned count, void (*run)(struct worker *w, void *arg),
    void (*done)(void *arg), void *arg)
{
	struct visit *v = mem_zalloc(sizeof(*v) + count * sizeof(v->messages[0]));
	unsigned i;

	engine.visits++;
	v->back.run = visit_back;
	v->run = run;
	v->done = done;
	v->arg = arg;
	v->left = count;
	for (i = 0; i < count; i++) {
		v->messages[i].message.run = visit_worker;
		v->messages[i].visit = v;
	}
	/* The last post may end in v being freed on another thread's behalf: nothing after it. */
	for (i = 0; i < count; i++)
		mailbox_post(&engine.all[first + i].mailbox, &v->messages[i].message);
}

void workers_visit(void (*run)(struct worker *w, void *arg), void (*done)(void *arg), void *arg)
{
	visit(0, engine.count, run, done, arg);
}

void worker_visit(
    unsigned index, void (*run)(struct worker *w, void *arg), void (*done)(void *arg), void *arg)
{
	visit(index, 1, run, done, arg);
}
