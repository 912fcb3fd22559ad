/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "common/arena.h"
#include "daemon/input/settings.h"

/* The object that holds the last part of the way key, which *last becomes. */
static json_t *holder(json_t *object, const char *key, const char **last, bool make)
{
	const char *dot;

	while (object && (dot = strchr(key, '.'))) {
		json_t *inner = json_object_getn(object, key, (size_t)(dot - key));

		if (!inner && make) {
			inner = json_object();
			json_object_setn_new(object, key, (size_t)(dot - key), inner);
		}
		object = inner;
		key = dot + 1;
	}
	*last = key;
	return object;
}

static bool is_zero(const json_t *value)
{
	switch (json_typeof(value)) {
	case JSON_STRING:
		return json_string_length(value) == 0;
	case JSON_INTEGER:
		return json_integer_value(value) == 0;
	case JSON_ARRAY:
		return json_array_size(value) == 0;
	default:
		return false;
	}
}

void settings_put(json_t *object, const char *key, json_t *value)
{
	const char *last;
	json_t *inner = holder(object, key, &last, true);

	if (is_zero(value)) {
		json_object_del(inner, last);
		json_decref(value);
	} else {
		json_object_set_new(inner, last, value);
	}
}

json_t *settings_get(const json_t *object, const char *key)
{
	const char *last;
	json_t *inner = holder((json_t *)object, key, &last, false);

	return json_object_get(inner, last);
}

static int adapt_number(
    struct dispenser *d, json_int_t low, json_int_t high, json_t **out, struct error *err)
{
	if (dispenser_int(d, out, err) == -1)
		return -1;
	if (json_integer_value(*out) >= low && json_integer_value(*out) <= high)
		return 0;
	json_decref(*out);
	*out = NULL;
	return dispenser_error(d, err, ERROR_INVALID, "'%s' is out of range", dispenser_text(d));
}

static int adapt_ratio(struct dispenser *d, json_t **out, struct error *err)
{
	const char *text;
	double value;
	char *end;

	if (dispenser_one(d, &text, err) == -1)
		return -1;
	value = strtod(text, &end);
	if (end == text || *end || !(value > 0 && value < 1))
		return dispenser_error(
		    d, err, ERROR_INVALID, "'%s' is not a number between 0 and 1", text);
	*out = json_real(value);
	return 0;
}

static int adapt_value(
    struct dispenser *d, const struct setting *s, json_t *out, json_t **value, struct error *err)
{
	const char *text;

	switch (s->type) {
	case SETTING_TRUE:
	case SETTING_FALSE:
		*value = json_boolean(s->type == SETTING_TRUE);
		return dispenser_none(d, err);
	case SETTING_STRING:
		if (dispenser_one(d, &text, err) == -1)
			return -1;
		*value = json_string(text);
		return 0;
	case SETTING_ADD:
		*value = json_incref(settings_get(out, s->key));
		return dispenser_strings(d, value, err);
	case SETTING_STRINGS:
		return dispenser_strings(d, value, err);
	case SETTING_INT:
		return adapt_number(d, 0, INT32_MAX, value, err);
	case SETTING_PORT:
		return adapt_number(d, 1, 65535, value, err);
	case SETTING_RATIO:
		return adapt_ratio(d, value, err);
	case SETTING_DURATION:
		return dispenser_duration(d, value, err);
	case SETTING_BYTES:
		return dispenser_bytes(d, value, err);
	case SETTING_CUSTOM:
		break;
	}
	return 0;
}

static int unknown(
    const struct dispenser *d, const struct setting *table, const char *what, struct error *err)
{
	const char **names;
	size_t count = 0;
	int result;

	while (table[count].name)
		count++;
	names = mem_zalloc((count + 1) * sizeof *names);
	for (size_t i = 0; i < count; i++)
		names[i] = table[i].name;
	result = dispenser_unknown(d, what, names, err);
	free(names);
	return result;
}

int setting_adapt(struct dispenser *d, const struct setting *table, const char *what, json_t *out,
    struct error *err)
{
	const struct setting *s = table;
	json_t *value = NULL;

	while (s->name && strcmp(s->name, dispenser_text(d)) != 0)
		s++;
	if (!s->name)
		return unknown(d, table, what, err);
	if (s->type == SETTING_CUSTOM)
		return s->adapt(d, out, err);
	if (adapt_value(d, s, out, &value, err) == -1) {
		json_decref(value);
		return -1;
	}
	settings_put(out, s->key, value);
	return 0;
}

int settings_adapt(struct dispenser *d, const struct setting *table, const char *what, json_t *out,
    struct error *err)
{
	int level = d->nesting;

	while (dispenser_next_block(d, level))
		if (setting_adapt(d, table, what, out, err) == -1)
			return -1;
	return 0;
}

int settings_adapt_module(struct dispenser *d, const struct setting *table, const char *what,
    json_t **out, struct error *err)
{
	dispenser_next(d);
	if (dispenser_none(d, err) == -1)
		return -1;
	*out = json_object();
	return settings_adapt(d, table, what, *out, err);
}
