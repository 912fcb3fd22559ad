/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "ctl/complete.h"

#include <dirent.h>
#include <string.h>
#include <sys/stat.h>

#include "common/arena.h"

static void add_entry(struct completion *c, const char *folder, size_t n, const char *name)
{
	const char *path = arena_printf(c->arena, "%.*s%s", (int)n, folder, name);
	struct stat st;

	if (stat(path, &st) == 0 && S_ISDIR(st.st_mode))
		path = arena_printf(c->arena, "%s/", path);
	complete_add(c, path, NULL);
}

void complete_files(struct completion *c)
{
	const char *slash = strrchr(c->word, '/');
	size_t n = slash != NULL ? (size_t)(slash - c->word) + 1 : 0;
	const char *begun = c->word + n;
	struct dirent *entry;
	DIR *dir = opendir(n > 0 ? arena_strndup(c->arena, c->word, n) : ".");

	if (dir == NULL)
		return;
	while (c->count < COMPLETE_MAX && (entry = readdir(dir)) != NULL)
		if (strncmp(entry->d_name, begun, strlen(begun)) == 0 &&
		    (entry->d_name[0] != '.' || begun[0] == '.'))
			add_entry(c, c->word, n, entry->d_name);
	closedir(dir);
}
