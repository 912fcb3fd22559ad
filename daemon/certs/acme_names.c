/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "daemon/certs/acme_names.h"

#include <stdlib.h>
#include <string.h>

#include "common/arena.h"
#include "common/log.h"
#include "daemon/certs/acme_http.h"
#include "daemon/certs/acme_operation.h"
#include "daemon/certs/hook.h"
#include "daemon/certs/internal.h"
#include "daemon/certs/keymaker.h"
#include "daemon/tls/acme_options.h"

#define INTERVAL_MAX 600. /* seconds: the wall clock may be set meanwhile */
#define ACTIVE_MAX 8      /* orders at once */
#define UNWANTED 15       /* seconds that a name stays which no document has any more */
#define PAUSE 0.01

struct acme_names acme_names;

/* ---- a name -------------------------------------------------------------------------------- */

static void drop_issuers(struct acme_name *n)
{
	size_t i;

	for (i = 0; i < n->issuer_count; i++)
		acme_options_unref(n->issuers[i]);
	free(n->issuers);
}

static void name_free(struct acme_name *n)
{
	HASH_DEL(acme_names.all, n);
	acme_attempt_cancel(n);
	acme_renewal_info_cancel(n);
	if (n->cert != NULL) {
		store_set_remove(acme_names.set, n->cert);
		cert_unref(n->cert);
	}
	drop_issuers(n);
	free(n->names.items);
	free(n->directory);
	free(n->name);
	free(n);
}

struct acme_name *acme_names_find(const char *name)
{
	struct acme_name *n;

	HASH_FIND_STR(acme_names.all, name, n);
	return n;
}

static struct acme_name *name_new(const char *text)
{
	struct acme_name *n = mem_zalloc(sizeof(*n));

	n->name = mem_strdup(text);
	n->names.items = mem_alloc(sizeof(*n->names.items));
	n->names.items[0] = n->name;
	n->names.count = 1;
	n->directory = mem_strdup("");
	HASH_ADD_KEYPTR(hh, acme_names.all, n->name, strlen(n->name), n);
	return n;
}

static bool same_issuers(const struct acme_name *n, const struct managed_name *m)
{
	size_t i;

	if (n->issuer_count != m->issuer_count || n->key_type != m->key_type ||
	    n->renewal_ratio != m->renewal_ratio)
		return false;
	for (i = 0; i < n->issuer_count; i++)
		if ((n->issuers[i] == NULL) != (m->issuers[i].acme == NULL) ||
		    (n->issuers[i] != NULL &&
			strcmp(n->issuers[i]->identity, m->issuers[i].acme->identity) != 0))
			return false;
	return true;
}

static void set_issuers(struct acme_name *n, const struct managed_name *m)
{
	size_t i;

	drop_issuers(n);
	n->issuers = mem_zalloc((m->issuer_count + 1) * sizeof(*n->issuers));
	n->issuer_count = m->issuer_count;
	for (i = 0; i < m->issuer_count; i++)
		if (m->issuers[i].acme != NULL)
			n->issuers[i] = acme_options_ref(m->issuers[i].acme);
	n->key_type = m->key_type;
	n->renewal_ratio = m->renewal_ratio;
}

/* ---- what documents want ------------------------------------------------------------------- */

static void manage_name(const struct managed_name *m, time_t now)
{
	struct acme_name *n = acme_names_find(m->name);

	if (n == NULL) {
		n = name_new(m->name);
		n->remove_at = now + UNWANTED;
	} else if (same_issuers(n, m)) {
		return;
	}
	acme_attempt_cancel(n);
	acme_renewal_info_cancel(n);
	set_issuers(n, m);
	n->issuer = 0;
	n->failures = 0;
	n->tested = false;
	n->due = now;
	acme_stored_load(n);
}

void acme_names_manage(const struct managed_name *names, size_t count)
{
	time_t now = time(NULL);
	size_t i;

	for (i = 0; i < count; i++)
		if (names[i].issuer_count > 0 && names[i].issuers[0].kind == ISSUER_ACME)
			manage_name(&names[i], now);
	store_commit();
}

void acme_names_keep(const struct managed_name *names, size_t count)
{
	time_t now = time(NULL);
	struct acme_name *n, *next;
	size_t i;

	HASH_ITER (hh, acme_names.all, n, next) {
		if (n->remove_at == 0)
			n->remove_at = now + UNWANTED;
	}
	for (i = 0; i < count; i++) {
		if (names[i].issuer_count == 0 || names[i].issuers[0].kind != ISSUER_ACME)
			continue;
		n = acme_names_find(names[i].name);
		if (n != NULL)
			n->remove_at = 0;
	}
	acme_names_arm();
}

/* ---- what is due --------------------------------------------------------------------------- */

/* When there is something to do for it next; 0: when its order has come to an end. */
static time_t next_of(const struct acme_name *n)
{
	time_t next = n->order == NULL ? n->due : 0;

	if (n->remove_at != 0)
		return n->remove_at;
	if (n->asking == NULL && n->ask_at != 0 && (next == 0 || n->ask_at < next))
		next = n->ask_at;
	return next;
}

void acme_names_arm(void)
{
	time_t now = time(NULL), next, first = now + (time_t)INTERVAL_MAX;
	struct acme_name *n;

	if (acme_names.loop == NULL)
		return;
	for (n = acme_names.all; n != NULL; n = n->hh.next) {
		next = next_of(n);
		if (next == 0 || (next <= now && acme_names.active >= ACTIVE_MAX))
			continue; /* the end of an order arms again */
		if (next < first)
			first = next;
	}
	ev_timer_stop(acme_names.loop, &acme_names.timer);
	ev_timer_set(&acme_names.timer, first > now ? (double)(first - now) : PAUSE, 0.);
	ev_timer_start(acme_names.loop, &acme_names.timer);
}

static void run(time_t now)
{
	struct acme_name *n, *next;
	bool removed = false;

	HASH_ITER (hh, acme_names.all, n, next) {
		if (n->remove_at != 0) {
			removed |= n->remove_at <= now;
			if (n->remove_at <= now)
				name_free(n);
			continue;
		}
		if (n->order == NULL && n->due <= now && acme_names.active < ACTIVE_MAX)
			acme_attempt_start(n);
		else if (n->asking == NULL && n->ask_at != 0 && n->ask_at <= now)
			acme_renewal_info_ask(n);
	}
	if (removed)
		store_commit();
}

static void on_timer(struct ev_loop *loop, ev_timer *w, int events)
{
	(void)loop;
	(void)w;
	(void)events;
	run(time(NULL));
	acme_names_arm();
}

/* ---- beginning and end --------------------------------------------------------------------- */

int acme_names_start(struct state *state, struct ev_loop *loop, struct error *err)
{
	memset(&acme_names, 0, sizeof(acme_names));
	if (acme_http_start(loop, err) == -1)
		return -1;
	keymaker_start(loop);
	acme_names.state = state;
	acme_names.loop = loop;
	acme_names.set = store_set_new(STORE_MANAGED);
	ev_timer_init(&acme_names.timer, on_timer, INTERVAL_MAX, 0.);
	return 0;
}

void acme_names_stop(void)
{
	struct acme_name *n, *next;

	if (acme_names.set == NULL)
		return;
	ev_timer_stop(acme_names.loop, &acme_names.timer);
	HASH_ITER (hh, acme_names.all, n, next)
		name_free(n);
	acme_operations_stop();
	hooks_stop();
	keymaker_stop();
	store_commit();
	store_set_free(acme_names.set);
	acme_http_stop();
	memset(&acme_names, 0, sizeof(acme_names));
}
