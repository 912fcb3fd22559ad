/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Reading JSON that an operator wrote: parsing within limits, and nodes that know their path, so
 * that every complaint names its place ("apps.layer4.servers.srv0.routes[2]").
 */
#ifndef DAEMON_INPUT_JSON_H
#define DAEMON_INPUT_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <jansson.h>

#include "common/error.h"

#define JSON_SIZE_MAX (8u << 20)
#define JSON_DEPTH_MAX 64

/*
 * Parses a document: at most JSON_SIZE_MAX bytes, JSON_DEPTH_MAX levels, no duplicate keys, no
 * numbers out of range, no NUL in strings. Any value is a document, not only an object. file names
 * it in errors (err->path is then "file:line:column"). *out is a new reference. Returns 0, or -1
 * with err.
 */
int json_parse(const char *text, size_t length, const char *file, json_t **out, struct error *err);

/*
 * A value and the way to it. Nodes live on the stack and point at their parents; value is borrowed.
 * A member that is absent has value NULL and still a path.
 */
struct jnode {
	json_t *value;
	const struct jnode *parent;
	const char *key; /* NULL: an array's item */
	size_t index;
};

struct jnode jnode_root(json_t *value);
struct jnode jnode_member(const struct jnode *object, const char *key);
struct jnode jnode_item(const struct jnode *array, size_t index);

/* "apps.layer4.servers.srv0.routes[2]"; keys that need it are written ["so"]. Returns out. */
const char *jnode_path(const struct jnode *node, char *out, size_t size);
/* The same from top on, which is above node: "tls.ca". */
const char *jnode_path_from(
    const struct jnode *top, const struct jnode *node, char *out, size_t size);

/*
 * Fills err with code, message and the node's path, or, in what was made from a Caddyfile, its
 * place there (places.h). Returns -1.
 */
int jnode_error(const struct jnode *node, struct error *err, enum error_code code,
    const char *format, ...) __attribute__((format(printf, 4, 5)));

/* "must be a string, not a number" at the node. Returns -1. */
int jnode_type_error(const struct jnode *node, const char *wanted, struct error *err);

/* Typed getters. The value must be there. They return 0, or -1 with err. Strings are borrowed. */
int jnode_string(const struct jnode *node, const char **out, struct error *err);
int jnode_bool(const struct jnode *node, bool *out, struct error *err);
int jnode_int(const struct jnode *node, int64_t min, int64_t max, int64_t *out, struct error *err);
/* Integer nanoseconds or text such as "1m30s"; negative is refused. */
int jnode_duration(const struct jnode *node, int64_t *out, struct error *err);
int jnode_array(const struct jnode *node, struct error *err);
int jnode_object(const struct jnode *node, struct error *err);

/* -1 with "unknown field 'x', did you mean 'y'?" (or the known ones) for the first key not in known
 * (NULL-ended). */
int jnode_known(const struct jnode *object, const char *const *known, struct error *err);
/* The same complaint about one key that the caller found. Returns -1. */
int jnode_unknown(
    const struct jnode *object, const char *key, const char *const *known, struct error *err);

#endif
