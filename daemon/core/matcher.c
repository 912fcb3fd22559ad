/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "daemon/core/matcher.h"

#include <stdlib.h>
#include <string.h>

#include "daemon/core/load.h"
#include "daemon/core/trust.h"
#include "daemon/wire/quic.h"

static const struct matcher_type *const no_types[] = {NULL};
static const struct matcher_type *const *types = no_types;

void matcher_types_set(const struct matcher_type *const *list)
{
	types = list;
}

const struct matcher_type *const *matcher_types(void)
{
	return types;
}

const struct matcher_type *matcher_type_find(const char *name)
{
	size_t i;

	for (i = 0; types[i] != NULL; i++) {
		if (strcmp(types[i]->name, name) == 0)
			return types[i];
	}
	return NULL;
}

const char *match_verdict_name(enum match_verdict verdict)
{
	static const char *const words[] = {
	    [MATCH_NO] = "no", [MATCH_YES] = "yes", [MATCH_MORE] = "more"};

	return words[verdict];
}

const char *match_phase_name(enum match_phase phase)
{
	static const char *const words[] = {
	    [MATCH_LIVE] = "live", [MATCH_ENDED] = "ended", [MATCH_SILENT] = "silent"};

	return words[phase];
}

/* --- loading --------------------------------------------------------------------------------- */

static int unknown_matcher(const struct jnode *node, const char *name, struct error *err)
{
	const char **names, *near;
	size_t count = 0, i;

	while (types[count] != NULL)
		count++;
	names = mem_alloc((count + 1) * sizeof(*names));
	for (i = 0; i < count; i++)
		names[i] = types[i]->name;
	names[count] = NULL;
	near = error_suggest(name, names);
	free(names);
	if (near == NULL)
		return jnode_error(node, err, ERROR_INVALID, "unknown matcher '%s'", name);
	return jnode_error(
	    node, err, ERROR_INVALID, "unknown matcher '%s', did you mean '%s'?", name, near);
}

static int matcher_load(struct load *load, const struct jnode *set, const char *name,
    struct matcher *out, struct error *err)
{
	const struct matcher_type *type = matcher_type_find(name);
	struct jnode node = jnode_member(set, name);
	void *params;

	if (type == NULL)
		return unknown_matcher(set, name, err);
	params = arena_alloc(load->arena, type->params_size > 0 ? type->params_size : 1);
	if (type->fields == NULL && trust_field(load, &trust_placeholders, &node, err) == -1)
		return -1;
	if (type->fields != NULL &&
	    fields_load(type->fields, load, &node, NULL, load->arena, params, err) != 0)
		return -1;
	if (type->load != NULL && type->load(load, &node, params, err) != 0)
		return -1;
	*out = (struct matcher){.type = type, .params = params};
	return 0;
}

static bool rests_on_bytes(const struct matcher *m)
{
	if (m->type->rests_on_bytes != NULL)
		return m->type->rests_on_bytes(m->params);
	return m->type->bytes;
}

int matcher_set_load(
    struct load *load, const struct jnode *node, struct matcher_set *out, struct error *err)
{
	struct matcher *m;
	const char *name;
	json_t *value;

	*out = (struct matcher_set){0};
	if (jnode_object(node, err) != 0)
		return -1;
	out->items = arena_array(load->arena, json_object_size(node->value), sizeof(*m));
	json_object_foreach (node->value, name, value) {
		if (strcmp(name, "@id") == 0)
			continue;
		m = &out->items[out->count];
		if (matcher_load(load, node, name, m, err) != 0)
			return -1;
		out->bytes = out->bytes || rests_on_bytes(m);
		out->count++;
	}
	return 0;
}

int matcher_sets_load(
    struct load *load, const struct jnode *node, struct matcher_sets *out, struct error *err)
{
	size_t i, count;

	*out = (struct matcher_sets){0};
	if (node->value == NULL)
		return 0;
	if (jnode_array(node, err) != 0)
		return -1;
	count = json_array_size(node->value);
	out->items = arena_array(load->arena, count, sizeof(*out->items));
	for (i = 0; i < count; i++) {
		struct jnode item = jnode_item(node, i);

		if (matcher_set_load(load, &item, &out->items[i], err) != 0)
			return -1;
	}
	out->count = count;
	return 0;
}

/* --- the schema ------------------------------------------------------------------------------ */

static bool module_at(size_t i, struct shape_module *out)
{
	if (types[i] == NULL)
		return false;
	*out = (struct shape_module){
	    types[i]->name, types[i]->help, types[i]->fields, types[i]->shape};
	return true;
}

static const struct shape set_shape = {
    .type = SHAPE_KEYED, .name = "matcher_set", .module = module_at};

const struct shape matcher_sets_shape = {.type = SHAPE_LIST, .of = &set_shape};

/* --- matching -------------------------------------------------------------------------------- */

/* A no decides a set even while others still want bytes. */
enum match_verdict matcher_set_match(const struct matcher_set *set, struct match_input *in)
{
	enum match_verdict verdict = MATCH_YES;
	size_t i;

	for (i = 0; i < set->count; i++) {
		switch (set->items[i].type->match(set->items[i].params, in)) {
		case MATCH_NO:
			return MATCH_NO;
		case MATCH_MORE:
			if (in->phase != MATCH_LIVE)
				return MATCH_NO;
			verdict = MATCH_MORE;
			break;
		case MATCH_YES:
			break;
		}
	}
	return verdict;
}

/*
 * A yes that rests on bytes weighs more than one that does not (it may overtake an earlier route),
 * so after a yes by facts the sets with byte matchers are still asked.
 */
enum match_verdict matcher_sets_match(
    const struct matcher_sets *sets, struct match_input *in, bool *on_bytes)
{
	enum match_verdict verdict = sets->count == 0 ? MATCH_YES : MATCH_NO, one;
	size_t i;

	if (on_bytes != NULL)
		*on_bytes = false;
	for (i = 0; i < sets->count; i++) {
		if (verdict == MATCH_YES && !sets->items[i].bytes)
			continue;
		one = matcher_set_match(&sets->items[i], in);
		if (one == MATCH_YES) {
			verdict = MATCH_YES;
			if (on_bytes == NULL)
				break;
			*on_bytes = sets->items[i].bytes;
			if (*on_bytes)
				break;
		} else if (one == MATCH_MORE && verdict == MATCH_NO) {
			verdict = MATCH_MORE;
		}
	}
	return verdict;
}

/* --- what is shared -------------------------------------------------------------------------- */

void match_cache_next_datagram(struct match_cache *cache)
{
	cache->hello_length = cache->http_length = 0;
	arena_free(cache->http_arena);
	cache->http_arena = NULL;
	cache->http_request = NULL;
	cache->quic_taken = false;
}

void match_cache_clear(struct match_cache *cache)
{
	match_cache_next_datagram(cache);
	if (cache->quic == NULL)
		return;
	quic_gather_fini(cache->quic);
	free(cache->quic);
	cache->quic = NULL;
}

void match_cache_fini(struct match_cache *cache)
{
	match_cache_clear(cache);
	buf_fini(&cache->hello_bytes);
}

enum hello_result match_hello(struct match_input *in, const struct hello **out)
{
	struct match_cache *cache = in->cache;

	if (cache->hello_length == 0 || cache->hello_length != in->bytes.n) {
		cache->hello_result = hello_parse(in->bytes, &cache->hello_bytes, &cache->hello);
		cache->hello_length = in->bytes.n;
	}
	*out = &cache->hello;
	return cache->hello_result;
}
