/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "daemon/core/variable.h"

#include "daemon/core/replacer.h"

/* One pair of braces around the whole. */
static bool is_placeholder(const char *key)
{
	size_t n = strlen(key);

	return n >= 2 && key[0] == '{' && key[n - 1] == '}' && strchr(key + 1, '{') == NULL;
}

struct variable variable_new(struct arena *arena, const char *key)
{
	if (is_placeholder(key))
		return (struct variable){.template = template_new(arena, key)};
	return (struct variable){.fact = arena_printf(arena, VARIABLE_PREFIX "%s", key)};
}

struct span variable_get(const struct variable *v, struct facts *facts, struct buf *scratch)
{
	const struct fact *fact;

	if (v->template != NULL) {
		buf_clear(scratch);
		template_expand(v->template, facts, scratch);
		return buf_span(scratch);
	}
	fact = facts_get(facts, v->fact);
	return fact != NULL ? span_of(fact->value, fact->length) : span_of(NULL, 0);
}
