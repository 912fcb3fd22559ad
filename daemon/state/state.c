/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "daemon/state/state.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/arena.h"

#define LOCK_NAME "lock"
#define FOLDER_MODE 0700
#define FILE_MODE 0600

struct state {
	char *path;
	int folder;
	int lock;
	pthread_mutex_t writing; /* temporary files have one name per file */
};

/* ---- names --------------------------------------------------------------------------------- */

/* Every part is there, none is "." or ".." or begins with a dot: those are temporary files. */
static bool valid_name(const char *name)
{
	const char *part = name;
	size_t n;

	for (;;) {
		n = strcspn(part, "/");
		if (n == 0 || n > STATE_NAME_MAX - sizeof("..tmp") || part[0] == '.')
			return false;
		if (part[n] == '\0')
			return true;
		part += n + 1;
	}
}

bool state_part(const char *text, char *out, size_t size)
{
	static const char keep[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				   "0123456789-_.";
	size_t used = 0;
	const char *p;

	for (p = text; *p != '\0'; p++) {
		if (used + 4 > size)
			return false;
		if (strchr(keep, *p) != NULL && !(*p == '.' && p == text))
			out[used++] = *p;
		else
			used += (size_t)snprintf(out + used, 4, "%%%02x", (unsigned char)*p);
	}
	if (used == 0 || used >= size)
		return false;
	out[used] = '\0';
	return true;
}

/* ---- folders ------------------------------------------------------------------------------- */

/*
 * Opens the folder that name lies in; *last points at name's last part. With make the folders on
 * the way are made, each made durable in its parent. Returns a descriptor, or -1 with errno.
 */
static int open_parent(struct state *state, const char *name, bool make, const char **last)
{
	char part[STATE_NAME_MAX + 1];
	int at = dup(state->folder), next;
	const char *slash;

	while (at != -1 && (slash = strchr(name, '/')) != NULL) {
		snprintf(part, sizeof(part), "%.*s", (int)(slash - name), name);
		if (make && mkdirat(at, part, FOLDER_MODE) == 0)
			fsync(at);
		next = openat(at, part, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		close(at);
		at = next;
		name = slash + 1;
	}
	*last = name;
	return at;
}

/* As mkdir -p, each new folder with mode 0700. Returns 0, or -1 with errno. */
static int make_folders(const char *path)
{
	char *copy = mem_strdup(path), *p;
	int rc = 0;

	for (p = copy + 1; rc == 0 && *p != '\0'; p++) {
		if (*p != '/')
			continue;
		*p = '\0';
		if (mkdir(copy, FOLDER_MODE) == -1 && errno != EEXIST)
			rc = -1;
		*p = '/';
	}
	if (rc == 0 && mkdir(copy, FOLDER_MODE) == -1 && errno != EEXIST)
		rc = -1;
	free(copy);
	return rc;
}

/* ---- opening ------------------------------------------------------------------------------- */

static int check_folder(const struct state *state, struct error *err)
{
	struct stat st;

	if (fstat(state->folder, &st) == -1)
		return error_errno(err, ERROR_INTERNAL, "state folder '%s'", state->path);
	if (st.st_uid != geteuid() && geteuid() != 0)
		return error_set(err, ERROR_DENIED,
		    "state folder '%s' belongs to another user (uid %u)", state->path,
		    (unsigned)st.st_uid);
	if ((st.st_mode & 0022) != 0)
		return error_set(err, ERROR_DENIED,
		    "state folder '%s' can be written by others (mode %03o); private keys are kept "
		    "there: chmod 700",
		    state->path, (unsigned)(st.st_mode & 0777));
	return 0;
}

/* Takes the lock and leaves our process id in it, for the message of the next one who tries. */
static int take_lock(struct state *state, struct error *err)
{
	char text[32] = "";
	ssize_t n;

	state->lock =
	    openat(state->folder, LOCK_NAME, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, FILE_MODE);
	if (state->lock == -1)
		return error_errno(
		    err, ERROR_DENIED, "cannot open '%s/%s'", state->path, LOCK_NAME);
	if (flock(state->lock, LOCK_EX | LOCK_NB) == -1) {
		n = pread(state->lock, text, sizeof(text) - 1, 0);
		text[n > 0 ? n : 0] = '\0';
		text[strcspn(text, "\n")] = '\0';
		return error_set(err, ERROR_IN_USE,
		    "state folder '%s' is in use by another pointsmand (process %s); stop it, or "
		    "give this one a folder of its own with --state",
		    state->path, text[0] != '\0' ? text : "unknown");
	}
	n = snprintf(text, sizeof(text), "%ld\n", (long)getpid());
	if (ftruncate(state->lock, 0) == -1 || pwrite(state->lock, text, (size_t)n, 0) != n)
		return error_errno(
		    err, ERROR_INTERNAL, "cannot write '%s/%s'", state->path, LOCK_NAME);
	return 0;
}

struct state *state_open(const char *path, struct error *err)
{
	struct state *state = mem_zalloc(sizeof(*state));

	state->path = mem_strdup(path);
	state->folder = state->lock = -1;
	pthread_mutex_init(&state->writing, NULL);
	if (make_folders(path) == -1) {
		error_errno(err, ERROR_DENIED, "cannot make the state folder '%s'", path);
		goto out;
	}
	state->folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (state->folder == -1) {
		error_errno(err, ERROR_DENIED, "cannot open the state folder '%s'", path);
		goto out;
	}
	if (check_folder(state, err) == 0 && take_lock(state, err) == 0)
		return state;
out:
	state_close(state);
	return NULL;
}

void state_close(struct state *state)
{
	if (state == NULL)
		return;
	if (state->lock != -1)
		close(state->lock);
	if (state->folder != -1)
		close(state->folder);
	pthread_mutex_destroy(&state->writing);
	free(state->path);
	free(state);
}

const char *state_path(const struct state *state)
{
	return state->path;
}

/* ---- files --------------------------------------------------------------------------------- */

static int write_all(int fd, struct span bytes)
{
	ssize_t n;

	while (bytes.n > 0) {
		n = write(fd, bytes.p, bytes.n);
		if (n == -1 && errno == EINTR)
			continue;
		if (n == -1)
			return -1;
		bytes = span_of(bytes.p + n, bytes.n - (size_t)n);
	}
	return 0;
}

/* Writes a temporary file beside it, then puts that in its place. Returns 0, or -1 with errno. */
static int replace(int folder, const char *file, struct span bytes)
{
	char temporary[STATE_NAME_MAX + 1];
	int fd, rc, saved;

	/* What a crash left under this name is in nobody's way: the folder is ours alone. */
	snprintf(temporary, sizeof(temporary), ".%s.tmp", file);
	if (unlinkat(folder, temporary, 0) == -1 && errno != ENOENT)
		return -1;
	fd = openat(
	    folder, temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, FILE_MODE);
	if (fd == -1)
		return -1;
	rc = write_all(fd, bytes) == 0 && fsync(fd) == 0 ? 0 : -1;
	saved = errno;
	if (close(fd) == -1 && rc == 0) {
		rc = -1;
		saved = errno;
	}
	if (rc == 0 && renameat(folder, temporary, folder, file) == -1) {
		rc = -1;
		saved = errno;
	}
	if (rc == 0)
		return fsync(folder);
	unlinkat(folder, temporary, 0);
	errno = saved;
	return -1;
}

int state_write(struct state *state, const char *name, struct span bytes, struct error *err)
{
	const char *file;
	int folder, rc;

	if (!valid_name(name))
		return error_set(err, ERROR_INVALID, "'%s' is no name for a state file", name);
	pthread_mutex_lock(&state->writing);
	folder = open_parent(state, name, true, &file);
	rc = folder == -1 ? -1 : replace(folder, file, bytes);
	if (rc == -1)
		error_errno(err, ERROR_INTERNAL, "cannot write '%s/%s'", state->path, name);
	if (folder != -1)
		close(folder);
	pthread_mutex_unlock(&state->writing);
	return rc;
}

static int read_all(int fd, size_t max, struct buf *out)
{
	size_t had = buf_len(out);
	ssize_t n;

	do {
		n = read(fd, buf_reserve(out, 4096), 4096);
		if (n == -1 && errno == EINTR) {
			n = 1;
			continue;
		}
		if (n > 0)
			buf_commit(out, (size_t)n);
		if (buf_len(out) - had > max) {
			errno = EFBIG;
			return -1;
		}
	} while (n > 0);
	return n == 0 ? 0 : -1;
}

int state_read(
    struct state *state, const char *name, size_t max, struct buf *out, struct error *err)
{
	const char *file;
	int folder, fd = -1, rc = -1;

	if (!valid_name(name))
		return error_set(err, ERROR_INVALID, "'%s' is no name for a state file", name);
	folder = open_parent(state, name, false, &file);
	if (folder != -1) {
		fd = openat(folder, file, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
		close(folder);
	}
	if (fd != -1)
		rc = read_all(fd, max, out);
	if (rc == -1)
		error_errno(err,
		    errno == ENOENT  ? ERROR_NOT_FOUND
		    : errno == EFBIG ? ERROR_LIMIT
				     : ERROR_INTERNAL,
		    "cannot read '%s/%s'", state->path, name);
	if (fd != -1)
		close(fd);
	return rc;
}

int state_remove(struct state *state, const char *name, struct error *err)
{
	const char *file;
	int folder, rc;

	if (!valid_name(name))
		return error_set(err, ERROR_INVALID, "'%s' is no name for a state file", name);
	folder = open_parent(state, name, false, &file);
	rc = folder == -1 ? -1 : unlinkat(folder, file, 0);
	if (rc == -1 && errno == ENOENT)
		rc = 0;
	else if (rc == -1)
		error_errno(err, ERROR_INTERNAL, "cannot remove '%s/%s'", state->path, name);
	else
		fsync(folder);
	if (folder != -1)
		close(folder);
	return rc;
}

int state_list(struct state *state, const char *folder,
    int (*visit)(void *arg, const char *file, struct error *err), void *arg, struct error *err)
{
	const char *last;
	struct dirent *entry;
	struct stat st;
	DIR *dir = NULL;
	int parent, fd = -1, rc = 0;

	if (!valid_name(folder))
		return error_set(err, ERROR_INVALID, "'%s' is no name for a state folder", folder);
	parent = open_parent(state, folder, false, &last);
	if (parent != -1) {
		fd = openat(parent, last, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		close(parent);
	}
	if (fd != -1)
		dir = fdopendir(fd);
	if (dir == NULL) {
		if (fd != -1)
			close(fd);
		if (errno == ENOENT)
			return 0;
		return error_errno(err, ERROR_INTERNAL, "cannot list '%s/%s'", state->path, folder);
	}
	while (rc == 0 && (entry = readdir(dir)) != NULL) {
		if (entry->d_name[0] == '.' ||
		    fstatat(dirfd(dir), entry->d_name, &st, AT_SYMLINK_NOFOLLOW) == -1 ||
		    !S_ISREG(st.st_mode))
			continue;
		rc = visit(arg, entry->d_name, err);
	}
	closedir(dir);
	return rc;
}
