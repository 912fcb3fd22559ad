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
#include "daemon/input/json.h"

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

/* What is done with the secrets of a document. */
struct walk {
	/* What takes the place of one value, a new reference; NULL with err. */
	json_t *(*secret)(struct walk *w, const struct jnode *node, const char *key);
	bool restoring;
	json_t *known; /* "KEY DIGEST" -> the secret */
	struct error *err;
};

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

static json_t *walk(
    struct walk *w, const struct jnode *node, const struct field *fields, const char *inside);

static int put_member(json_t *out, const char *key, json_t *value)
{
	return value != NULL ? json_object_set_new(out, key, value) : -1;
}

static int put_item(json_t *out, json_t *value)
{
	return value != NULL ? json_array_append_new(out, value) : -1;
}

static bool is_mask(const json_t *value)
{
	return json_object_size(value) == 1 && json_object_get(value, "$secret") != NULL;
}

/* Each value for itself, so that the names of users and the number of keys stay to be seen. */
static json_t *walk_secret(struct walk *w, const struct jnode *node, const char *key)
{
	json_t *value = node->value, *member, *out;
	const char *name;
	int rc = 0;
	size_t i;

	if ((!json_is_object(value) && !json_is_array(value)) || (w->restoring && is_mask(value)))
		return w->secret(w, node, key);
	out = json_is_object(value) ? json_object() : json_array();
	json_object_foreach (value, name, member) {
		struct jnode inner = jnode_member(node, name);

		if (rc == 0)
			rc = put_member(out, name, walk_secret(w, &inner, key));
	}
	json_array_foreach (value, i, member) {
		struct jnode inner = jnode_item(node, i);

		if (rc == 0)
			rc = put_item(out, walk_secret(w, &inner, key));
	}
	if (rc == 0)
		return out;
	json_decref(out);
	return NULL;
}

static json_t *walk_member(struct walk *w, const struct jnode *object, const struct field *field,
    const char *inside, const char *key)
{
	struct jnode node = jnode_member(object, key);

	if ((field != NULL && (field->flags & FIELD_SECRET)) || is_known(inside, key))
		return walk_secret(w, &node, key);
	return walk(w, &node, table_of(field, key, node.value), key);
}

static json_t *walk_object(
    struct walk *w, const struct jnode *node, const struct field *fields, const char *inside)
{
	json_t *out = json_object(), *value;
	const char *key;

	json_object_foreach (node->value, key, value) {
		if (put_member(out, key,
			walk_member(w, node, find_field(fields, key), inside, key)) == -1) {
			json_decref(out);
			return NULL;
		}
	}
	return out;
}

static json_t *walk_array(
    struct walk *w, const struct jnode *node, const struct field *fields, const char *inside)
{
	json_t *out = json_array(), *value;
	size_t i;

	json_array_foreach (node->value, i, value) {
		const struct field *own = table_of(NULL, NULL, value);
		struct jnode item = jnode_item(node, i);

		if (put_item(out, walk(w, &item, own != NULL ? own : fields, inside)) == -1) {
			json_decref(out);
			return NULL;
		}
	}
	return out;
}

/*
 * A copy of the document with what w makes of its secrets. inside is the key under which the
 * value, or the list that it is an item of, stands. NULL with err.
 */
static json_t *walk(
    struct walk *w, const struct jnode *node, const struct field *fields, const char *inside)
{
	if (w->restoring && is_mask(node->value)) {
		jnode_error(node, w->err, ERROR_INVALID,
		    "a masked secret can only stand where a secret does");
		return NULL;
	}
	if (json_is_object(node->value))
		return walk_object(w, node, fields, inside);
	if (json_is_array(node->value))
		return walk_array(w, node, fields, inside);
	return json_incref(node->value);
}

static json_t *walk_document(struct walk *w, json_t *document)
{
	struct jnode root = jnode_root(document);

	return walk(w, &root, table_of(NULL, NULL, document), NULL);
}

/* ---- masking -------------------------------------------------------------------------------- */

static json_t *mask(struct walk *w, const struct jnode *node, const char *key)
{
	(void)w;
	(void)key;
	return digest(node->value);
}

json_t *secrets_mask(json_t *document)
{
	struct walk w = {.secret = mask};

	return walk_document(&w, document);
}

/* ---- and back ------------------------------------------------------------------------------- */

#define KEY_SIZE 256

/* A secret is given back only under the key that it had. */
static const char *known_key(const char *key, const json_t *mask, char out[KEY_SIZE])
{
	const char *text = json_string_value(json_object_get(mask, "$secret"));

	snprintf(out, KEY_SIZE, "%s %s", key, text != NULL ? text : "");
	return out;
}

static json_t *remember(struct walk *w, const struct jnode *node, const char *key)
{
	json_t *mask = digest(node->value);
	char name[KEY_SIZE];

	json_object_set(w->known, known_key(key, mask, name), node->value);
	json_decref(mask);
	return json_incref(node->value);
}

static json_t *restore(struct walk *w, const struct jnode *node, const char *key)
{
	char name[KEY_SIZE];
	json_t *secret;

	if (!is_mask(node->value))
		return json_incref(node->value);
	secret = json_object_get(w->known, known_key(key, node->value, name));
	if (secret != NULL)
		return json_incref(secret);
	jnode_error(node, w->err, ERROR_INVALID,
	    "the document in force has no such secret here; write the secret itself");
	return NULL;
}

bool secrets_has_masks(const char *text, size_t length)
{
	return memmem(text, length, "\"$secret\"", strlen("\"$secret\"")) != NULL;
}

int secrets_restore(json_t *document, json_t *current, json_t **out, struct error *err)
{
	struct walk seen = {.secret = remember, .known = json_object()};
	struct walk w = {.secret = restore, .restoring = true, .known = seen.known, .err = err};

	json_decref(walk_document(&seen, current));
	*out = walk_document(&w, document);
	json_decref(seen.known);
	return *out != NULL ? 0 : -1;
}
