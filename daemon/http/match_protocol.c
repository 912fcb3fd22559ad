/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "daemon/http/matcher.h"

enum protocol_kind { KIND_HTTP, KIND_HTTPS, KIND_GRPC, KIND_EXACT, KIND_LEAST };

static const struct protocol {
	const char *name;
	enum protocol_kind kind;
	unsigned major, minor;
} protocols[] = {
    {"http", KIND_HTTP, 0, 0},
    {"https", KIND_HTTPS, 0, 0},
    {"grpc", KIND_GRPC, 0, 0},
    {"http/1.0", KIND_EXACT, 1, 0},
    {"http/1.0+", KIND_LEAST, 1, 0},
    {"http/1.1", KIND_EXACT, 1, 1},
    {"http/1.1+", KIND_LEAST, 1, 1},
    {"http/2", KIND_EXACT, 2, 0},
    {"http/2+", KIND_LEAST, 2, 0},
    {"http/3", KIND_EXACT, 3, 0},
    {"http/3+", KIND_LEAST, 3, 0},
};

#define PROTOCOLS (sizeof(protocols) / sizeof(protocols[0]))

struct params {
	const struct protocol *protocol;
};

static int unknown(const struct jnode *node, const char *name, struct error *err)
{
	const char *names[PROTOCOLS + 1] = {NULL};
	const char *near;
	size_t i;

	for (i = 0; i < PROTOCOLS; i++)
		names[i] = protocols[i].name;
	near = error_suggest(name, names);
	return jnode_error(node, err, ERROR_INVALID, "unknown protocol '%s', did you mean '%s'?",
	    name, near != NULL ? near : "https");
}

static int load_params(struct load *load, const struct jnode *node, void *params, struct error *err)
{
	struct params *p = params;
	const char *name;
	size_t i;

	(void)load;
	if (jnode_string(node, &name, err) == -1)
		return -1;
	for (i = 0; i < PROTOCOLS; i++)
		if (strcmp(protocols[i].name, name) == 0)
			p->protocol = &protocols[i];
	return p->protocol != NULL ? 0 : unknown(node, name, err);
}

static bool is_grpc(const struct http_request *r)
{
	struct span type;

	return http_fields_find(&r->fields, span_str("Content-Type"), &type) &&
	       span_starts(type, span_str("application/grpc"));
}

static bool match(const void *params, struct http_request *r)
{
	const struct protocol *p = ((const struct params *)params)->protocol;

	switch (p->kind) {
	case KIND_HTTP:
		return !r->tls;
	case KIND_HTTPS:
		return r->tls;
	case KIND_GRPC:
		return is_grpc(r);
	case KIND_EXACT:
		return r->major == p->major && r->minor == p->minor;
	case KIND_LEAST:
		break;
	}
	return r->major > p->major || (r->major == p->major && r->minor >= p->minor);
}

const struct http_matcher_type http_matcher_protocol = {
    .name = "protocol",
    .help = "http, https, grpc, or a version: http/1.1, http/2+",
    .shape = &shape_text,
    .params_size = sizeof(struct params),
    .load = load_params,
    .match = match,
};
