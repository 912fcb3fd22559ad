/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include <stdlib.h>
#include <string.h>
#include <uthash.h>

#include "daemon/config/connection_policies.h"
#include "daemon/core/subject.h"
#include "daemon/input/settings.h"

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
		json_t *policy = json_deep_copy(value);

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

/* A name that the policy matches by a wildcard. */
static bool covers(const json_t *policy, const char *host)
{
	json_t *names = settings_get(policy, "match.sni"), *name;
	size_t i;

	json_array_foreach (names, i, name) {
		const char *text = json_string_value(name);

		if (strchr(text, '*') && subject_matches(host, text))
			return true;
	}
	return false;
}

/* The exposed names for which policy is the first that asks for a certificate; taken from them. */
static json_t *take_covered(json_t *exposed, const json_t *policy)
{
	json_t *covered = json_array(), *rest = json_array(), *host;
	size_t i;

	json_array_foreach (exposed, i, host)
		if (covers(policy, json_string_value(host)))
			strings_add(covered, json_string_value(host));
		else
			json_array_append(rest, host);
	json_array_clear(exposed);
	json_array_extend(exposed, rest);
	json_decref(rest);
	strings_sort(covered);
	return covered;
}

void connection_policies_shield(struct connection_policies *policies)
{
	json_t *policy;

	for (size_t i = 0; i < json_array_size(policies->list); i++) {
		json_t *covered, *shield;

		policy = json_array_get(policies->list, i);
		if (!json_object_get(policy, "client_authentication"))
			continue;
		covered = take_covered(policies->exposed, policy);
		if (json_array_size(covered) > 0) {
			shield = json_copy(policy);
			json_object_del(shield, "client_authentication");
			json_object_set_new(shield, "match", json_pack("{s:O}", "sni", covered));
			json_array_insert_new(policies->list, i++, shield);
		}
		json_decref(covered);
	}
}

/* Texts of JSON as numbers, so that policies are compared at no cost. */
struct text {
	UT_hash_handle hh;
	char *text;
	unsigned number;
};

struct item {
	json_t *policy;
	unsigned match, settings; /* equal numbers: equal values; match 0: there is none */
	bool sni_only;
};

struct join {
	struct text *texts;
	struct item *items;
	size_t count;
	unsigned unique; /* numbers from the other end, for what is like nothing else */
};

static unsigned number_of(struct join *join, const json_t *value)
{
	char *dump = json_dumps(value, JSON_COMPACT | JSON_SORT_KEYS | JSON_ENCODE_ANY);
	struct text *text;

	HASH_FIND_STR(join->texts, dump, text);
	if (text) {
		free(dump);
		return text->number;
	}
	text = mem_zalloc(sizeof *text);
	text->text = dump;
	text->number = HASH_COUNT(join->texts) + 1;
	HASH_ADD_KEYPTR(hh, join->texts, text->text, strlen(text->text), text);
	return text->number;
}

static void number_item(struct join *join, struct item *item)
{
	json_t *match = json_object_get(item->policy, "match");
	json_t *settings = json_copy(item->policy);

	json_object_del(settings, "match");
	item->match = match ? number_of(join, match) : 0;
	item->settings = number_of(join, settings);
	item->sni_only = json_object_size(match) == 1 && json_object_get(match, "sni");
	json_decref(settings);
}

static void drop(struct join *join, size_t index)
{
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

	if (a->match == b->match && a->settings == b->settings) {
		drop(join, j);
		return 1;
	}
	if (i + 1 == j && a->sni_only && b->sni_only && a->settings == b->settings) {
		json_array_extend(
		    settings_get(a->policy, "match.sni"), settings_get(b->policy, "match.sni"));
		/* Not numbered by its text: it would be written out again at each step. */
		a->match = --join->unique;
		drop(join, j);
		return 1;
	}
	if (a->match != b->match)
		return 0;
	if (join_settings(a->policy, b->policy, err) == -1)
		return -1;
	drop(join, j);
	number_item(join, &join->items[i < j ? i : i - 1]);
	return 1;
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
	for (size_t i = 0; i < join->count; i++)
		for (size_t j = 0; j < join->count; j++) {
			int joined = j == i ? 0 : join_two(join, i, j, err);

			if (joined == -1)
				return -1;
			if (joined == 0)
				continue;
			/* Once more from the start, with the same item. */
			i -= j < i;
			j = (size_t)-1;
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
		join.items[i].policy = json_deep_copy(json_array_get(list, i));
		number_item(&join, &join.items[i]);
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
