/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "common/log_file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "common/arena.h"

#define MODE_DEFAULT 0600
/* What a moved file's name has behind the file's: "-2026-01-02T03-04-05.678". */
#define STAMP_LENGTH 24
static const char stamp_shape[] = "-dddd-dd-ddTdd-dd-dd.ddd";

struct log_file {
	char *name;
	int fd;
	bool ours; /* opened here, by its name */
	uint64_t size;
	struct log_file_options options;
};

/* ---- opening -------------------------------------------------------------------------------- */

/* The folder of a path, to be freed. */
static char *folder_of(const char *path)
{
	const char *slash = strrchr(path, '/');
	char *folder;

	if (slash == NULL)
		return mem_strdup(".");
	folder = mem_strdup(path);
	folder[slash == path ? 1 : slash - path] = '\0';
	return folder;
}

/* Makes what is missing of the folder that path lies in. Returns 0, or -1 with errno. */
static int make_folders(const char *path, mode_t mode)
{
	char *copy = mem_strdup(path), *p;
	int rc = 0;

	for (p = copy + 1; rc == 0 && *copy != '\0' && *p != '\0'; p++) {
		if (*p != '/')
			continue;
		*p = '\0';
		if (mkdir(copy, mode) == -1 && errno != EEXIST)
			rc = -1;
		*p = '/';
	}
	free(copy);
	return rc;
}

/*
 * Opening never waits. A FIFO is opened for reading too: then there need not be a reader yet, and
 * what was written last is there for the next one.
 */
static int open_path(const char *path, int flags, mode_t mode)
{
	struct stat st;
	bool fifo = stat(path, &st) == 0 && S_ISFIFO(st.st_mode);

	return open(path,
	    (fifo ? O_RDWR : O_WRONLY) | O_APPEND | O_NONBLOCK | O_NOCTTY | O_CLOEXEC | flags,
	    mode);
}

static int open_new(const char *path, const struct log_file_options *o, struct error *err)
{
	struct stat st;
	int fd = open_path(path, O_CREAT, o->mode != 0 ? o->mode : MODE_DEFAULT);

	if (fd == -1 && errno == ENOENT && make_folders(path, o->folder_mode) == 0)
		fd = open_path(path, O_CREAT, o->mode != 0 ? o->mode : MODE_DEFAULT);
	if (fd == -1)
		return error_errno(err, ERROR_DENIED, "cannot open the log file '%s'", path);
	if (o->mode != 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode) &&
	    (st.st_mode & 07777) != o->mode && fchmod(fd, o->mode) == -1) {
		error_errno(err, ERROR_DENIED, "cannot set the mode of the log file '%s'", path);
		close(fd);
		return -1;
	}
	return fd;
}

static uint64_t size_of(int fd)
{
	struct stat st;

	return fstat(fd, &st) == 0 && S_ISREG(st.st_mode) ? (uint64_t)st.st_size : 0;
}

struct log_file *log_file_open(
    const char *path, const struct log_file_options *options, struct error *err)
{
	int fd = open_new(path, options, err);
	struct log_file *file;

	if (fd == -1)
		return NULL;
	file = log_file_of(path, fd);
	file->ours = true;
	file->options = *options;
	file->size = size_of(fd);
	return file;
}

/* The part of path that is there: the file, or a folder on the way to it. */
static void cut_to_existing(char *path)
{
	char *slash;

	while (access(path, F_OK) == -1 && errno == ENOENT) {
		slash = strrchr(path, '/');
		if (slash == NULL)
			strcpy(path, ".");
		else
			slash[slash == path] = '\0';
		if (slash == NULL || slash == path)
			return;
	}
}

int log_file_check(const char *path, struct error *err)
{
	char *there = mem_alloc(strlen(path) + sizeof("."));
	struct stat st;
	int rc = 0;

	strcpy(there, path);
	cut_to_existing(there);
	if (stat(there, &st) == -1 || access(there, W_OK) == -1)
		rc = error_errno(err, ERROR_DENIED, "cannot open the log file '%s'", path);
	else if (S_ISDIR(st.st_mode) == (strcmp(there, path) == 0))
		rc = error_set(err, ERROR_INVALID, "cannot open the log file '%s': %s is %s", path,
		    there, S_ISDIR(st.st_mode) ? "a folder" : "no folder");
	free(there);
	return rc;
}

struct log_file *log_file_of(const char *name, int fd)
{
	struct log_file *file = mem_zalloc(sizeof(*file));

	file->name = mem_strdup(name);
	file->fd = fd;
	return file;
}

void log_file_close(struct log_file *file)
{
	if (file == NULL)
		return;
	if (file->ours)
		close(file->fd);
	free(file->name);
	free(file);
}

const char *log_file_name(const struct log_file *file)
{
	return file->name;
}

int log_file_fd(const struct log_file *file)
{
	return file->fd;
}

int log_file_reopen(struct log_file *file, struct error *err)
{
	int fd;

	if (!file->ours)
		return 0;
	fd = open_new(file->name, &file->options, err);
	if (fd == -1)
		return -1;
	close(file->fd);
	file->fd = fd;
	file->size = size_of(fd);
	return 0;
}

/* ---- moving aside --------------------------------------------------------------------------- */

static void make_stamp(const struct log_file *file, char out[STAMP_LENGTH + 1])
{
	struct timespec now;
	struct tm tm;
	size_t n;

	clock_gettime(CLOCK_REALTIME, &now);
	if (file->options.roll_localtime)
		localtime_r(&now.tv_sec, &tm);
	else
		gmtime_r(&now.tv_sec, &tm);
	n = strftime(out, STAMP_LENGTH + 1, "-%Y-%m-%dT%H-%M-%S", &tm);
	snprintf(out + n, STAMP_LENGTH + 1 - n, ".%03d", (int)(now.tv_nsec / 1000000) % 1000);
}

static bool is_stamp(const char *text)
{
	size_t i;

	for (i = 0; i < STAMP_LENGTH; i++)
		if (stamp_shape[i] == 'd' ? text[i] < '0' || text[i] > '9'
					  : text[i] != stamp_shape[i])
			return false;
	return text[STAMP_LENGTH] == '\0';
}

/* Newest first. */
static int compare_names(const void *a, const void *b)
{
	return strcmp(*(char *const *)b, *(char *const *)a);
}

/* The names in folder of what was moved aside: an array of count strings, all to be freed. */
static char **moved_ones(DIR *folder, const char *base, size_t *count)
{
	size_t n = strlen(base), size = 0;
	char **names = NULL;
	struct dirent *entry;

	*count = 0;
	while ((entry = readdir(folder)) != NULL) {
		if (strncmp(entry->d_name, base, n) != 0 || !is_stamp(entry->d_name + n))
			continue;
		if (*count == size) {
			size = size == 0 ? 16 : 2 * size;
			names = mem_realloc(names, size * sizeof(*names));
		}
		names[(*count)++] = mem_strdup(entry->d_name);
	}
	if (*count > 0)
		qsort(names, *count, sizeof(*names), compare_names);
	return names;
}

static bool is_old(const struct log_file *file, DIR *folder, const char *name)
{
	struct stat st;

	return file->options.roll_age > 0 &&
	       fstatat(dirfd(folder), name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
	       st.st_mtime < time(NULL) - file->options.roll_age;
}

static void remove_old(const struct log_file *file)
{
	const char *slash = strrchr(file->name, '/');
	char *path = folder_of(file->name);
	DIR *folder = opendir(path);
	size_t count, i;
	char **names;

	free(path);
	if (folder == NULL)
		return;
	names = moved_ones(folder, slash != NULL ? slash + 1 : file->name, &count);
	for (i = 0; i < count; i++) {
		if (i >= file->options.roll_keep || is_old(file, folder, names[i]))
			unlinkat(dirfd(folder), names[i], 0);
		free(names[i]);
	}
	free(names);
	closedir(folder);
}

int log_file_wrote(struct log_file *file, size_t length, struct error *err)
{
	char stamp[STAMP_LENGTH + 1], *aside;
	size_t size = strlen(file->name) + sizeof(stamp);
	int rc;

	file->size += length;
	if (file->options.roll_size == 0 || file->size < file->options.roll_size)
		return 0;
	file->size = 0; /* where it fails it is tried again much later */
	make_stamp(file, stamp);
	aside = mem_alloc(size);
	snprintf(aside, size, "%s%s", file->name, stamp);
	rc = rename(file->name, aside);
	if (rc == -1)
		error_errno(err, ERROR_DENIED, "cannot move the log file '%s' aside", file->name);
	else
		rc = log_file_reopen(file, err);
	free(aside);
	if (rc == 0)
		remove_old(file);
	return rc;
}
