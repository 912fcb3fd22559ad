/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "common/log_route.h"

#include <stdatomic.h>
#include <string.h>

#define NAME(subsystem, logger) subsystem,
#define LOGGER(subsystem, logger) logger,
const char *const log_subsystems[] = {LOG_SUBSYSTEMS(NAME) NULL};
static const char *const loggers[] = {LOG_SUBSYSTEMS(LOGGER)};
#undef NAME
#undef LOGGER
#define COUNT (sizeof(loggers) / sizeof(loggers[0]))

static struct {
	const struct log_rule *rules;
	size_t count;
	int levels[COUNT]; /* that somebody asked for; -1: as the rules have it */
	int level;         /* the same for loggers that are no subsystem */
	_Atomic uint32_t takers[COUNT][LOG_LEVELS];
	_Atomic int lowest;
} routes = {.levels = {[0 ... COUNT - 1] = -1}, .level = -1, .lowest = LOG_INFO};

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
static uint32_t takers_of(const char *logger, int lowest, enum log_level level)
{
	uint32_t bits = 0;
	size_t i;

	for (i = 0; i < routes.count; i++) {
		const struct log_rule *rule = &routes.rules[i];

		if (level >= (lowest >= 0 ? (enum log_level)lowest : rule->level) &&
		    takes(rule, logger))
			bits |= UINT32_C(1) << i;
	}
	return bits;
}

static int lowest_of_rules(void)
{
	int lowest = LOG_LEVELS;
	size_t i;

	if (routes.level >= 0)
		return routes.level;
	for (i = 0; i < routes.count; i++)
		if ((int)routes.rules[i].level < lowest)
			lowest = (int)routes.rules[i].level;
	return lowest;
}

static void compile(void)
{
	int lowest = lowest_of_rules(), level;
	uint32_t bits;
	size_t i;

	for (i = 0; i < COUNT; i++) {
		for (level = LOG_DEBUG; level < LOG_LEVELS; level++) {
			bits = takers_of(loggers[i], routes.levels[i], (enum log_level)level);
			atomic_store_explicit(&routes.takers[i][level], bits, memory_order_relaxed);
			if (bits != 0 && level < lowest)
				lowest = level;
		}
	}
	atomic_store_explicit(&routes.lowest, lowest, memory_order_relaxed);
}

void log_route_set(const struct log_rule *rules, size_t count)
{
	routes.rules = rules;
	routes.count = count;
	compile();
}

int log_route_level(const char *subsystem, int level)
{
	int which = subsystem != NULL ? log_subsystem(subsystem) : 0;
	size_t i;

	if (which == -1)
		return -1;
	if (subsystem == NULL)
		routes.level = level;
	for (i = 0; i < COUNT; i++)
		if (subsystem == NULL || i == (size_t)which)
			routes.levels[i] = level;
	compile();
	return 0;
}

int log_route_level_of(size_t subsystem)
{
	return routes.levels[subsystem];
}

int log_route_lowest(size_t subsystem, int set)
{
	int level;

	for (level = LOG_DEBUG; level < LOG_LEVELS; level++)
		if (takers_of(loggers[subsystem], set, (enum log_level)level) != 0)
			return level;
	return -1;
}

int log_subsystem(const char *name)
{
	size_t i;

	for (i = 0; i < COUNT; i++)
		if (strcmp(name, log_subsystems[i]) == 0)
			return (int)i;
	return -1;
}

bool log_logger_exists(const char *name)
{
	size_t i;

	for (i = 0; i < COUNT; i++)
		if (is_within(loggers[i], name))
			return true;
	return is_within(LOG_HTTP_ACCESS, name) || is_within(name, LOG_HTTP_ACCESS);
}

uint32_t log_route(int subsystem, enum log_level level)
{
	return atomic_load_explicit(&routes.takers[subsystem][level], memory_order_relaxed);
}

uint32_t log_route_named(const char *logger, enum log_level level)
{
	return takers_of(logger, routes.level, level);
}

bool log_route_any(enum log_level level)
{
	return (int)level >= atomic_load_explicit(&routes.lowest, memory_order_relaxed);
}
