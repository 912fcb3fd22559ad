/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What header fields are to be: an object of names with lists of values, any of which will do, or
 * with null for a field that must not be there.
 */
#ifndef DAEMON_HTTP_FIELD_MATCH_H
#define DAEMON_HTTP_FIELD_MATCH_H

#include <stdbool.h>
#include <stddef.h>

#include "daemon/http/matcher.h"

struct http_field_wanted;

struct http_field_match {
	struct http_field_wanted *items;
	size_t count;
};

/* target is a struct http_field_match. Returns 0, or -1 with err. */
/* What that takes. */
extern const struct shape http_field_match_shape;
int http_field_match_load(
    struct load *load, const struct jnode *node, void *target, struct error *err);

/*
 * Are fields so? Placeholders are those of r. host, unless it is empty, is what "Host" stands for,
 * whatever fields have.
 */
bool http_field_match(const struct http_field_match *m, const struct http_fields *fields,
    struct span host, struct http_request *r);

#endif
