/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which outputs of the log take which lines: by level, and by the names of loggers. Every subsystem
 * has a logger's name in the hierarchy that configuration files of Caddy filter by. Belongs to
 * log.c.
 */
#ifndef COMMON_LOG_ROUTE_H
#define COMMON_LOG_ROUTE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/log_text.h"

#define LOG_OUTPUTS_MAX 32

/* Subsystem, logger. */
#define LOG_SUBSYSTEMS(X)                                                                          \
	X("access", "layer4.log.access")                                                           \
	X("admin", "admin.http")                                                                   \
	X("certs", "tls.issuance")                                                                 \
	X("config", "config")                                                                      \
	X("control", "admin")                                                                      \
	X("core", "layer4")                                                                        \
	X("health", "layer4.handlers.proxy.health")                                                \
	X("http", "http")                                                                          \
	X("log", "log")                                                                            \
	X("regex", "layer4.matchers.regexp")                                                       \
	X("tee", "layer4.handlers.tee")                                                            \
	X("tls", "tls")                                                                            \
	X("upstream", "layer4.handlers.proxy")

#define LOG_ONE(subsystem, logger) +1
enum { LOG_SUBSYSTEM_COUNT = 0 LOG_SUBSYSTEMS(LOG_ONE) };
#undef LOG_ONE

extern const char *const log_subsystems[]; /* NULL-ended */

/* Access lines of sites have the names below this one. */
#define LOG_HTTP_ACCESS "http.log.access"

/*
 * What an output takes: this level and higher ones, of loggers whose name is, or lies below, one of
 * include (none: all) and not, by a longer name, one of exclude. Both end with NULL, or are NULL.
 */
struct log_rule {
	enum log_level level;
	const char *const *include, *const *exclude;
};

/* Does a filter's name concern any line that is ever written? */
bool log_logger_exists(const char *name);

/* What a set of rules makes of every line; whoever changes one works on a copy that nobody reads.
 */
struct log_routes {
	const struct log_rule *rules; /* borrowed */
	size_t count;
	int levels[LOG_SUBSYSTEM_COUNT]; /* that somebody asked for; -1: as the rules have it */
	int level;                       /* the same for loggers that are no subsystem */
	uint32_t takers[LOG_SUBSYSTEM_COUNT][LOG_LEVELS];
	int lowest; /* of the levels that any output takes */
};

/* No rules, and no level asked for. */
void log_routes_init(struct log_routes *r);
/* Other rules, borrowed; the levels that were asked for stay. */
void log_routes_set(struct log_routes *r, const struct log_rule *rules, size_t count);
/* As log_set_level() and log_level_with(). */
int log_routes_level(struct log_routes *r, const char *subsystem, int level);
int log_routes_lowest(const struct log_routes *r, size_t subsystem, int set);

/* The subsystem of that name; -1: it is none. */
int log_subsystem(const char *name);
/* The outputs that take a line, as bits. subsystem is the logger's, or -1. */
uint32_t log_routes_takers(
    const struct log_routes *r, int subsystem, const char *logger, enum log_level level);

#endif
