/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "daemon/tls/on_demand.h"

#include <ctype.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <uthash.h>

#include "common/arena.h"
#include "common/log.h"
#include "daemon/core/conn.h"
#include "daemon/core/instance.h"
#include "daemon/core/worker.h"
#include "daemon/tls/app.h"
#include "daemon/tls/issuer.h"
#include "daemon/tls/store.h"

#define POLL 0.1       /* seconds between two looks for a certificate */
#define PATIENCE 60    /* seconds that handshakes wait for one at all */
#define REFUSED_FOR 60 /* seconds until a name that was refused is asked about again */
#define KNOWN_MAX (2 * ON_DEMAND_NAMES_MAX)
#define ASKING_MAX 32 /* questions on their way */

/* A connection whose handshake waits. */
struct waiter {
	struct waiter *next;
	unsigned worker;
	uint64_t conn;
	void (*go_on)(struct conn *conn);
};

enum name_state { ASKING, ALLOWED, REFUSED };

struct name {
	UT_hash_handle hh;
	enum name_state state;
	time_t since; /* when it came into that state */
	struct waiter *waiters;
	char text[256];
};

static _Atomic bool possible;

/* The control thread's. */
static struct {
	struct name *all; /* hash, by text */
	unsigned asking, allowed;
	ev_timer poll; /* while somebody waits for a certificate */
} names;

/* Has it not been so many seconds since then? The clock may have been set back. */
static bool is_recent(time_t since, time_t seconds)
{
	time_t now = time(NULL);

	return since <= now && now - since <= seconds;
}

/* ---- from workers --------------------------------------------------------------------------- */

bool on_demand_possible(void)
{
	return atomic_load_explicit(&possible, memory_order_relaxed);
}

/* A DNS name in lower case; addresses and wildcards are none. */
static bool copy_name(struct span name, char out[256])
{
	static const char allowed[] = "abcdefghijklmnopqrstuvwxyz0123456789-_.";
	bool letters = false;
	size_t i;

	if (name.n == 0 || name.n > 253 || name.p[0] == '.' || name.p[name.n - 1] == '.')
		return false;
	for (i = 0; i < name.n; i++) {
		out[i] = (char)tolower(name.p[i]);
		if (out[i] == '\0' || strchr(allowed, out[i]) == NULL ||
		    (out[i] == '.' && out[i - 1] == '.'))
			return false;
		letters = letters || (out[i] >= 'a' && out[i] <= 'z');
	}
	out[i] = '\0';
	return letters;
}

static bool is_served(const char *name)
{
	struct store_query query = {.server_name = span_str(name), .now = time(NULL)};
	struct store_found found = {0};
	bool served = store_find(&query, &found);

	store_release(&found);
	return served;
}

bool on_demand_is_missing(struct span name, char text[256])
{
	return copy_name(name, text) && !is_served(text);
}

struct question {
	struct message message;
	struct waiter waiter;
	char text[256];
};

static void take_question(struct message *message, void *owner);

void on_demand_ask(struct conn *conn, const char *name, void (*go_on)(struct conn *conn))
{
	struct question *q = mem_zalloc(sizeof(*q));

	q->message.run = take_question;
	q->waiter.worker = conn->worker->index;
	q->waiter.conn = conn->facts.id;
	q->waiter.go_on = go_on;
	memcpy(q->text, name, strlen(name) + 1);
	control_post(&q->message);
}

static void wake_conn(struct worker *w, void *arg)
{
	struct waiter *waiter = arg;
	struct conn *conn = worker_conn_find(w, waiter->conn);

	if (conn != NULL && !conn->ended)
		waiter->go_on(conn);
}

/* ---- names ---------------------------------------------------------------------------------- */

/* The waiter is freed when its worker has seen it. */
static void wake(struct waiter *waiter)
{
	worker_visit(waiter->worker, wake_conn, free, waiter);
}

static void wake_all(struct name *n)
{
	struct waiter *waiter;

	while ((waiter = n->waiters) != NULL) {
		n->waiters = waiter->next;
		wake(waiter);
	}
}

static void set_state(struct name *n, enum name_state state)
{
	names.allowed += (state == ALLOWED) - (n->state == ALLOWED);
	n->state = state;
	n->since = time(NULL);
}

static void name_free(struct name *n)
{
	wake_all(n);
	names.allowed -= n->state == ALLOWED;
	HASH_DEL(names.all, n);
	free(n);
}

static const struct tls_app *current_app(void)
{
	const struct instance *in = instance_current();

	return in != NULL ? in->tls : NULL;
}

static bool is_on_demand(const struct tls_app *app, const char *name)
{
	return app != NULL && automation_on_demand(&app->automation, name);
}

/* Those that were refused long ago make room for others. Returns whether there is some. */
static bool make_room(void)
{
	struct name *n, *next;

	if (HASH_COUNT(names.all) < KNOWN_MAX)
		return names.allowed < ON_DEMAND_NAMES_MAX;
	HASH_ITER (hh, names.all, n, next) {
		if (n->state == REFUSED)
			name_free(n);
	}
	return names.allowed < ON_DEMAND_NAMES_MAX;
}

/* ---- making --------------------------------------------------------------------------------- */

void on_demand_publish(const struct tls_app *app)
{
	size_t count = app->managed_count;
	struct managed_name *all = mem_alloc((count + HASH_COUNT(names.all) + 1) * sizeof(*all));
	struct name *n, *next;

	atomic_store_explicit(
	    &possible, automation_has_on_demand(&app->automation), memory_order_relaxed);
	if (count > 0)
		memcpy(all, app->managed, count * sizeof(*all));
	HASH_ITER (hh, names.all, n, next) {
		if (n->state == ALLOWED && is_on_demand(app, n->text))
			all[count++] = automation_for(&app->automation, n->text);
		else if (n->state != ASKING)
			name_free(n);
	}
	tls_issuer()->keep(all, count);
	free(all);
}

/* Who waits goes on when there is a certificate, or when it has been long enough. */
static void on_poll(struct ev_loop *loop, ev_timer *w, int events)
{
	bool waiting = false;
	struct name *n;

	(void)events;
	for (n = names.all; n != NULL; n = n->hh.next) {
		if (n->state != ALLOWED || n->waiters == NULL)
			continue;
		if (is_served(n->text) || !is_recent(n->since, PATIENCE))
			wake_all(n);
		else
			waiting = true;
	}
	if (!waiting)
		ev_timer_stop(loop, w);
}

static void await(void)
{
	if (ev_is_active(&names.poll))
		return;
	ev_timer_init(&names.poll, on_poll, POLL, POLL);
	ev_timer_start(control_loop(), &names.poll);
}

static void make(struct name *n)
{
	const struct tls_app *app = current_app();
	struct managed_name m = automation_for(&app->automation, n->text);
	struct error err;

	if (tls_issuer()->manage(&m, 1, false, &err) == -1)
		log_msg(LOG_ERROR, "certs", "on demand, for '%s': %s", n->text, err.message);
	on_demand_publish(app);
	if (is_served(n->text))
		wake_all(n);
	else
		await();
}

/* ---- asking --------------------------------------------------------------------------------- */

static void on_answer(void *arg, bool allowed, const char *why)
{
	struct name *n = arg;
	struct log_line line;

	names.asking--;
	allowed = allowed && is_on_demand(current_app(), n->text);
	set_state(n, allowed ? ALLOWED : REFUSED);
	log_begin(&line, LOG_INFO, "certs",
	    allowed ? "a certificate on demand is allowed"
		    : "a certificate on demand is not allowed");
	log_str(&line, "name", n->text);
	if (why != NULL)
		log_str(&line, "reason", why);
	log_end(&line);
	if (allowed)
		make(n);
	else
		wake_all(n);
}

static struct name *name_new(const char *text)
{
	struct name *n = mem_zalloc(sizeof(*n));

	memcpy(n->text, text, strlen(text) + 1);
	n->state = REFUSED;
	HASH_ADD_STR(names.all, text, n);
	return n;
}

/* What is known of a name, or a question about it. NULL: there is no room for any. */
static struct name *name_for(const struct tls_app *app, const char *text)
{
	struct name *n;

	HASH_FIND_STR(names.all, text, n);
	if (n != NULL && (n->state != REFUSED || is_recent(n->since, REFUSED_FOR)))
		return n;
	if (names.asking == ASKING_MAX || !make_room())
		return NULL;
	HASH_FIND_STR(names.all, text, n);
	if (n == NULL)
		n = name_new(text);
	set_state(n, ASKING);
	names.asking++;
	tls_issuer()->ask(app->automation.on_demand.endpoint, text, on_answer, n);
	return n;
}

static void take_question(struct message *message, void *owner)
{
	struct question *q = (struct question *)message;
	struct waiter *waiter = mem_alloc(sizeof(*waiter));
	const struct tls_app *app = current_app();
	struct name *n = NULL;

	(void)owner;
	*waiter = q->waiter;
	if (is_on_demand(app, q->text) && tls_issuer() != NULL)
		n = name_for(app, q->text);
	free(q);
	if (n == NULL || n->state == REFUSED ||
	    (n->state == ALLOWED && !is_recent(n->since, PATIENCE))) {
		wake(waiter);
		return;
	}
	waiter->next = n->waiters;
	n->waiters = waiter;
	if (n->state == ALLOWED)
		await();
}

void on_demand_stop(void)
{
	struct name *n, *next;
	struct waiter *waiter;

	if (ev_is_active(&names.poll))
		ev_timer_stop(control_loop(), &names.poll);
	HASH_ITER (hh, names.all, n, next) {
		while ((waiter = n->waiters) != NULL) {
			n->waiters = waiter->next;
			free(waiter);
		}
		HASH_DEL(names.all, n);
		free(n);
	}
	atomic_store(&possible, false);
	names.asking = names.allowed = 0;
}
