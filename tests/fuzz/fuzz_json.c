/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "daemon/input/field.h"
#include "daemon/input/json.h"

/* A table with every type of field; objects hold the fields of a leaf. */
struct leaf {
	bool flag;
	int64_t number, span;
	double ratio;
	const char *name;
	struct strings names;
	int mode;
};

struct tree {
	struct leaf leaf;
	struct objects leaves;
	int64_t least;
	int custom;
};

static const char *const modes[] = {"first", "random", "least_conn", NULL};

static int load_custom(struct load *load, const struct jnode *node, void *target, struct error *err)
{
	static const char *const known[] = {"sni", "alpn", NULL};

	(void)load;
	*(int *)target = 1;
	if (jnode_object(node, err) == -1)
		return -1;
	return jnode_known(node, known, err);
}

static const struct field leaf_fields[] = {
    FIELD_BOOL(struct leaf, flag, "flag", 0, "a flag"),
    FIELD_INT(struct leaf, number, "number", 0, "3", 0, 10, "a number"),
    FIELD_DURATION(struct leaf, span, "span", 0, "1m", "a duration"),
    {.name = "ratio", .type = FIELD_TYPE_FLOAT, FIELD_AT(struct leaf, ratio), .max = 1},
    FIELD_STRING(struct leaf, name, "name", FIELD_REQUIRED, "a name"),
    FIELD_STRINGS(struct leaf, names, "names", 0, "names"),
    FIELD_ENUM(struct leaf, mode, "mode", 0, "first", modes, "a choice"),
    FIELD_END,
};

static const struct field tree_fields[] = {
    FIELD_OBJECT(struct tree, leaf, "leaf", 0, leaf_fields, "a leaf"),
    FIELD_OBJECTS(struct tree, leaves, "leaves", 0, leaf_fields, struct leaf, "leaves"),
    FIELD_INT(struct tree, least, "least", FIELD_HIDDEN, NULL, 0, 0, "any number"),
    FIELD_CUSTOM(struct tree, custom, "custom", 0, load_custom, &shape_any, "anything"),
    FIELD_END,
};

static void check(bool holds)
{
	if (!holds)
		abort();
}

/* A complaint has a code, words and an end. */
static void check_error(const struct error *err)
{
	check(err->code != ERROR_NONE && err->message[0] != '\0');
	check(memchr(err->message, '\0', sizeof(err->message)) != NULL);
	check(memchr(err->path, '\0', sizeof(err->path)) != NULL);
}

static void check_leaf(const struct leaf *leaf)
{
	size_t i;

	check(leaf->number >= 0 && leaf->number <= 10 && leaf->span >= 0);
	check(leaf->ratio >= 0 && leaf->ratio <= 1 && leaf->mode >= 0 && leaf->mode < 3);
	for (i = 0; i < leaf->names.count; i++)
		check(strlen(leaf->names.items[i]) < JSON_SIZE_MAX);
}

static void load(json_t *value)
{
	struct jnode root = jnode_root(value);
	struct arena *arena = arena_new(0);
	struct error err = {0};
	struct tree tree;
	size_t i;

	if (fields_load(tree_fields, NULL, &root, "handler", arena, &tree, &err) == -1) {
		check_error(&err);
	} else {
		check_leaf(&tree.leaf);
		for (i = 0; i < tree.leaves.count; i++)
			check_leaf((const struct leaf *)tree.leaves.items + i);
	}
	arena_free(arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct error err = {0};
	json_t *value;

	if (json_parse((const char *)data, size, "fuzz", &value, &err) == -1) {
		check(value == NULL);
		check_error(&err);
		return 0;
	}
	load(value);
	json_decref(value);
	return 0;
}
