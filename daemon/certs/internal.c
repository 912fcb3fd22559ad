/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "daemon/certs/internal.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uthash.h>

#include "common/arena.h"
#include "common/duration.h"
#include "common/log.h"
#include "daemon/certs/authority.h"
#include "daemon/certs/ca.h"
#include "daemon/tls/store.h"

#define DAY (24 * 3600)
#define INTERVAL_MAX 600. /* seconds: the wall clock may be set meanwhile */
#define BATCH 16          /* certificates made in one go of the loop */
#define BATCH_PAUSE 0.002
#define AT_ONCE 256 /* made before manage() returns; what is beyond comes in batches */
#define RETRY 60    /* seconds */
#define UNWANTED 15 /* seconds that a name stays which no document has any more */

/* A name with its certificate. */
struct entry {
	UT_hash_handle hh;
	char *name;
	enum key_type key_type;
	int64_t lifetime; /* seconds; 0: the default */
	struct ca *ca;
	unsigned definition; /* the authority's when cert was made */
	struct cert *cert;
	time_t due;       /* when to make it again */
	time_t remove_at; /* 0: wanted */
};

static struct {
	struct ev_loop *loop;
	ev_timer timer;
	int64_t leaf; /* seconds */
	struct store_set *set;
	struct entry *entries; /* hash, by name */
} internal;

static void log_error(const char *what, const struct error *err)
{
	char text[sizeof(err->path) + sizeof(err->message) + 4];

	log_msg(LOG_ERROR, "certs", "%s: %s", what, error_text(err, text, sizeof(text)));
}

/* ---- certificates of names ----------------------------------------------------------------- */

/* With a third of its life left, and up to a twelfth before that: not all at once. */
static time_t due_of(const struct entry *e)
{
	int64_t life = e->cert->not_after - e->cert->not_before;

	return e->cert->not_after - life / 3 -
	       (time_t)(e->hh.hashv % 1024 * (uint64_t)(life / 12) / 1024);
}

/* The store is committed by the caller. */
static int issue(struct entry *e, time_t now, struct error *err)
{
	int64_t lifetime = e->lifetime > 0 ? e->lifetime : internal.leaf;
	const struct authority *issuer = ca_intermediate(e->ca, now, err);
	struct cert *cert;

	if (issuer == NULL)
		return -1;
	cert = authority_issue(issuer, e->name, e->key_type, now, lifetime, err);
	if (cert == NULL)
		return -1;
	e->definition = ca_definition(e->ca);
	if (e->cert != NULL) {
		store_set_remove(internal.set, e->cert);
		cert_unref(e->cert);
	}
	store_set_add(internal.set, cert);
	e->cert = cert;
	e->due = due_of(e);
	return 0;
}

static void entry_free(struct entry *e)
{
	HASH_DEL(internal.entries, e);
	if (e->cert != NULL) {
		store_set_remove(internal.set, e->cert);
		cert_unref(e->cert);
	}
	free(e->name);
	free(e);
}

static struct entry *entry_get(const struct managed_name *m)
{
	struct entry *e;

	HASH_FIND_STR(internal.entries, m->name, e);
	if (e != NULL)
		return e;
	e = mem_zalloc(sizeof(*e));
	e->name = mem_strdup(m->name);
	HASH_ADD_KEYPTR(hh, internal.entries, e->name, strlen(e->name), e);
	return e;
}

const struct issuer_spec *internal_ca_issuer(const struct managed_name *m)
{
	size_t i;

	for (i = 0; i < m->issuer_count; i++)
		if (m->issuers[i].kind == ISSUER_INTERNAL)
			return &m->issuers[i];
	return NULL;
}

/* *made counts certificates made at once. */
static int manage_name(const struct managed_name *m, time_t now, int *made, struct error *err)
{
	const struct issuer_spec *spec = internal_ca_issuer(m);
	struct ca *ca = ca_get(spec != NULL ? spec->ca : NULL);
	int64_t lifetime = spec != NULL ? spec->lifetime / DURATION_S : 0;
	struct entry *e = entry_get(m);
	bool same = e->key_type == m->key_type && e->lifetime == lifetime && e->ca == ca &&
		    e->definition == ca_definition(ca);

	e->key_type = m->key_type;
	e->lifetime = lifetime;
	e->ca = ca;
	e->remove_at = 0;
	if (e->cert != NULL && same && e->due > now)
		return 0;
	if (++*made > AT_ONCE) {
		e->due = now;
		return 0;
	}
	if (issue(e, now, err) == -1)
		return error_at(err, "certificate for '%s'", m->name);
	return 0;
}

static void arm(double after)
{
	if (internal.loop == NULL)
		return;
	ev_timer_stop(internal.loop, &internal.timer);
	ev_timer_set(&internal.timer, after, 0.);
	ev_timer_start(internal.loop, &internal.timer);
}

static int manage(const struct managed_name *names, size_t count, bool dry, struct error *err)
{
	time_t now = time(NULL);
	size_t i;
	int rc = 0, made = 0;

	if (dry || count == 0)
		return 0;
	if (internal.set == NULL)
		return error_set(err, ERROR_INTERNAL, "the internal CA has not been started");
	for (i = 0; i < count && rc == 0; i++)
		rc = manage_name(&names[i], now, &made, err);
	store_commit();
	if (made > AT_ONCE)
		log_msg(LOG_INFO, "certs", "%d more certificates are made in the background",
		    made - AT_ONCE);
	arm(made > AT_ONCE ? BATCH_PAUSE : 1.); /* which finds out when the next is due */
	return rc;
}

static void keep(const struct managed_name *names, size_t count)
{
	time_t now = time(NULL);
	struct entry *e, *next;
	size_t i;
	bool unwanted = false;

	HASH_ITER (hh, internal.entries, e, next) {
		if (e->remove_at == 0)
			e->remove_at = now + UNWANTED;
	}
	for (i = 0; i < count; i++) {
		HASH_FIND_STR(internal.entries, names[i].name, e);
		if (e != NULL)
			e->remove_at = 0;
	}
	for (e = internal.entries; e != NULL; e = e->hh.next)
		unwanted |= e->remove_at != 0;
	if (unwanted)
		arm(UNWANTED + 1.);
}

static const char *authority_pem(const struct pki_ca *spec, bool root)
{
	const struct authority *a;
	time_t now = time(NULL);
	struct error err;

	if (internal.set == NULL)
		return NULL;
	a = root ? ca_root(ca_get(spec), now, &err) : ca_intermediate(ca_get(spec), now, &err);
	if (a != NULL)
		return a->pem;
	log_error(root ? "no root" : "no intermediate", &err);
	return NULL;
}

const struct tls_issuer internal_issuer = {
    .manage = manage,
    .keep = keep,
    .authority_pem = authority_pem,
};

const char *internal_ca_root_pem(const struct pki_ca *ca)
{
	return authority_pem(ca, true);
}

/* ---- one name, or each ---------------------------------------------------------------------- */

void internal_ca_drop(const char *name)
{
	struct entry *e;

	HASH_FIND_STR(internal.entries, name, e);
	if (e == NULL)
		return;
	entry_free(e);
	store_commit();
}

void internal_ca_each(
    void (*visit)(void *arg, const char *name, const struct cert *cert, time_t due), void *arg)
{
	struct entry *e;

	for (e = internal.entries; e != NULL; e = e->hh.next)
		if (e->remove_at == 0)
			visit(arg, e->name, e->cert, e->due);
}

bool internal_ca_renew(const char *name)
{
	struct entry *e;

	HASH_FIND_STR(internal.entries, name, e);
	if (e == NULL)
		return false;
	e->due = time(NULL);
	arm(0.);
	return true;
}

/* ---- maintenance --------------------------------------------------------------------------- */

static void renew(struct entry *e, time_t now)
{
	struct error err;

	if (issue(e, now, &err) == 0)
		return;
	error_at(&err, "certificate for '%s'", e->name);
	log_error("not renewed", &err);
	e->due = now + RETRY;
}

double internal_ca_maintain(time_t now)
{
	time_t next = now + (time_t)INTERVAL_MAX, at;
	struct entry *e, *after;
	int done = 0;
	bool changed = false;

	HASH_ITER (hh, internal.entries, e, after) {
		if (e->remove_at != 0 && e->remove_at <= now) {
			entry_free(e);
			changed = true;
			continue;
		}
		if (e->due <= now && e->remove_at == 0 && done++ < BATCH) {
			renew(e, now);
			changed = true;
		}
		at = e->remove_at != 0 ? e->remove_at : e->due;
		if (at < next)
			next = at;
	}
	if (changed)
		store_commit();
	if (done > BATCH)
		return BATCH_PAUSE;
	return next > now ? (double)(next - now) : BATCH_PAUSE;
}

static void on_timer(struct ev_loop *loop, ev_timer *w, int events)
{
	(void)loop;
	(void)w;
	(void)events;
	arm(internal_ca_maintain(time(NULL)));
}

/* ---- beginning and end --------------------------------------------------------------------- */

void internal_ca_start(
    struct state *state, struct ev_loop *loop, const struct internal_ca_options *options)
{
	static const struct internal_ca_options defaults = {3650 * DAY, 0, DAY / 2};

	if (options == NULL)
		options = &defaults;
	memset(&internal, 0, sizeof(internal));
	ca_start(state, options->root, options->intermediate);
	internal.loop = loop;
	internal.leaf = options->leaf;
	internal.set = store_set_new(STORE_MANAGED);
	ev_timer_init(&internal.timer, on_timer, INTERVAL_MAX, 0.);
}

void internal_ca_stop(void)
{
	struct entry *e, *next;

	if (internal.set == NULL)
		return;
	if (internal.loop != NULL)
		ev_timer_stop(internal.loop, &internal.timer);
	HASH_ITER (hh, internal.entries, e, next)
		entry_free(e);
	store_commit();
	store_set_free(internal.set);
	ca_stop();
	memset(&internal, 0, sizeof(internal));
}
