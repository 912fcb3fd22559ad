/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "daemon/tls/subjects.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "daemon/tls/hello_match.h"

struct subject {
	const char *name;
	const struct automation_policy
	    *policy; /* of equal ones the first stands before the others */
};

struct subjects {
	struct subject *all; /* sorted by name */
	size_t count;
	struct subject *wildcards; /* in the order of their policies */
	size_t wildcard_count;
	const struct automation_policy *any; /* the first without subjects; NULL */
};

static int compare(const void *a, const void *b)
{
	const struct subject *x = a, *y = b;
	int order = strcasecmp(x->name, y->name);

	if (order == 0)
		order = (x->policy > y->policy) - (x->policy < y->policy);
	return order;
}

static void add(struct subjects *s, const char *name, const struct automation_policy *policy)
{
	struct subject subject = {name, policy};

	s->all[s->count++] = subject;
	if (strchr(name, '*') != NULL)
		s->wildcards[s->wildcard_count++] = subject;
}

struct subjects *subjects_new(
    struct arena *arena, const struct automation_policy *policies, size_t count)
{
	struct subjects *s = arena_alloc(arena, sizeof(*s));
	size_t total = 0, i, k;

	for (i = 0; i < count; i++)
		total += policies[i].subjects.count;
	s->all = arena_array(arena, total, sizeof(*s->all));
	s->wildcards = arena_array(arena, total, sizeof(*s->wildcards));
	for (i = 0; i < count; i++) {
		if (policies[i].subjects.count == 0 && s->any == NULL)
			s->any = &policies[i];
		for (k = 0; k < policies[i].subjects.count; k++)
			add(s, policies[i].subjects.items[k], &policies[i]);
	}
	if (s->count > 1)
		qsort(s->all, s->count, sizeof(*s->all), compare);
	return s;
}

/* A wildcard that is managed is found by itself here. */
static const struct automation_policy *find_equal(const struct subjects *s, const char *name)
{
	size_t low = 0, high = s->count, middle;

	while (low < high) {
		middle = low + (high - low) / 2;
		if (strcasecmp(s->all[middle].name, name) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low < s->count && strcasecmp(s->all[low].name, name) == 0 ? s->all[low].policy
									 : NULL;
}

static const struct automation_policy *find_wildcard(const struct subjects *s, const char *name)
{
	size_t i;

	for (i = 0; i < s->wildcard_count; i++)
		if (hello_match_name(span_str(name), s->wildcards[i].name))
			return s->wildcards[i].policy;
	return NULL;
}

static const struct automation_policy *first_of(
    const struct automation_policy *a, const struct automation_policy *b)
{
	if (a == NULL || b == NULL)
		return a != NULL ? a : b;
	return a < b ? a : b;
}

const struct automation_policy *subjects_find(const struct subjects *s, const char *name)
{
	return first_of(first_of(find_equal(s, name), find_wildcard(s, name)), s->any);
}
