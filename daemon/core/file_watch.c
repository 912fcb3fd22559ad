/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>

#include "daemon/core/file_watch.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>
#include <uthash.h>
#include <utlist.h>

#include "common/arena.h"

/* A file that is being written is read when it has been quiet for so long, or is late. */
#define QUIET 0.05
#define LATE 1.0
#define RETRY 1.0 /* for a folder that has gone */

#define WATCHED                                                                                    \
	(IN_MODIFY | IN_CLOSE_WRITE | IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO |        \
	    IN_ATTRIB | IN_MOVE_SELF | IN_ONLYDIR)

/* One watch of the kernel's, for all that is watched in it. */
struct folder {
	UT_hash_handle hh; /* by path */
	char *path;
	int watch; /* -1: not watched now; two folders may be one by a link */
	struct file_place *places;
};

struct file_place {
	struct file_place *prev, *next; /* of its folder */
	struct file_place *more;        /* of its watch */
	struct file_watch *watch;
	struct folder *folder;
	char *path;
	const char *name;    /* in path, behind the folder; NULL: whatever is in the folder */
	bool named, touched; /* an event named it; its folder had an event */
	struct file_identity seen;
};

/* lock guards folders, places and references. */
static struct {
	pthread_mutex_t lock;
	struct folder *folders;
	struct file_watch *shared;
	bool deserted;        /* some folder has no place any more */
	struct ev_loop *loop; /* NULL: nothing is watched yet */
	int fd;
	ev_io io;
	ev_timer timer;
	ev_tstamp since; /* when the first event of this round came */
} watching = {.lock = PTHREAD_MUTEX_INITIALIZER, .fd = -1};

/* --- identities ------------------------------------------------------------------------------ */

struct file_identity file_identity_of(const char *path)
{
	struct stat st;

	if (stat(path, &st) == -1)
		return (struct file_identity){0};
	return (struct file_identity){
	    .device = st.st_dev,
	    .inode = st.st_ino,
	    .size = st.st_size,
	    .changed = st.st_ctim,
	    .modified = st.st_mtim,
	};
}

static bool time_equal(const struct timespec *a, const struct timespec *b)
{
	return a->tv_sec == b->tv_sec && a->tv_nsec == b->tv_nsec;
}

bool file_identity_equal(const struct file_identity *a, const struct file_identity *b)
{
	return a->device == b->device && a->inode == b->inode && a->size == b->size &&
	       time_equal(&a->changed, &b->changed) && time_equal(&a->modified, &b->modified);
}

/* --- folders, under the lock ----------------------------------------------------------------- */

static bool watch_folder(struct folder *folder)
{
	folder->watch = inotify_add_watch(watching.fd, folder->path, WATCHED);
	return folder->watch != -1;
}

static struct folder *folder_at(const char *path)
{
	struct folder *folder;

	HASH_FIND_STR(watching.folders, path, folder);
	if (folder != NULL)
		return folder;
	folder = mem_zalloc(sizeof(*folder));
	folder->path = mem_strdup(path);
	folder->watch = -1;
	HASH_ADD_KEYPTR(hh, watching.folders, folder->path, strlen(folder->path), folder);
	return folder;
}

static bool is_watched_elsewhere(const struct folder *folder)
{
	const struct folder *f;

	for (f = watching.folders; f != NULL; f = f->hh.next)
		if (f != folder && f->watch == folder->watch)
			return true;
	return false;
}

/* Folders are left when it costs no worker anything: whoever drops a place may be one. */
static void leave_deserted(void)
{
	struct folder *folder, *next;

	if (!watching.deserted)
		return;
	watching.deserted = false;
	HASH_ITER (hh, watching.folders, folder, next) {
		if (folder->places != NULL)
			continue;
		if (folder->watch != -1 && !is_watched_elsewhere(folder))
			inotify_rm_watch(watching.fd, folder->watch);
		HASH_DEL(watching.folders, folder);
		free(folder->path);
		free(folder);
	}
}

static void place_free(struct file_place *place)
{
	DL_DELETE(place->folder->places, place);
	watching.deserted |= place->folder->places == NULL;
	free(place->path);
	free(place);
}

/* --- events ---------------------------------------------------------------------------------- */

/* Under the lock. */
static bool note_in_folder(struct folder *folder, const struct inotify_event *event)
{
	struct file_place *place;
	bool named = false;

	if (event->mask & (IN_IGNORED | IN_MOVE_SELF))
		folder->watch = -1;
	for (place = folder->places; place != NULL; place = place->next) {
		place->touched = true;
		if (place->name == NULL ||
		    (event->len > 0 && strcmp(event->name, place->name) == 0))
			place->named = named = true;
	}
	return named;
}

/* Under the lock: events are lost, anything may have happened. */
static void note_all(void)
{
	struct file_place *place;
	struct folder *folder;

	for (folder = watching.folders; folder != NULL; folder = folder->hh.next)
		for (place = folder->places; place != NULL; place = place->next)
			place->named = true;
}

/* Under the lock. Does the event name a place? */
static bool note_event(const struct inotify_event *event)
{
	struct folder *folder;
	bool named = false;

	if (event->mask & IN_Q_OVERFLOW)
		note_all();
	for (folder = watching.folders; folder != NULL; folder = folder->hh.next)
		if (folder->watch == event->wd && event->wd != -1)
			named |= note_in_folder(folder, event);
	/* A folder that was moved is another one's place now. */
	if (event->mask & IN_MOVE_SELF)
		inotify_rm_watch(watching.fd, event->wd);
	return named;
}

/* Starts the time of quiet, again for each event that names a place, until it is late. */
static void schedule(bool named)
{
	ev_tstamp now = ev_now(watching.loop);

	if (!ev_is_active(&watching.timer))
		watching.since = now;
	else if (!named || now - watching.since >= LATE)
		return;
	ev_timer_stop(watching.loop, &watching.timer);
	ev_timer_set(&watching.timer, QUIET, 0.);
	ev_timer_start(watching.loop, &watching.timer);
}

static void on_events(struct ev_loop *loop, ev_io *io, int events)
{
	char buffer[16384] __attribute__((aligned(__alignof__(struct inotify_event))));
	const struct inotify_event *event;
	bool named = false;
	ssize_t n, at;

	(void)loop;
	(void)events;
	n = read(io->fd, buffer, sizeof(buffer));
	if (n <= 0)
		return;
	pthread_mutex_lock(&watching.lock);
	for (at = 0; at < n; at += (ssize_t)(sizeof(*event) + event->len)) {
		event = (const struct inotify_event *)(const void *)(buffer + at);
		named |= note_event(event);
	}
	pthread_mutex_unlock(&watching.lock);
	schedule(named);
}

/* Under the lock. Also a file that no event names may be another one: a link's target was. */
static bool has_changed(struct file_place *place)
{
	struct file_identity id;
	bool changed = place->named;

	if (!place->touched && !place->named)
		return false;
	place->touched = place->named = false;
	id = file_identity_of(place->path);
	changed |= !file_identity_equal(&id, &place->seen);
	place->seen = id;
	return changed;
}

/* Under the lock. The watch of a place in the folder that has changed; NULL: none has. */
static struct file_watch *changed_in(struct folder *folder)
{
	struct file_place *place;

	for (place = folder->places; place != NULL; place = place->next)
		if (has_changed(place))
			return place->watch;
	return NULL;
}

/* The next watch that has changed, referenced; NULL: none. */
static struct file_watch *take_changed(void)
{
	struct file_watch *watch = NULL;
	struct file_place *place;
	struct folder *folder;

	pthread_mutex_lock(&watching.lock);
	for (folder = watching.folders; folder != NULL && watch == NULL; folder = folder->hh.next)
		watch = changed_in(folder);
	if (watch != NULL) {
		watch->refs++;
		for (place = watch->places; place != NULL; place = place->more)
			(void)has_changed(place);
	}
	pthread_mutex_unlock(&watching.lock);
	return watch;
}

/* Folders that had gone and are there again. Is one missing still? */
static bool watch_again(void)
{
	struct file_place *place;
	struct folder *folder;
	bool missing = false;

	pthread_mutex_lock(&watching.lock);
	leave_deserted();
	for (folder = watching.folders; folder != NULL; folder = folder->hh.next) {
		if (folder->watch != -1)
			continue;
		for (place = folder->places; place != NULL; place = place->next)
			place->touched = true;
		missing |= !watch_folder(folder);
	}
	pthread_mutex_unlock(&watching.lock);
	return missing;
}

static void settle(const struct file_watch_type *type)
{
	if (type != NULL && type->settled != NULL)
		type->settled();
}

static void on_timer(struct ev_loop *loop, ev_timer *timer, int events)
{
	const struct file_watch_type *last = NULL;
	bool missing = watch_again();
	struct file_watch *watch;

	(void)events;
	while ((watch = take_changed()) != NULL) {
		if (last != watch->type)
			settle(last);
		last = watch->type;
		watch->type->changed(watch);
		file_watch_unref(watch);
	}
	settle(last);
	if (missing) {
		ev_timer_set(timer, RETRY, 0.);
		ev_timer_start(loop, timer);
	}
}

static int start_watching(struct ev_loop *loop, struct error *err)
{
	if (watching.loop != NULL)
		return 0;
	watching.fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	if (watching.fd == -1)
		return error_errno(err, ERROR_LIMIT, "cannot watch files");
	watching.loop = loop;
	ev_io_init(&watching.io, on_events, watching.fd, EV_READ);
	ev_io_start(loop, &watching.io);
	ev_timer_init(&watching.timer, on_timer, QUIET, 0.);
	return 0;
}

void file_watch_stop(void)
{
	if (watching.loop == NULL)
		return;
	pthread_mutex_lock(&watching.lock);
	leave_deserted();
	pthread_mutex_unlock(&watching.lock);
	ev_io_stop(watching.loop, &watching.io);
	ev_timer_stop(watching.loop, &watching.timer);
	close(watching.fd);
	watching.fd = -1;
	watching.loop = NULL;
}

/* --- watches --------------------------------------------------------------------------------- */

void file_watch_init(struct file_watch *watch, const struct file_watch_type *type)
{
	*watch = (struct file_watch){.type = type, .refs = 1};
}

static void drop(struct file_place *place)
{
	struct file_place *more;

	for (; place != NULL; place = more) {
		more = place->more;
		place_free(place);
	}
}

void file_watch_unref(struct file_watch *watch)
{
	bool last;

	pthread_mutex_lock(&watching.lock);
	last = --watch->refs == 0;
	if (last) {
		drop(watch->places);
		if (watch->shared)
			LL_DELETE(watching.shared, watch);
	}
	pthread_mutex_unlock(&watching.lock);
	if (last)
		watch->type->free(watch);
}

void file_watch_trim(struct file_watch *watch)
{
	pthread_mutex_lock(&watching.lock);
	if (watch->places != NULL) {
		drop(watch->places->more);
		watch->places->more = NULL;
	}
	pthread_mutex_unlock(&watching.lock);
}

void file_watch_share(struct file_watch *watch)
{
	pthread_mutex_lock(&watching.lock);
	watch->shared = true;
	LL_PREPEND(watching.shared, watch);
	pthread_mutex_unlock(&watching.lock);
}

struct file_watch *file_watch_find(const struct file_watch_type *type, const char *path)
{
	struct file_watch *watch;

	pthread_mutex_lock(&watching.lock);
	for (watch = watching.shared; watch != NULL; watch = watch->next)
		if (watch->type == type && strcmp(watch->places->path, path) == 0)
			break;
	if (watch != NULL)
		watch->refs++;
	pthread_mutex_unlock(&watching.lock);
	return watch;
}

/* --- places ---------------------------------------------------------------------------------- */

/* The folder of a file, to be freed, and the name in it. */
static char *folder_of(const char *path, const char **name)
{
	const char *slash = strrchr(path, '/');
	char *folder = mem_strdup(slash != NULL ? path : ".");

	*name = slash != NULL ? slash + 1 : path;
	if (slash != NULL)
		folder[slash == path ? 1 : slash - path] = '\0';
	return folder;
}

static int check_folder(const char *folder, struct error *err)
{
	struct stat st;

	if (stat(folder, &st) == -1)
		return error_errno(err, ERROR_INVALID, "cannot watch %s", folder);
	if (!S_ISDIR(st.st_mode))
		return error_set(err, ERROR_INVALID, "%s is not a folder", folder);
	return 0;
}

int file_watch_check(const char *path, struct error *err)
{
	const char *name;
	char *folder = folder_of(path, &name);
	int rc = check_folder(folder, err);

	free(folder);
	if (rc == 0 && *name == '\0')
		return error_set(err, ERROR_INVALID, "%s is not a file in a folder", path);
	return rc;
}

/* Under the lock. Places keep their order. */
static void place_new(
    struct file_watch *watch, struct folder *folder, const char *path, const char *name)
{
	struct file_place *place = mem_zalloc(sizeof(*place)), **end;

	place->watch = watch;
	place->folder = folder;
	place->path = mem_strdup(path);
	place->name = name != NULL ? place->path + (name - path) : NULL;
	place->seen = file_identity_of(path);
	DL_APPEND(folder->places, place);
	for (end = &watch->places; *end != NULL; end = &(*end)->more)
		;
	*end = place;
}

/* name is where in path the file's name begins; NULL: path is the folder. */
static int add(struct file_watch *watch, struct ev_loop *loop, const char *folder_path,
    const char *path, const char *name, struct error *err)
{
	struct folder *folder;
	bool watched;

	if (check_folder(folder_path, err) == -1 || start_watching(loop, err) == -1)
		return -1;
	pthread_mutex_lock(&watching.lock);
	leave_deserted();
	folder = folder_at(folder_path);
	watched = folder->watch != -1 || watch_folder(folder);
	if (watched)
		place_new(watch, folder, path, name);
	else
		watching.deserted |= folder->places == NULL;
	pthread_mutex_unlock(&watching.lock);
	return watched ? 0 : error_errno(err, ERROR_LIMIT, "cannot watch %s", folder_path);
}

int file_watch_add(
    struct file_watch *watch, struct ev_loop *loop, const char *path, struct error *err)
{
	const char *name;
	char *folder;
	int rc;

	if (file_watch_check(path, err) == -1)
		return -1;
	folder = folder_of(path, &name);
	rc = add(watch, loop, folder, path, name, err);
	free(folder);
	return rc;
}

int file_watch_add_folder(
    struct file_watch *watch, struct ev_loop *loop, const char *path, struct error *err)
{
	const struct file_place *place;

	for (place = watch->places; place != NULL; place = place->more)
		if (strcmp(place->path, path) == 0)
			return 0;
	return add(watch, loop, path, path, NULL, err);
}
