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

/* The rest of two lists, from the first difference to the last. */
struct rest {
	const struct jnode *before, *after;
	size_t i, n, j, m;
};

/* One item under its own name, or the very same. */
static bool is_same(const json_t *a, const json_t *b)
{
	const json_t *x = json_object_get(a, "@id"), *y = json_object_get(b, "@id");

	return (x != NULL && y != NULL && json_equal(x, y)) || json_equal(a, b);
}

static bool is_nameless(const json_t *item)
{
	return json_object_get(item, "@id") == NULL;
}

/*
 * One step: an item that is on both sides, or on one. Only the next item is looked at, which finds
 * what was added, removed or moved alone; where more is different, more is shown.
 */
static void step(json_t *out, struct rest *r)
{
	struct jnode x = jnode_item(r->before, r->i), y = jnode_item(r->after, r->j);
	bool same = is_same(x.value, y.value);
	bool added =
	    !same && r->j + 1 < r->m && is_same(x.value, json_array_get(r->after->value, r->j + 1));
	bool removed = !same && !added && r->i + 1 < r->n &&
		       is_same(json_array_get(r->before->value, r->i + 1), y.value);

	if (same || (!added && !removed && is_nameless(x.value) && is_nameless(y.value))) {
		compare(out, &x, &y);
		r->i++;
		r->j++;
		return;
	}
	if (!added) {
		add(out, &x, x.value, NULL);
		r->i++;
	}
	if (!removed) {
		add(out, &y, NULL, y.value);
		r->j++;
	}
}

static void compare_arrays(json_t *out, const struct jnode *before, const struct jnode *after)
{
	struct rest r = {
	    .before = before,
	    .after = after,
	    .n = json_array_size(before->value),
	    .m = json_array_size(after->value),
	};

	while (r.i < r.n && r.j < r.m &&
	       json_equal(json_array_get(before->value, r.i), json_array_get(after->value, r.j))) {
		r.i++;
		r.j++;
	}
	while (r.n > r.i && r.m > r.j &&
	       json_equal(
		   json_array_get(before->value, r.n - 1), json_array_get(after->value, r.m - 1))) {
		r.n--;
		r.m--;
	}
	while (r.i < r.n && r.j < r.m)
		step(out, &r);
	for (; r.i < r.n; r.i++) {
		struct jnode x = jnode_item(before, r.i);

		add(out, &x, x.value, NULL);
	}
	for (; r.j < r.m; r.j++) {
		struct jnode y = jnode_item(after, r.j);

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
