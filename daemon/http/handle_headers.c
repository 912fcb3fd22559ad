/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include <stdlib.h>

#include "daemon/http/field_match.h"
#include "daemon/http/field_texts.h"
#include "daemon/http/handler.h"
#include "daemon/regex/regex.h"

#define GROUPS_MAX 10

/* One replacement in a field's values. */
struct replacement {
	struct span name; /* of the field; "*": all */
	const char *search, *search_regexp, *replace;
	struct http_text *search_text, *replace_text;
	struct regex *regex;
};

/* What the answer must be for the rest to be done. */
struct require {
	int64_t *statuses; /* any of them, below 10 a class such as 4xx; none: whatever it is */
	size_t status_count;
	struct http_field_match headers;
};

struct params {
	struct response {
		struct http_field_texts add, set;
		struct http_texts remove;
		struct replacement *replace;
		size_t replace_count;
		struct require require;
		bool deferred; /* until the answer stands */
	} response;
};

/* ---- loading ------------------------------------------------------------------------------- */

static const struct field replacement_fields[] = {
    FIELD_STRING(
	struct replacement, search, "search", FIELD_PLACEHOLDERS | FIELD_ENV, "text to find"),
    FIELD_STRING(struct replacement, search_regexp, "search_regexp", 0,
	"regular expression to find, instead"),
    FIELD_STRING(struct replacement, replace, "replace", FIELD_PLACEHOLDERS | FIELD_ENV,
	"what to put there; $1 or ${name} is a group of the expression"),
    FIELD_END,
};

static int load_replacement(struct load *load, const struct jnode *node, const char *name,
    struct replacement *out, struct error *err)
{
	struct jnode regexp = jnode_member(node, "search_regexp");
	struct error cause;

	if (jnode_object(node, err) == -1 ||
	    fields_load(replacement_fields, load, node, NULL, load->arena, out, err) == -1)
		return -1;
	out->name = span_str(arena_strdup(load->arena, name));
	out->search_text =
	    http_text_new(load->arena, out->search != NULL ? out->search : "", HTTP_TEXT_KEEP);
	out->replace_text =
	    http_text_new(load->arena, out->replace != NULL ? out->replace : "", HTTP_TEXT_KEEP);
	if (out->search_regexp == NULL || out->search_regexp[0] == '\0')
		return 0;
	if (out->search != NULL && out->search[0] != '\0')
		return jnode_error(node, err, ERROR_INVALID,
		    "has both search and search_regexp; one of them is enough");
	out->regex = regex_new(load->arena, out->search_regexp, REGEX_TEXT, &cause);
	if (out->regex == NULL)
		return jnode_error(&regexp, err, cause.code, "%s", cause.message);
	return 0;
}

static int load_replace(
    struct load *load, const struct jnode *node, void *target, struct error *err)
{
	struct response *out = target;
	const char *name;
	size_t count = 0, i;
	json_t *list;

	if (jnode_object(node, err) == -1)
		return -1;
	json_object_foreach (node->value, name, list)
		count += json_array_size(list);
	out->replace = arena_array(load->arena, count, sizeof(*out->replace));
	json_object_foreach (node->value, name, list) {
		struct jnode member = jnode_member(node, name);

		if (jnode_array(&member, err) == -1)
			return -1;
		for (i = 0; i < json_array_size(list); i++) {
			struct jnode item = jnode_item(&member, i);

			if (load_replacement(
				load, &item, name, &out->replace[out->replace_count++], err) == -1)
				return -1;
		}
	}
	return 0;
}

static int load_remove(struct load *load, const struct jnode *node, void *target, struct error *err)
{
	return http_texts_load(load, node, target, err);
}

static int load_statuses(
    struct load *load, const struct jnode *node, void *target, struct error *err)
{
	struct require *require = target;
	size_t i;

	if (jnode_array(node, err) == -1)
		return -1;
	require->status_count = json_array_size(node->value);
	require->statuses =
	    arena_array(load->arena, require->status_count, sizeof(*require->statuses));
	for (i = 0; i < require->status_count; i++) {
		struct jnode item = jnode_item(node, i);

		if (jnode_int(&item, 1, 999, &require->statuses[i], err) == -1)
			return -1;
	}
	return 0;
}

static const struct shape status_shape = {.type = SHAPE_INT, .min = 1, .max = 999};
static const struct shape statuses_shape = {.type = SHAPE_LIST, .of = &status_shape};

static const struct field require_fields[] = {
    {.name = "status_code",
	.type = FIELD_TYPE_CUSTOM,
	.load = load_statuses,
	.shape = &statuses_shape,
	.help = "statuses, any of which will do; 4 is every 4xx"},
    FIELD_CUSTOM(struct require, headers, "headers", FIELD_PLACEHOLDERS | FIELD_ENV,
	http_field_match_load, &http_field_match_shape,
	"fields that the answer must have, or with null must not"),
    FIELD_END,
};

/* Only an answer that stands can be looked at. target is the struct response. */
static int load_require(
    struct load *load, const struct jnode *node, void *target, struct error *err)
{
	struct response *response = target;

	response->deferred = true;
	if (jnode_object(node, err) == -1)
		return -1;
	return fields_load(require_fields, load, node, NULL, load->arena, &response->require, err);
}

static int load_deferred(
    struct load *load, const struct jnode *node, void *target, struct error *err)
{
	struct response *response = target;
	bool deferred;

	(void)load;
	if (jnode_bool(node, &deferred, err) == -1)
		return -1;
	response->deferred = response->deferred || deferred;
	return 0;
}

static const struct shape replacement_shape = {.type = SHAPE_OBJECT, .fields = replacement_fields};
static const struct shape replacements_shape = {.type = SHAPE_LIST, .of = &replacement_shape};
static const struct shape replace_shape = {.type = SHAPE_MAP, .of = &replacements_shape};
static const struct shape require_shape = {.type = SHAPE_OBJECT, .fields = require_fields};

static const struct field response_fields[] = {
    FIELD_CUSTOM(struct response, add, "add", FIELD_PLACEHOLDERS | FIELD_ENV, http_field_texts_load,
	&http_field_texts_shape, "fields to add"),
    FIELD_CUSTOM(struct response, set, "set", FIELD_PLACEHOLDERS | FIELD_ENV, http_field_texts_load,
	&http_field_texts_shape, "fields to set, replacing those of the same name"),
    FIELD_CUSTOM(struct response, remove, "delete", FIELD_PLACEHOLDERS | FIELD_ENV, load_remove,
	&shape_texts, "names of fields to remove; '*' at an end stands for anything"),
    {.name = "replace",
	.type = FIELD_TYPE_CUSTOM,
	.load = load_replace,
	.shape = &replace_shape,
	.flags = FIELD_PLACEHOLDERS | FIELD_ENV,
	.help = "by field: what to replace in its values"},
    {.name = "deferred",
	.type = FIELD_TYPE_CUSTOM,
	.load = load_deferred,
	.shape = &shape_bool,
	.help = "wait until the answer stands, so that its fields are there"},
    {.name = "require",
	.type = FIELD_TYPE_CUSTOM,
	.load = load_require,
	.shape = &require_shape,
	.flags = FIELD_PLACEHOLDERS | FIELD_ENV,
	.help = "do it only to answers that are so"},
    FIELD_END,
};

static int load_request(
    struct load *load, const struct jnode *node, void *target, struct error *err)
{
	(void)load;
	(void)target;
	return jnode_error(node, err, ERROR_UNSUPPORTED,
	    "HTTP handling is outside pointsman: no request goes on to a server whose fields "
	    "could be changed");
}

static const struct field fields[] = {
    FIELD_OBJECT(struct params, response, "response", 0, response_fields,
	"what to do to the fields of answers"),
    {.name = "request",
	.type = FIELD_TYPE_CUSTOM,
	.load = load_request,
	.shape = &shape_nothing,
	.flags = FIELD_HIDDEN},
    FIELD_END,
};

/* ---- replacing ----------------------------------------------------------------------------- */

static void replace_text(
    const struct replacement *p, struct http_request *r, struct span value, struct buf *out)
{
	struct span search = http_text_of(p->search_text, r);
	struct span by = http_text_of(p->replace_text, r);
	const uint8_t *at;

	while (search.n > 0 && value.n > 0 &&
	       (at = memmem(value.p, value.n, search.p, search.n)) != NULL) {
		buf_append(out, value.p, (size_t)(at - value.p));
		buf_append(out, by.p, by.n);
		span_skip(&value, (size_t)(at - value.p) + search.n);
	}
	buf_append(out, value.p, value.n);
}

static bool is_word(uint8_t c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       c == '_';
}

/* Takes "name" or "{name}" behind a '$'. false: it is no reference. */
static bool take_reference(struct span *text, struct span *name)
{
	struct span s = *text;
	bool braced = s.n > 0 && s.p[0] == '{';
	size_t n = 0;

	if (braced)
		span_skip(&s, 1);
	while (n < s.n && is_word(s.p[n]))
		n++;
	if (n == 0 || !span_take(&s, n, name) || (braced && (s.n == 0 || s.p[0] != '}')))
		return false;
	if (braced)
		span_skip(&s, 1);
	*text = s;
	return true;
}

static struct span group_of(
    const struct regex *re, struct span name, const struct span *groups, size_t count)
{
	char text[64];
	int i = -1;
	char *end;

	if (name.n < sizeof(text)) {
		memcpy(text, name.p, name.n);
		text[name.n] = '\0';
		i = (int)strtol(text, &end, 10);
		if (*end != '\0')
			i = regex_group_find(re, text);
	}
	return i >= 0 && (size_t)i < count ? groups[i] : span_of(NULL, 0);
}

/* As Go's Expand: $1, $name, ${name}, $$. */
static void put_expanded(const struct regex *re, struct span by, const struct span *groups,
    size_t count, struct buf *out)
{
	struct span name, group;
	uint8_t c;

	while (span_u8(&by, &c)) {
		if (c == '$' && by.n > 0 && by.p[0] == '$') {
			span_skip(&by, 1);
		} else if (c == '$' && take_reference(&by, &name)) {
			group = group_of(re, name, groups, count);
			buf_append(out, group.p, group.n);
			continue;
		}
		buf_append(out, &c, 1);
	}
}

static void replace_regexp(
    const struct replacement *p, struct http_request *r, struct span value, struct buf *out)
{
	struct span groups[GROUPS_MAX], by = http_text_of(p->replace_text, r);
	size_t count = regex_group_count(p->regex);

	if (count > GROUPS_MAX)
		count = GROUPS_MAX;
	while (value.n > 0 && regex_match(p->regex, value, groups, count)) {
		size_t before = (size_t)(groups[0].p - value.p);

		buf_append(out, value.p, before);
		put_expanded(p->regex, by, groups, count, out);
		span_skip(&value, before + groups[0].n);
		if (groups[0].n == 0 && value.n > 0) {
			buf_append(out, value.p, 1);
			span_skip(&value, 1);
		}
	}
	buf_append(out, value.p, value.n);
}

static void replace_in(
    const struct replacement *p, struct http_exchange *x, struct http_field *field)
{
	struct buf out = {0};

	if (p->regex != NULL)
		replace_regexp(p, &x->request, field->value, &out);
	else
		replace_text(p, &x->request, field->value, &out);
	field->value =
	    span_of(arena_strndup(x->request.arena, buf_str(&out), buf_len(&out)), buf_len(&out));
	buf_fini(&out);
}

/* ---- applying ------------------------------------------------------------------------------ */

/* Several values become one with commas, as the reference has it. */
static struct span joined(const struct http_texts *values, struct http_request *r)
{
	struct buf out = {0};
	struct span result;
	size_t i;

	if (values->count == 1)
		return http_text_of(values->items[0], r);
	for (i = 0; i < values->count; i++) {
		if (i > 0)
			buf_append(&out, ",", 1);
		http_text_expand(values->items[i], r, &out);
	}
	result = span_of(arena_strndup(r->arena, buf_str(&out), buf_len(&out)), buf_len(&out));
	buf_fini(&out);
	return result;
}

static void remove_fields(const struct response *p, struct http_exchange *x, bool all)
{
	size_t i;

	for (i = 0; i < p->remove.count; i++) {
		struct span name = http_text_of(p->remove.items[i], &x->request);

		if (span_eq_str(name, "*") == all)
			http_fields_remove(&x->response.fields, name);
	}
}

/* First all fields go where that is asked for, then add, set, delete, replace: an order that users
 * of the reference rely on. */
static void apply(const struct response *p, struct http_exchange *x)
{
	struct http_fields *fields_out = &x->response.fields;
	struct http_request *r = &x->request;
	size_t i, k;

	remove_fields(p, x, true);
	for (i = 0; i < p->add.count; i++)
		for (k = 0; k < p->add.items[i].values.count; k++)
			http_fields_add(fields_out, r->arena,
			    http_field_text_name(&p->add.items[i], r),
			    http_text_of(p->add.items[i].values.items[k], r));
	for (i = 0; i < p->set.count; i++)
		http_fields_set(fields_out, r->arena, http_field_text_name(&p->set.items[i], r),
		    joined(&p->set.items[i].values, r));
	remove_fields(p, x, false);
	for (i = 0; i < p->replace_count; i++)
		for (k = 0; k < fields_out->count; k++)
			if (span_eq_str(p->replace[i].name, "*") ||
			    http1_equal(p->replace[i].name, fields_out->items[k].name))
				replace_in(&p->replace[i], x, &fields_out->items[k]);
}

struct later {
	struct http_deferred deferred;
	const struct response *response;
};

static bool is_required(const struct require *require, struct http_exchange *x)
{
	int64_t status = x->response.status != 0 ? x->response.status : 200;
	bool fits = require->status_count == 0;
	size_t i;

	for (i = 0; i < require->status_count; i++)
		fits =
		    fits || require->statuses[i] == status || require->statuses[i] == status / 100;
	return fits && http_field_match(
			   &require->headers, &x->response.fields, span_of(NULL, 0), &x->request);
}

static void run_later(struct http_deferred *d, struct http_exchange *x)
{
	const struct response *response = ((struct later *)d)->response;

	if (is_required(&response->require, x))
		apply(response, x);
}

static enum http_flow handle(struct http_exchange *x, const void *params)
{
	const struct response *p = &((const struct params *)params)->response;
	struct later *later;

	if (!p->deferred) {
		apply(p, x);
		return HTTP_NEXT;
	}
	later = arena_alloc(x->request.arena, sizeof(*later));
	later->deferred.run = run_later;
	later->deferred.next = x->deferred;
	later->response = p;
	x->deferred = &later->deferred;
	return HTTP_NEXT;
}

const struct http_handler_type http_handler_headers = {
    .name = "headers",
    .help = "adds, sets, removes and changes the header fields of answers",
    .fields = fields,
    .params_size = sizeof(struct params),
    .handle = handle,
};
