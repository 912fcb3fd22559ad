/* SPDX-License-Identifier: BSD-2-Clause */
/* Handing an instance to the workers: sockets bound first, one message each, acknowledged. */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "common/log.h"
#include "daemon/core/binding.h"
#include "daemon/core/events.h"
#include "daemon/core/instance.h"
#include "daemon/core/listener.h"
#include "daemon/core/worker.h"
#include "daemon/net/address.h"

#define SWEEP_INTERVAL 1. /* seconds */

/* Who waits for a publication to be taken by all workers. */
struct waiter {
	struct waiter *next;
	void (*done)(void *arg);
	void *arg;
};

struct publication {
	struct instance *instance;
	struct binding *bindings;
	struct waiter *waiters;
};

/*
 * One publication is on its way at a time. What is published meanwhile becomes the next one, and
 * what comes after that takes its place: a burst of changes is few messages to the workers.
 */
static struct {
	struct publication *taken; /* by all workers; NULL: none yet */
	struct publication *sent;  /* on its way; NULL: none */
	struct publication *next;  /* prepared, its sockets bound; NULL: none */
	ev_timer sweep;            /* while some of taken are retired */
} state;

static void on_sweep(struct ev_loop *loop, ev_timer *w, int events);

static struct publication *latest(void)
{
	if (state.next != NULL)
		return state.next;
	return state.sent != NULL ? state.sent : state.taken;
}

struct instance *instance_current(void)
{
	return latest() != NULL ? latest()->instance : NULL;
}

static struct binding *find(const struct publication *p, const char *key)
{
	return p != NULL ? binding_find(p->bindings, key) : NULL;
}

static struct binding *first_of(const struct publication *p)
{
	return p != NULL ? p->bindings : NULL;
}

void instance_listeners(
    void (*visit)(const char *address, const struct server *server, void *arg), void *arg)
{
	const struct binding *b;

	for (b = first_of(latest()); b != NULL; b = b->hh.next)
		if (b->server != NULL)
			visit(b->key, b->server, arg);
}

static void publication_free(struct publication *p)
{
	if (p == NULL)
		return;
	bindings_free(&p->bindings);
	instance_unref(p->instance);
	free(p);
}

/* One that the workers had: connections that are undecided may still use its instance. */
static void publication_retire(struct publication *p)
{
	if (p == NULL)
		return;
	instance_retire(p->instance);
	p->instance = NULL;
	publication_free(p);
}

/* ---- what is to be listened on -------------------------------------------------------------- */

/* What the workers have before p reaches them; NULL: nothing. */
static const struct publication *previous(void)
{
	return state.sent != NULL ? state.sent : state.taken;
}

/*
 * Flows have no sockets of their own: an address of datagrams that is gone stays until the last of
 * them has ended. The workers' sockets are closed together, for the system divides the clients by
 * the number of sockets.
 */
static void retire_gone(struct publication *p)
{
	const struct binding *b;

	for (b = first_of(previous()); b != NULL; b = b->hh.next)
		if (address_socket_type(b->address.network) == SOCK_DGRAM && !b->closing &&
		    find(p, b->key) == NULL)
			binding_add_retired(&p->bindings, &b->address);
}

static void unbind(struct publication *p)
{
	struct binding *b;

	for (b = p->bindings; b != NULL; b = b->hh.next)
		binding_close(b);
}

/* When the next publication reaches them: from the one before it, or handed on by supersede(). */
static bool workers_will_have(const char *key)
{
	const struct binding *b = state.next != NULL ? find(state.next, key) : NULL;

	if (b != NULL && b->fds != NULL)
		return true;
	b = find(previous(), key);
	return b != NULL && !b->closing;
}

static bool is_of_folder(const struct address *address)
{
	return address->network >= NETWORK_UNIX && address->network <= NETWORK_UNIXPACKET;
}

/* Of the sockets in a folder only one has the name: the workers still have it, not for long. */
static int being_closed(const struct binding *b, struct error *err)
{
	error_set(err, ERROR_BUSY, "%s is just being closed; try again", b->key);
	return error_at(err, "%s.listen", b->server->path);
}

static int bind_new(struct publication *p, struct error *err)
{
	struct binding *b;

	for (b = p->bindings; b != NULL; b = b->hh.next) {
		if (workers_will_have(b->key))
			continue;
		if (is_of_folder(&b->address) && find(state.taken, b->key) != NULL)
			return being_closed(b, err);
		if (binding_open(b, err) == -1)
			return -1;
	}
	return 0;
}

/* ---- on each worker's thread ---------------------------------------------------------------- */

/* Addresses that are gone: their queues are emptied by the old instance's rules. */
static void close_gone(struct worker *w, const struct publication *p)
{
	struct listener **at = &w->listeners;
	struct listener *l;

	while ((l = *at) != NULL) {
		if (find(p, l->address) != NULL) {
			at = &l->next;
			continue;
		}
		*at = l->next;
		listener_close(l);
		listener_unref(l);
	}
}

static void open_new(struct worker *w, const struct publication *p)
{
	const struct binding *b;

	for (b = p->bindings; b != NULL; b = b->hh.next) {
		struct listener *l;

		if (b->fds == NULL || b->fds[w->index] == -1)
			continue;
		l = listener_new(w, b->fds[w->index], b->key);
		l->next = w->listeners;
		w->listeners = l;
	}
}

static void take_instance(struct worker *w, void *arg)
{
	struct publication *p = arg;
	struct instance *before = w->instance;
	struct listener *l;

	close_gone(w, p);
	w->instance = instance_ref(p->instance);
	open_new(w, p);
	for (l = w->listeners; l != NULL; l = l->next) {
		const struct binding *b = find(p, l->address);

		if (b->server != NULL)
			listener_serve(l, b->server, b->place, b->paused);
		else
			listener_retire(l);
	}
	conn_progress_plan(w);
	instance_unref(before);
}

static void count_flows(struct worker *w, void *arg)
{
	struct publication *p = arg;
	const struct listener *l;

	for (l = w->listeners; l != NULL; l = l->next)
		if (l->server == NULL)
			atomic_fetch_add(&find(p, l->address)->flows, l->flows.count);
}

static void close_marked(struct worker *w, void *arg)
{
	const struct publication *p = arg;
	struct listener **at = &w->listeners;
	struct listener *l;

	while ((l = *at) != NULL) {
		if (!find(p, l->address)->closing) {
			at = &l->next;
			continue;
		}
		*at = l->next;
		listener_close(l);
		listener_unref(l);
	}
}

/* ---- retired addresses, on the control thread ----------------------------------------------- */

static bool has_retired(const struct publication *p)
{
	const struct binding *b;

	for (b = p->bindings; b != NULL; b = b->hh.next)
		if (b->server == NULL)
			return true;
	return false;
}

static void plan_sweep(void)
{
	if (ev_is_active(&state.sweep) || !has_retired(state.taken))
		return;
	ev_timer_init(&state.sweep, on_sweep, SWEEP_INTERVAL, 0.);
	ev_timer_start(control_loop(), &state.sweep);
}

static void closed(void *arg)
{
	struct publication *p = arg;

	bindings_drop_closing(&p->bindings);
	if (p == state.taken)
		plan_sweep();
}

/* What has been published meanwhile may want the addresses back; it makes a plan of its own. */
static void counted(void *arg)
{
	struct publication *p = arg;
	struct binding *b;
	bool some = false;

	if (p != state.taken || state.sent != NULL)
		return;
	for (b = p->bindings; b != NULL; b = b->hh.next) {
		b->closing = b->server == NULL && b->flows == 0;
		some = some || b->closing;
	}
	if (some)
		workers_visit(close_marked, closed, p);
	else
		plan_sweep();
}

static void on_sweep(struct ev_loop *loop, ev_timer *w, int events)
{
	struct binding *b;

	(void)loop;
	(void)w;
	(void)events;
	if (state.sent != NULL)
		return;
	for (b = state.taken->bindings; b != NULL; b = b->hh.next)
		b->flows = 0;
	workers_visit(count_flows, counted, state.taken);
}

/* ---- on the control thread ------------------------------------------------------------------ */

static void tell(enum event_type type, const struct binding *b)
{
	struct event e = {.type = type};

	e.row.listener = span_str(b->key);
	e.row.server = span_str(b->server->name);
	events_publish(&e);
}

/* Its binding that a server is behind: not one that only keeps its flows. */
static const struct binding *served(const struct publication *p, const char *key)
{
	const struct binding *b = find(p, key);

	return b != NULL && b->server != NULL ? b : NULL;
}

/* What is different for listeners, now that all workers have taken it. */
static void tell_listeners(const struct publication *before, const struct publication *p)
{
	const struct binding *b, *old;

	for (b = first_of(before); b != NULL; b = b->hh.next)
		if (b->server != NULL && served(p, b->key) == NULL)
			tell(EVENT_LISTENER_CLOSED, b);
	for (b = p->bindings; b != NULL; b = b->hh.next) {
		if (b->server == NULL)
			continue;
		old = served(before, b->key);
		if (old == NULL)
			tell(EVENT_LISTENER_OPENED, b);
		if (b->paused && (old == NULL || !old->paused))
			tell(EVENT_LISTENER_PAUSED, b);
		else if (!b->paused && old != NULL && old->paused)
			tell(EVENT_LISTENER_RESUMED, b);
	}
}

static void all_taken(void *arg);

static void send_next(void)
{
	if (state.sent != NULL || state.next == NULL)
		return;
	state.sent = state.next;
	state.next = NULL;
	workers_visit(take_instance, all_taken, state.sent);
}

static void run_waiters(struct waiter *w)
{
	struct waiter *next;

	for (; w != NULL; w = next) {
		next = w->next;
		if (w->done != NULL)
			w->done(w->arg);
		free(w);
	}
}

static void all_taken(void *arg)
{
	struct publication *p = arg;
	struct waiter *waiters = p->waiters;
	const struct app_type *const *t;
	struct binding *b;

	for (b = p->bindings; b != NULL; b = b->hh.next) {
		free(b->fds); /* the workers have what was in it */
		b->fds = NULL;
	}
	p->waiters = NULL;
	tell_listeners(state.taken, p);
	publication_retire(state.taken);
	state.taken = p;
	state.sent = NULL;
	plan_sweep();
	for (t = app_types(); *t != NULL; t++)
		if ((*t)->published != NULL)
			(*t)->published(p->instance);
	send_next();
	run_waiters(waiters);
}

static void add_waiter(struct publication *p, void (*done)(void *arg), void *arg)
{
	struct waiter **at = &p->waiters;

	while (*at != NULL)
		at = &(*at)->next;
	*at = mem_zalloc(sizeof(**at));
	(*at)->done = done;
	(*at)->arg = arg;
}

/* p takes the place of one that has not been sent: its sockets, and who waits for it. */
static void supersede(struct publication *old, struct publication *p)
{
	struct waiter **at = &old->waiters;
	struct binding *from, *to;

	for (from = old->bindings; from != NULL; from = from->hh.next) {
		if (from->fds == NULL)
			continue;
		to = find(p, from->key);
		if (to == NULL) {
			binding_close(from);
			continue;
		}
		to->fds = from->fds;
		from->fds = NULL;
	}
	while (*at != NULL)
		at = &(*at)->next;
	*at = p->waiters;
	p->waiters = old->waiters;
	old->waiters = NULL;
	publication_free(old);
}

static int bind_apps(struct publication *p, struct error *err)
{
	const struct app_type *const *t;

	for (t = app_types(); *t != NULL; t++)
		if ((*t)->bind != NULL && (*t)->bind(p->instance, err) == -1)
			return -1;
	return 0;
}

static void tell_apps(bool published)
{
	const struct app_type *const *t;

	for (t = app_types(); *t != NULL; t++)
		if ((*t)->bound != NULL)
			(*t)->bound(published);
}

struct publication *instance_bind(struct instance *instance, struct error *err)
{
	struct publication *p = mem_zalloc(sizeof(*p));

	p->instance = instance_ref(instance);
	if (bindings_collect(&p->bindings, instance, err) == -1) {
		publication_free(p);
		return NULL;
	}
	retire_gone(p);
	if (bind_new(p, err) == -1 || bind_apps(p, err) == -1) {
		instance_unbind(p);
		return NULL;
	}
	instance_unref(instance); /* p's is the caller's now */
	return p;
}

void instance_unbind(struct publication *p)
{
	tell_apps(false);
	unbind(p);
	publication_free(p);
}

void instance_publish(struct publication *p, void (*done)(void *arg), void *arg)
{
	struct publication *old = state.next;

	tell_apps(true);
	add_waiter(p, done, arg);
	state.next = p;
	if (old != NULL)
		supersede(old, p);
	send_next();
}

int instance_check_addresses(struct instance *instance, struct error *err)
{
	struct binding *bindings = NULL;
	int rc = bindings_collect(&bindings, instance, err);

	bindings_free(&bindings);
	return rc;
}

void instance_forget(void)
{
	ev_timer_stop(control_loop(), &state.sweep);
	publication_free(state.next);
	publication_free(state.sent);
	publication_free(state.taken);
	instances_forget();
	memset(&state, 0, sizeof(state));
}
