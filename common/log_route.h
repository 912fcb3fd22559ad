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

/* These are the rules from now on, borrowed until the next call. One caller at a time. */
void log_route_set(const struct log_rule *rules, size_t count);
/* As log_set_level(), log_level_set_for() and log_level_with(). */
int log_route_level(const char *subsystem, int level);
int log_route_level_of(size_t subsystem);
int log_route_lowest(size_t subsystem, int set);

/* The subsystem of that name; -1: it is none. */
int log_subsystem(const char *name);
/* The outputs that take a line, as bits; of a subsystem, from any thread. */
uint32_t log_route(int subsystem, enum log_level level);
/* The same of any logger's name; the rules are read, so nobody may be setting them. */
uint32_t log_route_named(const char *logger, enum log_level level);
/* Whether any may take lines of this level. From any thread. */
bool log_route_any(enum log_level level);

#endif
