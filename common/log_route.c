/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "common/log_route.h"

#include <string.h>

#define NAME(subsystem, logger) subsystem,
#define LOGGER(subsystem, logger) logger,
const char *const log_subsystems[] = {LOG_SUBSYSTEMS(NAME) NULL};
static const char *const loggers[] = {LOG_SUBSYSTEMS(LOGGER)};
#undef NAME
#undef LOGGER

/* Is name that prefix, or below it? */
static bool is_within(const char *name, const char *prefix)
{
	size_t n = strlen(prefix);

	return n > 0 && strncmp(name, prefix, n) == 0 && (name[n] == '\0' || name[n] == '.');
}

/* How much of name the longest of the filters that concern it has; 0: none does. */
static size_t longest(const char *const *filters, const char *name)
{
	size_t best = 0, n;

	for (; filters != NULL && *filters != NULL; filters++) {
		n = strlen(*filters);
		if (n > best && is_within(name, *filters))
			best = n;
	}
	return best;
}

static bool takes(const struct log_rule *rule, const char *logger)
{
	bool all = rule->include == NULL || *rule->include == NULL;
	size_t wanted = longest(rule->include, logger);

	return (all || wanted > 0) && longest(rule->exclude, logger) <= wanted;
}

/* lowest is -1 where the rule's own level counts. */
static uint32_t takers_of(
    const struct log_routes *r, const char *logger, int lowest, enum log_level level)
{
	uint32_t bits = 0;
	size_t i;

	for (i = 0; i < r->count; i++) {
		const struct log_rule *rule = &r->rules[i];

		if (level >= (lowest >= 0 ? (enum log_level)lowest : rule->level) &&
		    takes(rule, logger))
			bits |= UINT32_C(1) << i;
	}
	return bits;
}

static int lowest_of_rules(const struct log_routes *r)
{
	int lowest = LOG_LEVELS;
	size_t i;

	if (r->level >= 0)
		return r->level;
	for (i = 0; i < r->count; i++)
		if ((int)r->rules[i].level < lowest)
			lowest = (int)r->rules[i].level;
	return lowest;
}

static void compile(struct log_routes *r)
{
	uint32_t bits;
	int level;
	size_t i;

	r->lowest = lowest_of_rules(r);
	for (i = 0; i < LOG_SUBSYSTEM_COUNT; i++) {
		for (level = LOG_DEBUG; level < LOG_LEVELS; level++) {
			bits = takers_of(r, loggers[i], r->levels[i], (enum log_level)level);
			r->takers[i][level] = bits;
			if (bits != 0 && level < r->lowest)
				r->lowest = level;
		}
	}
}

void log_routes_init(struct log_routes *r)
{
	memset(r, 0, sizeof(*r));
	log_routes_level(r, NULL, -1);
}

void log_routes_set(struct log_routes *r, const struct log_rule *rules, size_t count)
{
	r->rules = rules;
	r->count = count;
	compile(r);
}

int log_routes_level(struct log_routes *r, const char *subsystem, int level)
{
	int which = subsystem != NULL ? log_subsystem(subsystem) : 0;
	size_t i;

	if (which == -1)
		return -1;
	if (subsystem == NULL)
		r->level = level;
	for (i = 0; i < LOG_SUBSYSTEM_COUNT; i++)
		if (subsystem == NULL || i == (size_t)which)
			r->levels[i] = level;
	compile(r);
	return 0;
}

int log_routes_lowest(const struct log_routes *r, size_t subsystem, int set)
{
	int level;

	for (level = LOG_DEBUG; level < LOG_LEVELS; level++)
		if (takers_of(r, loggers[subsystem], set, (enum log_level)level) != 0)
			return level;
	return -1;
}

int log_subsystem(const char *name)
{
	size_t i;

	for (i = 0; i < LOG_SUBSYSTEM_COUNT; i++)
		if (strcmp(name, log_subsystems[i]) == 0)
			return (int)i;
	return -1;
}

bool log_logger_exists(const char *name)
{
	size_t i;

	for (i = 0; i < LOG_SUBSYSTEM_COUNT; i++)
		if (is_within(loggers[i], name))
			return true;
	return is_within(LOG_HTTP_ACCESS, name) || is_within(name, LOG_HTTP_ACCESS);
}

uint32_t log_routes_takers(
    const struct log_routes *r, int subsystem, const char *logger, enum log_level level)
{
	return subsystem != -1 ? r->takers[subsystem][level]
			       : takers_of(r, logger, r->level, level);
}
