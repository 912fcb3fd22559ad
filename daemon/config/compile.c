/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "daemon/config/compile.h"

#include "common/errors.h"
#include "daemon/core/load.h"
#include "daemon/core/trust.h"

#define INSTANCE_ARENA 4096
#define APPS_MAX 16

/* Of "apps" only the names: each is loaded when its turn comes, also where it is not there. */
static int check_apps(struct load *load, const struct jnode *node, void *target, struct error *err)
{
	const struct app_type *const *t;
	const char *known[APPS_MAX + 1];
	size_t n = 0;

	(void)load;
	(void)target;
	for (t = app_types(); *t != NULL && n < APPS_MAX; t++)
		known[n++] = (*t)->name;
	known[n] = NULL;
	if (jnode_object(node, err) == -1)
		return -1;
	return jnode_known(node, known, err);
}

static bool app_at(size_t i, struct shape_module *out)
{
	const struct app_type *t = app_types()[i];

	if (t == NULL)
		return false;
	*out = (struct shape_module){t->name, t->help, t->fields, NULL};
	return true;
}

static const struct shape apps_shape = {.type = SHAPE_KEYED, .module = app_at};

static int refuse(struct load *load, const struct jnode *node, void *target, struct error *err)
{
	(void)load;
	(void)target;
	return jnode_error(
	    node, err, ERROR_UNSUPPORTED, "is not supported by this version; remove it");
}

#define LATER(n)                                                                                   \
	{                                                                                          \
		.name = n, .type = FIELD_TYPE_CUSTOM, .flags = FIELD_HIDDEN, .load = refuse,       \
		.shape = &shape_nothing                                                            \
	}

static const struct field top_fields[] = {
    {.name = "apps",
	.type = FIELD_TYPE_CUSTOM,
	.load = check_apps,
	.shape = &apps_shape,
	.help = "what the program does"},
    LATER("admin"),
    LATER("logging"),
    LATER("storage"),
    FIELD_END,
};

const struct shape document_shape = {.type = SHAPE_OBJECT, .fields = top_fields};

static int load_apps(struct load *load, const struct jnode *root, struct error *err)
{
	struct jnode apps = jnode_member(root, "apps");
	const struct app_type *const *t;
	int rc = 0;

	for (t = app_types(); *t != NULL; t++) {
		struct jnode app = {.parent = &apps, .key = (*t)->name};

		if (apps.value != NULL)
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
	rc = fields_load(top_fields, &load, &root, NULL, arena, in, err);
	if (rc == 0)
		rc = load_apps(&load, &root, err);
	trust_fini(&trust);
	if (rc == 0)
		return in;
	instance_unref(in);
	return NULL;
}
