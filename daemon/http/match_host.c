/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include <stdlib.h>

#include "daemon/core/replacer.h"
#include "daemon/http/matcher.h"
#include "daemon/http/path.h"

/*
 * Exact names are sorted and looked up by halving, so that a server of ten thousand names costs
 * what one of ten does. The others, with '*' or a placeholder, are tried one by one.
 */
struct params {
	struct strings exact; /* in lower case */
	struct http_text **fuzzy;
	size_t fuzzy_count;
};

static int compare_items(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static bool is_fuzzy(const char *name)
{
	return strpbrk(name, "*{") != NULL;
}

/* A name is written with its letters as they are sent: in ASCII, others as "xn--". */
static int check_name(const struct jnode *node, const char *name, struct error *err)
{
	for (; *name != '\0'; name++)
		if ((unsigned char)*name >= 0x80)
			return jnode_error(node, err, ERROR_INVALID,
			    "a host name has ASCII letters only; write it as xn--...");
	return 0;
}

static int check_repeated(const struct jnode *node, const struct params *p, struct error *err)
{
	size_t i;

	for (i = 1; i < p->exact.count; i++)
		if (strcmp(p->exact.items[i - 1], p->exact.items[i]) == 0)
			return jnode_error(
			    node, err, ERROR_INVALID, "host '%s' stands twice", p->exact.items[i]);
	return 0;
}

static int load_params(struct load *load, const struct jnode *node, void *params, struct error *err)
{
	struct params *p = params;
	const char *name;
	size_t i, count;

	if (jnode_array(node, err) == -1)
		return -1;
	count = json_array_size(node->value);
	p->exact.items = arena_array(load->arena, count, sizeof(*p->exact.items));
	p->fuzzy = arena_array(load->arena, count, sizeof(struct http_text *));
	for (i = 0; i < count; i++) {
		struct jnode item = jnode_item(node, i);

		if (jnode_string(&item, &name, err) == -1 || check_name(&item, name, err) == -1)
			return -1;
		name = replace_at_load(load->arena, name);
		if (is_fuzzy(name))
			p->fuzzy[p->fuzzy_count++] =
			    http_text_new(load->arena, name, HTTP_TEXT_DROP);
		else
			p->exact.items[p->exact.count++] =
			    (const char *)http_path_lower(load->arena, span_str(name)).p;
	}
	if (p->exact.count > 1)
		qsort(p->exact.items, p->exact.count, sizeof(*p->exact.items), compare_items);
	return check_repeated(node, p, err);
}

static struct span take_label(struct span *name)
{
	const uint8_t *dot = name->n > 0 ? memchr(name->p, '.', name->n) : NULL;
	struct span label;

	span_take(name, dot != NULL ? (size_t)(dot - name->p) : name->n, &label);
	return label;
}

/* A label "*" stands for any one label. */
static bool fits(struct span pattern, struct span host)
{
	struct span a, b;
	bool more;

	if (pattern.n == 0 || memchr(pattern.p, '*', pattern.n) == NULL)
		return http1_equal(pattern, host);
	do {
		a = take_label(&pattern);
		b = take_label(&host);
		if (!span_eq_str(a, "*") && !http1_equal(a, b))
			return false;
		more = span_skip(&pattern, 1);
		if (more != span_skip(&host, 1))
			return false;
	} while (more);
	return true;
}

static bool match(const void *params, struct http_request *r)
{
	const struct params *p = params;
	const char *host;
	size_t i;

	if (p->exact.count > 0) {
		host = (const char *)http_request_lower_host(r).p;
		if (bsearch(&host, p->exact.items, p->exact.count, sizeof(*p->exact.items),
			compare_items))
			return true;
	}
	for (i = 0; i < p->fuzzy_count; i++)
		if (fits(http_text_of(p->fuzzy[i], r), r->host))
			return true;
	return false;
}

static bool keys(const void *params, struct strings *out)
{
	const struct params *p = params;

	*out = p->exact;
	return p->fuzzy_count == 0;
}

static struct span key(const struct http_request *r)
{
	return r->host;
}

const struct http_matcher_type http_matcher_host = {
    .name = "host",
    .help = "the request's host is one of the names; a label '*' stands for any one label",
    .shape = &shape_texts,
    .params_size = sizeof(struct params),
    .load = load_params,
    .match = match,
    .keys = keys,
    .key = key,
};
