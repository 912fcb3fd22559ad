/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "common/buf.h"
#include "daemon/config/adaptation.h"

#define SORT_RUN 20

void adaptation_warn(struct adaptation *a, const struct dispenser *d, const char *format, ...)
{
	const struct token *token = &d->tokens[d->cursor < 0 ? 0 : d->cursor];
	struct buf text = {0};
	va_list args;

	buf_printf(&text, "%s:%u: ", token->file, token->line);
	va_start(args, format);
	buf_vprintf(&text, format, args);
	va_end(args);
	json_array_append_new(a->warnings, json_stringn((char *)text.data, buf_len(&text)));
	buf_fini(&text);
}

int adaptation_work(struct adaptation *a, size_t amount, const struct token *at, struct error *err)
{
	a->work += amount;
	if (amount <= ADAPTATION_WORK_MAX && a->work <= ADAPTATION_WORK_MAX)
		return 0;
	return token_error(at, err, ERROR_LIMIT,
	    "the document would be far larger than the Caddyfile: too much is written out for each "
	    "site or use");
}

json_t *adaptation_option(const struct adaptation *a, const char *name)
{
	return json_object_get(a->options, name);
}

int adaptation_at(const struct adaptation *a, const char *option, struct error *err)
{
	return error_at(err, "%s", json_string_value(json_object_get(a->places, option)));
}

const char *adaptation_text(const struct adaptation *a, const char *name, const char *fallback)
{
	json_t *value = adaptation_option(a, name);

	return value ? json_string_value(value) : fallback;
}

long adaptation_number(const struct adaptation *a, const char *name, long fallback)
{
	json_t *value = adaptation_option(a, name);

	return value ? (long)json_integer_value(value) : fallback;
}

bool adaptation_auto_https(const struct adaptation *a, const char *word)
{
	return strings_have(adaptation_option(a, "auto_https"), word);
}

bool strings_have(const json_t *array, const char *text)
{
	for (size_t i = 0; i < json_array_size(array); i++)
		if (strcmp(json_string_value(json_array_get(array, i)), text) == 0)
			return true;
	return false;
}

void strings_add(json_t *array, const char *text)
{
	if (!strings_have(array, text))
		json_array_append_new(array, json_string(text));
}

void strings_add_all(json_t *array, const json_t *more)
{
	json_array_extend(array, (json_t *)more);
	strings_unique(array);
}

void strings_unique(json_t *array)
{
	json_t *known = json_object(), *kept = json_array(), *text;
	size_t i;

	json_array_foreach (array, i, text) {
		if (json_object_get(known, json_string_value(text)))
			continue;
		json_object_set_new(known, json_string_value(text), json_true());
		json_array_append(kept, text);
	}
	json_array_clear(array);
	json_array_extend(array, kept);
	json_decref(kept);
	json_decref(known);
}

static int compare_strings(const void *a, const void *b)
{
	return strcmp(
	    json_string_value(*(json_t *const *)a), json_string_value(*(json_t *const *)b));
}

void strings_sort(json_t *array)
{
	size_t count = json_array_size(array);
	json_t **items = mem_zalloc((count + 1) * sizeof(json_t *));

	for (size_t i = 0; i < count; i++)
		items[i] = json_incref(json_array_get(array, i));
	qsort(items, count, sizeof(json_t *), compare_strings);
	json_array_clear(array);
	for (size_t i = 0; i < count; i++)
		json_array_append_new(array, items[i]);
	free(items);
}

json_t *member_array(json_t *object, const char *key)
{
	json_t *value = json_object_get(object, key);

	if (!value) {
		value = json_array();
		json_object_set_new(object, key, value);
	}
	return value;
}

json_t *member_object(json_t *object, const char *key)
{
	json_t *value = json_object_get(object, key);

	if (!value) {
		value = json_object();
		json_object_set_new(object, key, value);
	}
	return value;
}

struct sort {
	size_t size;
	bool (*before)(const void *a, const void *b, void *context);
	void *context;
	char *spare; /* room for all items */
};

static void insertion(const struct sort *s, char *items, size_t count)
{
	for (size_t i = 1; i < count; i++) {
		size_t j = i;

		while (
		    j > 0 && s->before(items + i * s->size, items + (j - 1) * s->size, s->context))
			j--;
		if (j == i)
			continue;
		memcpy(s->spare, items + i * s->size, s->size);
		memmove(items + (j + 1) * s->size, items + j * s->size, (i - j) * s->size);
		memcpy(items + j * s->size, s->spare, s->size);
	}
}

/* Merges the sorted items[0..middle) and items[middle..count). */
static void merge(const struct sort *s, char *items, size_t middle, size_t count)
{
	const char *a = s->spare, *a_end = s->spare + middle * s->size;
	const char *b = items + middle * s->size, *b_end = items + count * s->size;

	memcpy(s->spare, items, middle * s->size);
	while (a < a_end && b < b_end) {
		bool take_b = s->before(b, a, s->context);

		memmove(items, take_b ? b : a, s->size);
		items += s->size;
		if (take_b)
			b += s->size;
		else
			a += s->size;
	}
	memcpy(items, a, (size_t)(a_end - a));
}

void stable_sort(void *items, size_t count, size_t size,
    bool (*before)(const void *a, const void *b, void *context), void *context)
{
	struct sort s = {size, before, context, mem_alloc(count * size + 1)};
	char *base = items;

	for (size_t i = 0; i < count; i += SORT_RUN)
		insertion(&s, base + i * size, count - i < SORT_RUN ? count - i : SORT_RUN);
	for (size_t run = SORT_RUN; run < count; run *= 2)
		for (size_t i = 0; i + run < count; i += 2 * run)
			merge(&s, base + i * size, run, count - i < 2 * run ? count - i : 2 * run);
	free(s.spare);
}
