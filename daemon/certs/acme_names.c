/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "daemon/certs/acme_names.h"

#include <stdlib.h>
#include <string.h>

#include "common/arena.h"
#include "common/log.h"
#include "daemon/certs/acme_http.h"
#include "daemon/certs/acme_operation.h"
#include "daemon/certs/ca.h"
#include "daemon/certs/hook.h"
#include "daemon/certs/internal.h"
#include "daemon/certs/keymaker.h"
#include "daemon/tls/acme_options.h"

#define INTERVAL_MAX 600. /* seconds: the wall clock may be set meanwhile */
#define UNWANTED 15       /* seconds that a name stays which no document has any more */
#define PAUSE 0.01
#define STEP 10 /* seconds by which the wall clock was set back, not slewed */

struct acme_names acme_names;

/* ---- a name -------------------------------------------------------------------------------- */

static void drop_issuers(struct acme_name *n)
{
	size_t i;

	for (i = 0; i < n->issuer_count; i++)
		acme_options_unref(n->issuers[i].options);
	free(n->issuers);
}

static void drop_names(struct acme_name *n)
{
	size_t i;

	for (i = 0; i < n->names.count; i++)
		free((char *)n->names.items[i]);
	free(n->names.items);
	n->names = (struct strings){0};
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
	drop_names(n);
	free(n->directory);
	free(n->name);
	free(n);
}

static struct acme_name *find_first(const char *name)
{
	struct acme_name *n;

	HASH_FIND_STR(acme_names.all, name, n);
	return n;
}

static bool has(const struct acme_name *n, const char *name)
{
	size_t i;

	for (i = 0; i < n->names.count; i++)
		if (strcmp(n->names.items[i], name) == 0)
			return true;
	return false;
}

struct acme_name *acme_names_find(const char *name)
{
	struct acme_name *n = find_first(name);

	if (n != NULL)
		return n;
	for (n = acme_names.all; n != NULL; n = n->hh.next)
		if (n->names.count > 1 && has(n, name))
			return n;
	return NULL;
}

static struct acme_name *name_new(const char *text)
{
	struct acme_name *n = mem_zalloc(sizeof(*n));

	n->name = mem_strdup(text);
	n->directory = mem_strdup("");
	HASH_ADD_KEYPTR(hh, acme_names.all, n->name, strlen(n->name), n);
	return n;
}

/* ---- names in one certificate -------------------------------------------------------------- */

/* Those of a document that are to be in one certificate. */
struct group {
	const struct managed_name *first;
	const char **names;
	size_t count;
};

static bool is_acme(const struct managed_name *m)
{
	return m->issuer_count > 0 && m->issuers[0].kind == ISSUER_ACME;
}

/*
 * The groups of names, each alone where it has none; at most ACME_NAMES_MAX in one. To be freed
 * with groups_free().
 */
static struct group *groups_of(const struct managed_name *names, size_t count, size_t *out)
{
	struct group *groups = mem_zalloc((count + 1) * sizeof(*groups)), *g;
	size_t i, k, n = 0;

	for (i = 0; i < count; i++) {
		if (!is_acme(&names[i]))
			continue;
		for (k = n, g = NULL; names[i].group != NULL && k > 0 && g == NULL; k--)
			if (groups[k - 1].first->group == names[i].group &&
			    groups[k - 1].count < ACME_NAMES_MAX)
				g = &groups[k - 1];
		if (g == NULL) {
			g = &groups[n++];
			g->first = &names[i];
			g->names = mem_alloc(
			    (names[i].group != NULL ? ACME_NAMES_MAX : 1) * sizeof(*g->names));
		}
		g->names[g->count++] = names[i].name;
	}
	*out = n;
	return groups;
}

static void groups_free(struct group *groups, size_t count)
{
	while (count > 0)
		free(groups[--count].names);
	free(groups);
}

static bool same_names(const struct acme_name *n, const struct group *g)
{
	size_t i;

	for (i = 0; i < g->count; i++)
		if (!has(n, g->names[i]))
			return false;
	return n->names.count == g->count;
}

static void set_names(struct acme_name *n, const struct group *g)
{
	size_t i;

	drop_names(n);
	n->names.items = mem_alloc(g->count * sizeof(*n->names.items));
	n->names.count = g->count;
	for (i = 0; i < g->count; i++)
		n->names.items[i] = mem_strdup(g->names[i]);
}

/* ---- what documents want ------------------------------------------------------------------- */

static bool same_issuers(const struct acme_name *n, const struct managed_name *m)
{
	const struct acme_options *mine, *other;
	size_t i;

	if (n->issuer_count != m->issuer_count || n->key_type != m->key_type ||
	    n->renewal_ratio != m->renewal_ratio)
		return false;
	for (i = 0; i < n->issuer_count; i++) {
		mine = n->issuers[i].options;
		other = m->issuers[i].acme;
		if ((mine == NULL) != (other == NULL) ||
		    (mine != NULL && strcmp(mine->identity, other->identity) != 0))
			return false;
	}
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
			n->issuers[i].options = acme_options_ref(m->issuers[i].acme);
	n->key_type = m->key_type;
	n->renewal_ratio = m->renewal_ratio;
}

/* How the internal CA is to serve it. The document may go: the authority's description stays. */
static void set_internal(struct acme_name *n, const struct managed_name *m)
{
	const struct issuer_spec *spec = internal_ca_issuer(m);

	n->internal = spec != NULL ? *spec : (struct issuer_spec){.kind = ISSUER_ACME};
	if (n->internal.ca != NULL)
		n->internal.ca = ca_description(ca_get(n->internal.ca));
}

/* As the document has it now: whatever was on its way by other rules ends. */
static void apply(struct acme_name *n, const struct group *g, time_t now)
{
	set_internal(n, g->first);
	if (n->names.count > 0 && same_issuers(n, g->first) && same_names(n, g))
		return;
	acme_attempt_discard(n);
	acme_renewal_info_cancel(n);
	if (n->key_type != g->first->key_type) /* another certificate is to be kept */
		n->save_at = 0;
	set_issuers(n, g->first);
	set_names(n, g);
	n->issuer = 0;
	n->failures = 0;
	n->tested = false;
	n->held = false;
	n->due = now;
	acme_stored_load(n);
}

/* The document may yet be refused: names that are known stay as they are. */
void acme_names_manage(const struct managed_name *names, size_t count)
{
	time_t now = time(NULL);
	struct group *groups;
	struct acme_name *n;
	size_t i, k;

	groups = groups_of(names, count, &k);
	for (i = 0; i < k; i++) {
		if (find_first(groups[i].first->name) != NULL)
			continue;
		n = name_new(groups[i].first->name);
		n->remove_at = now + UNWANTED;
		apply(n, &groups[i], now);
	}
	groups_free(groups, k);
	store_commit();
}

void acme_names_keep(const struct managed_name *names, size_t count)
{
	time_t now = time(NULL);
	struct acme_name *n, *next;
	struct group *groups;
	size_t i, k;

	HASH_ITER (hh, acme_names.all, n, next) {
		if (n->remove_at == 0)
			n->remove_at = now + UNWANTED;
	}
	groups = groups_of(names, count, &k);
	for (i = 0; i < k; i++) {
		n = find_first(groups[i].first->name);
		if (n == NULL)
			n = name_new(groups[i].first->name);
		apply(n, &groups[i], now);
		n->remove_at = 0;
	}
	groups_free(groups, k);
	store_commit();
	acme_names_arm();
}

/* ---- what is due --------------------------------------------------------------------------- */

/* When there is something to do for it next; 0: when its order has come to an end. */
static time_t next_of(const struct acme_name *n)
{
	time_t next = n->order == NULL && !n->held ? n->due : 0;

	if (n->remove_at != 0)
		return n->remove_at;
	if (n->asking == NULL && n->ask_at != 0 && (next == 0 || n->ask_at < next))
		next = n->ask_at;
	if (n->save_at != 0 && (next == 0 || n->save_at < next))
		next = n->save_at;
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
		if (next == 0)
			continue; /* the end of an order arms again */
		if (next < first)
			first = next;
	}
	ev_timer_stop(acme_names.loop, &acme_names.timer);
	ev_timer_set(&acme_names.timer, first > now ? (double)(first - now) : PAUSE, 0.);
	ev_timer_start(acme_names.loop, &acme_names.timer);
}

static void shift(time_t *at, time_t step)
{
	if (*at != 0)
		*at += step;
}

/* What was to be waited for is a time from then on; a certificate's end is not. */
static void shift_waits(struct acme_name *n, time_t step)
{
	size_t i;

	shift(&n->remove_at, step);
	shift(&n->ask_at, step);
	shift(&n->save_at, step);
	shift(&n->hurried, step);
	for (i = 0; i < n->issuer_count; i++)
		shift(&n->issuers[i].not_before, step);
	if (n->failures > 0)
		shift(&n->due, step);
}

static time_t offset_of(time_t now)
{
	struct timespec t;

	clock_gettime(CLOCK_BOOTTIME, &t);
	return now - t.tv_sec;
}

/* Finds out that the wall clock was set back: else a wait might have no end. */
static void heed_clock(time_t now)
{
	time_t step = offset_of(now) - acme_names.offset;
	struct acme_name *n;

	if (step > -STEP && step < STEP)
		return;
	acme_names.offset += step;
	if (step > 0)
		return;
	log_msg(LOG_WARN, "certs", "the clock was set back by %lld s", -(long long)step);
	for (n = acme_names.all; n != NULL; n = n->hh.next)
		shift_waits(n, step);
}

static void run(time_t now)
{
	struct acme_name *n, *next;
	bool removed = false;

	heed_clock(now);
	HASH_ITER (hh, acme_names.all, n, next) {
		if (n->remove_at != 0) {
			removed |= n->remove_at <= now;
			if (n->remove_at <= now) {
				acme_attempt_discard(n);
				name_free(n);
			}
			continue;
		}
		if (n->save_at != 0 && n->save_at <= now)
			acme_stored_write(n);
		if (n->order == NULL && !n->held && n->due <= now)
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
	acme_names.offset = offset_of(time(NULL));
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
