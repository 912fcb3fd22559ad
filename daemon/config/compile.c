/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "daemon/config/compile.h"

#include "common/errors.h"
#include "daemon/config/edit.h"
#include "daemon/config/logging.h"
#include "daemon/config/storage.h"
#include "daemon/core/load.h"
#include "daemon/core/trust.h"

#define INSTANCE_ARENA 4096
#define KNOWN_MAX 16

/* ---- what there is ------------------------------------------------------------------------- */

/* Of the apps those that are a member of the document, or of its "apps". */
static bool nth_app(size_t i, bool top, struct shape_module *out)
{
	const struct app_type *const *t = app_types();

	for (; *t != NULL && ((*t)->top != top || i > 0); t++)
		i -= (*t)->top == top;
	if (*t == NULL)
		return false;
	*out = (struct shape_module){(*t)->name, (*t)->help, (*t)->fields, NULL};
	return true;
}

static bool app_at(size_t i, struct shape_module *out)
{
	return nth_app(i, false, out);
}

static const struct shape apps_shape = {.type = SHAPE_KEYED, .module = app_at};

/* The members of the document. */
static bool member_at(size_t i, struct shape_module *out)
{
	static const struct shape_module own[] = {
	    {"apps", "what the program does", NULL, &apps_shape},
	    {"logging", "where the log goes", logging_fields, NULL},
	    {"storage", "where certificates are kept", NULL, &storage_shape},
	};

	if (i >= sizeof(own) / sizeof(own[0]))
		return nth_app(i - sizeof(own) / sizeof(own[0]), true, out);
	*out = own[i];
	return true;
}

const struct shape document_shape = {.type = SHAPE_KEYED, .module = member_at};

/* ---- loading ------------------------------------------------------------------------------- */

/* That the object has only members that there are. */
static int check_members(const struct jnode *object, const struct shape *shape, struct error *err)
{
	const char *known[KNOWN_MAX + 2];
	struct shape_module module;
	size_t n;

	if (jnode_object(object, err) == -1)
		return -1;
	for (n = 0; n < KNOWN_MAX && shape->module(n, &module); n++)
		known[n] = module.name;
	known[n++] = "@id";
	known[n] = NULL;
	return jnode_known(object, known, err);
}

static int load_own(struct load *load, const struct jnode *root, struct error *err)
{
	struct jnode logging = jnode_member(root, "logging");
	struct jnode storage = jnode_member(root, "storage");
	const char *folder;
	int rc = 0;

	if (errors_go_on(storage_load(load, &storage, &folder, err), &rc, err))
		errors_go_on(logging_load(load, &logging, err), &rc, err);
	return rc;
}

static int load_all(struct load *load, const struct jnode *root, struct error *err)
{
	struct jnode apps = jnode_member(root, "apps");
	const struct app_type *const *t;
	int rc = 0;

	if (!errors_go_on(check_members(root, &document_shape, err), &rc, err))
		return -1;
	if (!errors_go_on(load_own(load, root, err), &rc, err))
		return -1;
	if (apps.value != NULL && !errors_go_on(check_members(&apps, &apps_shape, err), &rc, err))
		return -1;
	for (t = app_types(); *t != NULL; t++) {
		struct jnode app = {.parent = &apps, .key = (*t)->name};

		if ((*t)->top)
			app = jnode_member(root, (*t)->name);
		else if (apps.value != NULL)
			app = jnode_member(&apps, (*t)->name);
		if (!errors_go_on((*t)->load(load, &app, err), &rc, err))
			break;
	}
	if (rc == -1)
		return -1;
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
	rc = load_all(&load, &root, err);
	trust_fini(&trust);
	if (rc == 0)
		return in;
	instance_unref(in);
	return NULL;
}
