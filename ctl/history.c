/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "ctl/history.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/arena.h"
#include "common/buf.h"

#define READ_SIZE 4096
#define FILE_MAX (1u << 20) /* bytes that are looked at, from the end */

/* ---- the file -------------------------------------------------------------------------------- */

/* false: there is no place for it. */
static bool find_path(char out[PATH_MAX])
{
	const char *state = getenv("XDG_STATE_HOME"), *home = getenv("HOME");
	int n = -1;

	if (state != NULL && state[0] == '/')
		n = snprintf(out, PATH_MAX, "%s/pointsman/history", state);
	else if (home != NULL && home[0] == '/')
		n = snprintf(out, PATH_MAX, "%s/.local/state/pointsman/history", home);
	return n > 0 && n < PATH_MAX;
}

/* Those of the folders above the file that are not there yet. What fails is seen at opening it. */
static void make_folders(char *path)
{
	char *slash;

	for (slash = strchr(path + 1, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		mkdir(path, 0700);
		*slash = '/';
	}
}

int history_open(void)
{
	char path[PATH_MAX];
	int fd;

	if (!find_path(path)) {
		errno = ENOENT;
		return -1;
	}
	make_folders(path);
	fd = open(path, O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd != -1)
		fchmod(fd, 0600);
	return fd;
}

/* ---- lines ----------------------------------------------------------------------------------- */

static void read_end(int fd, struct buf *out)
{
	off_t size = lseek(fd, 0, SEEK_END), at = size > FILE_MAX ? size - FILE_MAX : 0;
	ssize_t n;

	while ((n = pread(fd, buf_reserve(out, READ_SIZE), READ_SIZE, at)) > 0) {
		buf_commit(out, (size_t)n);
		at += n;
	}
}

/* Where the last HISTORY_MAX lines begin. */
static const char *last_lines(const char *text, size_t n)
{
	const char *at = text + n;
	size_t lines = 0;

	while (at > text) {
		if (at[-1] == '\n' && lines++ == HISTORY_MAX)
			break;
		at--;
	}
	return at;
}

/* What cannot be written is lost. */
static void put(int fd, const char *text)
{
	ssize_t n = write(fd, text, strlen(text));

	(void)n;
}

void history_load(int fd, void (*each)(const char *line, void *arg), void *arg)
{
	struct buf text = {0};
	char *kept, *line, *rest;

	flock(fd, LOCK_EX);
	read_end(fd, &text);
	kept = mem_strdup(last_lines(buf_str(&text), buf_len(&text)));
	if (strlen(kept) < buf_len(&text) && ftruncate(fd, 0) == 0)
		put(fd, kept);
	flock(fd, LOCK_UN);
	for (rest = kept; (line = strsep(&rest, "\n")) != NULL;)
		if (line[0] != '\0')
			each(line, arg);
	free(kept);
	buf_fini(&text);
}

void history_append(int fd, const char *line)
{
	struct buf text = {0};

	buf_printf(&text, "%s\n", line);
	flock(fd, LOCK_EX);
	put(fd, buf_str(&text));
	flock(fd, LOCK_UN);
	buf_fini(&text);
}
