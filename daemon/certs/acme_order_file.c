/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "daemon/certs/acme_order_file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/arena.h"
#include "common/log.h"
#include "daemon/state/state.h"

#define RESUMED_FOR 3600 /* seconds after it was placed: what goes on failing is begun anew */

static const char *path_of(
    const struct acme_order_spec *spec, const char *extension, char out[ACME_PATH_MAX])
{
	char folder[ACME_PATH_MAX];

	snprintf(folder, sizeof(folder), "%.580s/orders", acme_account_path(spec->account));
	return acme_path(folder, spec->names->items[0], extension, out);
}

static json_t *names_of(const struct acme_order_spec *spec)
{
	json_t *list = json_array();
	size_t i;

	for (i = 0; i < spec->names->count; i++)
		json_array_append_new(list, json_string(spec->names->items[i]));
	return list;
}

char *acme_order_file_read(const struct acme_order_spec *spec)
{
	char path[ACME_PATH_MAX];
	const char *url, *type;
	struct error ignored;
	json_t *json, *names;
	json_int_t age;
	char *found = NULL;

	if (spec->state == NULL)
		return NULL;
	json = acme_json_read(spec->state, path_of(spec, "json", path), &ignored);
	names = names_of(spec);
	url = json_string_value(json_object_get(json, "url"));
	type = json_string_value(json_object_get(json, "key_type"));
	age = time(NULL) - json_integer_value(json_object_get(json, "placed"));
	if (url != NULL && acme_url_valid(url) && type != NULL && llabs(age) < RESUMED_FOR &&
	    strcmp(type, key_type_names[spec->key_type]) == 0 &&
	    json_equal(json_object_get(json, "names"), names))
		found = mem_strdup(url);
	json_decref(names);
	json_decref(json);
	return found;
}

void acme_order_file_write(const struct acme_order_spec *spec, const char *url)
{
	char path[ACME_PATH_MAX], text[1600];
	struct error err;
	json_t *json;

	if (spec->state == NULL)
		return;
	/* A key that lies there belongs to an order before this one. */
	state_remove(spec->state, path_of(spec, "pem", path), &err);
	json = json_pack("{s:s, s:s, s:o, s:I}", "url", url, "key_type",
	    key_type_names[spec->key_type], "names", names_of(spec), "placed",
	    (json_int_t)time(NULL));
	if (acme_json_write(spec->state, path_of(spec, "json", path), json, &err) == -1)
		log_msg(LOG_WARN, "certs", "the order is not kept: %s",
		    error_text(&err, text, sizeof(text)));
}

void acme_order_file_remove(const struct acme_order_spec *spec)
{
	char path[ACME_PATH_MAX];
	struct error ignored;

	if (spec->state == NULL)
		return;
	state_remove(spec->state, path_of(spec, "json", path), &ignored);
	state_remove(spec->state, path_of(spec, "pem", path), &ignored);
}

struct key *acme_order_key_load(const struct acme_order_spec *spec, struct error *err)
{
	char path[ACME_PATH_MAX];

	if (spec->state != NULL)
		return key_load_state(spec->state, path_of(spec, "pem", path), err);
	error_set(err, ERROR_NOT_FOUND, "the key was not kept");
	return NULL;
}

int acme_order_key_store(
    const struct acme_order_spec *spec, const struct key *key, struct error *err)
{
	char path[ACME_PATH_MAX];

	if (spec->state == NULL)
		return 0;
	return key_store(key, spec->state, path_of(spec, "pem", path), span_of(NULL, 0), err);
}
