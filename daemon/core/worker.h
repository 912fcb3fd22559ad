/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A worker: a thread with its own loop, listening sockets, connections and reference to the
 * instance. What is here belongs to that thread; others post messages.
 */
#ifndef DAEMON_CORE_WORKER_H
#define DAEMON_CORE_WORKER_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <ev.h>

#include "common/error.h"
#include "daemon/core/conn_progress.h"
#include "daemon/core/counters.h"
#include "daemon/core/event_ring.h"
#include "daemon/core/trace.h"
#include "daemon/net/mailbox.h"
#include "daemon/net/pipe.h"

struct conn;
struct flow_io;
struct instance;
struct listener;
struct match_state;
struct resolver;

#define WORKERS_MAX 256
#define WORKER_SCRATCH (512u << 10)

struct worker {
	unsigned index;
	pthread_t thread;
	struct ev_loop *loop;
	struct mailbox mailbox;
	struct instance *instance;  /* a reference of its own; NULL before the first */
	struct listener *listeners; /* linked list */
	struct conn **conns;        /* by id, ascending; ended ones leave NULL until compacted */
	uint64_t *conn_ids;
	size_t conn_end, conn_size, conn_count;
	uint64_t next_serial;
	struct conn *ended; /* freed at the end of the round */
	ev_prepare reap;
	/*
	 * Where bytes pass through: lent for the length of one callback, never kept. The TLS
	 * stream has a read-ahead area of its own.
	 */
	uint8_t *scratch;
	uint8_t *tls_ahead;        /* for the TLS streams' pull, as large as scratch */
	struct pipe_pool pipes;    /* for relays that move in bulk */
	struct flow_io *flow_io;   /* made with the first listener of datagrams */
	struct resolver *resolver; /* made by net/resolver on first use */
	struct counters counters;  /* written by this worker, read by all */
	struct event_ring events;  /* from this worker to the control thread */
	struct tracer tracer;      /* the same for traces */
	struct conn_progress progress;
	struct match_state *undecided_first, *undecided_last; /* oldest first */
	struct match_state *idle_match;                       /* free ones, linked by newer */
	size_t matching_bytes;                                /* held by the undecided */
	bool draining;
};

/* Connections of a worker, for lists and look-ups on its own thread. */
struct conn *worker_conn_find(struct worker *w, uint64_t id);       /* NULL: none */
struct conn *worker_conn_next(struct worker *w, uint64_t after_id); /* lowest id above; NULL */

/* The process's workers. Fixed after start. Connection id belongs to worker id % workers_count().
 */
unsigned workers_count(void);
struct worker *worker_at(unsigned index);

/* Connections of all workers: those accepted so far, and those of them that have ended. */
void workers_connections(uint64_t *accepted, uint64_t *ended);

/* Starts count threads, to be called once on the control thread. 0, or -1 with err. */
int workers_start(unsigned count, struct error *err);
/*
 * Runs the control thread's loop until no visit is on its way and none has led to another: before
 * the end, so that nobody who waits for one is forgotten.
 */
void workers_settle(void);
/* Settles, ends what connections are left, joins the threads, frees all. */
void workers_stop(void);

/*
 * Runs visit(worker, arg) on every worker's thread, then done(arg) on the control thread. To be
 * called on the control thread; returns at once. done may be NULL.
 */
void workers_visit(void (*visit)(struct worker *w, void *arg), void (*done)(void *arg), void *arg);

/* The same on one worker. */
void worker_visit(
    unsigned index, void (*visit)(struct worker *w, void *arg), void (*done)(void *arg), void *arg);

/* The control thread's loop and mailbox. */
struct ev_loop *control_loop(void);
void control_post(struct message *message);

#endif
