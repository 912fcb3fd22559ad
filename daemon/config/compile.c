/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "daemon/config/compile.h"

#include "daemon/config/edit.h"
#include "daemon/config/logging.h"
#include "daemon/config/storage.h"
#include "daemon/core/load.h"
#include "daemon/core/trust.h"

#define INSTANCE_ARENA 4096

static int check_top(const struct jnode *root, struct error *err)
{
	static const char *const known[] = {"apps", "admin", "logging", "storage", "@id", NULL};

	if (jnode_object(root, err) == -1)
		return -1;
	return jnode_known(root, known, err);
}

static int load_top(struct load *load, const struct jnode *root, struct error *err)
{
	struct jnode logging = jnode_member(root, "logging");
	struct jnode storage = jnode_member(root, "storage");
	const char *folder;

	if (storage_load(load, &storage, &folder, err) == -1)
		return -1;
	return logging_load(load, &logging, err);
}

static int check_apps(const struct jnode *apps, struct error *err)
{
	const char *known[16];
	size_t n = 0;
	const struct app_type *const *t;

	if (apps->value == NULL)
		return 0;
	for (t = app_types(); *t != NULL; t++)
		if (!(*t)->top)
			known[n++] = (*t)->name;
	known[n] = NULL;
	if (jnode_object(apps, err) == -1)
		return -1;
	return jnode_known(apps, known, err);
}

static int load_apps(struct load *load, const struct jnode *root, struct error *err)
{
	struct jnode apps = jnode_member(root, "apps");
	const struct app_type *const *t;

	if (check_apps(&apps, err) == -1)
		return -1;
	for (t = app_types(); *t != NULL; t++) {
		struct jnode app = {.parent = &apps, .key = (*t)->name};

		if ((*t)->top)
			app = jnode_member(root, (*t)->name);
		else if (apps.value != NULL)
			app = jnode_member(&apps, (*t)->name);
		if ((*t)->load(load, &app, err) == -1)
			return -1;
	}
	for (t = app_types(); *t != NULL; t++)
		if ((*t)->finish != NULL && (*t)->finish(load, err) == -1)
			return -1;
	return 0;
}

struct instance *instance_compile(json_t *document, uint64_t revision,
    const struct instance *before, const struct edit *edit, bool limited, bool dry,
    struct error *err)
{
	struct arena *arena = arena_new(INSTANCE_ARENA);
	struct instance *in = arena_alloc(arena, sizeof(*in));
	struct trust trust = {.limited = limited, .before = before, .notes = &in->trusted};
	struct load load = {.arena = arena,
	    .instance = in,
	    .before = before,
	    .origin = edit != NULL ? edit_origin : NULL,
	    .edit = edit,
	    .dry = dry,
	    .trust = &trust};
	struct jnode root = jnode_root(document);
	int rc;

	in->arena = arena;
	in->refs = 1;
	in->revision = revision;
	in->document = json_incref(document);
	arena_release(arena, (void (*)(void *))json_decref, document);
	fields_watch(trust_field);
	rc = check_top(&root, err);
	if (rc == 0)
		rc = load_top(&load, &root, err);
	if (rc == 0)
		rc = load_apps(&load, &root, err);
	trust_fini(&trust);
	if (rc == 0)
		return in;
	instance_unref(in);
	return NULL;
}
