/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "daemon/config/lint_certs.h"

#include <string.h>

#include "daemon/config/lint_cover.h"
#include "daemon/config/lint_walk.h"
#include "daemon/core/subject.h"
#include "daemon/tls/cert.h"
#include "daemon/tls/folder.h"
#include "daemon/tls/key.h"

#define DAY (24 * 60 * 60)

/* ---- all of them --------------------------------------------------------------------------- */

/* One look at every certificate. */
struct look {
	struct lint *lint;
	void (*visit)(struct lint *l, const struct jnode *at, const struct cert *cert);
	struct jnode at;
};

static void show(const struct look *look, struct cert *cert)
{
	if (cert != NULL)
		look->visit(look->lint, &look->at, cert);
	cert_unref(cert);
}

static const char *text_of(const struct jnode *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object->value, key));

	return text != NULL && strchr(text, '{') == NULL ? text : NULL;
}

static void look_file(struct look *look)
{
	const char *chain = text_of(&look->at, "certificate"), *key = text_of(&look->at, "key");
	static const struct strings no_tags;
	struct error none;

	if (chain != NULL && key != NULL)
		show(look, cert_load_files(chain, key, &no_tags, &none));
}

static void look_pem(struct look *look)
{
	const char *chain = text_of(&look->at, "certificate"), *key = text_of(&look->at, "key");
	struct error none;
	struct key *k;

	if (chain == NULL || key == NULL || (k = key_load_pem(span_str(key), &none)) == NULL)
		return;
	show(look, cert_load_pem(span_str(chain), k, NULL, "pem", &none));
	key_unref(k);
}

static int look_bundle(void *arg, const char *path, struct error *err)
{
	show(arg, cert_load_bundle(path, err));
	return 0;
}

static int pass_folder(void *arg, const char *path, struct error *err)
{
	(void)arg;
	(void)path;
	(void)err;
	return 0;
}

static void look_folder(struct look *look)
{
	static const struct folder_visitor visitor = {.file = look_bundle, .folder = pass_folder};
	const char *folder = json_string_value(look->at.value);
	struct error none;

	if (folder != NULL && strchr(folder, '{') == NULL)
		folder_walk(folder, &visitor, look, &none);
}

static void each_cert(
    struct lint *l, void (*visit)(struct lint *l, const struct jnode *at, const struct cert *cert))
{
	static const struct {
		const char *key;
		void (*look)(struct look *look);
	} loaders[] = {
	    {"load_files", look_file}, {"load_pem", look_pem}, {"load_folders", look_folder}};
	struct jnode root = jnode_root(l->document), apps = jnode_member(&root, "apps");
	struct jnode tls = jnode_member(&apps, "tls"), certs = jnode_member(&tls, "certificates");
	struct look look = {.lint = l, .visit = visit};
	size_t i, j;

	for (i = 0; i < sizeof(loaders) / sizeof(loaders[0]); i++) {
		struct jnode list = jnode_member(&certs, loaders[i].key);

		for (j = 0; j < json_array_size(list.value); j++) {
			look.at = jnode_item(&list, j);
			loaders[i].look(&look);
		}
	}
}

static const char *name_of(const struct cert *cert)
{
	return cert->names.count > 0 ? cert->names.items[0] : cert->serial;
}

/* ---- cert-expired, cert-expires-soon ------------------------------------------------------- */

static const char *day(time_t when, char out[16])
{
	struct tm tm;

	gmtime_r(&when, &tm);
	strftime(out, 16, "%Y-%m-%d", &tm);
	return out;
}

static void expired_cert(struct lint *l, const struct jnode *at, const struct cert *cert)
{
	char when[16];

	if (cert->not_after <= l->now)
		lint_tell(l, at, "the certificate of '%s' expired on %s: clients refuse it",
		    name_of(cert), day(cert->not_after, when));
	else if (cert->not_before > l->now)
		lint_tell(l, at,
		    "the certificate of '%s' is valid from %s on only: until then clients refuse "
		    "it",
		    name_of(cert), day(cert->not_before, when));
}

void lint_cert_expired(struct lint *l)
{
	each_cert(l, expired_cert);
}

static void soon_cert(struct lint *l, const struct jnode *at, const struct cert *cert)
{
	char when[16];

	if (cert->not_after > l->now && cert->not_after - l->now < LINT_EXPIRES_SOON_DAYS * DAY)
		lint_tell(l, at, "the certificate of '%s' expires on %s", name_of(cert),
		    day(cert->not_after, when));
}

void lint_cert_expires_soon(struct lint *l)
{
	each_cert(l, soon_cert);
}

/* ---- cert-unused --------------------------------------------------------------------------- */

/* Under which names a TLS client may get to something that answers it. */
struct asked {
	bool any;      /* any at all */
	json_t *names; /* these, or under these wildcards */
};

/* The names of a route whose sets all ask for some; false: others come through, too. */
static bool add_names(struct lint *l, const json_t *route)
{
	struct asked *asked = l->state;
	const json_t *sets = json_object_get(route, "match");
	json_t *set, *name;
	size_t i, j;

	json_array_foreach ((json_t *)sets, i, set)
		if (json_array_size(json_object_get(json_object_get(set, "tls"), "sni")) == 0)
			return false;
	json_array_foreach ((json_t *)sets, i, set)
		json_array_foreach (json_object_get(json_object_get(set, "tls"), "sni"), j, name)
			if (lint_may_compare(l))
				json_array_append(asked->names, name);
	return json_array_size(sets) > 0;
}

static void asking_handler(struct lint *l, const struct lint_place *p)
{
	struct asked *asked = l->state;
	const struct lint_list *list = p->list;
	const struct jnode *route = &p->route;

	if (strcmp(p->name, "tls") != 0)
		return;
	for (; list != NULL; route = &list->route, list = list->outer)
		if (add_names(l, route->value))
			return;
	asked->any = true;
}

/* Sites: which of them speak TLS depends on much, and most do. */
static void asking_site(struct lint *l, const struct jnode *server)
{
	struct asked *asked = l->state;

	(void)server;
	asked->any = true;
}

static bool is_asked_for(struct lint *l, const struct cert *cert)
{
	const struct asked *asked = l->state;
	json_t *asked_name;
	size_t i, j;

	json_array_foreach (asked->names, i, asked_name) {
		const char *name = json_string_value(asked_name);

		for (j = 0; j < cert->names.count; j++)
			if (!lint_may_compare(l) || strpbrk(name, "{}") != NULL ||
			    subject_matches(cert->names.items[j], name) ||
			    subject_matches(name, cert->names.items[j]))
				return true;
	}
	return asked->any;
}

static void unused_cert(struct lint *l, const struct jnode *at, const struct cert *cert)
{
	if (!is_asked_for(l, cert))
		lint_tell(l, at,
		    "the certificate of '%s' is not used: no handler tls, and no site, answers "
		    "clients that ask for its names",
		    name_of(cert));
}

void lint_cert_unused(struct lint *l)
{
	static const struct lint_visitor visitor = {.handler = asking_handler};
	struct asked asked = {.names = json_array()};

	l->state = &asked;
	lint_walk(l, &visitor);
	lint_servers(l, "http", asking_site);
	each_cert(l, unused_cert);
	l->state = NULL;
	json_decref(asked.names);
}
