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
	struct cert *cert;
	time_t due;       /* when to make it again */
	time_t remove_at; /* 0: wanted */
};

static struct {
	struct state *state;
	struct ev_loop *loop;
	ev_timer timer;
	struct internal_ca_options options;
	struct authority *root, *intermediate;
	struct store_set *set;
	struct entry *entries; /* hash, by name */
} ca;

static void log_error(const char *what, const struct error *err)
{
	char text[sizeof(err->path) + sizeof(err->message) + 4];

	log_msg(LOG_ERROR, "certs", "%s: %s", what, error_text(err, text, sizeof(text)));
}

/* ---- root and intermediate ----------------------------------------------------------------- */

static int make_root(time_t now, struct error *err)
{
	struct authority *root;
	struct tm tm;
	char name[64];

	gmtime_r(&now, &tm);
	snprintf(name, sizeof(name), "pointsman Local Authority - %d ECC Root", tm.tm_year + 1900);
	root = authority_make(name, NULL, now, ca.options.root, err);
	if (root == NULL)
		return -1;
	/* On disk before anyone is told to trust it. */
	if (ca.state != NULL && authority_store(root, ca.state, INTERNAL_ROOT_FILE, err) == -1) {
		authority_free(root);
		return -1;
	}
	authority_free(ca.root);
	ca.root = root;
	log_msg(LOG_INFO, "certs",
	    "made a root for the internal CA; clients must trust it (pointsctl ca root)");
	return 0;
}

/*
 * What is there but cannot be read is not replaced: clients trust it. An expired one is of no use
 * to anybody.
 */
static int need_root(time_t now, struct error *err)
{
	struct error inner;

	if (ca.root == NULL && ca.state != NULL) {
		ca.root = authority_load(ca.state, INTERNAL_ROOT_FILE, &inner);
		if (ca.root == NULL && inner.code != ERROR_NOT_FOUND)
			return error_set(err, inner.code,
			    "the root of the internal CA: %s; bring the file back, or remove it to "
			    "have a "
			    "new root made, which clients must then trust",
			    inner.message);
	}
	if (ca.root != NULL && ca.root->not_after > now)
		return 0;
	if (ca.root != NULL)
		log_msg(LOG_WARN, "certs", "the root of the internal CA has expired");
	return make_root(now, err);
}

static bool is_fresh(const struct authority *a, time_t now)
{
	return a->not_before <= now && a->not_after - now > (a->not_after - a->not_before) / 5;
}

static int make_intermediate(time_t now, struct error *err)
{
	struct authority *a;

	a = authority_make("pointsman Local Authority - ECC Intermediate", ca.root, now,
	    ca.options.intermediate, err);
	if (a == NULL)
		return -1;
	if (ca.state != NULL &&
	    authority_store(a, ca.state, INTERNAL_INTERMEDIATE_FILE, err) == -1) {
		authority_free(a);
		return -1;
	}
	authority_free(ca.intermediate);
	ca.intermediate = a;
	return 0;
}

/* Root and intermediate good for signing now. */
static int need_authorities(time_t now, struct error *err)
{
	if (need_root(now, err) == -1)
		return -1;
	if (ca.intermediate == NULL && ca.state != NULL) {
		ca.intermediate = authority_load(ca.state, INTERNAL_INTERMEDIATE_FILE, err);
		if (ca.intermediate == NULL && err->code != ERROR_NOT_FOUND)
			log_error("a new intermediate of the internal CA is made", err);
	}
	if (ca.intermediate != NULL && is_fresh(ca.intermediate, now) &&
	    authority_is_signed_by(ca.intermediate, ca.root))
		return 0;
	return make_intermediate(now, err);
}

const char *internal_ca_root_pem(void)
{
	struct error err;

	if (ca.set == NULL)
		return NULL;
	if (need_root(time(NULL), &err) == 0)
		return ca.root->pem;
	log_error("no root", &err);
	return NULL;
}

/* ---- certificates of names ----------------------------------------------------------------- */

/* With a third of its life left, and up to a twelfth before that: not all at once. */
static time_t due_of(const struct entry *e)
{
	int64_t life = e->cert->not_after - e->cert->not_before;

	return e->cert->not_after - life / 3 -
	       (time_t)(e->hh.hashv % 1024 * (uint64_t)(life / 12) / 1024);
}

/* ca.intermediate is good. The store is committed by the caller. */
static int issue(struct entry *e, time_t now, struct error *err)
{
	int64_t lifetime = e->lifetime > 0 ? e->lifetime : ca.options.leaf;
	struct cert *cert;

	cert = authority_issue(ca.intermediate, e->name, e->key_type, now, lifetime, err);
	if (cert == NULL)
		return -1;
	if (e->cert != NULL) {
		store_set_remove(ca.set, e->cert);
		cert_unref(e->cert);
	}
	store_set_add(ca.set, cert);
	e->cert = cert;
	e->due = due_of(e);
	return 0;
}

static void entry_free(struct entry *e)
{
	HASH_DEL(ca.entries, e);
	if (e->cert != NULL) {
		store_set_remove(ca.set, e->cert);
		cert_unref(e->cert);
	}
	free(e->name);
	free(e);
}

static struct entry *entry_get(const struct managed_name *m)
{
	struct entry *e;

	HASH_FIND_STR(ca.entries, m->name, e);
	if (e != NULL)
		return e;
	e = mem_zalloc(sizeof(*e));
	e->name = mem_strdup(m->name);
	HASH_ADD_KEYPTR(hh, ca.entries, e->name, strlen(e->name), e);
	return e;
}

/* Of the first internal issuer; seconds, 0: the default. */
static int64_t lifetime_of(const struct managed_name *m)
{
	size_t i;

	for (i = 0; i < m->issuer_count; i++)
		if (m->issuers[i].kind == ISSUER_INTERNAL)
			return m->issuers[i].lifetime / DURATION_S;
	return 0;
}

/* *made counts certificates made at once. */
static int manage_name(const struct managed_name *m, time_t now, int *made, struct error *err)
{
	struct entry *e = entry_get(m);
	int64_t lifetime = lifetime_of(m);
	bool same = e->key_type == m->key_type && e->lifetime == lifetime;

	e->key_type = m->key_type;
	e->lifetime = lifetime;
	e->remove_at = 0;
	if (e->cert != NULL && same && e->due > now)
		return 0;
	if (++*made > AT_ONCE) {
		e->due = now;
		return 0;
	}
	if (need_authorities(now, err) == -1 || issue(e, now, err) == -1)
		return error_at(err, "certificate for '%s'", m->name);
	return 0;
}

static void arm(double after)
{
	if (ca.loop == NULL)
		return;
	ev_timer_stop(ca.loop, &ca.timer);
	ev_timer_set(&ca.timer, after, 0.);
	ev_timer_start(ca.loop, &ca.timer);
}

static int manage(const struct managed_name *names, size_t count, bool dry, struct error *err)
{
	time_t now = time(NULL);
	size_t i;
	int rc = 0, made = 0;

	if (dry || count == 0)
		return 0;
	if (ca.set == NULL)
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

	HASH_ITER (hh, ca.entries, e, next) {
		if (e->remove_at == 0)
			e->remove_at = now + UNWANTED;
	}
	for (i = 0; i < count; i++) {
		HASH_FIND_STR(ca.entries, names[i].name, e);
		if (e != NULL)
			e->remove_at = 0;
	}
	for (e = ca.entries; e != NULL; e = e->hh.next)
		unwanted |= e->remove_at != 0;
	if (unwanted)
		arm(UNWANTED + 1.);
}

static const char *authority_pem(bool root)
{
	struct error err;

	if (root)
		return internal_ca_root_pem();
	if (ca.set == NULL)
		return NULL;
	if (need_authorities(time(NULL), &err) == 0)
		return ca.intermediate->pem;
	log_error("no intermediate", &err);
	return NULL;
}

const struct tls_issuer internal_issuer = {
    .manage = manage,
    .keep = keep,
    .authority_pem = authority_pem,
};

/* ---- one name, or each ---------------------------------------------------------------------- */

void internal_ca_drop(const char *name)
{
	struct entry *e;

	HASH_FIND_STR(ca.entries, name, e);
	if (e == NULL)
		return;
	entry_free(e);
	store_commit();
}

void internal_ca_each(
    void (*visit)(void *arg, const char *name, const struct cert *cert, time_t due), void *arg)
{
	struct entry *e;

	for (e = ca.entries; e != NULL; e = e->hh.next)
		if (e->remove_at == 0)
			visit(arg, e->name, e->cert, e->due);
}

bool internal_ca_renew(const char *name)
{
	struct entry *e;

	HASH_FIND_STR(ca.entries, name, e);
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

	if (need_authorities(now, &err) == 0 && issue(e, now, &err) == 0)
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

	HASH_ITER (hh, ca.entries, e, after) {
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
	static const struct internal_ca_options defaults = {3650 * DAY, 7 * DAY, DAY / 2};

	memset(&ca, 0, sizeof(ca));
	ca.state = state;
	ca.loop = loop;
	ca.options = options != NULL ? *options : defaults;
	ca.set = store_set_new(STORE_MANAGED);
	ev_timer_init(&ca.timer, on_timer, INTERVAL_MAX, 0.);
}

void internal_ca_stop(void)
{
	struct entry *e, *next;

	if (ca.set == NULL)
		return;
	if (ca.loop != NULL)
		ev_timer_stop(ca.loop, &ca.timer);
	HASH_ITER (hh, ca.entries, e, next)
		entry_free(e);
	store_commit();
	store_set_free(ca.set);
	authority_free(ca.intermediate);
	authority_free(ca.root);
	memset(&ca, 0, sizeof(ca));
}
