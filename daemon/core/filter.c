/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "daemon/core/filter.h"

#include "daemon/core/filter_node.h"

/* '*' is any run of bytes, '?' any one. In time proportional to both lengths multiplied. */
static bool is_like(struct span text, struct span pattern)
{
	size_t t = 0, p = 0, star = SIZE_MAX, mark = 0;

	while (t < text.n) {
		if (p < pattern.n && pattern.p[p] == '*') {
			star = p++;
			mark = t;
		} else if (p < pattern.n && (pattern.p[p] == '?' || pattern.p[p] == text.p[t])) {
			p++;
			t++;
		} else if (star != SIZE_MAX) {
			p = star + 1;
			t = ++mark;
		} else {
			return false;
		}
	}
	while (p < pattern.n && pattern.p[p] == '*')
		p++;
	return p == pattern.n;
}

static bool is_ordered(enum op op, bool less, bool equal)
{
	switch (op) {
	case OP_LT:
		return less;
	case OP_LE:
		return less || equal;
	case OP_GT:
		return !less && !equal;
	case OP_GE:
		return !less;
	default:
		return equal;
	}
}

static bool address_matches(const struct netaddr *have, enum op op, const struct value *value)
{
	if (op == OP_IN)
		return cidr_contains(&value->range, have);
	return value->with_port ? netaddr_equal(have, &value->range.net)
				: netaddr_equal_ip(have, &value->range.net);
}

static bool value_matches(const struct node *test, const void *at, const struct value *value)
{
	switch (test->field->kind) {
	case FILTER_TEXT:
		return test->op == OP_LIKE ? is_like(*(const struct span *)at, value->text)
					   : span_eq(*(const struct span *)at, value->text);
	case FILTER_NUMBER:
		return is_ordered(test->op, *(const uint64_t *)at < value->number,
		    *(const uint64_t *)at == value->number);
	case FILTER_SECONDS:
		return is_ordered(test->op, *(const double *)at < value->seconds,
		    *(const double *)at == value->seconds);
	case FILTER_ADDRESS:
		return address_matches(at, test->op, value);
	}
	return false;
}

static bool is_set(enum filter_kind kind, const void *at)
{
	switch (kind) {
	case FILTER_TEXT:
		return ((const struct span *)at)->n > 0;
	case FILTER_NUMBER:
		return *(const uint64_t *)at > 0;
	case FILTER_SECONDS:
		return *(const double *)at > 0;
	case FILTER_ADDRESS:
		return ((const struct netaddr *)at)->family != AF_UNSPEC;
	}
	return false;
}

static bool test_matches(const struct node *test, const void *record, uint32_t kind)
{
	const void *at = (const char *)record + test->field->offset;
	const struct value *value;

	if (kind != 0 && (test->field->kinds & kind) == 0)
		return false;
	if (test->op == OP_SET)
		return is_set(test->field->kind, at);
	if (test->op == OP_NE)
		return !value_matches(test, at, test->values);
	for (value = test->values; value != NULL; value = value->next)
		if (value_matches(test, at, value))
			return true;
	return false;
}

static bool matches(const struct node *node, const void *record, uint32_t kind)
{
	const struct node *part;

	switch (node->kind) {
	case NODE_TEST:
		return test_matches(node, record, kind);
	case NODE_NOT:
		return !matches(node->parts, record, kind);
	case NODE_ALL:
		for (part = node->parts; part != NULL; part = part->next)
			if (!matches(part, record, kind))
				return false;
		return true;
	case NODE_ANY:
		for (part = node->parts; part != NULL; part = part->next)
			if (matches(part, record, kind))
				return true;
		return false;
	}
	return false;
}

bool filter_match(const struct filter *f, const void *record)
{
	return matches(f->root, record, 0);
}

bool filter_match_kind(const struct filter *f, const void *record, uint32_t kind)
{
	return matches(f->root, record, kind);
}

void filter_free(struct filter *f)
{
	if (f != NULL)
		arena_free(f->arena);
}
