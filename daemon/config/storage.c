/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "daemon/config/storage.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "common/log.h"
#include "daemon/input/field.h"
#include "daemon/state/state.h"

/* The one in use. */
static struct {
	bool open;
	char *root;          /* NULL: the state folder */
	struct state *state; /* of a folder of its own; NULL: the daemon's */
} storage;

struct params {
	const char *root;
};

static const struct field fields[] = {
    FIELD_STRING(
	struct params, root, "root", FIELD_REQUIRED | FIELD_PATH, "the folder; made if missing"),
    FIELD_END,
};

static bool module_at(size_t i, struct shape_module *out)
{
	static const struct shape_module file_system = {
	    "file_system", "a folder of this machine", fields, NULL};

	*out = file_system;
	return i == 0;
}

const struct shape storage_shape = {.type = SHAPE_TAGGED, .tag = "module", .module = module_at};

static int load_module(const struct jnode *node, struct error *err)
{
	struct jnode module = jnode_member(node, "module");
	const char *name;

	if (jnode_object(node, err) == -1)
		return -1;
	if (module.value == NULL)
		return jnode_error(&module, err, ERROR_INVALID, "is required: file_system");
	if (jnode_string(&module, &name, err) == -1)
		return -1;
	if (strcmp(name, "file_system") == 0)
		return 0;
	return jnode_error(&module, err, ERROR_UNSUPPORTED,
	    "there is no storage '%s': use file_system, or remove it for the state folder", name);
}

static bool is_in_use(const char *root)
{
	if (root == NULL || storage.root == NULL)
		return root == storage.root;
	return strcmp(root, storage.root) == 0;
}

int storage_load(struct load *load, const struct jnode *node, const char **root, struct error *err)
{
	struct params params = {0};

	*root = NULL;
	if (node->value != NULL) {
		if (load_module(node, err) == -1 ||
		    fields_load(fields, load, node, "module", load->arena, &params, err) == -1)
			return -1;
		if (*params.root == '\0') {
			struct jnode member = jnode_member(node, "root");

			return jnode_error(&member, err, ERROR_INVALID, "names no folder");
		}
		*root = params.root;
	}
	if (!storage.open || is_in_use(*root))
		return 0;
	return jnode_error(node, err, ERROR_UNSUPPORTED,
	    "the folder of certificates cannot change while the daemon runs, it is %s%s%s: restart "
	    "the daemon with the new one",
	    storage.root != NULL ? "'" : "the state folder",
	    storage.root != NULL ? storage.root : "", storage.root != NULL ? "'" : "");
}

static bool is_same_folder(const char *a, const char *b)
{
	struct stat first, second;

	return stat(a, &first) == 0 && stat(b, &second) == 0 && first.st_dev == second.st_dev &&
	       first.st_ino == second.st_ino;
}

int storage_open(json_t *document, struct state *state, struct state **out, struct error *err)
{
	struct load load = {.arena = arena_new(512)};
	struct jnode root = jnode_root(document), node = jnode_member(&root, "storage");
	const char *folder;
	int rc = storage_load(&load, &node, &folder, err);

	*out = state;
	if (rc == 0 && folder != NULL) {
		if (state == NULL || !is_same_folder(folder, state_path(state))) {
			storage.state = *out = state_open(folder, err);
			rc = storage.state != NULL ? 0 : error_at(err, "storage.root");
		}
		storage.root = mem_strdup(folder);
	}
	storage.open = rc == 0;
	if (rc == 0 && storage.state != NULL)
		log_msg(LOG_INFO, "certs", "certificates are kept in '%s'", folder);
	arena_free(load.arena);
	return rc;
}

void storage_close(void)
{
	state_close(storage.state);
	free(storage.root);
	memset(&storage, 0, sizeof(storage));
}
