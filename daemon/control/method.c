/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "daemon/control/method.h"

#include <stdio.h>
#include <string.h>

#include "common/unpack.h"
#include "daemon/control/methods_tbl.h"

#define METHOD_EXTERN(name) extern const struct method method_##name;
METHODS(METHOD_EXTERN)

static const struct method *const methods[] = {
#define METHOD_ADDRESS(name) &method_##name,
    METHODS(METHOD_ADDRESS) NULL};

#define METHOD_COUNT (sizeof(methods) / sizeof(methods[0]) - 1)

/* Texts from the caller are shown back no longer than this. */
#define SHOWN_MAX 64

static void shown(struct span text, char out[SHOWN_MAX])
{
	size_t n = text.n < SHOWN_MAX - 1 ? text.n : SHOWN_MAX - 1;
	size_t i;

	for (i = 0; i < n; i++)
		out[i] = text.p[i] >= 0x20 && text.p[i] < 0x7f ? (char)text.p[i] : '?';
	out[n] = '\0';
}

const struct method *const *method_all(void)
{
	return methods;
}

const struct method *method_find(struct span name, const char **hint, struct error *err)
{
	const char *names[METHOD_COUNT + 1] = {NULL};
	char word[SHOWN_MAX];
	size_t i;

	*hint = NULL;
	for (i = 0; i < METHOD_COUNT; i++) {
		if (span_eq_str(name, methods[i]->name))
			return methods[i];
		names[i] = methods[i]->name;
	}
	shown(name, word);
	*hint = error_suggest(word, names);
	error_set(err, ERROR_NOT_FOUND, "no such method%s%s%s",
	    *hint != NULL ? ", did you mean '" : "", *hint != NULL ? *hint : "",
	    *hint != NULL ? "'?" : "");
	return NULL;
}

const char *method_type_name(enum param_type type)
{
	static const char *const names[] = {
	    [PARAM_TEXT] = "text",
	    [PARAM_INT] = "int",
	    [PARAM_BOOL] = "bool",
	    [PARAM_INTS] = "[int]",
	};

	return names[type];
}

static int wrong_type(
    const struct param *param, const char *wanted, const msgpack_object *value, struct error *err)
{
	error_set(err, ERROR_INVALID, "must be %s, not %s", wanted, unpack_type_name(value));
	return error_at(err, "%s", param->name);
}

static int too_large(const struct param *param, uint64_t max, const char *what, struct error *err)
{
	error_set(err, ERROR_LIMIT, "at most %llu%s", (unsigned long long)max, what);
	return error_at(err, "%s", param->name);
}

static int read_text(
    const struct param *param, const msgpack_object *value, struct argument *arg, struct error *err)
{
	uint64_t max = param->max > 0 ? param->max : PARAM_MAX;

	if (!unpack_text(value, &arg->text))
		return wrong_type(param, "a string", value, err);
	if (arg->text.n > max)
		return too_large(param, max, " bytes", err);
	if (arg->text.n > 0 && memchr(arg->text.p, 0, arg->text.n) != NULL) {
		error_set(err, ERROR_INVALID, "must not contain NUL");
		return error_at(err, "%s", param->name);
	}
	return 0;
}

static int read_ints(
    const struct param *param, const msgpack_object *value, struct argument *arg, struct error *err)
{
	uint64_t max = param->max > 0 ? param->max : PARAM_MAX;
	uint64_t number;
	uint32_t i;

	if (!unpack_is_array(value))
		return wrong_type(param, "an array of numbers", value, err);
	if (value->via.array.size > max)
		return too_large(param, max, " numbers", err);
	arg->items = value->via.array.ptr;
	arg->count = value->via.array.size;
	for (i = 0; i < value->via.array.size; i++) {
		if (unpack_u64(&arg->items[i], &number))
			continue;
		error_set(err, ERROR_INVALID, "must be a whole number, 0 or more, not %s",
		    unpack_type_name(&arg->items[i]));
		return error_at(err, "%s[%u]", param->name, (unsigned)i);
	}
	return 0;
}

static int read_value(
    const struct param *param, const msgpack_object *value, struct argument *arg, struct error *err)
{
	arg->given = true;
	switch (param->type) {
	case PARAM_TEXT:
		return read_text(param, value, arg, err);
	case PARAM_INT:
		if (!unpack_u64(value, &arg->number))
			return wrong_type(param, "a whole number, 0 or more", value, err);
		if (param->max > 0 && arg->number > param->max)
			return too_large(param, param->max, "", err);
		return 0;
	case PARAM_BOOL:
		if (!unpack_bool(value, &arg->yes))
			return wrong_type(param, "true or false", value, err);
		return 0;
	case PARAM_INTS:
		return read_ints(param, value, arg, err);
	}
	return error_set(err, ERROR_INTERNAL, "parameter without a type");
}

static int unknown_key(
    const struct method *method, const msgpack_object *key, const char **hint, struct error *err)
{
	const char *names[PARAMS_MAX + 1] = {NULL};
	struct span text = {0};
	char word[SHOWN_MAX];
	size_t i;

	if (!unpack_text(key, &text))
		return error_set(err, ERROR_INVALID, "keys of parameters must be strings");
	for (i = 0; method->params != NULL && method->params[i].name != NULL; i++)
		names[i] = method->params[i].name;
	shown(text, word);
	*hint = error_suggest(word, names);
	error_set(err, ERROR_INVALID, "%s has no such parameter", method->name);
	return error_at(err, "%s", word);
}

static int read_pair(const struct method *method, const msgpack_object_kv *pair,
    struct argument *args, const char **hint, struct error *err)
{
	const struct param *params = method->params;
	struct span key;
	size_t i;

	for (i = 0; params != NULL && params[i].name != NULL; i++) {
		if (!unpack_text(&pair->key, &key) || !span_eq_str(key, params[i].name))
			continue;
		if (args[i].given) {
			error_set(err, ERROR_INVALID, "given twice");
			return error_at(err, "%s", params[i].name);
		}
		return read_value(&params[i], &pair->val, &args[i], err);
	}
	return unknown_key(method, &pair->key, hint, err);
}

int method_arguments(const struct method *method, const msgpack_object *params,
    struct argument *args, const char **hint, struct error *err)
{
	const msgpack_object_map *map;
	size_t i;

	memset(args, 0, PARAMS_MAX * sizeof(*args));
	if (!unpack_is_array(params) || params->via.array.size != 1 ||
	    !unpack_is_map(&params->via.array.ptr[0]))
		return error_set(err, ERROR_INVALID, "the parameters must be an array of one map");
	map = &params->via.array.ptr[0].via.map;
	for (i = 0; i < map->size; i++)
		if (read_pair(method, &map->ptr[i], args, hint, err) == -1)
			return -1;
	for (i = 0; method->params != NULL && method->params[i].name != NULL; i++) {
		if (!method->params[i].required || args[i].given)
			continue;
		error_set(err, ERROR_INVALID, "%s needs this parameter", method->name);
		return error_at(err, "%s", method->params[i].name);
	}
	return 0;
}

int method_levels(
    const struct method *method, const struct argument *args, enum level level, struct error *err)
{
	const struct param *p;
	size_t i;

	for (i = 0; method->params != NULL && method->params[i].name != NULL; i++) {
		p = &method->params[i];
		if (p->level <= level || !args[i].given || (p->type == PARAM_BOOL && !args[i].yes))
			continue;
		error_set(err, ERROR_DENIED, "needs the level %s, yours is %s",
		    level_name(p->level), level_name(level));
		return error_at(err, "%s", p->name);
	}
	return 0;
}

bool method_is_dry_run(const struct method *method, const struct argument *args)
{
	size_t i;

	for (i = 0; method->params != NULL && method->params[i].name != NULL; i++)
		if (strcmp(method->params[i].name, "dry_run") == 0)
			return args[i].yes;
	return false;
}
