/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "daemon/config/diff.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/config/secrets.h"
#include "daemon/input/json.h"

#define PATH_SIZE 512

static void put_text(json_t *item, const char *key, const json_t *value)
{
	char *text;

	if (value == NULL)
		return;
	text = json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY);
	json_object_set_new(item, key, json_string(text));
	free(text);
}

/* At node, whose value is either of the two. */
static void add(json_t *out, const struct jnode *node, const json_t *before, const json_t *after)
{
	char path[PATH_SIZE];
	json_t *item = json_object();

	json_object_set_new(item, "path", json_string(jnode_path(node, path, sizeof(path))));
	json_object_set_new(item, "change",
	    json_string(before == NULL  ? "added"
			: after == NULL ? "removed"
					: "changed"));
	put_text(item, "before", before);
	put_text(item, "after", after);
	json_array_append_new(out, item);
}

static void compare(json_t *out, const struct jnode *before, const struct jnode *after);

static void compare_objects(json_t *out, const struct jnode *before, const struct jnode *after)
{
	const char *key;
	json_t *value;

	json_object_foreach (before->value, key, value) {
		struct jnode x = jnode_member(before, key), y = jnode_member(after, key);

		if (y.value == NULL)
			add(out, &x, value, NULL);
		else
			compare(out, &x, &y);
	}
	json_object_foreach (after->value, key, value) {
		struct jnode y = jnode_member(after, key);

		if (json_object_get(before->value, key) == NULL)
			add(out, &y, NULL, value);
	}
}

/* Two items at corresponding places: are they one that changed? */
static bool same_item(const json_t *a, const json_t *b)
{
	const json_t *x = json_object_get(a, "@id"), *y = json_object_get(b, "@id");

	if (x == NULL && y == NULL)
		return json_typeof(a) == json_typeof(b);
	return x != NULL && y != NULL && json_equal(x, y);
}

/* What is before and behind the change is the same; in between items are paired while they can. */
static void compare_arrays(json_t *out, const struct jnode *before, const struct jnode *after)
{
	size_t n = json_array_size(before->value), m = json_array_size(after->value);
	size_t first = 0, last = 0, i;

	while (
	    first < n && first < m &&
	    json_equal(json_array_get(before->value, first), json_array_get(after->value, first)))
		first++;
	while (last < n - first && last < m - first &&
	       json_equal(json_array_get(before->value, n - 1 - last),
		   json_array_get(after->value, m - 1 - last)))
		last++;
	for (i = first; i < n - last; i++) {
		struct jnode x = jnode_item(before, i), y = jnode_item(after, i);

		if (n == m && same_item(x.value, y.value))
			compare(out, &x, &y);
		else
			add(out, &x, x.value, NULL);
	}
	for (i = first; i < m - last; i++) {
		struct jnode x = jnode_item(before, i), y = jnode_item(after, i);

		if (n != m || !same_item(x.value, y.value))
			add(out, &y, NULL, y.value);
	}
}

static void compare(json_t *out, const struct jnode *before, const struct jnode *after)
{
	if (json_equal(before->value, after->value))
		return;
	if (json_is_object(before->value) && json_is_object(after->value))
		compare_objects(out, before, after);
	else if (json_is_array(before->value) && json_is_array(after->value))
		compare_arrays(out, before, after);
	else
		add(out, after, before->value, after->value);
}

json_t *diff_documents(json_t *before, json_t *after)
{
	json_t *out = json_array(), *a = secrets_mask(before), *b = secrets_mask(after);
	struct jnode x = jnode_root(a), y = jnode_root(b);

	compare(out, &x, &y);
	json_decref(a);
	json_decref(b);
	return out;
}
