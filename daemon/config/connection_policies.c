/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include <stdlib.h>
#include <string.h>
#include <uthash.h>

#include "daemon/config/connection_policies.h"
#include "daemon/core/subject.h"
#include "daemon/input/places.h"
#include "daemon/input/settings.h"

/* Policies for the same names, each by a directive of its own. */
#define ALIKE_MAX 1000u

/* A server name that matches clients which send none. */
static void add_empty_name(json_t *hosts)
{
	json_array_append_new(hosts, json_string(""));
}

/* Does the policy say anything but whom it is for? */
static bool has_settings(const json_t *policy)
{
	size_t matched = json_object_get(policy, "match") != NULL;

	return json_object_size(policy) > matched;
}

static void set_names(const struct adaptation *a, json_t *policy, const json_t *site_hosts)
{
	const char *first = adaptation_text(a, "default_sni", "");
	const char *fallback = adaptation_text(a, "fallback_sni", "");
	json_t *hosts = json_copy((json_t *)site_hosts);

	if (json_array_size(hosts) == 0) {
		json_decref(hosts);
		settings_put(policy, "default_sni", json_string(first));
		settings_put(policy, "fallback_sni", json_string(fallback));
		return;
	}
	if (*first && strings_have(hosts, first)) {
		settings_put(policy, "default_sni", json_string(first));
		add_empty_name(hosts);
	} else if (*fallback && strings_have(hosts, fallback)) {
		settings_put(policy, "fallback_sni", json_string(fallback));
		add_empty_name(hosts);
	}
	strings_sort(hosts);
	json_object_set_new(policy, "match", json_pack("{s:o}", "sni", hosts));
}

/* Remembers those of hosts that are one name and not "" or a wildcard. */
static void expose(struct connection_policies *policies, const json_t *hosts)
{
	json_t *host;
	size_t i;

	json_array_foreach ((json_t *)hosts, i, host) {
		const char *text = json_string_value(host);

		if (*text && !strchr(text, '*'))
			json_array_append(policies->exposed, host);
	}
}

void connection_policies_add(const struct adaptation *a, struct connection_policies *policies,
    const struct served *site, json_t *hosts)
{
	json_t *made = site_values(site->site, "tls.connection_policy"), *value;
	bool forced = site_values(site->site, "tls.force_automate") && json_array_size(hosts) > 0;
	size_t i;

	if (!made)
		expose(policies, hosts);
	json_array_foreach (made, i, value) {
		json_t *policy = places_copy(value);

		set_names(a, policy, hosts);
		if (has_settings(policy) || forced) {
			json_array_append(policies->list, policy);
			policies->catch_all = json_array_size(hosts) == 0;
		} else {
			expose(policies, hosts);
		}
		json_decref(policy);
	}
}

/* The wildcards of policies that ask for a certificate -> the first such policy's index. */
static json_t *asking_wildcards(const json_t *list)
{
	json_t *wildcards = json_object(), *policy, *name;
	char lower[SUBJECT_MAX + 1];
	size_t i, j;

	json_array_foreach ((json_t *)list, i, policy) {
		if (!json_object_get(policy, "client_authentication"))
			continue;
		json_array_foreach (settings_get(policy, "match.sni"), j, name) {
			const char *text = json_string_value(name);

			if (strchr(text, '*') && subject_wildcard(text, 0, lower) &&
			    !json_object_get(wildcards, lower))
				json_object_set_new(wildcards, lower, json_integer((json_int_t)i));
		}
	}
	return wildcards;
}

/* The first policy that covers host by a wildcard; count: none. */
static size_t covering(const json_t *wildcards, const char *host, size_t count)
{
	char text[SUBJECT_MAX + 1];
	size_t first = count;

	for (unsigned stars = 1; subject_wildcard(host, stars, text); stars++) {
		json_t *index = json_object_get(wildcards, text);

		if (index && (size_t)json_integer_value(index) < first)
			first = (size_t)json_integer_value(index);
	}
	return first;
}

/* The policy without its client authentication, for hosts (taken) alone. */
static json_t *shield_for(json_t *policy, json_t *hosts)
{
	json_t *shield = json_copy(policy);

	strings_unique(hosts);
	strings_sort(hosts);
	json_object_del(shield, "client_authentication");
	json_object_set_new(shield, "match", json_pack("{s:o}", "sni", hosts));
	return shield;
}

void connection_policies_shield(struct connection_policies *policies)
{
	size_t count = json_array_size(policies->list), i;
	json_t *wildcards = asking_wildcards(policies->list), *list = json_array(), *host;
	json_t **shielded = mem_zalloc((count + 1) * sizeof(json_t *));

	json_array_foreach (policies->exposed, i, host) {
		size_t first = covering(wildcards, json_string_value(host), count);

		if (first < count && !shielded[first])
			shielded[first] = json_array();
		if (first < count)
			json_array_append(shielded[first], host);
	}
	for (i = 0; i < count; i++) {
		json_t *policy = json_array_get(policies->list, i);

		if (shielded[i])
			json_array_append_new(list, shield_for(policy, shielded[i]));
		json_array_append(list, policy);
	}
	json_array_clear(policies->list);
	json_array_extend(policies->list, list);
	json_decref(list);
	json_decref(wildcards);
	free(shielded);
}

/* A text of JSON that policies have: the same text is the same object. */
struct text {
	UT_hash_handle hh;
	char *text;
	size_t uses; /* as the match of policies */
};

struct item {
	json_t *policy;
	struct text *match, *settings; /* match is NULL for every name */
	bool sni_only;
	bool grown; /* its match was joined from several: it is like no other, and has no text */
};

struct join {
	struct text *texts;
	struct item *items;
	size_t count;
	size_t catch_all; /* how many are for every name */
};

static struct text *text_of(struct join *join, const json_t *value)
{
	char *dump = json_dumps(value, JSON_COMPACT | JSON_SORT_KEYS | JSON_ENCODE_ANY);
	struct text *text;

	HASH_FIND_STR(join->texts, dump, text);
	if (text) {
		free(dump);
		return text;
	}
	text = mem_zalloc(sizeof *text);
	text->text = dump;
	HASH_ADD_KEYPTR(hh, join->texts, text->text, strlen(text->text), text);
	return text;
}

static void take_settings(struct join *join, struct item *item)
{
	json_t *settings = json_copy(item->policy);

	json_object_del(settings, "match");
	item->settings = text_of(join, settings);
	json_decref(settings);
}

static void take_match(struct join *join, struct item *item)
{
	json_t *match = json_object_get(item->policy, "match");

	item->match = match ? text_of(join, match) : NULL;
	item->sni_only = json_object_size(match) == 1 && json_object_get(match, "sni");
	if (match)
		item->match->uses++;
	else
		join->catch_all++;
}

static void lose_match(struct join *join, struct item *item)
{
	if (item->grown)
		return;
	if (item->match)
		item->match->uses--;
	else
		join->catch_all--;
}

/* How many items are for the same clients as this one, itself included. */
static size_t alike(const struct join *join, const struct item *item)
{
	if (item->grown)
		return 1;
	return item->match ? item->match->uses : join->catch_all;
}

static void drop(struct join *join, size_t index)
{
	lose_match(join, &join->items[index]);
	json_decref(join->items[index].policy);
	join->count--;
	memmove(&join->items[index], &join->items[index + 1],
	    (join->count - index) * sizeof *join->items);
}

static int conflict(const char *key, struct error *err)
{
	return error_set(err, ERROR_CONFLICT,
	    "two 'tls' directives for the same names set '%s' differently", key);
}

/* A tag of either is enough for both; anything else must be the same. */
static int join_selection(json_t *a, const json_t *b, struct error *err)
{
	json_t *x = json_copy(a), *y = json_copy((json_t *)b);
	bool same;

	json_object_del(x, "any_tag");
	json_object_del(y, "any_tag");
	same = json_equal(x, y);
	json_decref(x);
	json_decref(y);
	if (!same)
		return conflict("certificate_selection", err);
	strings_add_all(member_array(a, "any_tag"), json_object_get(b, "any_tag"));
	return 0;
}

/* Adds what b says to a, which is for the same clients. */
static int join_settings(json_t *a, const json_t *b, struct error *err)
{
	const char *key;
	json_t *value, *old;

	json_object_foreach ((json_t *)b, key, value) {
		old = json_object_get(a, key);
		if (!old && strcmp(key, "client_authentication") == 0)
			return conflict(key, err);
		if (!old) {
			json_object_set(a, key, value);
		} else if (strcmp(key, "certificate_selection") == 0) {
			if (join_selection(old, value, err) == -1)
				return -1;
		} else if (!json_equal(old, value)) {
			return conflict(key, err);
		}
	}
	return 0;
}

/* Joins items i and j if they can be: 1, 0: they cannot, -1 with err: they contradict. */
static int join_two(struct join *join, size_t i, size_t j, struct error *err)
{
	struct item *a = &join->items[i], *b = &join->items[j];
	bool same = !a->grown && !b->grown && a->match == b->match;

	if (same && a->settings == b->settings) {
		drop(join, j);
		return 1;
	}
	if (i + 1 == j && a->sni_only && b->sni_only && a->settings == b->settings) {
		json_array_extend(
		    settings_get(a->policy, "match.sni"), settings_get(b->policy, "match.sni"));
		lose_match(join, a);
		a->grown = true;
		drop(join, j);
		return 1;
	}
	if (!same)
		return 0;
	if (join_settings(a->policy, b->policy, err) == -1)
		return -1;
	take_settings(join, a);
	drop(join, j);
	return 1;
}

/* The first item that item i can be joined with, joined: 1, 0: none, -1 with err. */
static int join_first(struct join *join, size_t i, struct error *err)
{
	size_t first = 0, end = join->count;
	int joined = 0;

	if (alike(join, &join->items[i]) > ALIKE_MAX)
		return error_set(err, ERROR_LIMIT,
		    "there are more than %u 'tls' directives for the same names", ALIKE_MAX);
	/* Nothing but the next one comes into question? Then thousands need not be asked. */
	if (alike(join, &join->items[i]) == 1) {
		first = i + 1;
		end = i + 2 < end ? i + 2 : end;
	}
	for (size_t j = first; j < end && joined == 0; j++)
		if (j != i)
			joined = join_two(join, i, j, err);
	return joined;
}

static bool catch_all_last(const void *a, const void *b, void *context)
{
	const struct item *x = a, *y = b;

	(void)context;
	return x->match && !y->match;
}

static int join_all(struct join *join, struct error *err)
{
	stable_sort(join->items, join->count, sizeof *join->items, catch_all_last, NULL);
	for (size_t i = 0; i < join->count; i++) {
		int joined;

		while (i < join->count && (joined = join_first(join, i, err)) != 0)
			if (joined == -1)
				return -1;
	}
	return 0;
}

int connection_policies_join(json_t *list, struct error *err)
{
	struct join join = {.count = json_array_size(list)};
	struct text *text, *next;
	int result;

	join.items = mem_zalloc((join.count + 1) * sizeof *join.items);
	for (size_t i = 0; i < join.count; i++) {
		join.items[i].policy = places_copy(json_array_get(list, i));
		take_match(&join, &join.items[i]);
		take_settings(&join, &join.items[i]);
	}
	result = join_all(&join, err);
	json_array_clear(list);
	for (size_t i = 0; i < join.count; i++)
		json_array_append_new(list, join.items[i].policy);
	HASH_ITER (hh, join.texts, text, next) {
		HASH_DEL(join.texts, text);
		free(text->text);
		free(text);
	}
	free(join.items);
	return result;
}
