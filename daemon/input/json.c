/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "daemon/input/json.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "common/duration.h"
#include "common/errors.h"
#include "daemon/input/places.h"

/* More than a document can be deep, for nodes that belong to none. */
#define NODES_MAX (2 * JSON_DEPTH_MAX)

/* --- parsing --- */

struct place {
	unsigned line, column;
};

static int error_in_file(struct error *err, enum error_code code, const char *file,
    struct place place, const char *message)
{
	error_set(err, code, "%s", message);
	return error_at(err, "%s:%u:%u", file, place.line, place.column);
}

/*
 * Finds the first bracket that goes deeper than JSON_DEPTH_MAX. What is not JSON is left to the
 * parser to refuse.
 */
static bool too_deep(const char *text, size_t length, struct place *place)
{
	unsigned depth = 0;
	bool quoted = false;
	size_t i;

	*place = (struct place){.line = 1};
	for (i = 0; i < length; i++) {
		char c = text[i];

		if (c == '\n') {
			place->line++;
			place->column = 0;
			continue;
		}
		place->column += ((uint8_t)c & 0xc0) != 0x80;
		if (quoted && c == '\\' && i + 1 < length && text[i + 1] != '\n') {
			i++;
			place->column++;
		} else if (c == '"') {
			quoted = !quoted;
		} else if (!quoted && (c == '{' || c == '[')) {
			if (++depth > JSON_DEPTH_MAX)
				return true;
		} else if (!quoted && (c == '}' || c == ']') && depth > 0) {
			depth--;
		}
	}
	return false;
}

/* What to do about a fault; NULL: the parser's own words say it. */
static const char *parse_hint(enum json_error_code code)
{
	switch (code) {
	case json_error_invalid_utf8:
		return "the text is not UTF-8: save the file as UTF-8";
	case json_error_premature_end_of_input:
		return "the document ends too early: a '}', a ']' or a value is missing";
	case json_error_end_of_input_expected:
		return "something follows the end of the document: remove it";
	case json_error_null_character:
	case json_error_null_byte_in_key:
		return "\\u0000 is not allowed in a string: remove it";
	case json_error_numeric_overflow:
		return "the number is too large: integers have 64 bits with a sign";
	case json_error_stack_overflow:
		return "nested too deeply: write it flatter";
	default:
		return NULL;
	}
}

/* Its words end with " near 'what stands there'", which may be a secret, except for a key. */
static int parse_error(const json_error_t *fault, const char *file, struct error *err)
{
	enum json_error_code code = json_error_code(fault);
	const char *hint = parse_hint(code), *near = strstr(fault->text, " near ");
	int length = near != NULL ? (int)(near - fault->text) : (int)strlen(fault->text);
	struct place place = {
	    .line = fault->line > 0 ? (unsigned)fault->line : 1,
	    .column = fault->column > 0 ? (unsigned)fault->column : 1,
	};
	char message[JSON_ERROR_TEXT_LENGTH + 128];

	if (code == json_error_duplicate_key)
		snprintf(message, sizeof(message), "duplicate key %s: keep one of them",
		    near != NULL ? near + 1 : "");
	else if (hint != NULL)
		snprintf(message, sizeof(message), "%s", hint);
	else
		snprintf(message, sizeof(message),
		    "not JSON: %.*s (JSON has no comments, and no comma before '}' or ']')", length,
		    fault->text);
	return error_in_file(err, ERROR_INVALID, file, place, message);
}

int json_parse(const char *text, size_t length, const char *file, json_t **out, struct error *err)
{
	char message[128];
	json_error_t fault;
	struct place place;

	*out = NULL;
	if (length > JSON_SIZE_MAX) {
		error_set(err, ERROR_LIMIT, "the document has %zu bytes; the limit is %u", length,
		    JSON_SIZE_MAX);
		return error_at(err, "%s", file);
	}
	if (too_deep(text, length, &place)) {
		snprintf(message, sizeof(message),
		    "nested more than %d levels deep: write it flatter", JSON_DEPTH_MAX);
		return error_in_file(err, ERROR_LIMIT, file, place, message);
	}
	*out = json_loadb(
	    length > 0 ? text : "", length, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &fault);
	return *out != NULL ? 0 : parse_error(&fault, file, err);
}

/* --- nodes --- */

struct jnode jnode_root(json_t *value)
{
	return (struct jnode){.value = value};
}

struct jnode jnode_member(const struct jnode *object, const char *key)
{
	json_t *value = object->value != NULL ? json_object_get(object->value, key) : NULL;

	return (struct jnode){.value = value, .parent = object, .key = key};
}

struct jnode jnode_item(const struct jnode *array, size_t index)
{
	json_t *value = array->value != NULL ? json_array_get(array->value, index) : NULL;

	return (struct jnode){.value = value, .parent = array, .index = index};
}

/* Text with a bound; what does not fit is cut. */
struct writer {
	char *out;
	size_t size, used;
};

static void write_text(struct writer *w, const char *text, size_t length)
{
	if (length >= w->size - w->used)
		length = w->size - w->used - 1;
	memcpy(w->out + w->used, text, length);
	w->used += length;
	w->out[w->used] = '\0';
}

static void write_char(struct writer *w, char c)
{
	write_text(w, &c, 1);
}

/* A key comes from the document: it must not play tricks with a terminal. */
static void write_key(struct writer *w, const char *key)
{
	for (; *key != '\0'; key++) {
		if (*key == '"' || *key == '\\')
			write_char(w, '\\');
		write_char(w, iscntrl((unsigned char)*key) ? '?' : *key);
	}
}

static bool key_is_plain(const char *key)
{
	const char *p;

	for (p = key; *p != '\0'; p++)
		if (!isalnum((unsigned char)*p) && strchr("_-@$", *p) == NULL)
			return false;
	return p > key;
}

static void write_step(struct writer *w, const struct jnode *node)
{
	char index[32];

	if (node->key == NULL) {
		write_text(w, index, (size_t)snprintf(index, sizeof(index), "[%zu]", node->index));
	} else if (key_is_plain(node->key)) {
		if (w->used > 0)
			write_char(w, '.');
		write_text(w, node->key, strlen(node->key));
	} else {
		write_text(w, "[\"", 2);
		write_key(w, node->key);
		write_text(w, "\"]", 2);
	}
}

const char *jnode_path(const struct jnode *node, char *out, size_t size)
{
	return jnode_path_from(NULL, node, out, size);
}

const char *jnode_path_from(
    const struct jnode *top, const struct jnode *node, char *out, size_t size)
{
	const struct jnode *steps[NODES_MAX];
	struct writer w = {.out = out, .size = size};
	size_t count = 0;

	if (size == 0)
		return out;
	out[0] = '\0';
	for (; node != top && node->parent != NULL && count < NODES_MAX; node = node->parent)
		steps[count++] = node;
	while (count > 0)
		write_step(&w, steps[--count]);
	return out;
}

int jnode_error(
    const struct jnode *node, struct error *err, enum error_code code, const char *format, ...)
{
	char message[sizeof(err->message)];
	va_list args;

	va_start(args, format);
	vsnprintf(message, sizeof(message), format, args);
	va_end(args);
	error_set(err, code, "%s", message);
	if (places_find(node, err->path, sizeof(err->path)) == NULL)
		jnode_path(node, err->path, sizeof(err->path));
	return -1;
}

static const char *type_text(const json_t *value)
{
	switch (json_typeof(value)) {
	case JSON_OBJECT:
		return "an object";
	case JSON_ARRAY:
		return "an array";
	case JSON_STRING:
		return "a string";
	case JSON_INTEGER:
	case JSON_REAL:
		return "a number";
	case JSON_TRUE:
	case JSON_FALSE:
		return "a boolean";
	default:
		return "null";
	}
}

int jnode_type_error(const struct jnode *node, const char *wanted, struct error *err)
{
	if (node->value == NULL)
		return jnode_error(node, err, ERROR_INVALID, "is missing: must be %s", wanted);
	return jnode_error(
	    node, err, ERROR_INVALID, "must be %s, not %s", wanted, type_text(node->value));
}

/* --- getters --- */

int jnode_string(const struct jnode *node, const char **out, struct error *err)
{
	if (!json_is_string(node->value))
		return jnode_type_error(node, "a string", err);
	*out = json_string_value(node->value);
	return 0;
}

int jnode_bool(const struct jnode *node, bool *out, struct error *err)
{
	if (!json_is_boolean(node->value))
		return jnode_type_error(node, "true or false", err);
	*out = json_is_true(node->value);
	return 0;
}

static int range_error(const struct jnode *node, int64_t min, int64_t max, struct error *err)
{
	int64_t value = json_integer_value(node->value);

	if (max == INT64_MAX)
		return jnode_error(node, err, ERROR_INVALID,
		    "must be at least %" PRId64 ", not %" PRId64, min, value);
	if (min == INT64_MIN)
		return jnode_error(node, err, ERROR_INVALID,
		    "must be at most %" PRId64 ", not %" PRId64, max, value);
	return jnode_error(node, err, ERROR_INVALID,
	    "must be from %" PRId64 " to %" PRId64 ", not %" PRId64, min, max, value);
}

int jnode_int(const struct jnode *node, int64_t min, int64_t max, int64_t *out, struct error *err)
{
	int64_t value;

	if (json_is_real(node->value))
		return jnode_error(node, err, ERROR_INVALID, "must be an integer, not %g",
		    json_real_value(node->value));
	if (!json_is_integer(node->value))
		return jnode_type_error(node, "an integer", err);
	value = json_integer_value(node->value);
	if (value < min || value > max)
		return range_error(node, min, max, err);
	*out = value;
	return 0;
}

int jnode_duration(const struct jnode *node, int64_t *out, struct error *err)
{
	static const char wanted[] = "a duration (\"1m30s\", or nanoseconds as an integer)";
	int64_t value;

	if (json_is_integer(node->value))
		value = json_integer_value(node->value);
	else if (!json_is_string(node->value))
		return jnode_type_error(node, wanted, err);
	else if (!duration_parse(json_string_value(node->value), &value))
		return jnode_error(node, err, ERROR_INVALID, "must be %s, not '%.64s'", wanted,
		    json_string_value(node->value));
	if (value < 0)
		return jnode_error(node, err, ERROR_INVALID, "must not be negative");
	*out = value;
	return 0;
}

int jnode_array(const struct jnode *node, struct error *err)
{
	return json_is_array(node->value) ? 0 : jnode_type_error(node, "an array", err);
}

int jnode_object(const struct jnode *node, struct error *err)
{
	return json_is_object(node->value) ? 0 : jnode_type_error(node, "an object", err);
}

static bool is_known(const char *key, const char *const *known)
{
	for (; *known != NULL; known++)
		if (strcmp(key, *known) == 0)
			return true;
	return false;
}

int jnode_unknown(
    const struct jnode *object, const char *key, const char *const *known, struct error *err)
{
	const char *near = error_suggest(key, known);
	char shown[128], list[512];
	struct writer w = {.out = shown, .size = sizeof(shown)};
	struct writer all = {.out = list, .size = sizeof(list)};

	write_text(&w, "", 0);
	write_text(&all, "", 0);
	write_key(&w, key);
	if (near != NULL)
		return jnode_error(object, err, ERROR_INVALID,
		    "unknown field '%s', did you mean '%s'?", shown, near);
	if (known[0] == NULL)
		return jnode_error(
		    object, err, ERROR_INVALID, "unknown field '%s'; none is expected here", shown);
	for (; *known != NULL; known++) {
		write_text(&all, *known, strlen(*known));
		if (known[1] != NULL)
			write_text(&all, ", ", 2);
	}
	return jnode_error(
	    object, err, ERROR_INVALID, "unknown field '%s'; known are: %s", shown, list);
}

int jnode_known(const struct jnode *object, const char *const *known, struct error *err)
{
	const char *key;
	json_t *value;
	int rc = 0;

	json_object_foreach (object->value, key, value)
		if (!is_known(key, known) &&
		    !errors_go_on(jnode_unknown(object, key, known, err), &rc, err))
			break;
	return rc;
}
