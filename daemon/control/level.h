/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Who is calling, as the kernel says, and what he may do.
 */
#ifndef DAEMON_CONTROL_LEVEL_H
#define DAEMON_CONTROL_LEVEL_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include <pointsman/control.h>

#include "common/span.h"

enum level {
#define LEVEL_ENUM(id, name) LEVEL_##id,
	CONTROL_LEVELS(LEVEL_ENUM)
#undef LEVEL_ENUM
};

/* The other end of a session. */
struct caller {
	uid_t uid;
	pid_t pid;
	char command[32]; /* as /proc has it; only to be shown */
	enum level level;
};

/* The level of a user or of a group's members. */
struct level_grant {
	id_t id;
	enum level level;
};

struct level_grants {
	const struct level_grant *items;
	size_t count;
};

/*
 * Whom the levels go to. Others have none. What is said of a user counts for him, whatever his
 * groups are; else the highest level of a group of his.
 */
struct level_rules {
	uid_t owner; /* admin, as uid 0 is: the daemon's own */
	bool has_group;
	gid_t group; /* operate, unless groups says something else */
	struct level_grants users, groups;
};

/* The rules as SPEC has them: looks the group up by name, so not to be called often. */
struct level_rules level_rules_default(void);

enum level level_for(
    const struct level_rules *rules, uid_t uid, const gid_t *groups, size_t group_count);

/* Asks the kernel about the other end of fd. -1 with errno. */
int level_identify(const struct level_rules *rules, int fd, struct caller *out);

/* "observe", ...; by their numbers, NULL-ended. */
extern const char *const level_names[];
const char *level_name(enum level level);
/* false: text is no level. */
bool level_parse(struct span text, enum level *out);

#endif
