/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include <stdlib.h>
#include <string.h>
#include <uthash.h>

#include "daemon/config/automation_policies.h"
#include "daemon/core/subject.h"

struct automation_policy *automation_policies_add(
    struct automation_policies *list, json_t *subjects, json_t *settings)
{
	if (list->count == list->size) {
		list->size = list->size ? 2 * list->size : 8;
		list->items = mem_realloc(list->items, list->size * sizeof *list->items);
	}
	list->items[list->count] =
	    (struct automation_policy){.subjects = subjects, .settings = settings};
	return &list->items[list->count++];
}

static void drop(struct automation_policies *list, size_t index)
{
	json_decref(list->items[index].subjects);
	json_decref(list->items[index].settings);
	json_decref(list->items[index].names);
	list->count--;
	memmove(&list->items[index], &list->items[index + 1],
	    (list->count - index) * sizeof *list->items);
}

void automation_policies_fini(struct automation_policies *list)
{
	for (size_t i = 0; i < list->count; i++) {
		json_decref(list->items[i].subjects);
		json_decref(list->items[i].settings);
		json_decref(list->items[i].names);
	}
	free(list->items);
	*list = (struct automation_policies){0};
}

bool automation_policy_is_public(const struct automation_policy *policy, const char *name)
{
	const char *stars = strstr(name, "*.");

	if (subject_is_ip(name) || subject_is_internal(name))
		return false;
	return !stars || !strstr(stars + 1, "*.") || json_object_get(policy->settings, "on_demand");
}

static const char *subject(const struct automation_policy *policy, size_t index)
{
	return json_string_value(json_array_get(policy->subjects, index));
}

static size_t subjects(const struct automation_policy *policy)
{
	return json_array_size(policy->subjects);
}

/* Is a name covered by a subject of policy? */
static bool covers(const struct automation_policy *policy, const char *name)
{
	char text[SUBJECT_MAX + 1];
	unsigned most = policy->wild ? SUBJECT_MAX : 0;

	for (unsigned stars = 0; stars <= most && subject_wildcard(name, stars, text); stars++)
		if (json_object_get(policy->names, text))
			return true;
	return false;
}

/* Is every subject of a covered by one of b? */
static bool is_subset(const struct automation_policy *a, const struct automation_policy *b)
{
	if (subjects(b) == 0)
		return true;
	for (size_t i = 0; i < subjects(a); i++)
		if (!covers(b, subject(a, i)))
			return false;
	return subjects(a) > 0;
}

static bool more_specific(const void *a, const void *b, void *context)
{
	(void)context;
	if (is_subset(a, b))
		return true;
	if (is_subset(b, a))
		return false;
	return subjects(a) > subjects(b);
}

/* Notes what makes comparing thousands of policies cheap. */
static void look_through(struct automation_policies *list)
{
	json_t *counts = json_object();
	char text[SUBJECT_MAX + 1];

	for (size_t i = 0; i < list->count; i++) {
		struct automation_policy *policy = &list->items[i];

		policy->names = json_object();
		for (size_t j = 0; j < subjects(policy); j++) {
			json_int_t before;

			if (!subject_wildcard(subject(policy, j), 0, text))
				continue;
			before = json_integer_value(json_object_get(counts, text));
			json_object_set_new(counts, text, json_integer(before + 1));
			json_object_set_new(policy->names, text, json_true());
			policy->wild = policy->wild || strchr(text, '*');
		}
	}
	for (size_t i = 0; i < list->count; i++) {
		struct automation_policy *policy = &list->items[i];
		const char *name;
		json_t *ignored;

		policy->alone = true;
		json_object_foreach (policy->names, name, ignored)
			if (json_integer_value(json_object_get(counts, name)) > 1)
				policy->alone = false;
	}
	json_decref(counts);
}

/* The next policy that covers all that the one at index covers; the list's end: none. */
static size_t shadowed(const struct automation_policies *list, size_t index)
{
	const struct automation_policy *policy = &list->items[index];

	for (size_t j = index + 1; j < list->count; j++) {
		const struct automation_policy *other = &list->items[j];

		if (policy->alone && !other->wild && subjects(policy) > 0 && subjects(other) > 0)
			continue;
		if (is_subset(policy, other))
			return j;
	}
	return list->count;
}

static bool is_empty(const struct automation_policy *policy)
{
	return json_object_size(policy->settings) == 0;
}

/*
 * Removes policies without settings where nothing is lost: at the end, and before another empty
 * one that covers them.
 */
static void drop_empty(struct automation_policies *list)
{
	size_t empty = 0, i;

	for (i = 0; i < list->count; i++)
		empty += is_empty(&list->items[i]);
	if (empty == list->count)
		while (list->count > 0)
			drop(list, list->count - 1);
	for (i = 0; i < list->count; i++) {
		size_t covered;

		if (!is_empty(&list->items[i]))
			continue;
		covered = shadowed(list, i);
		if (i + 1 == list->count ||
		    (covered < list->count && is_empty(&list->items[covered])))
			drop(list, i--);
	}
}

enum issuer_class { CLASS_ANY, CLASS_PUBLIC, CLASS_INTERNAL, CLASS_MIXED };

/* Which issuers a policy that names none comes to have, by its subjects. */
static enum issuer_class class_of(const struct automation_policy *policy)
{
	bool public = false, internal = false;

	for (size_t i = 0; i < subjects(policy); i++)
		if (automation_policy_is_public(policy, subject(policy, i)))
	public = true;
	else internal = true;
	if (public && internal)
		return CLASS_MIXED;
	return public ? CLASS_PUBLIC : internal ? CLASS_INTERNAL : CLASS_ANY;
}

/* A policy with what it is compared by; equal numbers are equal texts. */
struct text {
	UT_hash_handle hh;
	char *text;
	unsigned number;
};

static unsigned number_of(struct text **texts, const json_t *value)
{
	char *dump = json_dumps(value, JSON_COMPACT | JSON_SORT_KEYS | JSON_ENCODE_ANY);
	struct text *text;

	HASH_FIND_STR(*texts, dump, text);
	if (text) {
		free(dump);
		return text->number;
	}
	text = mem_zalloc(sizeof *text);
	text->text = dump;
	text->number = HASH_COUNT(*texts) + 1;
	HASH_ADD_KEYPTR(hh, *texts, text->text, strlen(text->text), text);
	return text->number;
}

static void free_texts(struct text **texts)
{
	struct text *text, *next;

	HASH_ITER (hh, *texts, text, next) {
		HASH_DEL(*texts, text);
		free(text->text);
		free(text);
	}
}

struct key {
	unsigned issuers, rest;
	enum issuer_class class;
	bool names_issuers;
	bool is_default_internal; /* names the plain internal issuer, or would get it */
};

static struct key key_of(struct text **texts, const struct automation_policy *policy)
{
	json_t *rest = json_copy(policy->settings), *plain;
	json_t *issuers = json_object_get(policy->settings, "issuers");
	struct key key = {.class = class_of(policy), .names_issuers = issuers != NULL};

	plain = json_pack("[{s:s}]", "module", "internal");
	if (issuers)
		key.is_default_internal = !policy->configured && json_equal(issuers, plain);
	else
		key.is_default_internal = key.class == CLASS_INTERNAL;
	json_decref(plain);
	json_object_del(rest, "issuers");
	/* OCSP settings of one policy hold for the other, as in the reference. */
	json_object_del(rest, "disable_ocsp_stapling");
	key.rest = number_of(texts, rest);
	key.issuers = issuers ? number_of(texts, issuers) : 0;
	json_decref(rest);
	return key;
}

/* The key of a policy takes in the subjects of another. */
static void add_class(struct key *key, enum issuer_class class)
{
	if (key->class == CLASS_ANY)
		key->class = class;
	else if (class != CLASS_ANY && class != key->class)
		key->class = CLASS_MIXED;
	if (!key->names_issuers)
		key->is_default_internal = key->class == CLASS_INTERNAL;
}

static bool same_issuers(const struct key *a, const struct key *b)
{
	if (a->issuers != b->issuers)
		return a->is_default_internal && b->is_default_internal;
	if (a->names_issuers)
		return true;
	return a->class == CLASS_ANY || b->class == CLASS_ANY || a->class == b->class ||
	       (a->is_default_internal && b->is_default_internal);
}

enum joined { JOINED_NOT, JOINED_FIRST_GONE, JOINED_SECOND_GONE };

/*
 * Joins policy j into i, which comes first and says the same, or removes i where j covers it and
 * nothing in between does.
 */
static enum joined join_two(struct automation_policies *list, size_t i, size_t j)
{
	struct automation_policy *a = &list->items[i], *b = &list->items[j];

	if (subjects(a) == 0 || subjects(b) > 0) {
		if (a->alone && b->alone)
			json_array_extend(a->subjects, b->subjects);
		else
			strings_add_all(a->subjects, b->subjects);
		json_object_update(a->names, b->names);
		a->wild = a->wild || b->wild;
		a->alone = a->alone && b->alone;
		drop(list, j);
		return JOINED_SECOND_GONE;
	}
	if (shadowed(list, i) < j)
		return JOINED_NOT;
	drop(list, i);
	return JOINED_FIRST_GONE;
}

static void join_same(struct automation_policies *list)
{
	struct text *texts = NULL;
	struct key *keys = mem_zalloc((list->count + 1) * sizeof *keys);

	for (size_t i = 0; i < list->count; i++)
		keys[i] = key_of(&texts, &list->items[i]);
	for (size_t i = 0; i < list->count; i++)
		for (size_t j = i + 1; j < list->count; j++) {
			enum joined joined;
			size_t gone;

			if (!same_issuers(&keys[i], &keys[j]) || keys[i].rest != keys[j].rest)
				continue;
			joined = join_two(list, i, j);
			if (joined == JOINED_NOT)
				continue;
			gone = joined == JOINED_FIRST_GONE ? i : j;
			if (joined == JOINED_SECOND_GONE)
				add_class(&keys[i], keys[j].class);
			memmove(&keys[gone], &keys[gone + 1], (list->count - gone) * sizeof *keys);
			if (joined == JOINED_FIRST_GONE) {
				i--;
				break;
			}
			j--;
		}
	free(keys);
	free_texts(&texts);
}

void automation_policies_join(struct automation_policies *list)
{
	look_through(list);
	stable_sort(list->items, list->count, sizeof *list->items, more_specific, NULL);
	drop_empty(list);
	join_same(list);
}
