/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Matchers of requests: for the routes of HTTP servers, and inside the `http` matcher of layer 4.
 * Parameters are const after loading; what a match captures goes into the request's facts.
 */
#ifndef DAEMON_HTTP_MATCHER_H
#define DAEMON_HTTP_MATCHER_H

#include <stdbool.h>
#include <stddef.h>
#include <jansson.h>

#include "daemon/core/load.h"
#include "daemon/http/request.h"
#include "daemon/http/text.h"
#include "daemon/input/field.h"

struct http_matcher_type {
	const char *name;
	const char *help;           /* one line */
	const struct field *fields; /* NULL where load() reads the node alone */
	const struct shape *shape;  /* ... which is this then */
	size_t params_size;
	/* As in core/matcher.h. Memory from load->arena. Returns 0, or -1 with err. */
	int (*load)(struct load *load, const struct jnode *node, void *params, struct error *err);
	bool (*match)(const void *params, struct http_request *r);
	/*
	 * Where it is an equal of one of some texts, whatever their case, that is asked for: those
	 * texts (false: these parameters ask more), and the request's. For core/key_runs.h.
	 */
	bool (*keys)(const void *params, struct strings *keys);
	struct span (*key)(const struct http_request *r);
};

struct http_matcher {
	const struct http_matcher_type *type;
	const void *params;
};

/* AND of matchers, in document order. */
struct http_matcher_set {
	struct http_matcher *items;
	size_t count;
};

/* OR of sets. None: always yes. */
struct http_matcher_sets {
	struct http_matcher_set *items;
	size_t count;
};

/* Reads a JSON list of sets; target is a struct http_matcher_sets. Returns 0, or -1 with err. */
int http_matcher_sets_load(
    struct load *load, const struct jnode *node, void *target, struct error *err);

/* What that takes. */
extern const struct shape http_matcher_sets_shape;

bool http_matcher_set_match(const struct http_matcher_set *set, struct http_request *r);
bool http_matcher_sets_match(const struct http_matcher_sets *sets, struct http_request *r);

/* The type called name, or NULL; all of them, ended by NULL. */
const struct http_matcher_type *http_matcher_type_find(const char *name);
extern const struct http_matcher_type *const http_matcher_types[];

/* A list of texts with placeholders, for parameters. */
struct http_texts {
	struct http_text **items;
	size_t count;
};

/* Reads a JSON list of strings. Returns 0, or -1 with err. */
int http_texts_load(
    struct load *load, const struct jnode *node, struct http_texts *out, struct error *err);

#endif
