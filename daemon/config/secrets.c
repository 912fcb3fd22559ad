/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "daemon/config/secrets.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <gnutls/gnutls.h>
#include <gnutls/crypto.h>

#include "daemon/core/handler.h"
#include "daemon/core/matcher.h"
#include "daemon/input/field.h"

#define DIGEST_SIZE 32

/* Keys that hold secrets in parts of the document that no table of fields describes. */
static const struct {
	const char *inside; /* NULL: anywhere */
	const char *key;
} known[] = {
    {"load_pem", "key"},
    {NULL, "mac_key"},
    {NULL, "password"},
    {NULL, "credentials"},
};

static json_t *digest(const json_t *value)
{
	char *text = json_dumps(value, JSON_ENCODE_ANY | JSON_COMPACT | JSON_SORT_KEYS);
	unsigned char bytes[DIGEST_SIZE] = {0};
	char hex[2 * DIGEST_SIZE + 1] = "";
	size_t i;

	if (text != NULL && gnutls_hash_fast(GNUTLS_DIG_SHA256, text, strlen(text), bytes) == 0)
		for (i = 0; i < DIGEST_SIZE; i++)
			snprintf(hex + 2 * i, 3, "%02x", bytes[i]);
	free(text);
	return json_pack("{s:s+}", "$secret", "sha256:", hex);
}

/* Each value for itself, so that the names of users and the number of keys stay to be seen. */
static json_t *mask_whole(json_t *value)
{
	const char *key;
	json_t *member, *out;
	size_t i;

	if (json_is_object(value)) {
		out = json_object();
		json_object_foreach (value, key, member)
			json_object_set_new(out, key, mask_whole(member));
		return out;
	}
	if (json_is_array(value)) {
		out = json_array();
		json_array_foreach (value, i, member)
			json_array_append_new(out, mask_whole(member));
		return out;
	}
	return digest(value);
}

static bool is_known(const char *inside, const char *key)
{
	size_t i;

	for (i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (strcmp(known[i].key, key) == 0 &&
		    (known[i].inside == NULL ||
			(inside != NULL && strcmp(known[i].inside, inside) == 0)))
			return true;
	return false;
}

static const struct field *find_field(const struct field *fields, const char *key)
{
	for (; fields != NULL && fields->name != NULL; fields++)
		if (strcmp(fields->name, key) == 0)
			return fields;
	return NULL;
}

/*
 * The table that describes the object under key: of a field, of a matcher (key is its name in a
 * set), or of the handler that the object names.
 */
static const struct field *table_of(const struct field *field, const char *key, json_t *value)
{
	const char *handler = json_string_value(json_object_get(value, "handler"));
	const struct handler_type *handler_type =
	    handler != NULL ? handler_type_find(handler) : NULL;
	const struct matcher_type *matcher_type = key != NULL ? matcher_type_find(key) : NULL;

	if (handler_type != NULL)
		return handler_type->fields;
	if (field != NULL)
		return field->fields;
	return matcher_type != NULL ? matcher_type->fields : NULL;
}

static json_t *mask(json_t *value, const struct field *fields, const char *inside);

static json_t *mask_member(
    json_t *value, const struct field *field, const char *inside, const char *key)
{
	if ((field != NULL && (field->flags & FIELD_SECRET)) || is_known(inside, key))
		return mask_whole(value);
	return mask(value, table_of(field, key, value), key);
}

/* inside is the key under which the value, or the list that it is an item of, stands. */
static json_t *mask(json_t *value, const struct field *fields, const char *inside)
{
	const char *key;
	json_t *member, *out;
	size_t i;

	if (json_is_object(value)) {
		out = json_object();
		json_object_foreach (value, key, member)
			json_object_set_new(
			    out, key, mask_member(member, find_field(fields, key), inside, key));
		return out;
	}
	if (json_is_array(value)) {
		out = json_array();
		json_array_foreach (value, i, member) {
			const struct field *own = table_of(NULL, NULL, member);

			json_array_append_new(
			    out, mask(member, own != NULL ? own : fields, inside));
		}
		return out;
	}
	return json_incref(value);
}

json_t *secrets_mask(json_t *document)
{
	return mask(document, table_of(NULL, NULL, document), NULL);
}
