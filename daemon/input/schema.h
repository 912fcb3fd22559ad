/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * JSON Schema (draft 2020-12) of what a shape describes. Flags of fields are annotations: "secret"
 * is writeOnly, a hidden one is deprecated, the others are in "x-flags".
 */
#ifndef DAEMON_INPUT_SCHEMA_H
#define DAEMON_INPUT_SCHEMA_H

#include <jansson.h>

#include "common/error.h"
#include "daemon/input/shape.h"

/*
 * A new reference, or NULL with err (its path is the way there) where a field that a module reads
 * itself, or a module without fields, has no shape: a fault of the program.
 */
json_t *schema_make(const struct shape *root, const char *title, struct error *err);

#endif
