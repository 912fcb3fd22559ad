/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Files and folders that are read again when they change, by inotify on their folders: what is
 * replaced by a rename, or removed and made anew, is noticed as well. A change is told when it has
 * been quiet for a moment.
 */
#ifndef DAEMON_CORE_FILE_WATCH_H
#define DAEMON_CORE_FILE_WATCH_H

#include <stdbool.h>
#include <sys/stat.h>
#include <ev.h>

#include "common/error.h"

struct file_place;
struct file_watch;

/* By which a file is known to be the one that was read; all zero: there was none. */
struct file_identity {
	dev_t device;
	ino_t inode;
	off_t size;
	struct timespec changed, modified;
};

struct file_identity file_identity_of(const char *path);
bool file_identity_equal(const struct file_identity *a, const struct file_identity *b);

struct file_watch_type {
	/* Some of its places has changed. Control thread, a reference held. */
	void (*changed)(struct file_watch *watch);
	/* After a round of changes; NULL: nothing is to be done then. */
	void (*settled)(void);
	/* The last reference has gone; from any thread. */
	void (*free)(struct file_watch *watch);
};

/* What is watched together, embedded first in its owner, and counted. */
struct file_watch {
	const struct file_watch_type *type;
	struct file_place *places;
	unsigned refs;
	struct file_watch *next; /* those that file_watch_find() knows */
	bool shared;
};

/* One reference, no place. */
void file_watch_init(struct file_watch *watch, const struct file_watch_type *type);
/* Lets go of a reference, from any thread. */
void file_watch_unref(struct file_watch *watch);

/*
 * Adds a file, which need not be there yet: its folder must. To be called before it is read, so
 * that what happens meanwhile is noticed. loop is the control thread's, the same for all. Control
 * thread. Returns 0, or -1 with err.
 */
int file_watch_add(
    struct file_watch *watch, struct ev_loop *loop, const char *path, struct error *err);
/* The same for whatever is directly in a folder. One that it has is not added again. */
int file_watch_add_folder(
    struct file_watch *watch, struct ev_loop *loop, const char *path, struct error *err);
/* Drops all places but the first. Control thread. */
void file_watch_trim(struct file_watch *watch);

/* May path be added? Returns 0, or -1 with err. */
int file_watch_check(const char *path, struct error *err);

/* Makes it one that is found by its first place's path. */
void file_watch_share(struct file_watch *watch);
/* A new reference to a shared one of that type; NULL: there is none. */
struct file_watch *file_watch_find(const struct file_watch_type *type, const char *path);

/* When all have gone: stops watching. Control thread. */
void file_watch_stop(void);

#endif
