/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include <ctype.h>
#include <stdlib.h>

#include "daemon/http/field_texts.h"
#include "daemon/http/handler.h"

#define STATUS_EARLY_HINTS 103

struct params {
	struct http_text *status; /* NULL: 200 */
	struct http_field_texts headers;
	const char *body;
	bool close, abort;
	struct http_text *body_text; /* NULL: none */
	const char *content_type;    /* of a constant body */
	unsigned constant_status;    /* 0: depends on the request */
};

/* ---- loading ------------------------------------------------------------------------------- */

static int load_status(struct load *load, const struct jnode *node, void *target, struct error *err)
{
	const char *text;

	if (json_is_integer(node->value))
		text =
		    arena_printf(load->arena, "%lld", (long long)json_integer_value(node->value));
	else if (!json_is_string(node->value))
		return jnode_type_error(node, "a number or a string", err);
	else
		text = json_string_value(node->value);
	if (text[0] != '\0')
		*(struct http_text **)target = http_text_new(load->arena, text, HTTP_TEXT_DROP);
	return 0;
}

static const struct shape number_shape = {.type = SHAPE_INT, .min = INT64_MIN, .max = INT64_MAX};
static const struct shape *const status_choices[] = {&number_shape, &shape_text, NULL};
static const struct shape status_shape = {.type = SHAPE_EITHER, .choices = status_choices};

static const struct field fields[] = {
    FIELD_CUSTOM(struct params, status, "status_code", FIELD_PLACEHOLDERS | FIELD_ENV, load_status,
	&status_shape, "status of the answer; default 200"),
    FIELD_CUSTOM(struct params, headers, "headers", FIELD_PLACEHOLDERS | FIELD_ENV,
	http_field_texts_load, &http_field_texts_shape,
	"header fields of the answer, replacing those of the same name"),
    FIELD_STRING(struct params, body, "body", FIELD_PLACEHOLDERS | FIELD_ENV, "body of the answer"),
    FIELD_BOOL(struct params, close, "close", 0, "end the connection after the answer"),
    FIELD_BOOL(struct params, abort, "abort", 0, "end the connection without an answer"),
    FIELD_END,
};

/* 0: not a status that an answer may have. */
static unsigned parse_status(struct span text)
{
	unsigned status = 0;
	size_t i;

	for (i = 0; i < text.n; i++) {
		if (text.p[i] < '0' || text.p[i] > '9')
			return 0;
		status = status * 10 + (text.p[i] - '0');
	}
	if (text.n != 3 || (status < 200 && status != STATUS_EARLY_HINTS))
		return 0;
	return status;
}

/* Text, unless it is a JSON object or array: then it may well be meant as one. */
static const char *content_type(struct span body)
{
	json_t *json;

	while (body.n > 0 && isspace(body.p[0]))
		span_skip(&body, 1);
	while (body.n > 0 && isspace(body.p[body.n - 1]))
		body.n--;
	if (body.n > 2 && ((body.p[0] == '{' && body.p[body.n - 1] == '}') ||
			      (body.p[0] == '[' && body.p[body.n - 1] == ']'))) {
		json = json_loadb((const char *)body.p, body.n, 0, NULL);
		if (json != NULL) {
			json_decref(json);
			return "application/json";
		}
	}
	return "text/plain; charset=utf-8";
}

static int load_params(struct load *load, const struct jnode *node, void *params, struct error *err)
{
	struct params *p = params;
	struct jnode status = jnode_member(node, "status_code");

	if (p->status == NULL)
		p->constant_status = 200;
	else if (http_text_is_constant(p->status))
		p->constant_status = parse_status(http_text_constant(p->status));
	if (p->constant_status == 0 && http_text_is_constant(p->status))
		return jnode_error(&status, err, ERROR_INVALID, "must be from 200 to 999, or 103");
	if (p->body == NULL || p->body[0] == '\0')
		return 0;
	p->body_text = http_text_new(load->arena, p->body, HTTP_TEXT_KEEP);
	if (http_text_is_constant(p->body_text))
		p->content_type = content_type(http_text_constant(p->body_text));
	return 0;
}

/* ---- answering ----------------------------------------------------------------------------- */

static void set_fields(struct http_exchange *x, const struct http_field_texts *texts)
{
	struct http_request *r = &x->request;
	size_t i, k;

	for (i = 0; i < texts->count; i++) {
		const struct http_field_text *t = &texts->items[i];
		struct span name = http_field_text_name(t, r);

		http_fields_remove(&x->response.fields, name);
		for (k = 0; k < t->values.count; k++)
			http_fields_add(&x->response.fields, r->arena, name,
			    http_text_of(t->values.items[k], r));
	}
}

static void set_body(struct http_exchange *x, const struct params *p)
{
	struct span name = span_str("Content-Type"), known, body;
	const char *type = p->content_type;

	if (http_text_is_constant(p->body_text))
		x->response.const_body = http_text_constant(p->body_text);
	else
		http_text_expand(p->body_text, &x->request, &x->response.body);
	body = http_response_body(&x->response);
	if (body.n == 0 || http_fields_find(&x->response.fields, name, &known))
		return;
	http_fields_add(&x->response.fields, x->request.arena, name,
	    span_str(type != NULL ? type : content_type(body)));
}

static enum http_flow handle(struct http_exchange *x, const void *params)
{
	const struct params *p = params;
	unsigned status = p->constant_status;

	x->response.abort = p->abort;
	x->response.close = x->response.close || p->close;
	if (p->abort)
		return HTTP_DONE;
	set_fields(x, &p->headers);
	if (status == 0)
		status = parse_status(http_text_of(p->status, &x->request));
	if (status == 0) {
		http_response_error(&x->response, x->request.arena, 500);
		return HTTP_DONE;
	}
	if (status == STATUS_EARLY_HINTS) {
		http_response_add_interim(&x->response, x->request.arena, status);
		return HTTP_NEXT;
	}
	x->response.status = status;
	if (p->body_text != NULL)
		set_body(x, p);
	return HTTP_DONE;
}

const struct http_handler_type http_handler_static_response = {
    .name = "static_response",
    .help = "gives a fixed answer, or ends the connection",
    .fields = fields,
    .params_size = sizeof(struct params),
    .load = load_params,
    .handle = handle,
};
