/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "daemon/certs/ca.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uthash.h>

#include "common/arena.h"
#include "common/duration.h"
#include "common/log.h"
#include "daemon/certs/authority.h"
#include "daemon/state/state.h"
#include "daemon/tls/pki.h"

#define DAY (24 * 3600)
#define INTERMEDIATE_LIFETIME (7 * DAY)

struct ca {
	UT_hash_handle hh;
	char *id;
	struct arena *arena; /* of spec's texts */
	struct pki_ca spec;
	unsigned definition;
	struct authority *root, *intermediate; /* NULL: not read or made yet */
};

static struct {
	struct state *state;
	int64_t root_lifetime, intermediate_lifetime;
	struct ca *all; /* hash, by id */
} authorities;

/* ---- descriptions --------------------------------------------------------------------------- */

static const char *copy(struct ca *ca, const char *text)
{
	return text != NULL ? arena_strdup(ca->arena, text) : NULL;
}

static void define(struct ca *ca, const struct pki_ca *spec)
{
	arena_free(ca->arena);
	ca->arena = arena_new(512);
	ca->spec = *spec;
	ca->spec.id = ca->id;
	ca->spec.root_name = copy(ca, spec->root_name);
	ca->spec.intermediate_name = copy(ca, spec->intermediate_name);
	ca->spec.root.certificate = copy(ca, spec->root.certificate);
	ca->spec.root.key = copy(ca, spec->root.key);
	ca->spec.intermediate.certificate = copy(ca, spec->intermediate.certificate);
	ca->spec.intermediate.key = copy(ca, spec->intermediate.key);
	ca->spec.definition = copy(ca, spec->definition);
	ca->definition++;
	authority_free(ca->root);
	authority_free(ca->intermediate);
	ca->root = ca->intermediate = NULL;
}

struct ca *ca_get(const struct pki_ca *spec)
{
	const char *id = spec != NULL ? spec->id : PKI_LOCAL;
	struct ca *ca;

	HASH_FIND_STR(authorities.all, id, ca);
	if (ca == NULL) {
		ca = mem_zalloc(sizeof(*ca));
		ca->id = mem_strdup(id);
		ca->arena = arena_new(64);
		define(ca, spec != NULL ? spec : pki_find(NULL, NULL));
		HASH_ADD_KEYPTR(hh, authorities.all, ca->id, strlen(ca->id), ca);
	} else if (spec != NULL && strcmp(ca->spec.definition, spec->definition) != 0) {
		define(ca, spec);
	}
	return ca;
}

const struct pki_ca *ca_description(const struct ca *ca)
{
	return &ca->spec;
}

unsigned ca_definition(const struct ca *ca)
{
	return ca->definition;
}

/* ---- files ---------------------------------------------------------------------------------- */

/* The state file of its root or intermediate. */
static const char *file_of(const struct ca *ca, bool root, char out[STATE_NAME_MAX + 32])
{
	char part[STATE_NAME_MAX];

	if (!state_part(ca->id, part, sizeof(part)))
		snprintf(part, sizeof(part), "long-%08x", (unsigned)ca->hh.hashv);
	snprintf(out, STATE_NAME_MAX + 32, "pki/%s/%s.pem", part, root ? "root" : "intermediate");
	return out;
}

/* NULL with err; ERROR_NOT_FOUND: there is none. */
static struct authority *load(const struct ca *ca, bool root, struct error *err)
{
	char name[STATE_NAME_MAX + 32];

	if (authorities.state != NULL)
		return authority_load(authorities.state, file_of(ca, root, name), err);
	error_set(err, ERROR_NOT_FOUND, "nothing is kept");
	return NULL;
}

/* a (taken) takes the place of *out, on disk first. Returns 0, or -1 with err. */
static int replace(
    const struct ca *ca, bool root, struct authority *a, struct authority **out, struct error *err)
{
	char name[STATE_NAME_MAX + 32];

	if (authorities.state != NULL &&
	    authority_store(a, authorities.state, file_of(ca, root, name), err) == -1) {
		authority_free(a);
		return -1;
	}
	authority_free(*out);
	*out = a;
	return 0;
}

/* An operator's certificate, read once. Returns 0, or -1 with err. */
static int use_files(
    const struct pki_pair *pair, time_t now, struct authority **out, struct error *err)
{
	if (*out == NULL)
		*out = authority_load_files(pair->certificate, pair->key, err);
	if (*out == NULL)
		return -1;
	if ((*out)->not_after > now)
		return 0;
	return error_set(err, ERROR_INVALID,
	    "the authority's certificate in '%s' has expired; put a new one "
	    "there and reload",
	    pair->certificate);
}

/* ---- roots ---------------------------------------------------------------------------------- */

static int make_root(struct ca *ca, time_t now, struct error *err)
{
	const char *name = ca->spec.root_name;
	struct authority *root;
	struct tm tm;
	char made_up[64];

	gmtime_r(&now, &tm);
	snprintf(
	    made_up, sizeof(made_up), "pointsman Local Authority - %d ECC Root", tm.tm_year + 1900);
	root = authority_make(
	    name != NULL ? name : made_up, NULL, now, authorities.root_lifetime, err);
	if (root == NULL || replace(ca, true, root, &ca->root, err) == -1)
		return -1;
	log_msg(LOG_INFO, "certs",
	    "made a root for the internal CA '%s'; clients must trust it (pointsctl ca root %s)",
	    ca->id, ca->id);
	return 0;
}

/*
 * What is there but cannot be read is not replaced: clients trust it. An expired one is of no use
 * to anybody.
 */
static int need_root(struct ca *ca, time_t now, struct error *err)
{
	struct error inner;

	if (ca->spec.root.certificate != NULL)
		return use_files(&ca->spec.root, now, &ca->root, err);
	if (ca->root == NULL) {
		ca->root = load(ca, true, &inner);
		if (ca->root == NULL && inner.code != ERROR_NOT_FOUND)
			return error_set(err, inner.code,
			    "the root of the internal CA '%s': %s; bring the file back, or remove "
			    "it to have a new root made, which clients must then trust",
			    ca->id, inner.message);
	}
	if (ca->root != NULL && ca->root->not_after > now)
		return 0;
	if (ca->root != NULL)
		log_msg(LOG_WARN, "certs", "the root of the internal CA '%s' has expired", ca->id);
	return make_root(ca, now, err);
}

const struct authority *ca_root(struct ca *ca, time_t now, struct error *err)
{
	return need_root(ca, now, err) == 0 ? ca->root : NULL;
}

/* ---- intermediates -------------------------------------------------------------------------- */

static bool is_fresh(const struct ca *ca, const struct authority *a, time_t now)
{
	double life = (double)(a->not_after - a->not_before);

	return a->not_before <= now && (double)(a->not_after - now) > life * ca->spec.renewal_ratio;
}

static int64_t intermediate_lifetime(const struct ca *ca)
{
	if (ca->spec.intermediate_lifetime > 0)
		return ca->spec.intermediate_lifetime / DURATION_S;
	return authorities.intermediate_lifetime > 0 ? authorities.intermediate_lifetime
						     : INTERMEDIATE_LIFETIME;
}

static int make_intermediate(struct ca *ca, time_t now, struct error *err)
{
	const char *name = ca->spec.intermediate_name;
	struct authority *a;

	a = authority_make(name != NULL ? name : "pointsman Local Authority - ECC Intermediate",
	    ca->root, now, intermediate_lifetime(ca), err);
	return a != NULL ? replace(ca, false, a, &ca->intermediate, err) : -1;
}

const struct authority *ca_intermediate(struct ca *ca, time_t now, struct error *err)
{
	struct error inner;

	if (need_root(ca, now, err) == -1)
		return NULL;
	if (ca->spec.intermediate.certificate != NULL)
		return use_files(&ca->spec.intermediate, now, &ca->intermediate, err) == 0
			   ? ca->intermediate
			   : NULL;
	if (ca->intermediate == NULL) {
		ca->intermediate = load(ca, false, &inner);
		if (ca->intermediate == NULL && inner.code != ERROR_NOT_FOUND)
			log_msg(LOG_ERROR, "certs",
			    "a new intermediate of the internal CA '%s' is made: %s", ca->id,
			    inner.message);
	}
	if (ca->intermediate != NULL && is_fresh(ca, ca->intermediate, now) &&
	    authority_is_signed_by(ca->intermediate, ca->root))
		return ca->intermediate;
	return make_intermediate(ca, now, err) == 0 ? ca->intermediate : NULL;
}

/* ---- beginning and end ---------------------------------------------------------------------- */

void ca_start(struct state *state, int64_t root_lifetime, int64_t intermediate_lifetime)
{
	authorities.state = state;
	authorities.root_lifetime = root_lifetime;
	authorities.intermediate_lifetime = intermediate_lifetime;
}

void ca_stop(void)
{
	struct ca *ca, *next;

	HASH_ITER (hh, authorities.all, ca, next) {
		HASH_DEL(authorities.all, ca);
		authority_free(ca->root);
		authority_free(ca->intermediate);
		arena_free(ca->arena);
		free(ca->id);
		free(ca);
	}
	memset(&authorities, 0, sizeof(authorities));
}
