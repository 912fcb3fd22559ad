/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "daemon/core/listener.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/arena.h"
#include "common/log.h"
#include "daemon/core/conn.h"
#include "daemon/core/conn_table.h"
#include "daemon/core/flow.h"
#include "daemon/core/instance.h"
#include "daemon/core/tally.h"
#include "daemon/core/worker.h"
#include "daemon/net/descriptors.h"

#define ACCEPT_BATCH 32
#define QUEUE_MAX 65536  /* more than a queue holds: then it is an error without end */
#define DATAGRAM_READS 4 /* batches */
#define ACCEPT_PAUSE 0.2 /* seconds without descriptors before the next try */

static void out_of_descriptors(struct listener *l, int problem)
{
	counter_add(&l->worker->counters.accept_errors, 1);
	if (!ev_is_active(&l->pause)) {
		log_msg(LOG_ERROR, "core",
		    "%s: newcomers wait: %s; raise the limit of open files (ulimit -n)", l->address,
		    strerror(problem));
		ev_io_stop(l->worker->loop, &l->io);
		ev_timer_set(&l->pause, ACCEPT_PAUSE, ACCEPT_PAUSE);
		ev_timer_start(l->worker->loop, &l->pause);
	}
}

/* Returns whether it is worth trying again at once; *full: newcomers have their share. */
static bool accept_one(struct listener *l, bool *full)
{
	struct sockaddr_storage sa;
	socklen_t length = sizeof(sa);
	int fd = accept4(l->io.fd, (struct sockaddr *)&sa, &length, SOCK_NONBLOCK | SOCK_CLOEXEC);

	if (fd != -1) {
		conn_accept(l, fd, (struct sockaddr *)&sa, length);
		*full = descriptors_accepted_enough(fd);
		return true;
	}
	switch (errno) {
	case EMFILE:
	case ENFILE:
	case ENOBUFS:
	case ENOMEM:
		out_of_descriptors(l, errno);
		return false;
	case EINTR: /* and errors of the one connection that was first in the queue (accept(2)) */
	case ECONNABORTED:
	case EPERM:
	case EPROTO:
	case ENETDOWN:
	case ENETUNREACH:
	case EHOSTDOWN:
	case EHOSTUNREACH:
	case ENONET:
	case ENOPROTOOPT:
	case ETIMEDOUT:
		counter_add(&l->worker->counters.accept_errors, 1);
		return true;
	default:
		return false;
	}
}

static void on_readable(struct ev_loop *loop, ev_io *w, int events)
{
	struct listener *l = w->data;
	bool full = false;
	unsigned i;

	(void)loop;
	(void)events;
	for (i = 0; i < ACCEPT_BATCH && !full && accept_one(l, &full); i++)
		;
	if (full)
		out_of_descriptors(l, EMFILE);
}

static void on_datagrams(struct ev_loop *loop, ev_io *w, int events)
{
	struct listener *l = w->data;
	unsigned i;

	(void)loop;
	(void)events;
	for (i = 0; i < DATAGRAM_READS && flow_receive(l); i++)
		;
}

static void on_pause_over(struct ev_loop *loop, ev_timer *w, int events)
{
	struct listener *l = w->data;

	(void)events;
	if (!descriptors_may_accept(l->io.fd))
		return;
	ev_timer_stop(loop, w);
	if (!l->paused)
		ev_io_start(loop, &l->io);
}

static bool is_for_datagrams(int fd)
{
	int type = 0;
	socklen_t length = sizeof(type);

	return getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &length) == 0 && type == SOCK_DGRAM;
}

struct listener *listener_new(struct worker *w, int fd, const char *address)
{
	size_t size = strlen(address) + 1;
	struct listener *l = mem_zalloc(sizeof(*l) + size);
	struct sockaddr_storage sa;
	socklen_t length = sizeof(sa);

	memcpy(l->address, address, size);
	l->worker = w;
	l->refs = 1;
	l->tallies = tallies_get(TALLIES_LISTENER, address);
	l->tally = tallies_of(l->tallies, w->index);
	ev_io_init(&l->io, on_readable, fd, EV_READ);
	l->io.data = l;
	l->datagrams = is_for_datagrams(fd);
	if (l->datagrams)
		ev_set_cb(&l->io, on_datagrams);
	ev_timer_init(&l->pause, on_pause_over, 0., 0.);
	l->pause.data = l;
	if (getsockname(fd, (struct sockaddr *)&sa, &length) == 0) {
		l->family = sa.ss_family;
		l->local = netaddr_from_sockaddr((struct sockaddr *)&sa, length);
		if (netaddr_is_any(&l->local))
			l->local.family = AF_UNSPEC;
		else if (l->local.family == AF_UNIX) /* its path must outlive sa */
			l->local.path =
			    strncmp(address, "unix", 4) == 0 ? strchr(l->address, '/') + 1 : "";
	}
	return l;
}

/* Clients are spread over the workers' sockets, but where there is one socket alone. */
static size_t share(const struct listener *l, int64_t limit)
{
	size_t workers = strncmp(l->address, "udp", 3) == 0 ? workers_count() : 1;

	return ((size_t)limit + workers - 1) / workers;
}

/* Its connections go with it. */
static void count_for(struct listener *l, struct tallies *server)
{
	if (l->server_tallies == server)
		return;
	if (l->server_tally != NULL)
		counter_add(&l->server_tally->passed, l->open);
	tallies_unref(l->server_tallies);
	l->server_tallies = tallies_ref(server);
	l->server_tally = tallies_of(server, l->worker->index);
	counter_add(&l->server_tally->opened, l->open);
}

void listener_serve(struct listener *l, const struct server *server, unsigned place, bool paused)
{
	l->place = place;
	l->server = server;
	l->log_interval = duration_seconds(server->log_interval);
	count_for(l, server->tallies);
	l->paused = paused;
	if (l->datagrams) {
		l->limits.all = share(l, server->max_flows);
		l->limits.per_source = share(l, server->max_flows_per_source);
		l->idle_timeout = duration_seconds(server->idle_timeout);
	}
	/* Flows that are there go on. */
	if (paused && !l->datagrams)
		ev_io_stop(l->worker->loop, &l->io);
	else if (!ev_is_active(&l->pause))
		ev_io_start(l->worker->loop, &l->io);
}

struct listener *listener_ref(struct listener *l)
{
	l->refs++;
	return l;
}

void listener_unref(struct listener *l)
{
	if (--l->refs > 0)
		return;
	flow_table_fini(&l->flows);
	tallies_unref(l->tallies);
	tallies_unref(l->server_tallies);
	free(l);
}

void listener_retire(struct listener *l)
{
	l->server = NULL;
	l->paused = true;
}

void listener_close(struct listener *l)
{
	bool full;
	unsigned i;

	if (l->io.fd == -1)
		return;
	ev_io_stop(l->worker->loop, &l->io);
	ev_timer_stop(l->worker->loop, &l->pause);
	if (l->datagrams)
		flow_flush(l);
	else
		for (i = 0; i < QUEUE_MAX && accept_one(l, &full); i++)
			;
	ev_timer_stop(l->worker->loop, &l->pause);
	close(l->io.fd);
	l->io.fd = -1;
}
