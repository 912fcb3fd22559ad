/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * header [<matcher>] [[+|-|?|>]<field> [<value>|<search> [<replacement>]]] { … }
 */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "daemon/config/directives.h"
#include "daemon/http/match_adapt.h"
#include "daemon/input/settings.h"

/* Two handlers: what holds always, and what waits for a header that is missing. */
struct headers {
	json_t *always, *missing; /* the member "response" of each */
};

/* The list of values at object[key][field], made as needed; empty if renew. */
static json_t *values(json_t *object, const char *key, const char *field, bool renew)
{
	char *name = mem_strdup(field);
	json_t *map = member_object(object, key), *list;

	http_canonical_header(name);
	if (renew)
		json_object_del(map, name);
	list = member_array(map, name);
	free(name);
	return list;
}

static void add_default(json_t *response, const char *field, const char *value)
{
	json_t *required = member_object(member_object(response, "require"), "headers");

	json_object_set_new(required, field, json_null());
	json_array_append_new(values(response, "set", field, true), json_string(value));
}

static void add_replacement(
    json_t *response, const char *field, const char *search, const char *replacement)
{
	json_t *list, *item = json_object();

	if (field[0] == '>')
		json_object_set_new(response, "deferred", json_true());
	field += strspn(field, "+-?>");
	list = member_array(member_object(response, "replace"), field);
	settings_put(item, "search_regexp", json_string(search));
	settings_put(item, "replace", json_string(replacement));
	json_array_append_new(list, item);
}

/* One operation. replacement may be NULL. */
static void add_operation(
    const struct headers *h, const char *field, const char *value, const char *replacement)
{
	json_t *response = h->always;

	if (field[0] == '+') {
		json_array_append_new(
		    values(response, "add", field + 1, false), json_string(value));
	} else if (field[0] == '-') {
		json_array_append_new(member_array(response, "delete"), json_string(field + 1));
		json_object_set_new(response, "deferred", json_true());
	} else if (field[0] == '?') {
		add_default(h->missing, field + 1, value);
	} else if (replacement) {
		add_replacement(response, field, value, replacement);
	} else {
		if (field[0] == '>')
			json_object_set_new(response, "deferred", json_true());
		json_array_append_new(
		    values(response, "set", field + (field[0] == '>'), true), json_string(value));
	}
}

/* The field at the cursor with its value and replacement. */
static int read_operation(const struct headers *h, struct dispenser *d, struct error *err)
{
	char *field = mem_strdup(dispenser_text(d));
	const char *value = dispenser_arg(d), *replacement = dispenser_arg(d);
	size_t length = strlen(field);

	if (length > 0 && field[length - 1] == ':')
		field[length - 1] = '\0';
	add_operation(h, field, value ? value : "", replacement);
	free(field);
	return dispenser_none(d, err);
}

/* A status, or a class of them such as 4xx. */
static int adapt_status(struct dispenser *d, json_t *out, struct error *err)
{
	json_t *list = member_array(out, "status_code");
	const char *word = dispenser_arg(d);

	if (!word)
		return dispenser_arg_error(d, err);
	for (; word; word = dispenser_arg(d)) {
		size_t digits = strspn(word, "0123456789");
		bool class = digits == 1 && strcmp(word + 1, "xx") == 0;

		if (!class && (digits == 0 || digits > 3 || word[digits]))
			return dispenser_error(d, err, ERROR_INVALID,
			    "'%s' is neither a status nor a class such as 4xx", word);
		json_array_append_new(list, json_integer(strtol(word, NULL, 10)));
	}
	return 0;
}

static int adapt_required_header(struct dispenser *d, json_t *out, struct error *err)
{
	json_t *headers = member_object(out, "headers");

	return http_match_adapt_header(d, &headers, err);
}

/* "match": what the answer has to be like. */
static int read_require(const struct headers *h, struct dispenser *d, struct error *err)
{
	static const struct setting settings[] = {
	    {"header", SETTING_CUSTOM, NULL, adapt_required_header},
	    {"status", SETTING_CUSTOM, NULL, adapt_status}, {0}};
	json_t *require = json_object();
	int level = d->nesting;

	json_object_set_new(h->always, "require", require);
	while (dispenser_next_arg(d) || dispenser_next_block(d, level))
		if (setting_adapt(d, settings, "matcher of answers", require, err) == -1)
			return -1;
	return 0;
}

static int read_block(
    const struct headers *h, struct dispenser *d, bool has_args, struct error *err)
{
	int level = d->nesting;

	while (dispenser_next_block(d, level)) {
		if (strcmp(dispenser_text(d), "defer") == 0) {
			json_object_set_new(h->always, "deferred", json_true());
			if (dispenser_none(d, err) == -1)
				return -1;
			continue;
		}
		if (strcmp(dispenser_text(d), "match") == 0) {
			if (read_require(h, d, err) == -1)
				return -1;
			continue;
		}
		if (has_args)
			return dispenser_error(d, err, ERROR_INVALID,
			    "headers stand on the line or in the block, not both");
		if (read_operation(h, d, err) == -1)
			return -1;
	}
	return 0;
}

/* A result for the handler with this response, unless it does nothing. Takes response. */
static void add_result(json_t *results, json_t *matchers, json_t *response)
{
	json_t *handler;

	if (json_object_size(response) == 0) {
		json_decref(response);
		return;
	}
	handler = json_pack("{s:s, s:o}", "handler", "headers", "response", response);
	directive_result(results, "header", "route", directive_route(matchers, handler));
}

int directive_header(
    const struct scope *scope, struct dispenser *d, json_t *results, struct error *err)
{
	struct headers h = {json_object(), json_object()};
	json_t *matchers = NULL;
	bool has_args;
	int result = -1;

	if (directive_matcher(scope, d, &matchers, err) == -1)
		goto out;
	has_args = dispenser_next_arg(d);
	if (has_args && read_operation(&h, d, err) == -1)
		goto out;
	if (read_block(&h, d, has_args, err) == -1)
		goto out;
	add_result(results, matchers, json_incref(h.always));
	add_result(results, matchers, json_incref(h.missing));
	result = 0;
out:
	json_decref(matchers);
	json_decref(h.always);
	json_decref(h.missing);
	return result;
}
