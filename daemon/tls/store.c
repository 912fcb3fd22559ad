/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "daemon/tls/store.h"

#include <ctype.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <uthash.h>

#include "common/readers.h"
#include "daemon/tls/staple.h"

#define NAME_MAX_LENGTH 255
#define LABELS_MAX 16 /* how many leading labels a wildcard may stand for */

struct store_set {
	struct store_set *next;
	enum store_rank rank;
	struct cert **certs;
	size_t count, size;
};

/* A certificate that stands for a loaded one. */
struct override {
	UT_hash_handle hh;
	uint8_t fingerprint[32]; /* of the loaded one */
	struct cert *cert;       /* a reference */
	bool used;
};

/* A name of a certificate, in a chain with others of the same bucket. */
struct entry {
	uint32_t hash;
	uint32_t next; /* 1 + index in entries; 0: the last */
	const char *name;
	struct cert *cert;
	enum store_rank rank;
};

struct snapshot {
	struct cert **certs; /* references */
	size_t cert_count;
	struct entry *entries;
	uint32_t *buckets; /* 1 + index in entries; 0: none */
	uint32_t mask;
};

static pthread_mutex_t writing = PTHREAD_MUTEX_INITIALIZER; /* sets, and making a snapshot */
static struct store_set *sets; /* by rank, the newest first within one */
static struct override *overrides;
static void (*listener)(void); /* under writing */
static struct snapshot *_Atomic current;
static struct readers readers; /* of current */

/* ---- snapshots ----------------------------------------------------------------------------- */

/* FNV-1a. The names in the table are the operator's own, so collisions cannot be sent in. */
static uint32_t hash_of(const char *name, size_t n)
{
	uint32_t h = 2166136261u;
	size_t i;

	for (i = 0; i < n; i++)
		h = (h ^ (uint8_t)name[i]) * 16777619u;
	return h ^ h >> 15;
}

static void snapshot_free(struct snapshot *s)
{
	size_t i;

	if (s == NULL)
		return;
	for (i = 0; i < s->cert_count; i++)
		cert_unref(s->certs[i]);
	free(s->certs);
	free(s->entries);
	free(s->buckets);
	free(s);
}

/* ---- overrides, with writing held ---------------------------------------------------------- */

static struct override *override_of(const struct cert *cert)
{
	struct override *o;

	HASH_FIND(hh, overrides, cert->fingerprint, sizeof(cert->fingerprint), o);
	return o;
}

/* What handshakes see for a certificate of the set. */
static struct cert *served(const struct store_set *set, struct cert *cert)
{
	struct override *o =
	    set->rank == STORE_LOADED && overrides != NULL ? override_of(cert) : NULL;

	if (o == NULL)
		return cert;
	o->used = true;
	return o->cert;
}

static void override_free(struct override *o)
{
	HASH_DEL(overrides, o);
	cert_unref(o->cert);
	free(o);
}

/* Those of certificates that no set has any more. */
static void drop_unused(void)
{
	struct override *o, *next;

	HASH_ITER (hh, overrides, o, next) {
		if (!o->used)
			override_free(o);
		else
			o->used = false;
	}
}

/* ---- making a snapshot --------------------------------------------------------------------- */

/* Counts certificates and names of all sets. */
static void count_all(size_t *certs, size_t *names)
{
	const struct store_set *set;
	size_t i;

	*certs = *names = 0;
	for (set = sets; set != NULL; set = set->next) {
		*certs += set->count;
		for (i = 0; i < set->count; i++)
			*names += served(set, set->certs[i])->names.count;
	}
}

static void snapshot_add(
    struct snapshot *s, struct cert *cert, enum store_rank rank, uint32_t *used, uint32_t **tails)
{
	struct entry *e;
	uint32_t bucket;
	size_t i;

	s->certs[s->cert_count++] = cert_ref(cert);
	for (i = 0; i < cert->names.count; i++) {
		e = &s->entries[*used];
		e->name = cert->names.items[i];
		e->hash = hash_of(e->name, strlen(e->name));
		e->cert = cert;
		e->rank = rank;
		bucket = e->hash & s->mask;
		/* At the chain's end: the order of the sets is the order of preference. */
		if (tails[bucket] == NULL)
			tails[bucket] = &s->buckets[bucket];
		*tails[bucket] = ++*used;
		tails[bucket] = &e->next;
	}
}

static struct snapshot *snapshot_make(void)
{
	struct snapshot *s = mem_zalloc(sizeof(*s));
	const struct store_set *set;
	uint32_t used = 0, **tails;
	size_t certs, names, i;

	count_all(&certs, &names);
	for (s->mask = 15; s->mask < names * 2; s->mask = s->mask * 2 + 1)
		;
	s->certs = mem_zalloc((certs + 1) * sizeof(struct cert *));
	s->entries = mem_zalloc((names + 1) * sizeof(struct entry));
	s->buckets = mem_zalloc(((size_t)s->mask + 1) * sizeof(uint32_t));
	tails = mem_zalloc(((size_t)s->mask + 1) * sizeof(uint32_t *));
	for (set = sets; set != NULL; set = set->next)
		for (i = 0; i < set->count; i++)
			snapshot_add(s, served(set, set->certs[i]), set->rank, &used, tails);
	free(tails);
	drop_unused();
	return s;
}

/* The same certificate, loaded once more. NULL: there is none. */
static struct cert *find_same(const struct snapshot *s, const struct cert *cert)
{
	const char *name = cert->names.count > 0 ? cert->names.items[0] : "";
	uint32_t hash = hash_of(name, strlen(name)), i;
	const struct entry *e;

	for (i = s->buckets[hash & s->mask]; i != 0; i = e->next) {
		e = &s->entries[i - 1];
		if (e->hash == hash &&
		    memcmp(e->cert->fingerprint, cert->fingerprint, sizeof(cert->fingerprint)) == 0)
			return e->cert;
	}
	return NULL;
}

/* A certificate that is loaded again is not without its OCSP response for a while. */
static void hand_on_staple(struct snapshot *to, const struct cert *from)
{
	struct staple *staple = staple_of(from), *own;
	struct cert *same;

	if (staple == NULL)
		return;
	same = find_same(to, from);
	own = same != NULL ? staple_of(same) : NULL;
	if (same != NULL && own == NULL)
		staple_put(same, staple);
	else
		staple_unref(staple);
	staple_unref(own);
}

/* With writing held. */
static void commit(void)
{
	struct snapshot *s = snapshot_make(), *old = current;
	size_t i;

	for (i = 0; old != NULL && i < old->cert_count; i++)
		hand_on_staple(s, old->certs[i]);
	current = s;
	readers_wait(&readers);
	snapshot_free(old);
	if (listener != NULL)
		listener();
}

void store_listen(void (*changed)(void))
{
	pthread_mutex_lock(&writing);
	listener = changed;
	pthread_mutex_unlock(&writing);
}

void store_commit(void)
{
	pthread_mutex_lock(&writing);
	commit();
	pthread_mutex_unlock(&writing);
}

/* ---- sets ---------------------------------------------------------------------------------- */

struct store_set *store_set_new(enum store_rank rank)
{
	struct store_set *set = mem_zalloc(sizeof(*set)), **at;

	set->rank = rank;
	pthread_mutex_lock(&writing);
	for (at = &sets; *at != NULL && (*at)->rank < rank; at = &(*at)->next)
		;
	set->next = *at;
	*at = set;
	pthread_mutex_unlock(&writing);
	return set;
}

void store_set_free(struct store_set *set)
{
	struct store_set **at;
	size_t i;

	if (set == NULL)
		return;
	pthread_mutex_lock(&writing);
	for (at = &sets; *at != set; at = &(*at)->next)
		;
	*at = set->next;
	if (set->count > 0)
		commit();
	pthread_mutex_unlock(&writing);
	for (i = 0; i < set->count; i++)
		cert_unref(set->certs[i]);
	free(set->certs);
	free(set);
}

void store_set_add(struct store_set *set, struct cert *cert)
{
	pthread_mutex_lock(&writing);
	if (set->count == set->size) {
		set->size = set->size > 0 ? set->size * 2 : 4;
		set->certs = mem_realloc(set->certs, set->size * sizeof(struct cert *));
	}
	set->certs[set->count++] = cert_ref(cert);
	pthread_mutex_unlock(&writing);
}

void store_set_remove(struct store_set *set, const struct cert *cert)
{
	struct cert *found = NULL;
	size_t i;

	pthread_mutex_lock(&writing);
	for (i = 0; i < set->count && found == NULL; i++) {
		if (set->certs[i] == cert) {
			found = set->certs[i];
			set->certs[i] = set->certs[--set->count];
		}
	}
	pthread_mutex_unlock(&writing);
	cert_unref(found);
}

void store_set_replace(struct store_set *set, const struct cert *old, struct cert *cert)
{
	struct cert *found = NULL;
	size_t i;

	pthread_mutex_lock(&writing);
	for (i = 0; i < set->count && found == NULL; i++) {
		if (set->certs[i] == old) {
			found = set->certs[i];
			set->certs[i] = cert_ref(cert);
		}
	}
	pthread_mutex_unlock(&writing);
	cert_unref(found);
}

void store_override(const struct cert *served, struct cert *cert)
{
	struct override *o;

	pthread_mutex_lock(&writing);
	for (o = overrides; o != NULL && o->cert != served; o = o->hh.next)
		;
	if (o == NULL) {
		o = mem_zalloc(sizeof(*o));
		memcpy(o->fingerprint, served->fingerprint, sizeof(o->fingerprint));
		HASH_ADD(hh, overrides, fingerprint, sizeof(o->fingerprint), o);
	} else {
		cert_unref(o->cert);
	}
	o->cert = cert_ref(cert);
	commit();
	pthread_mutex_unlock(&writing);
}

/* ---- looking up ---------------------------------------------------------------------------- */

static bool any_of(const struct strings *wanted, const struct strings *has)
{
	size_t i, k;

	for (i = 0; i < wanted->count; i++)
		for (k = 0; k < has->count; k++)
			if (strcmp(wanted->items[i], has->items[k]) == 0)
				return true;
	return wanted->count == 0;
}

static bool all_of(const struct strings *wanted, const struct strings *has)
{
	struct strings one;
	size_t i;

	for (i = 0; i < wanted->count; i++) {
		one = (struct strings){.items = wanted->items + i, .count = 1};
		if (!any_of(&one, has))
			return false;
	}
	return true;
}

static bool selected(const struct cert_selection *want, const struct cert *cert)
{
	struct strings serial = {.items = (const char **)&cert->serial, .count = 1};

	return want == NULL ||
	       (any_of(&want->serial_number, &serial) &&
		   any_of(&want->subject_organization, &cert->organizations) &&
		   (want->public_key_algorithm == 0 ||
		       want->public_key_algorithm - 1 == (int)cert->kind) &&
		   any_of(&want->any_tag, &cert->tags) && all_of(&want->all_tags, &cert->tags));
}

/* Puts the best certificates that have exactly this name into out. Borrowed. */
static bool find_name(const struct snapshot *s, const struct store_query *q, const char *name,
    size_t n, struct store_found *out)
{
	uint32_t h = hash_of(name, n), at;
	const struct entry *e;
	struct cert **best;
	bool found = false;

	for (at = s->buckets[h & s->mask]; at != 0; at = e->next) {
		e = &s->entries[at - 1];
		if (e->hash != h || strncmp(e->name, name, n) != 0 || e->name[n] != '\0' ||
		    (q->loaded_only && e->rank != STORE_LOADED) || !selected(q->selection, e->cert))
			continue;
		best = &out->cert[e->cert->kind];
		if (*best == NULL ||
		    (!cert_is_valid(*best, q->now) && cert_is_valid(e->cert, q->now)))
			*best = e->cert;
		found = true;
	}
	return found;
}

/* name with 1, 2, ... of its first labels replaced by '*'. buf is overwritten. */
static bool find_wildcard(const struct snapshot *s, const struct store_query *q, const char *name,
    size_t n, struct store_found *out)
{
	char pattern[NAME_MAX_LENGTH + 2 * LABELS_MAX];
	const char *rest = name, *dot;
	size_t stars, tail, i;

	for (stars = 1; stars <= LABELS_MAX; stars++) {
		dot = memchr(rest, '.', n - (size_t)(rest - name));
		tail = dot != NULL ? n - (size_t)(dot - name) : 0;
		memset(pattern, '*', stars * 2);
		for (i = 1; i < stars; i++)
			pattern[i * 2 - 1] = '.';
		memcpy(pattern + stars * 2 - 1, dot != NULL ? dot : "", tail);
		if (find_name(s, q, pattern, stars * 2 - 1 + tail, out))
			return true;
		if (dot == NULL)
			return false;
		rest = dot + 1;
	}
	return false;
}

/* In lower case, without a dot at the end. Returns the length; 0: not a name. */
static size_t normalize(struct span name, char out[NAME_MAX_LENGTH + 1])
{
	size_t i;

	if (name.n > 0 && name.p[name.n - 1] == '.')
		name.n--;
	if (name.n > NAME_MAX_LENGTH)
		return 0;
	for (i = 0; i < name.n; i++) {
		if (name.p[i] == '\0' || name.p[i] == '*')
			return 0;
		out[i] = (char)tolower(name.p[i]);
	}
	out[i] = '\0';
	return i;
}

static bool find_in(const struct snapshot *s, const struct store_query *q, struct store_found *out)
{
	char name[NAME_MAX_LENGTH + 1], address[NETADDR_TEXT_MAX];
	size_t n = normalize(q->server_name, name);

	if (n > 0) {
		if (find_name(s, q, name, n, out) || find_wildcard(s, q, name, n, out))
			return true;
	} else if (q->server_name.n == 0) {
		if (q->local != NULL) {
			netaddr_ip_text(q->local, address);
			if (find_name(s, q, address, strlen(address), out))
				return true;
		}
		if (q->default_sni != NULL &&
		    find_name(s, q, q->default_sni, strlen(q->default_sni), out))
			return true;
	}
	return q->fallback_sni != NULL &&
	       find_name(s, q, q->fallback_sni, strlen(q->fallback_sni), out);
}

bool store_find(const struct store_query *query, struct store_found *out)
{
	unsigned place = readers_enter(&readers);
	const struct snapshot *s = current;
	bool found;
	int i;

	memset(out, 0, sizeof(*out));
	found = s != NULL && find_in(s, query, out);
	for (i = 0; i < CERT_KINDS; i++)
		if (out->cert[i] != NULL)
			cert_ref(out->cert[i]);
	readers_leave(&readers, place);
	return found;
}

void store_release(struct store_found *found)
{
	int i;

	for (i = 0; i < CERT_KINDS; i++) {
		cert_unref(found->cert[i]);
		found->cert[i] = NULL;
	}
}

bool store_has_loaded(const char *name)
{
	struct store_query query = {
	    .server_name = span_str(name),
	    .now = time(NULL),
	    .loaded_only = true,
	};
	struct store_found found;
	bool has = false;
	int i;

	store_find(&query, &found);
	for (i = 0; i < CERT_KINDS; i++)
		has |= found.cert[i] != NULL && cert_is_valid(found.cert[i], query.now);
	store_release(&found);
	return has;
}

void store_each(void (*visit)(void *arg, const struct cert *cert), void *arg)
{
	unsigned place = readers_enter(&readers);
	const struct snapshot *s = current;
	size_t i;

	for (i = 0; s != NULL && i < s->cert_count; i++)
		visit(arg, s->certs[i]);
	readers_leave(&readers, place);
}
