/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "common/errors.h"
#include "daemon/config/directives.h"
#include "daemon/config/site.h"

json_t *site_values(const struct site *site, const char *class)
{
	return json_object_get(site->pile, class);
}

json_t *site_value(const struct site *site, const char *class)
{
	return json_array_get(site_values(site, class), 0);
}

static int check_key(const struct token *key, struct error *err)
{
	size_t length = strlen(key->text);

	if (directive_exists(key->text))
		return token_error(key, err, ERROR_INVALID,
		    "'%s' is a directive and belongs into a site's block", key->text);
	if (length > 3 && strncmp(key->text, "&(", 2) == 0 && key->text[length - 1] == ')')
		return token_error(key, err, ERROR_UNSUPPORTED,
		    "named routes do not exist here: write a snippet '%s' and import it",
		    key->text + 1);
	return 0;
}

static void warn(struct adaptation *a, const struct token *key, const char *what)
{
	struct dispenser d = dispenser_of(key, 1);

	adaptation_warn(a, &d, "%s: %s", key->text, what);
}

static void check_address(struct adaptation *a, const struct site_address *address)
{
	if (*address->path)
		warn(a, address->token, "a path in a site's address is old: use 'handle'");
	if (strcmp(address->host, "0.0.0.0") == 0 || strcmp(address->host, "::") == 0)
		warn(a, address->token,
		    "this matches requests for that very host: use 'bind' to choose an address");
}

/* Sorts results by class; of routes the directive's name is kept. */
static void pile_up(json_t *pile, const json_t *results)
{
	json_t *result;
	size_t i;

	json_array_foreach ((json_t *)results, i, result) {
		const char *class = json_string_value(json_object_get(result, "class"));

		if (strcmp(class, "route") == 0)
			json_array_append(member_array(pile, class), result);
		else
			json_array_append(
			    member_array(pile, class), json_object_get(result, "value"));
	}
}

static int read_site(struct adaptation *a, struct site *site, struct error *err)
{
	const struct block *block = site->block;
	json_t *results;
	int result;

	for (size_t i = 0; i < block->segment_count; i++)
		site->words += block->segments[i].count;
	site->pile = json_object();
	site->addresses = arena_array(a->arena, block->key_count + 1, sizeof *site->addresses);
	for (size_t i = 0; i < block->key_count; i++) {
		if (check_key(&block->keys[i], err) == -1 ||
		    site_address_parse(&block->keys[i], a->arena, &site->addresses[i], err) == -1)
			return -1;
		check_address(a, &site->addresses[i]);
	}
	results = json_array();
	result = directives_adapt(a, block, results, err);
	pile_up(site->pile, results);
	json_decref(results);
	return result;
}

int sites_read(struct adaptation *a, const struct block *blocks, size_t count, struct sites *out,
    struct error *err)
{
	int rc = 0;

	if (count > SITES_MAX)
		return token_error(&blocks[SITES_MAX].keys[0], err, ERROR_LIMIT,
		    "there are more than %u sites", SITES_MAX);
	out->items = mem_zalloc((count + 1) * sizeof *out->items);
	for (out->count = 0; out->count < count;) {
		struct site *site = &out->items[out->count];

		site->block = &blocks[out->count++];
		if (!errors_go_on(read_site(a, site, err), &rc, err))
			break;
	}
	return rc;
}

void sites_free(struct sites *sites)
{
	for (size_t i = 0; i < sites->count; i++)
		json_decref(sites->items[i].pile);
	free(sites->items);
	*sites = (struct sites){0};
}
