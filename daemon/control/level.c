/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "daemon/control/level.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/arena.h"

struct level_rules level_rules_default(void)
{
	const struct group *group = getgrnam(CONTROL_GROUP);
	struct level_rules rules = {.owner = geteuid()};

	if (group != NULL) {
		rules.has_group = true;
		rules.group = group->gr_gid;
	}
	return rules;
}

static const struct level_grant *find_grant(const struct level_grants *grants, id_t id)
{
	size_t i;

	for (i = 0; i < grants->count; i++)
		if (grants->items[i].id == id)
			return &grants->items[i];
	return NULL;
}

enum level level_for(
    const struct level_rules *rules, uid_t uid, const gid_t *groups, size_t group_count)
{
	const struct level_grant *grant;
	enum level level = LEVEL_NONE;
	size_t i;

	if (uid == 0 || uid == rules->owner)
		return LEVEL_ADMIN;
	grant = find_grant(&rules->users, uid);
	if (grant != NULL)
		return grant->level;
	for (i = 0; i < group_count; i++) {
		grant = find_grant(&rules->groups, groups[i]);
		if (grant != NULL && grant->level > level)
			level = grant->level;
		else if (grant == NULL && rules->has_group && groups[i] == rules->group &&
			 level < LEVEL_OPERATE)
			level = LEVEL_OPERATE;
	}
	return level;
}

/* The primary group and the others, as they were when the caller connected. */
static int read_groups(int fd, gid_t primary, gid_t **groups, size_t *count)
{
	socklen_t size = 0;

	*groups = NULL;
	if (getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, NULL, &size) == -1 && errno != ERANGE)
		return -1;
	*groups = mem_alloc(size + sizeof(gid_t));
	if (size > 0 && getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, *groups, &size) == -1)
		return -1;
	*count = size / sizeof(gid_t);
	(*groups)[(*count)++] = primary;
	return 0;
}

static void read_command(pid_t pid, char *out, size_t size)
{
	char path[64];
	ssize_t n;
	int fd;

	out[0] = '\0';
	snprintf(path, sizeof(path), "/proc/%d/comm", (int)pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd == -1)
		return;
	n = read(fd, out, size - 1);
	close(fd);
	out[n > 0 ? n : 0] = '\0';
	out[strcspn(out, "\n")] = '\0';
}

int level_identify(const struct level_rules *rules, int fd, struct caller *out)
{
	struct ucred cred;
	socklen_t size = sizeof(cred);
	gid_t *groups = NULL;
	size_t count;
	int rc = -1;

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &cred, &size) == -1 ||
	    read_groups(fd, cred.gid, &groups, &count) == -1)
		goto out;
	*out = (struct caller){.uid = cred.uid, .pid = cred.pid};
	out->level = level_for(rules, cred.uid, groups, count);
	read_command(cred.pid, out->command, sizeof(out->command));
	rc = 0;
out:
	free(groups);
	return rc;
}

const char *const level_names[] = {
#define LEVEL_NAME(id, name) [LEVEL_##id] = name,
    CONTROL_LEVELS(LEVEL_NAME) NULL
#undef LEVEL_NAME
};

const char *level_name(enum level level)
{
	return level_names[level];
}

bool level_parse(struct span text, enum level *out)
{
	size_t i;

	for (i = 0; level_names[i] != NULL; i++) {
		if (!span_eq_str(text, level_names[i]))
			continue;
		*out = (enum level)i;
		return true;
	}
	return false;
}
