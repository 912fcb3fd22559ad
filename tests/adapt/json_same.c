/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * json_same WANT GOT: do two files hold the same JSON, the order of keys aside? Says the first
 * difference with its path. Exit 0: yes, 1: no, 2: cannot be read.
 */
#include <config.h>

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <jansson.h>

static bool same(const json_t *want, const json_t *got, const char *path);

static bool differ(const char *path, const char *what, const json_t *value)
{
	char *text = json_dumps(value, JSON_ENCODE_ANY | JSON_COMPACT);

	printf("%s: %s %s\n", path, what, text ? text : "?");
	free(text);
	return false;
}

static bool same_objects(const json_t *want, const json_t *got, const char *path)
{
	char inner[1024];
	const char *key;
	json_t *value;

	json_object_foreach ((json_t *)want, key, value) {
		snprintf(inner, sizeof(inner), "%s.%s", path, key);
		if (json_object_get(got, key) == NULL)
			return differ(inner, "missing", value);
		if (!same(value, json_object_get(got, key), inner))
			return false;
	}
	json_object_foreach ((json_t *)got, key, value) {
		snprintf(inner, sizeof(inner), "%s.%s", path, key);
		if (json_object_get(want, key) == NULL)
			return differ(inner, "not wanted", value);
	}
	return true;
}

static bool same_arrays(const json_t *want, const json_t *got, const char *path)
{
	char inner[1024];
	size_t i;

	if (json_array_size(want) != json_array_size(got))
		return differ(path, "another number of items in", got);
	for (i = 0; i < json_array_size(want); i++) {
		snprintf(inner, sizeof(inner), "%s[%zu]", path, i);
		if (!same(json_array_get(want, i), json_array_get(got, i), inner))
			return false;
	}
	return true;
}

static bool same(const json_t *want, const json_t *got, const char *path)
{
	if (json_is_object(want) && json_is_object(got))
		return same_objects(want, got, path);
	if (json_is_array(want) && json_is_array(got))
		return same_arrays(want, got, path);
	return json_equal(want, got) || differ(path, "got", got);
}

static json_t *load(const char *path)
{
	json_error_t why;
	json_t *value = json_load_file(path, JSON_DECODE_ANY | JSON_REJECT_DUPLICATES, &why);

	if (value == NULL)
		printf("%s:%d: %s\n", path, why.line, why.text);
	return value;
}

int main(int argc, char **argv)
{
	json_t *want, *got;
	int result = 2;

	if (argc != 3) {
		fprintf(stderr, "usage: json_same WANT GOT\n");
		return 2;
	}
	want = load(argv[1]);
	got = load(argv[2]);
	if (want != NULL && got != NULL)
		result = same(want, got, "$") ? 0 : 1;
	json_decref(want);
	json_decref(got);
	return result;
}
