/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "daemon/tls/folder.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define DEPTH_MAX 16

struct walk {
	const struct folder_visitor *visitor;
	void *arg;
	char path[PATH_MAX];
};

static bool is_pem(const char *name)
{
	size_t n = strlen(name);

	return n > 4 && strcasecmp(name + n - 4, ".pem") == 0;
}

static int walk_folder(struct walk *w, size_t length, int depth, struct error *err);

/* w->path is the entry's. */
static int walk_entry(struct walk *w, size_t length, int depth, struct error *err)
{
	struct stat link, st;

	if (lstat(w->path, &link) == -1 || stat(w->path, &st) == -1)
		return errno == ENOENT
			   ? 0
			   : error_errno(err, ERROR_INVALID, "cannot look at '%s'", w->path);
	if (S_ISDIR(link.st_mode))
		return depth < DEPTH_MAX ? walk_folder(w, length, depth + 1, err) : 0;
	return S_ISREG(st.st_mode) && is_pem(w->path) ? w->visitor->file(w->arg, w->path, err) : 0;
}

/* In the order of names, so that errors and preferences do not depend on the file system. */
static int walk_folder(struct walk *w, size_t length, int depth, struct error *err)
{
	struct dirent **entries;
	int count, i, n, rc = 0;

	if (w->visitor->folder != NULL)
		rc = w->visitor->folder(w->arg, w->path, err);
	if (rc != 0)
		return rc;
	count = scandir(w->path, &entries, NULL, alphasort);
	if (count == -1)
		return error_errno(err, ERROR_INVALID, "cannot read the folder '%s'", w->path);
	for (i = 0; i < count; i++) {
		if (rc == 0 && strcmp(entries[i]->d_name, ".") != 0 &&
		    strcmp(entries[i]->d_name, "..") != 0) {
			n = snprintf(
			    w->path + length, sizeof(w->path) - length, "/%s", entries[i]->d_name);
			if ((size_t)n < sizeof(w->path) - length)
				rc = walk_entry(w, length + (size_t)n, depth, err);
			w->path[length] = '\0';
		}
		free(entries[i]);
	}
	free(entries);
	return rc;
}

int folder_walk(
    const char *folder, const struct folder_visitor *visitor, void *arg, struct error *err)
{
	struct walk w = {.visitor = visitor, .arg = arg};
	int n = snprintf(w.path, sizeof(w.path), "%s", folder);

	if ((size_t)n >= sizeof(w.path))
		return error_set(err, ERROR_LIMIT, "the folder's name is too long");
	return walk_folder(&w, (size_t)n, 0, err);
}
