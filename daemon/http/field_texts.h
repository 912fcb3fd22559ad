/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Header fields as the document has them: an object of names with lists of values, with
 * placeholders in both.
 */
#ifndef DAEMON_HTTP_FIELD_TEXTS_H
#define DAEMON_HTTP_FIELD_TEXTS_H

#include <stddef.h>

#include "daemon/http/matcher.h"

struct http_field_text {
	struct http_text *name;
	struct span canonical; /* the name, where it is constant; else n = 0 */
	struct http_texts values;
};

struct http_field_texts {
	struct http_field_text *items;
	size_t count;
};

/* target is a struct http_field_texts. Returns 0, or -1 with err. */
/* What that takes. */
extern const struct shape http_field_texts_shape;
int http_field_texts_load(
    struct load *load, const struct jnode *node, void *target, struct error *err);

/* The field's name for this request, canonical. */
struct span http_field_text_name(const struct http_field_text *f, struct http_request *r);

#endif
