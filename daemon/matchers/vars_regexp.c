/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "daemon/core/load.h"
#include "daemon/core/match_regexp.h"
#include "daemon/core/matcher.h"
#include "daemon/core/variable.h"

/* A variable, and the pattern for it. */
struct entry {
	struct variable variable;
	struct match_regexp regexp;
};

struct params {
	struct entry *entries;
	size_t count;
};

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
		struct jnode regexp = jnode_member(node, key);

		if (strcmp(key, "@id") == 0)
			continue;
		p->count++;
		entry->variable = variable_new(load->arena, key);
		if (fields_load(match_regexp_fields, load, &regexp, NULL, load->arena,
			&entry->regexp, err) == -1 ||
		    match_regexp_load(load, &regexp, "l4.regexp", &entry->regexp, err) == -1)
			return -1;
	}
	return 0;
}

static enum match_verdict match(const void *params, struct match_input *in)
{
	const struct params *p = params;
	struct buf scratch = {0};
	bool found = false;
	size_t i;

	for (i = 0; i < p->count && !found; i++) {
		const struct entry *entry = &p->entries[i];

		found = match_regexp(
		    &entry->regexp, variable_get(&entry->variable, in->facts, &scratch), in->facts);
	}
	buf_fini(&scratch);
	return found ? MATCH_YES : MATCH_NO;
}

/* "vars_regexp [<name>] <variable> <pattern>" */
static int adapt(struct dispenser *d, json_t **out, struct error *err)
{
	const char *name, *key;
	json_t *regexp = NULL;
	size_t count;

	dispenser_next(d); /* the name */
	count = dispenser_args_left(d);
	if (count < 2 || count > 3)
		return dispenser_arg_error(d, err);
	name = count == 3 ? dispenser_arg(d) : "";
	key = dispenser_arg(d);
	regexp = json_object();
	if (name[0] != '\0')
		json_object_set_new(regexp, "name", json_string(name));
	json_object_set_new(regexp, "pattern", json_string(dispenser_arg(d)));
	*out = json_object();
	json_object_set_new(*out, key, regexp);
	return dispenser_no_block(d, err);
}

const struct matcher_type matcher_vars_regexp = {
    .name = "vars_regexp",
    .help = "a variable or placeholder matches a regular expression",
    .shape = &match_regexps_shape,
    .params_size = sizeof(struct params),
    .load = load_params,
    .match = match,
    .adapt = adapt,
};
