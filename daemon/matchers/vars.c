/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "daemon/core/load.h"
#include "daemon/core/matcher.h"
#include "daemon/core/replacer.h"
#include "daemon/core/variable.h"

/* A variable, and the values that are looked for. */
struct entry {
	struct variable variable;
	struct template **values;
	size_t count;
};

struct params {
	struct entry *entries;
	size_t count;
};

static const struct shape values_shape = {.type = SHAPE_LIST, .of = &shape_text, .null = true};
static const struct shape shape = {.type = SHAPE_MAP, .of = &values_shape};

static int load_entry(
    struct load *load, const struct jnode *node, struct entry *entry, struct error *err)
{
	size_t i;

	if (json_is_null(node->value))
		return 0;
	if (jnode_array(node, err) == -1)
		return -1;
	entry->values =
	    arena_array(load->arena, json_array_size(node->value), sizeof(*entry->values));
	for (i = 0; i < json_array_size(node->value); i++) {
		struct jnode item = jnode_item(node, i);
		const char *text;

		if (jnode_string(&item, &text, err) == -1)
			return -1;
		entry->values[entry->count++] = template_new(load->arena, text);
	}
	return 0;
}

static int load_params(struct load *load, const struct jnode *node, void *params, struct error *err)
{
	struct params *p = params;
	const char *key;
	json_t *value;

	if (jnode_object(node, err) == -1)
		return -1;
	p->entries = arena_array(load->arena, json_object_size(node->value), sizeof(*p->entries));
	json_object_foreach (node->value, key, value) {
		struct entry *entry = &p->entries[p->count];
		struct jnode values = jnode_member(node, key);

		if (strcmp(key, "@id") == 0)
			continue;
		p->count++;
		entry->variable = variable_new(load->arena, key);
		if (load_entry(load, &values, entry, err) == -1)
			return -1;
	}
	return 0;
}

static bool match_entry(const struct entry *entry, struct facts *facts, struct buf *scratch)
{
	struct span value = variable_get(&entry->variable, facts, scratch);
	size_t i;

	for (i = 0; i < entry->count; i++) {
		if (template_equals(entry->values[i], facts, value))
			return true;
	}
	return false;
}

static enum match_verdict match(const void *params, struct match_input *in)
{
	const struct params *p = params;
	struct buf scratch = {0};
	bool found = p->count == 0;
	size_t i;

	for (i = 0; i < p->count && !found; i++)
		found = match_entry(&p->entries[i], in->facts, &scratch);
	buf_fini(&scratch);
	return found ? MATCH_YES : MATCH_NO;
}

/* "vars <variable> <values...>" */
static int adapt(struct dispenser *d, json_t **out, struct error *err)
{
	json_t *values = NULL;
	const char *key;

	dispenser_next(d); /* the name */
	key = dispenser_arg(d);
	if (key == NULL)
		return dispenser_arg_error(d, err);
	if (dispenser_strings(d, &values, err) == -1)
		return -1;
	*out = json_object();
	json_object_set_new(*out, key, values);
	return dispenser_no_block(d, err);
}

const struct matcher_type matcher_vars = {
    .name = "vars",
    .help = "a variable or placeholder has one of the values",
    .shape = &shape,
    .params_size = sizeof(struct params),
    .load = load_params,
    .match = match,
    .adapt = adapt,
};
