/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "common/netaddr.h"
#include "daemon/http/match_adapt.h"

/*
 * Reads the arguments behind a matcher's name (at the cursor) into *value, which has what the same
 * matcher said before, or is NULL. set as in http_match_adapt_set().
 */
struct match_adapter {
	const char *name;
	int (*adapt)(struct dispenser *d, const char *set, json_t **value, struct error *err);
};

static json_t *made(json_t **value, json_t *(*make)(void))
{
	if (!*value)
		*value = make();
	return *value;
}

static json_t *list_at(json_t *object, const char *key)
{
	json_t *list = json_object_get(object, key);

	if (!json_is_array(list)) {
		list = json_array();
		json_object_set_new(object, key, list);
	}
	return list;
}

/* Characters of a header's name (RFC 9110 section 5.6.2). */
static bool is_token_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       (c && strchr("!#$%&'*+-.^_`|~", c));
}

void http_canonical_header(char *name)
{
	bool upper = true;

	for (const char *c = name; *c; c++)
		if (!is_token_char(*c))
			return;
	for (; *name; name++) {
		if (upper && *name >= 'a' && *name <= 'z')
			*name = (char)(*name - 'a' + 'A');
		else if (!upper && *name >= 'A' && *name <= 'Z')
			*name = (char)(*name - 'A' + 'a');
		upper = *name == '-';
	}
}

static int adapt_strings(struct dispenser *d, const char *set, json_t **value, struct error *err)
{
	(void)set;
	return dispenser_strings(d, value, err);
}

static int adapt_regexp(struct dispenser *d, const char *set, json_t **value, struct error *err)
{
	size_t args = dispenser_args_left(d);
	const char *name = set;

	if (*value)
		return dispenser_error(d, err, ERROR_INVALID,
		    "'%s' can stand once in a matcher set", dispenser_text(d));
	if (args != 1 && args != 2)
		return dispenser_arg_error(d, err);
	if (args == 2)
		name = dispenser_arg(d);
	*value = json_object();
	if (name && *name)
		json_object_set_new(*value, "name", json_string(name));
	json_object_set_new(*value, "pattern", json_string(dispenser_arg(d)));
	return 0;
}

int http_match_adapt_header(struct dispenser *d, json_t **value, struct error *err)
{
	json_t *object = made(value, json_object);
	const char *field = dispenser_arg(d);
	char *name;

	if (!field || (field[0] == '!' && !field[1]))
		return dispenser_error(d, err, ERROR_INVALID, "expected a header's name");
	if (field[0] == '!') {
		json_object_set_new(object, field + 1, json_null());
		return dispenser_none(d, err);
	}
	if (dispenser_args_left(d) != 1)
		return dispenser_error(
		    d, err, ERROR_INVALID, "expected a value for the header '%s'", field);
	name = mem_strdup(field);
	http_canonical_header(name);
	json_array_append_new(list_at(object, name), json_string(dispenser_arg(d)));
	free(name);
	return 0;
}

static int adapt_header(struct dispenser *d, const char *set, json_t **value, struct error *err)
{
	(void)set;
	return http_match_adapt_header(d, value, err);
}

/* "[<name>] <key> <pattern>", for header_regexp and vars_regexp. */
static int adapt_keyed_regexp(
    struct dispenser *d, const char *set, json_t **value, struct error *err)
{
	json_t *object = made(value, json_object), *regexp;
	size_t args = dispenser_args_left(d);
	bool header = strcmp(dispenser_text(d), "header_regexp") == 0;
	const char *name = set, *key;

	if (args != 2 && args != 3)
		return dispenser_arg_error(d, err);
	if (args == 3)
		name = dispenser_arg(d);
	key = dispenser_arg(d);
	if (header && json_object_get(object, key))
		return dispenser_error(d, err, ERROR_INVALID,
		    "the header '%s' can have one pattern in a matcher set", key);
	regexp = json_object();
	if (name && *name)
		json_object_set_new(regexp, "name", json_string(name));
	json_object_set_new(regexp, "pattern", json_string(dispenser_arg(d)));
	json_object_set_new(object, key, regexp);
	return 0;
}

static int adapt_protocol(struct dispenser *d, const char *set, json_t **value, struct error *err)
{
	const char *name;

	(void)set;
	if (dispenser_one(d, &name, err) == -1)
		return -1;
	json_decref(*value);
	*value = json_string(name);
	return 0;
}

static int adapt_query(struct dispenser *d, const char *set, json_t **value, struct error *err)
{
	json_t *object = made(value, json_object);
	const char *text;

	(void)set;
	while ((text = dispenser_arg(d))) {
		const char *equals = strchr(text, '=');
		char *key;

		if (!*text)
			continue;
		if (!equals)
			return dispenser_error(
			    d, err, ERROR_INVALID, "'%s' is not of the form key=value", text);
		key = strndup(text, (size_t)(equals - text));
		json_array_append_new(list_at(object, key), json_string(equals + 1));
		free(key);
	}
	return 0;
}

static int adapt_ranges(struct dispenser *d, const char *set, json_t **value, struct error *err)
{
	json_t *list = list_at(made(value, json_object), "ranges");
	const char *text;

	(void)set;
	if (dispenser_args_left(d) == 0)
		return dispenser_arg_error(d, err);
	while ((text = dispenser_arg(d))) {
		if (strcmp(text, "forwarded") == 0)
			return dispenser_error(d, err, ERROR_INVALID,
			    "'forwarded' is gone: use the matcher 'client_ip'");
		if (strcmp(text, "private_ranges") != 0)
			json_array_append_new(list, json_string(text));
		for (size_t i = 0; strcmp(text, "private_ranges") == 0 && cidr_private_ranges[i];
		     i++)
			json_array_append_new(list, json_string(cidr_private_ranges[i]));
	}
	return 0;
}

static int adapt_vars(struct dispenser *d, const char *set, json_t **value, struct error *err)
{
	json_t *object = made(value, json_object), *list;
	const char *key = dispenser_arg(d);

	(void)set;
	if (!key)
		return dispenser_arg_error(d, err);
	list = list_at(object, key);
	return dispenser_strings(d, &list, err);
}

static int adapt_not(struct dispenser *d, const char *set, json_t **value, struct error *err)
{
	json_t *inner;

	(void)set;
	if (http_match_adapt_set(d, NULL, &inner, err) == -1)
		return -1;
	json_array_append_new(made(value, json_array), inner);
	return 0;
}

static const struct match_adapter adapters[] = {
    {"client_ip", adapt_ranges},
    {"header", adapt_header},
    {"header_regexp", adapt_keyed_regexp},
    {"host", adapt_strings},
    {"method", adapt_strings},
    {"not", adapt_not},
    {"path", adapt_strings},
    {"path_regexp", adapt_regexp},
    {"protocol", adapt_protocol},
    {"query", adapt_query},
    {"remote_ip", adapt_ranges},
    {"vars", adapt_vars},
    {"vars_regexp", adapt_keyed_regexp},
};

#define ADAPTERS (sizeof adapters / sizeof adapters[0])

static int unknown(const struct dispenser *d, struct error *err)
{
	const char *names[ADAPTERS + 1] = {0};

	for (size_t i = 0; i < ADAPTERS; i++)
		names[i] = adapters[i].name;
	if (dispenser_quoted(d) || strcmp(dispenser_text(d), "expression") == 0)
		return dispenser_error(d, err, ERROR_UNSUPPORTED,
		    "expressions are not supported: write matchers such as 'path' and 'header'");
	if (strcmp(dispenser_text(d), "file") == 0)
		return dispenser_error(d, err, ERROR_UNSUPPORTED,
		    "there is no matcher 'file' here: pointsman serves no files");
	if (strcmp(dispenser_text(d), "tls") == 0)
		return dispenser_error(d, err, ERROR_UNSUPPORTED,
		    "there is no matcher 'tls' here: write 'protocol https'");
	return dispenser_unknown(d, "HTTP matcher", names, err);
}

static int adapt_one(struct dispenser *d, const char *set, json_t *out, struct error *err)
{
	const char *name = dispenser_text(d);
	const struct match_adapter *m = adapters, *end = adapters + ADAPTERS;
	struct dispenser segment;
	json_t *value;
	int result;

	while (m < end && (dispenser_quoted(d) || strcmp(m->name, name) != 0))
		m++;
	if (m == end)
		return unknown(d, err);
	segment = dispenser_segment(d);
	dispenser_next(&segment);
	value = json_incref(json_object_get(out, name));
	result = m->adapt(&segment, set, &value, err);
	if (result == 0 && dispenser_next(&segment))
		result = dispenser_error(
		    &segment, err, ERROR_INVALID, "unexpected '%s'", dispenser_text(&segment));
	if (result == 0 && value)
		json_object_set(out, name, value);
	json_decref(value);
	return result;
}

int http_match_adapt_set(struct dispenser *d, const char *set, json_t **out, struct error *err)
{
	int level = d->nesting;

	if (d->depth > DISPENSER_DEPTH_MAX)
		return dispenser_error(d, err, ERROR_LIMIT, "nested too deeply");
	*out = json_object();
	while (dispenser_next_arg(d) || dispenser_next_block(d, level))
		if (adapt_one(d, set, *out, err) == -1) {
			json_decref(*out);
			*out = NULL;
			return -1;
		}
	return 0;
}
